package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"throughline/models"
)

type ownerOf struct {
	models.Owner
	subject int64
}

// Owners lists who answers for a subject now.
func (s *Store) Owners(ctx context.Context, subject int64) ([]models.Owner, error) {
	by, err := s.ownersOf(ctx, []int64{subject})
	return by[subject], err
}

// ownersOf lists the owners of several subjects.
func (s *Store) ownersOf(ctx context.Context, subjects []int64) (map[int64][]models.Owner, error) {
	out := map[int64][]models.Owner{}
	if len(subjects) == 0 {
		return out, nil
	}
	rows, err := s.query(ctx, ownerSelect+`o.subject_id IN (`+marks(len(subjects))+`) ORDER BY o.id`, ints(subjects)...)
	list, err := all(rows, err, scanOwner)
	for _, o := range list {
		out[o.subject] = append(out[o.subject], o.Owner)
	}
	return out, err
}

// SetOwners replaces the owners that people assigned to a subject; those that
// sources declare stay. A neutral subject that nobody spoke of is NotFound.
func (s *Store) SetOwners(ctx context.Context, by models.Principal, ref models.Ref, owners []models.OwnerClaim) ([]models.Owner, error) {
	if err := checkOwners(owners); err != nil {
		return nil, err
	}
	subject, err := s.Find(ctx, by, ref)
	if err != nil {
		return nil, err
	}
	if err := s.MayWrite(ctx, by, subject.ID, models.Contributor); err != nil {
		return nil, err
	}
	err = s.write(ctx, by, func(u *unit) error {
		named, err := u.named(owners)
		if err != nil {
			return err
		}
		was, err := u.assigned(subject.ID)
		if err != nil {
			return err
		}
		w := &wave{unit: u}
		if err := w.setOwners(subject.ID, owners, models.Verified, ""); err != nil {
			return err
		}
		return u.note(subject.ID, "owner.assigned", map[string]any{"owners": named, "from": was, "to": named})
	})
	if err != nil {
		return nil, err
	}
	return s.Owners(ctx, subject.ID)
}

func checkOwners(owners []models.OwnerClaim) error {
	if len(owners) > 50 {
		return models.FieldErrorf(models.Unprocessed, "owners", "At most 50 owners, please.")
	}
	for _, o := range owners {
		if strings.TrimSpace(o.Person) == "" {
			return models.FieldErrorf(models.Unprocessed, "owners", "An owner needs a person or a team.")
		}
		if o.As != "" && !slices.Contains(models.OwnerRoles, o.As) {
			return models.FieldErrorf(models.Unprocessed, "owners", "An owner answers as one of %s, not %q.", strings.Join(models.OwnerRoles, ", "), o.As)
		}
	}
	return nil
}

// assigned are the owners that people assigned to a subject, as the record has them.
func (u *unit) assigned(subject int64) ([]map[string]any, error) {
	rows, err := u.query(`SELECT person, answers_as FROM owners WHERE subject_id = ? AND integration_id = 0 AND until_at = 0 ORDER BY id`, subject)
	claims, err := all(rows, err, func(r *sql.Rows, o *models.OwnerClaim) error { return r.Scan(&o.Person, &o.As) })
	if err != nil {
		return nil, err
	}
	out := make([]map[string]any, len(claims))
	for i, o := range claims {
		one, err := u.nameOne(o.Person)
		if err != nil { // a team that is gone
			one = map[string]any{"name": o.Person}
		}
		one["as"] = o.As
		out[i] = one
	}
	return out, nil
}
