package store

import (
	"context"
	"database/sql"
	"errors"

	"throughline/models"
)

// AddLink makes a person's link between two subjects. An end that nobody spoke
// of yet is made when its kind is neutral (a commit, a dataset version); the
// person must be a contributor where the link begins.
func (s *Store) AddLink(ctx context.Context, by models.Principal, from, to models.Ref, relation models.Relation) (models.Link, error) {
	if err := checkLink(from, to, relation); err != nil {
		return models.Link{}, err
	}
	start, err := s.Find(ctx, by, from)
	if err != nil {
		return models.Link{}, err
	}
	if err := s.MayWrite(ctx, by, start.ID, models.Contributor); err != nil {
		return models.Link{}, err
	}
	to, err = s.farEnd(ctx, by, to)
	if err != nil {
		return models.Link{}, err
	}
	var id int64
	err = s.write(ctx, by, func(u *unit) error {
		id, err = u.personLink(start.ID, to, relation)
		return err
	})
	if err != nil {
		return models.Link{}, err
	}
	list, err := s.linksWhere(ctx, by, `l.id = ?`, id)
	if err != nil || len(list) == 0 {
		return models.Link{}, err
	}
	return list[0], nil
}

// farEnd is where a person's link leads: a subject they see, or a neutral one
// that nobody spoke of yet.
func (s *Store) farEnd(ctx context.Context, by models.Principal, to models.Ref) (models.Ref, error) {
	found, err := s.Find(ctx, by, to)
	if err == nil {
		return found.Ref, nil
	}
	if models.CodeOf(err) != models.NotFound || to.Kind.SourceBound() {
		return to, err
	}
	if to.Kind == models.Model || to.Kind == models.ModelVersion {
		return to, err // these come from their registry
	}
	if to.Kind == models.Commit {
		repo, sha, _ := models.SplitCommit(to.Key)
		if to.Key = models.CommitKey(repo, sha); to.Key == "" {
			return to, models.FieldErrorf(models.Unprocessed, "to", "A commit is named github.com/owner/name@sha.")
		}
	}
	to.Integration = 0
	return to, nil
}

func checkLink(from, to models.Ref, relation models.Relation) error {
	known := false
	for _, r := range models.Relations {
		known = known || r == relation
	}
	switch {
	case !known:
		return models.FieldErrorf(models.Unprocessed, "relation", "%q is no relation; use one of %v.", relation, models.Relations)
	case !from.Kind.Known() || !to.Kind.Known():
		return models.FieldErrorf(models.Unprocessed, "kind", "One end has an unknown kind.")
	case !relation.Joins(from.Kind, to.Kind):
		return models.FieldErrorf(models.Unprocessed, "relation", "A %s is not %s a %s.", from.Kind.Word(), relation.Word(), to.Kind.Word())
	case from.Kind == to.Kind && from.Key == to.Key:
		return models.FieldErrorf(models.Unprocessed, "to", "A subject can not be linked to itself.")
	}
	return nil
}

// personLink inserts a person's link and tells both ends' pages.
func (u *unit) personLink(from int64, to models.Ref, relation models.Relation) (int64, error) {
	end, err := u.ensure(to)
	if err != nil {
		return 0, err
	}
	if err := u.shareSight(from, end); err != nil {
		return 0, err
	}
	var id int64
	err = u.row(`SELECT id FROM links WHERE from_id = ? AND relation = ? AND to_id = ? AND integration_id = 0 AND until_at = 0`, []any{from, relation, end}, &id)
	if err == nil {
		return id, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	id, err = u.insert(`INSERT INTO links (from_id, to_id, relation, evidence, actor, by_name, since_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		from, end, relation, models.Declared, u.by.Actor(), u.by.Name, u.at())
	if err != nil {
		return 0, err
	}
	return id, u.noteBoth(from, end, "link.added", map[string]any{"relation": relation, "link": id})
}

// shareSight shows the far end of a link where its beginning is seen, except
// another project's models.
func (u *unit) shareSight(from, to int64) error {
	_, err := u.exec(`INSERT INTO project_subjects (subject_id, project_id)
 SELECT t.id, ps.project_id FROM project_subjects ps JOIN subjects t ON t.id = ?
 WHERE ps.subject_id = ? AND (t.home_id = 0 OR t.home_id = ps.project_id) ON CONFLICT DO NOTHING`, to, from)
	return err
}

// noteBoth records one change that two subjects' pages show.
func (u *unit) noteBoth(a, b int64, action string, detail map[string]any) error {
	for _, id := range []int64{a, b} {
		if err := u.note(id, action, detail); err != nil {
			return err
		}
	}
	return nil
}

// note records a change of a subject and makes it the subject's newest.
func (u *unit) note(subject int64, action string, detail map[string]any) error {
	var project int64
	err := u.row(`SELECT COALESCE(MIN(project_id), 0) FROM project_subjects WHERE subject_id = ?`, []any{subject}, &project)
	if err != nil {
		return err
	}
	seq, err := u.record(project, subject, action, detail)
	if err != nil {
		return err
	}
	_, err = u.exec(`UPDATE subjects SET seq = ?, updated_at = ? WHERE id = ?`, seq, u.at(), subject)
	return err
}

// RemoveLink ends a person's link. A source's link can only be ended by the source.
func (s *Store) RemoveLink(ctx context.Context, by models.Principal, id int64) error {
	list, err := s.linksWhere(ctx, by, `l.id = ?`, id)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return models.Errorf(models.NotFound, "There is no such link.")
	}
	l := list[0]
	if err := s.MayWrite(ctx, by, l.From.ID, models.Contributor); err != nil {
		return err
	}
	if !l.Manual {
		return models.Errorf(models.Conflict, "This link was told by %s; it ends when the source says so.", l.By)
	}
	return s.write(ctx, by, func(u *unit) error {
		if _, err := u.exec(`UPDATE links SET until_at = ? WHERE id = ? AND until_at = 0`, u.at(), id); err != nil {
			return err
		}
		return u.noteBoth(l.From.ID, l.To.ID, "link.removed", map[string]any{"relation": l.Relation, "link": id})
	})
}

// MayWrite answers nil when the principal has at least the role in one of the
// subject's projects; for models, in the project that owns it.
func (s *Store) MayWrite(ctx context.Context, by models.Principal, subject int64, role models.Role) error {
	if by.Hub.AtLeast(role) {
		return nil
	}
	var home int64
	if err := s.row(ctx, `SELECT home_id FROM subjects WHERE id = ?`, []any{subject}, &home); err != nil {
		return models.Errorf(models.NotFound, "There is no such subject.")
	}
	projects, err := s.ProjectsOf(ctx, subject)
	if err != nil {
		return err
	}
	seen := false
	for _, p := range projects {
		held := by.RoleIn(p.ID)
		seen = seen || held.AtLeast(models.Viewer)
		if held.AtLeast(role) && (home == 0 || home == p.ID) {
			return nil
		}
	}
	if !seen {
		return models.Errorf(models.NotFound, "There is no such subject.")
	}
	return models.Errorf(models.Forbidden, "This needs the role %s in the project.", role)
}
