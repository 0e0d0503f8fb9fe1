package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"throughline/models"
)

const experimentColumns = `id, integration_id, key, name, artifact_location, lifecycle, created_at, updated_at`

func scanExperimentRow(r *sql.Rows, e *models.TrackedExperiment) error { return scanExperiment(r, e) }

func scanExperiment(r interface{ Scan(...any) error }, e *models.TrackedExperiment) error {
	return r.Scan(&e.ID, &e.Integration, &e.Key, &e.Name, &e.ArtifactLocation, &e.Lifecycle, &e.Created, &e.Updated)
}

const defaultName = "Default"

// unmade is the experiment that a space has before anything is written to it.
func (sp Space) unmade() models.TrackedExperiment {
	at := millis(sp.Project.CreatedAt)
	return models.TrackedExperiment{Key: DefaultExperiment, Name: defaultName, ArtifactLocation: "mlflow-artifacts:/" + DefaultExperiment,
		Lifecycle: models.LifecycleActive, Created: at, Updated: at}
}

// TrackedExperiment is an experiment of a space by its key, with its tags.
func (s *Store) TrackedExperiment(ctx context.Context, sp Space, key string) (models.TrackedExperiment, error) {
	if sp.Integration.ID == 0 && key == DefaultExperiment {
		return sp.unmade(), nil
	}
	return s.trackedExperiment(ctx, `integration_id = ? AND key = ?`, models.Errorf(models.NotFound, "No Experiment with id=%s exists", key), sp.Integration.ID, key)
}

// TrackedExperimentByName is an experiment of a space by its name; a deleted one
// keeps its name.
func (s *Store) TrackedExperimentByName(ctx context.Context, sp Space, name string) (models.TrackedExperiment, error) {
	if sp.Integration.ID == 0 && name == defaultName {
		return sp.unmade(), nil
	}
	return s.trackedExperiment(ctx, `integration_id = ? AND name = ?`, models.Errorf(models.NotFound, "Could not find experiment with name '%s'", name), sp.Integration.ID, name)
}

func (s *Store) trackedExperiment(ctx context.Context, where string, absent error, args ...any) (e models.TrackedExperiment, err error) {
	rows, err := s.query(ctx, `SELECT `+experimentColumns+` FROM experiments WHERE `+where, args...)
	list, err := all(rows, err, scanExperimentRow)
	if err != nil {
		return e, err
	}
	if len(list) == 0 {
		return e, absent
	}
	return list[0], s.dressExperiments(ctx, list)
}

// dressExperiments adds their tags to experiments.
func (s *Store) dressExperiments(ctx context.Context, list []models.TrackedExperiment) error {
	at := make(map[int64]int, len(list))
	ids := make([]int64, len(list))
	for n, e := range list {
		at[e.ID], ids[n] = n, e.ID
	}
	return s.pairsOf(ctx, `SELECT experiment_id, key, value FROM experiment_tags WHERE experiment_id`, ids, func(id int64, p models.Pair) {
		list[at[id]].Tags = append(list[at[id]].Tags, p)
	})
}

// CreateExperiment makes an experiment in a space. Its name must be free, among
// the deleted too.
func (s *Store) CreateExperiment(ctx context.Context, by models.Principal, sp Space, e models.TrackedExperiment) (made models.TrackedExperiment, err error) {
	err = s.write(ctx, by, func(u *unit) error {
		if err := u.freeName(sp, e.Name, 0); err != nil {
			return err
		}
		e.Integration = sp.Integration.ID
		if e.Key, err = u.nextExperiment(sp); err != nil {
			return err
		}
		if made, err = u.insertExperiment(e); err != nil {
			return err
		}
		return u.tellExperiment(sp, made)
	})
	return made, err
}

func (u *unit) nextExperiment(sp Space) (string, error) {
	var n int64
	err := u.row(`SELECT COUNT(*) FROM experiments WHERE integration_id = ?`, []any{sp.Integration.ID}, &n) // none is ever removed
	return strconv.FormatInt(n, 10), err
}

