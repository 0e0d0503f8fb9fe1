package store

import (
	"context"
	"database/sql"
	"strings"
	"unicode/utf8"

	"throughline/models"
)

// RunView is a saved view of the list of runs.
type RunView struct {
	ID      int64
	Name    string
	Query   string // the address of the list behind the ?
	Project string // key of the project that shares it; empty: the reader's own
	Mine    bool   // the reader may delete it
}

const (
	maxViewName  = 80
	maxViewQuery = 4000
)

// RunViews are the principal's own views and those shared in the projects they see.
func (s *Store) RunViews(ctx context.Context, by models.Principal) ([]RunView, error) {
	ids, everything := by.Visible()
	shared := `v.project_id IN (` + marks(len(ids)) + `)`
	switch {
	case everything:
		shared = `v.project_id IS NOT NULL`
	case len(ids) == 0:
		shared = `1 = 0`
	}
	rows, err := s.query(ctx, `SELECT v.id, v.name, v.query, COALESCE(p.key, ''), COALESCE(v.project_id, 0) FROM run_views v LEFT JOIN projects p ON p.id = v.project_id
 WHERE v.person_id = ? OR `+shared+` ORDER BY lower(v.name), v.id LIMIT 200`, append([]any{by.PersonID}, ints(ids)...)...)
	return all(rows, err, func(r *sql.Rows, v *RunView) error {
		var project int64
		err := r.Scan(&v.ID, &v.Name, &v.Query, &v.Project, &project)
		v.Mine = project == 0 || by.RoleIn(project).AtLeast(models.Maintainer)
		return err
	})
}

// SaveRunView keeps a view: the person's own, or shared in a project, where they
// must be contributor at least.
func (s *Store) SaveRunView(ctx context.Context, by models.Principal, name, query string, share models.Project) error {
	name = strings.TrimSpace(clean(name))
	switch {
	case name == "" || utf8.RuneCountInString(name) > maxViewName:
		return models.FieldErrorf(models.Unprocessed, "name", "Give the view a name of at most %d characters.", maxViewName)
	case len(query) > maxViewQuery:
		return models.FieldErrorf(models.Unprocessed, "query", "This filter is too long to be saved.")
	case share.ID != 0 && !by.RoleIn(share.ID).AtLeast(models.Contributor):
		return models.Errorf(models.Forbidden, "Sharing a view needs the role contributor in %s.", share.Key)
	}
	return s.write(ctx, by, func(u *unit) error {
		person, project := sql.NullInt64{Int64: by.PersonID, Valid: share.ID == 0}, sql.NullInt64{Int64: share.ID, Valid: share.ID != 0}
		if _, err := u.exec(`INSERT INTO run_views (name, query, person_id, project_id, actor, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
			name, query, person, project, u.by.Actor(), u.at()); err != nil {
			return err
		}
		_, err := u.record(share.ID, 0, "view.saved", map[string]any{"shared": share.ID != 0})
		return err
	})
}

// DeleteRunView removes a view: the person's own or, by a maintainer, a shared one.
func (s *Store) DeleteRunView(ctx context.Context, by models.Principal, id int64) error {
	list, err := s.RunViews(ctx, by)
	if err != nil {
		return err
	}
	for _, v := range list {
		if v.ID != id {
			continue
		}
		if !v.Mine {
			return models.Errorf(models.Forbidden, "A shared view is removed by a maintainer of %s.", v.Project)
		}
		return s.write(ctx, by, func(u *unit) error {
			if _, err := u.exec(`DELETE FROM run_views WHERE id = ?`, id); err != nil {
				return err
			}
			_, err := u.record(0, 0, "view.deleted", map[string]any{"shared": v.Project != ""})
			return err
		})
	}
	return models.Errorf(models.NotFound, "There is no such view.")
}
