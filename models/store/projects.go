package store

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"
	"strings"

	"throughline/models"
)

var keyPattern = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,15}$`)

// CreateProject makes a project with the default board. Conflict when the key is taken.
func (s *Store) CreateProject(ctx context.Context, by models.Principal, key, name string) (p models.Project, err error) {
	p = models.Project{Key: strings.ToUpper(strings.TrimSpace(key)), Name: strings.TrimSpace(name), Role: models.Administrator}
	if err := checkProject(p); err != nil {
		return p, err
	}
	err = s.write(ctx, by, func(u *unit) error {
		p.CreatedAt = u.now
		p.ID, err = u.insert(`INSERT INTO projects (key, name, rules, created_at) VALUES (?, ?, ?, ?)`,
			p.Key, p.Name, encode(models.DefaultRules), u.at())
		if unique(err) {
			return models.FieldErrorf(models.Conflict, "key", "The key %s is taken by another project.", p.Key)
		}
		if err != nil {
			return err
		}
		for i, column := range models.DefaultColumns {
			if _, err := u.exec(`INSERT INTO board_columns (project_id, name, position) VALUES (?, ?, ?)`, p.ID, column, i); err != nil {
				return err
			}
		}
		_, err = u.record(p.ID, 0, "project.created", map[string]any{"key": p.Key, "name": p.Name})
		return err
	})
	return p, err
}

func checkProject(p models.Project) error {
	if !keyPattern.MatchString(p.Key) {
		return models.FieldErrorf(models.Unprocessed, "key", "A key is 2 to 16 capital letters and digits, a letter first, such as FRAUD.")
	}
	if p.Name == "" || len(p.Name) > 200 {
		return models.FieldErrorf(models.Unprocessed, "name", "A project needs a name of at most 200 characters.")
	}
	return nil
}

// UpdateProject changes a project's name and description.
func (s *Store) UpdateProject(ctx context.Context, by models.Principal, p models.Project) error {
	if err := checkProject(p); err != nil {
		return err
	}
	return s.write(ctx, by, func(u *unit) error {
		if _, err := u.exec(`UPDATE projects SET name = ?, description = ? WHERE id = ?`, p.Name, p.Description, p.ID); err != nil {
			return err
		}
		_, err := u.record(p.ID, 0, "project.changed", map[string]any{"name": p.Name, "description": p.Description})
		return err
	})
}

const projectColumns = `id, key, name, description, created_at`

func scanProject(rows *sql.Rows, p *models.Project) error {
	var created int64
	err := rows.Scan(&p.ID, &p.Key, &p.Name, &p.Description, &created)
	p.CreatedAt = moment(created)
	return err
}

// Projects lists what the principal may view, by key, with the role held there.
func (s *Store) Projects(ctx context.Context, by models.Principal) ([]models.Project, error) {
	rows, err := s.query(ctx, `SELECT `+projectColumns+` FROM projects ORDER BY key`)
	list, err := all(rows, err, scanProject)
	return visibleProjects(list, by), err
}

func visibleProjects(list []models.Project, by models.Principal) []models.Project {
	for i := range list {
		list[i].Role = by.RoleIn(list[i].ID)
	}
	return slices.DeleteFunc(list, func(p models.Project) bool { return !p.Role.AtLeast(models.Viewer) })
}

// Project is one project by its key; NotFound when it is absent or invisible.
func (s *Store) Project(ctx context.Context, by models.Principal, key string) (p models.Project, err error) {
	var created int64
	err = s.row(ctx, `SELECT `+projectColumns+` FROM projects WHERE key = ?`, []any{strings.ToUpper(key)},
		&p.ID, &p.Key, &p.Name, &p.Description, &created)
	p.CreatedAt, p.Role = moment(created), by.RoleIn(p.ID)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !p.Role.AtLeast(models.Viewer) {
		return models.Project{}, models.Errorf(models.NotFound, "There is no project %s, or it is not yours to see.", key)
	}
	return p, err
}

// ProjectsOf lists the projects in which a subject appears.
func (s *Store) ProjectsOf(ctx context.Context, subject int64) ([]models.Project, error) {
	rows, err := s.query(ctx, `SELECT `+projectColumns+` FROM projects WHERE id IN (SELECT project_id FROM project_subjects WHERE subject_id = ?) ORDER BY key`, subject)
	return all(rows, err, scanProject)
}
