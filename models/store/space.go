package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"throughline/models"
)

// Space is a project as a tracking server of its own: what MLflow clients log to
// it, and only that, is found in it.
type Space struct {
	Integration Integration // stands for the space where subjects name their source
	Project     models.Project
}

// DefaultExperiment is the key of the experiment that every space has.
const DefaultExperiment = "0"

// Space is the project's tracking server. It is made when something is to be
// written; before that it is empty, and its Integration has no id. Whether the
// caller may use the project is the caller's business.
func (s *Store) Space(ctx context.Context, project models.Project, write bool) (Space, error) {
	if known, ok := s.spaces.Load(project.ID); ok {
		return known.(Space), nil
	}
	i, err := s.integration(ctx, `i.here = 1 AND i.project_id = ?`, project.ID)
	if models.CodeOf(err) == models.NotFound {
		if !write {
			return Space{Project: project}, nil
		}
		if err := s.makeSpace(ctx, project); err != nil {
			return Space{}, err
		}
		i, err = s.integration(ctx, `i.here = 1 AND i.project_id = ?`, project.ID)
	}
	if err != nil {
		return Space{}, err
	}
	sp := Space{Integration: i, Project: project}
	s.spaces.Store(project.ID, sp)
	s.spaces.Store(project.Key, sp)
	return sp, nil
}

// SpaceFor is the space of the project that key names or, where it is empty, of the
// only one that the principal sees. What is invisible answers like what is absent.
func (s *Store) SpaceFor(ctx context.Context, by models.Principal, key string, write bool) (Space, error) {
	var id any = strings.ToUpper(key)
	if seen, all := by.Visible(); key == "" && !all && len(seen) == 1 {
		id = seen[0]
	}
	if known, ok := s.spaces.Load(id); ok && by.Sees([]int64{known.(Space).Project.ID}) {
		return known.(Space), nil
	}
	project, err := s.projectFor(ctx, by, key)
	if err != nil {
		return Space{}, err
	}
	return s.Space(ctx, project, write)
}

func (s *Store) projectFor(ctx context.Context, by models.Principal, key string) (p models.Project, err error) {
	if key != "" {
		return s.Project(ctx, by, key)
	}
	list, err := s.Projects(ctx, by)
	if err != nil {
		return p, err
	}
	if len(list) != 1 {
		return p, models.Errorf(models.Invalid, "Which project is this for? Use a token of one project, or the address of this server with /p/KEY behind it.")
	}
	return list[0], nil
}

func (s *Store) makeSpace(ctx context.Context, project models.Project) error {
	return s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) error {
		name, err := u.spaceName(project)
		if err != nil {
			return err
		}
		id, err := u.insert(`INSERT INTO integrations (project_id, source, name, here, state, created_at) VALUES (?, 'mlflow', ?, 1, 'ok', ?)`, project.ID, name, u.at())
		if unique(err) {
			return errNothing // made meanwhile
		}
		if err != nil {
			return err
		}
		if _, err := u.insertExperiment(models.TrackedExperiment{Integration: id, Key: DefaultExperiment, Name: defaultName}); err != nil {
			return err
		}
		_, err = u.record(project.ID, 0, "integration.created", map[string]any{"integration": "mlflow/" + name})
		return err
	})
}

// spaceName is the name of the space's integration: the project's key, unless
// somebody gave that to a mirrored server.
func (u *unit) spaceName(project models.Project) (string, error) {
	name := strings.ToLower(project.Key)
	for {
		var taken int64
		err := u.row(`SELECT id FROM integrations WHERE source = 'mlflow' AND name = ? AND deleted_at = 0`, []any{name}, &taken)
		if errors.Is(err, sql.ErrNoRows) {
			return name, nil
		}
		if err != nil {
			return "", err
		}
		name += "-here"
	}
}
