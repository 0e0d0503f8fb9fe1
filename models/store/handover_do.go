package store

import (
	"context"
	"slices"
	"strings"

	"throughline/models"
)

// HandOver makes somebody else the owner of what a person owns: of the one that
// owner names, or of all (0) that the principal may write to. What a source
// declares stays beside. Who could not answer for it is refused.
func (s *Store) HandOver(ctx context.Context, by models.Principal, person, owner int64, to string) (moved int, err error) {
	to = ownerText(to)
	if to == "" {
		return 0, models.FieldErrorf(models.Unprocessed, "to", "Say who takes it over: an e-mail address or team:KEY.")
	}
	h, err := s.Handover(ctx, by, person)
	if err != nil {
		return 0, err
	}
	rows := slices.DeleteFunc(h.Owned, func(o models.Owned) bool { return owner != 0 && o.Owner.ID != owner || !o.MayWrite })
	if len(rows) == 0 {
		return 0, models.Errorf(models.NotFound, "There is nothing to hand over here.")
	}
	if strings.EqualFold(to, h.Account.Email) {
		return 0, models.FieldErrorf(models.Unprocessed, "to", "That is the one who hands over.")
	}
	err = s.write(ctx, by, func(u *unit) error { return u.handOver(person, rows, to) })
	return len(rows), err
}

func (u *unit) handOver(person int64, rows []models.Owned, to string) error {
	named, err := u.nameOne(to)
	if err != nil {
		return err
	}
	subjects := make([]int64, 0, len(rows))
	for _, o := range rows {
		if err := u.replaceOwner(o, to); err != nil {
			return err
		}
		subjects = append(subjects, o.Subject.ID)
	}
	detail := map[string]any{"person": person, "to": named}
	if len(subjects) == 1 {
		return u.note(subjects[0], "owner.handed_over", detail)
	}
	slices.Sort(subjects)
	_, err = u.record(0, 0, "owner.handed_over", withOwned(detail, slices.Compact(subjects)))
	return err
}

// replaceOwner ends one owner and assigns the next in the same capacity, and
// refuses one who would not count.
func (u *unit) replaceOwner(o models.Owned, to string) error {
	if o.Owner.Evidence == models.Verified {
		done, err := u.exec(`UPDATE owners SET until_at = ? WHERE id = ? AND until_at = 0`, u.at(), o.Owner.ID)
		if err != nil {
			return err
		}
		if n, _ := done.RowsAffected(); n == 0 {
			return models.Errorf(models.Conflict, "Somebody took this over already. Load the page again.")
		}
	}
	id, err := u.insert(`INSERT INTO owners (subject_id, person, answers_as, evidence, actor, by_name, since_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		o.Subject.ID, cut(to, 200), o.Owner.As, models.Verified, u.by.Actor(), u.by.Name, u.at())
	if err != nil {
		return err
	}
	rows, err := u.query(ownerSelect+`o.id = ?`, id)
	list, err := all(rows, err, scanOwner)
	if err == nil && !list[0].Counts() {
		return models.FieldErrorf(models.Unprocessed, "to", "%s %s and can not answer for it.", list[0].Shown(), list[0].Gone)
	}
	return err
}