func (u *unit) freeName(sp Space, name string, but int64) error {
	var id int64
	err := u.row(`SELECT id FROM experiments WHERE integration_id = ? AND name = ? AND id <> ?`, []any{sp.Integration.ID, name, but}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return models.Errorf(models.Conflict, "Experiment(name=%s) already exists.", name)
}

func (u *unit) insertExperiment(e models.TrackedExperiment) (models.TrackedExperiment, error) {
	e.Lifecycle, e.Created, e.Updated = models.LifecycleActive, u.at(), u.at()
	if e.ArtifactLocation == "" {
		e.ArtifactLocation = "mlflow-artifacts:/" + e.Key
	}
	id, err := u.insert(`INSERT INTO experiments (integration_id, key, name, artifact_location, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)`,
		e.Integration, e.Key, e.Name, e.ArtifactLocation, e.Created, e.Updated)
	e.ID = id
	if err != nil {
		return e, fmt.Errorf("make experiment %s: %w", e.Key, err)
	}
	return e, u.setPairs("experiment_tags", "experiment_id", id, e.Tags)
}

// ChangeExperiment renames an experiment, deletes it or brings it back; an empty
// name or lifecycle stays as it is.
func (s *Store) ChangeExperiment(ctx context.Context, by models.Principal, sp Space, key, name, lifecycle string) error {
	return s.write(ctx, by, func(u *unit) error {
		e, err := u.experiment(sp, key)
		if err != nil {
			return err
		}
		if name != "" {
			if e.Lifecycle != models.LifecycleActive {
				return models.Errorf(models.Invalid, "Cannot rename a non-active experiment.")
			}
			if err := u.freeName(sp, name, e.ID); err != nil {
				return err
			}
			e.Name = name
		}
		if lifecycle != "" {
			if err := u.turnExperiment(&e, lifecycle); err != nil {
				return err
			}
		}
		e.Updated = u.at()
		if _, err := u.exec(`UPDATE experiments SET name = ?, lifecycle = ?, updated_at = ? WHERE id = ?`, e.Name, e.Lifecycle, e.Updated, e.ID); err != nil {
			return err
		}
		return u.tellExperiment(sp, e)
	})
}

// turnExperiment deletes an experiment with its runs, or restores both.
func (u *unit) turnExperiment(e *models.TrackedExperiment, lifecycle string) error {
	if e.Lifecycle == lifecycle {
		return models.Errorf(models.NotFound, "No Experiment with id=%s exists in the other lifecycle stage: it is %s already.", e.Key, lifecycle)
	}
	e.Lifecycle = lifecycle
	_, err := u.exec(`UPDATE runs SET lifecycle = ?, logged_at = CASE WHEN told_at >= ? THEN told_at + 1 ELSE ? END WHERE experiment_id = ? AND lifecycle <> ?`,
		lifecycle, u.at(), u.at(), e.ID, lifecycle)
	return err
}

// experiment is an experiment of a space, inside a write.
func (u *unit) experiment(sp Space, key string) (e models.TrackedExperiment, err error) {
	err = scanExperiment(u.tx.QueryRowContext(u.ctx, u.s.dialect.rebind(`SELECT `+experimentColumns+` FROM experiments WHERE integration_id = ? AND key = ?`), sp.Integration.ID, key), &e)
	if errors.Is(err, sql.ErrNoRows) {
		return e, models.Errorf(models.NotFound, "No Experiment with id=%s exists", key)
	}
	return e, err
}

// TagExperiment sets tags of an experiment and takes others off.
func (s *Store) TagExperiment(ctx context.Context, by models.Principal, sp Space, key string, set []models.Pair, remove ...string) error {
	return s.write(ctx, by, func(u *unit) error {
		e, err := u.experiment(sp, key)
		if err != nil {
			return err
		}
		if err := active("experiment", e.Key, e.Lifecycle); err != nil {
			return err
		}
		if err := u.setPairs("experiment_tags", "experiment_id", e.ID, set); err != nil {
			return err
		}
		for _, name := range remove {
			if err := u.dropPair("experiment_tags", "experiment_id", e.ID, name, "No tag with name: %s in experiment with id %s", key); err != nil {
				return err
			}
		}
		if _, err = u.exec(`UPDATE experiments SET updated_at = ? WHERE id = ?`, u.at(), e.ID); err != nil {
			return err
		}
		_, err = u.record(sp.Project.ID, 0, "experiment.tagged", map[string]any{"experiment": e.Name, "tags": len(set) + len(remove)})
		return err
	})
}

// active refuses to change what was deleted, in MLflow's words.
func active(what, key, lifecycle string) error {
	if lifecycle == models.LifecycleActive {
		return nil
	}
	return models.Errorf(models.Invalid, "The %s %s must be in the 'active' state. Current state is %s.", what, key, lifecycle)
}

// tellExperiment describes an experiment's subject.
func (u *unit) tellExperiment(sp Space, e models.TrackedExperiment) error {
	d := models.Description{Ref: models.Ref{Kind: models.Experiment, Key: e.Key}, At: u.now, Title: e.Name,
		Facts: map[string]any{"name": e.Name, "artifact_uri": e.ArtifactLocation, "created_at": moment(e.Created), "deleted": nil}}
	if e.Lifecycle == models.LifecycleDeleted {
		d.Facts["deleted"] = true
	}
	return u.effects(Inbound{Integration: sp.Integration, Name: "experiment", Batch: models.Batch{Descriptions: []models.Description{d}}}, 0)
}
