package store

import (
	"context"
	"database/sql"
	"slices"

	"throughline/models"
)

// Person is one account by its id.
func (s *Store) Person(ctx context.Context, id int64) (models.Account, error) {
	rows, err := s.query(ctx, `SELECT `+accountColumns+` FROM people WHERE id = ?`, id)
	list, err := all(rows, err, scanAccount)
	if err != nil {
		return models.Account{}, err
	}
	if len(list) == 0 {
		return models.Account{}, models.Errorf(models.NotFound, "There is no such person.")
	}
	return list[0], nil
}

// MayHandOver answers nil when the principal may see what a person has to pass
// on: that person, an administrator of the hub, or a maintainer of a project that
// the person is in, was in or owns something of. To others they are absent.
func (s *Store) MayHandOver(ctx context.Context, by models.Principal, person int64) error {
	absent := models.Errorf(models.NotFound, "There is no such person.")
	if _, err := s.Person(ctx, person); err != nil || by.Hub.AtLeast(models.Maintainer) || by.PersonID == person {
		return err
	}
	rows, err := s.query(ctx, `SELECT project_id FROM project_access WHERE person_id = ?
 UNION SELECT project_id FROM departures WHERE person_id = ?
 UNION SELECT ps.project_id FROM owners o JOIN people p ON p.email = LOWER(o.person) JOIN project_subjects ps ON ps.subject_id = o.subject_id
  WHERE o.until_at = 0 AND p.id = ?`, person, person, person)
	projects, err := all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
	if err != nil {
		return err
	}
	if slices.ContainsFunc(projects, func(id int64) bool { return by.RoleIn(id).AtLeast(models.Maintainer) }) {
		return nil
	}
	return absent
}

// Handover is what a person has to pass on, as far as the principal sees it.
func (s *Store) Handover(ctx context.Context, by models.Principal, person int64) (h models.Handover, err error) {
	if h.Account, err = s.Person(ctx, person); err != nil {
		return h, err
	}
	if h.Owned, err = s.owned(ctx, by, h.Account.Email); err != nil {
		return h, err
	}
	rows, err := s.query(ctx, teamSelect+` JOIN team_members l ON l.team_id = t.id WHERE l.lead = 1 AND l.person_id = ? ORDER BY t.key`, person)
	if h.Leads, err = all(rows, err, scanTeam); err != nil {
		return h, err
	}
	h.Tokens, err = s.madeBy(ctx, by, person)
	return h, err
}

// madeBy are the tokens that a person made and that still work, of projects that
// the principal maintains; a person sees their own.
func (s *Store) madeBy(ctx context.Context, by models.Principal, person int64) ([]models.Token, error) {
	type made struct {
		models.Token
		project int64
	}
	rows, err := s.query(ctx, `SELECT t.id, t.name, t.prefix, t.last4, t.role, COALESCE(p.key, ''), t.created_at, t.expires_at, t.last_used_at, COALESCE(t.project_id, 0)
 FROM tokens t LEFT JOIN projects p ON p.id = t.project_id WHERE t.maker_id = ? AND t.revoked_at = 0 ORDER BY t.id`, person)
	list, err := all(rows, err, func(r *sql.Rows, t *made) error {
		return r.Scan(&t.ID, &t.Name, &t.Prefix, &t.Last4, &t.Role, &t.Project, scanTime{&t.CreatedAt}, scanTime{&t.ExpiresAt}, scanTime{&t.LastUsed}, &t.project)
	})
	var out []models.Token
	for _, t := range list {
		if t.Works(s.now()) && (by.PersonID == person || by.RoleIn(t.project).AtLeast(models.Maintainer)) {
			out = append(out, t.Token)
		}
	}
	return out, err
}

// OwnedByTeam are the things a team owns, as far as the principal sees them.
func (s *Store) OwnedByTeam(ctx context.Context, by models.Principal, team models.Team) ([]models.Owned, error) {
	return s.owned(ctx, by, team.Owner())
}

// owned are the things of an owner, whole: subject, projects, and whether
// somebody else answers for it.
func (s *Store) owned(ctx context.Context, by models.Principal, owner string) ([]models.Owned, error) {
	rows, err := s.query(ctx, ownerSelect+`LOWER(o.person) = ? ORDER BY o.subject_id, o.id`, owner)
	list, err := all(rows, err, scanOwner)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i, o := range list {
		ids[i] = o.subject
	}
	subjects, err := s.byID(ctx, by, ids)
	if err != nil {
		return nil, err
	}
	everybody, err := s.ownersOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []models.Owned
	for _, o := range list {
		subject, seen := subjects[o.subject]
		if !seen {
			continue
		}
		one := models.Owned{Owner: o.Owner, Subject: subject, Answered: answeredBeside(everybody[o.subject], o.ID),
			MayWrite: s.MayWrite(ctx, by, o.subject, models.Contributor) == nil}
		if one.Projects, err = s.keysOf(ctx, by, o.subject); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// answeredBeside tells whether one of the owners but that one still answers.
func answeredBeside(owners []models.Owner, but int64) bool {
	return slices.ContainsFunc(owners, func(o models.Owner) bool { return o.ID != but && o.Counts() })
}

func (s *Store) keysOf(ctx context.Context, by models.Principal, subject int64) (keys []string, err error) {
	projects, err := s.ProjectsOf(ctx, subject)
	for _, p := range visibleProjects(projects, by) {
		keys = append(keys, p.Key)
	}
	return keys, err
}

// Leavers lists who left a project, or whose account was closed, and still stands
// as the only owner of something in it.
func (s *Store) Leavers(ctx context.Context, project int64) ([]models.Leaver, error) {
	rows, err := s.query(ctx, ownerSelect+`p.id IS NOT NULL AND o.subject_id IN (SELECT subject_id FROM project_subjects WHERE project_id = ?)
 AND (p.disabled_at <> 0 OR EXISTS (SELECT 1 FROM departures d WHERE d.person_id = p.id)) ORDER BY o.person, o.id`, project)
	list, err := all(rows, err, scanOwner)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(list))
	for i, o := range list {
		ids[i] = o.subject
	}
	everybody, err := s.ownersOf(ctx, ids)
	var out []models.Leaver
	for _, o := range list {
		if o.Counts() || answeredBeside(everybody[o.subject], o.ID) {
			continue
		}
		if n := len(out); n == 0 || out[n-1].Account.ID != o.Account {
			out = append(out, models.Leaver{Account: models.Account{ID: o.Account, Name: o.Name, Email: o.Person}, Left: o.GoneAt})
		}
		out[len(out)-1].Open++
	}
	return out, err
}
