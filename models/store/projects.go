package store

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm"

	"throughline/models"
)

var keyPattern = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,15}$`)

// CreateProject makes a project with the default board. Conflict when the key is taken.
func (s *Store) CreateProject(ctx context.Context, by models.Principal, key, name string) (models.Project, error) {
	return s.CreateProjectAbout(ctx, by, key, name, "")
}

// CreateProjectAbout is CreateProject with a description.
func (s *Store) CreateProjectAbout(ctx context.Context, by models.Principal, key, name, description string) (p models.Project, err error) {
	p = models.Project{Key: strings.ToUpper(strings.TrimSpace(key)), Name: strings.TrimSpace(name), Description: description, Role: models.Administrator}
	if err := checkProject(p); err != nil {
		return p, err
	}
	err = s.write(ctx, by, func(u *unit) error {
		row := projectRow{Key: p.Key, Name: p.Name, Description: p.Description, Rules: encode(models.DefaultRules), CreatedAt: u.at()}
		err := u.gormTx().Create(&row).Error
		if unique(err) || errors.Is(err, gorm.ErrDuplicatedKey) {
			return models.FieldErrorf(models.Conflict, "key", "The key %s is taken by another project.", p.Key)
		}
		if err != nil {
			return err
		}
		p.ID, p.CreatedAt = row.ID, u.now
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
		was, err := u.as(`SELECT name, description FROM projects WHERE id = ?`, p.ID)
		if err != nil {
			return err
		}
		if _, err := u.exec(`UPDATE projects SET name = ?, description = ? WHERE id = ?`, p.Name, p.Description, p.ID); err != nil {
			return err
		}
		is := map[string]any{"name": p.Name, "description": p.Description}
		_, err = u.record(p.ID, 0, "project.changed", changed(map[string]any{}, was, is))
		return err
	})
}

// projectRow is a row of the projects table.
type projectRow struct {
	ID          int64
	Key         string
	Name        string
	Description string
	Rules       string
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
}

// TableName is the table, for gorm.
func (projectRow) TableName() string { return "projects" }

func (r projectRow) project() models.Project {
	return models.Project{ID: r.ID, Key: r.Key, Name: r.Name, Description: r.Description, CreatedAt: moment(r.CreatedAt)}
}

func projects(rows []projectRow) []models.Project {
	out := make([]models.Project, len(rows))
	for i, r := range rows {
		out[i] = r.project()
	}
	return out
}

// Projects lists what the principal may view, by key, with the role held there.
func (s *Store) Projects(ctx context.Context, by models.Principal) ([]models.Project, error) {
	var rows []projectRow
	err := s.read().WithContext(ctx).Order("key").Find(&rows).Error
	return visibleProjects(projects(rows), by), err
}

func visibleProjects(list []models.Project, by models.Principal) []models.Project {
	for i := range list {
		list[i].Role = by.RoleIn(list[i].ID)
	}
	return slices.DeleteFunc(list, func(p models.Project) bool { return !p.Role.AtLeast(models.Viewer) })
}

// Project is one project by its key; NotFound when it is absent or invisible.
func (s *Store) Project(ctx context.Context, by models.Principal, key string) (models.Project, error) {
	var rows []projectRow
	if err := s.read().WithContext(ctx).Where("key = ?", strings.ToUpper(key)).Find(&rows).Error; err != nil {
		return models.Project{}, err
	}
	if list := visibleProjects(projects(rows), by); len(list) > 0 {
		return list[0], nil
	}
	return models.Project{}, models.Errorf(models.NotFound, "There is no project %s, or it is not yours to see.", shorten(key))
}

// ProjectsOf lists the projects in which a subject appears.
func (s *Store) ProjectsOf(ctx context.Context, subject int64) ([]models.Project, error) {
	var rows []projectRow
	err := s.read().WithContext(ctx).Where("id IN (SELECT project_id FROM project_subjects WHERE subject_id = ?)", subject).Order("key").Find(&rows).Error
	return projects(rows), err
}
