package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"throughline/models"
)

const trackedRunColumns = `r.id, r.integration_id, r.key, r.experiment_id, e.key, r.name, r.user_name, r.actor, r.by_name, r.status, r.lifecycle, r.started_at, r.ended_at, r.artifact_uri, r.logged_at`

const trackedRunSelect = `SELECT ` + trackedRunColumns + ` FROM runs r JOIN experiments e ON e.id = r.experiment_id WHERE `

func scanTrackedRun(rows *sql.Rows, r *models.TrackedRun) error {
	return rows.Scan(&r.ID, &r.Integration, &r.Key, &r.Experiment, &r.ExperimentKey, &r.Name, &r.User, &r.Actor, &r.ByName,
		&r.Status, &r.Lifecycle, &r.Started, &r.Ended, &r.ArtifactURI, &r.LoggedAt)
}

// TrackedRun is a run of a space by its key, with all but the history of its metrics.
func (s *Store) TrackedRun(ctx context.Context, sp Space, key string) (models.TrackedRun, error) {
	list, err := s.trackedRuns(ctx, `r.integration_id = ? AND r.key = ?`, sp.Integration.ID, key)
	if err != nil {
		return models.TrackedRun{}, err
	}
	if len(list) == 0 {
		return models.TrackedRun{}, noRun(key)
	}
	return list[0], nil
}

func noRun(key string) error {
	return models.Errorf(models.NotFound, "Run with id=%s not found", key)
}

// trackedRuns are whole runs; the condition is of this package.
func (s *Store) trackedRuns(ctx context.Context, where string, args ...any) ([]models.TrackedRun, error) {
	rows, err := s.query(ctx, trackedRunSelect+where, args...)
	list, err := all(rows, err, scanTrackedRun)
	if err != nil {
		return nil, err
	}
	return list, s.dressRuns(ctx, list)
}

// dressRuns adds params, tags, latest metrics and inputs to runs: the number of
// questions does not depend on how many they are.
func (s *Store) dressRuns(ctx context.Context, list []models.TrackedRun) error {
	at := make(map[int64]*models.TrackedRun, len(list))
	ids := make([]int64, len(list))
	for n := range list {
		at[list[n].ID], ids[n] = &list[n], list[n].ID
	}
	err := s.pairsOf(ctx, `SELECT run_id, key, value FROM run_params WHERE run_id`, ids, func(id int64, p models.Pair) { at[id].Params = append(at[id].Params, p) })
	if err != nil {
		return err
	}
	err = s.pairsOf(ctx, `SELECT run_id, key, value FROM run_tags WHERE run_id`, ids, func(id int64, p models.Pair) { at[id].Tags = append(at[id].Tags, p) })
	if err != nil {
		return err
	}
	err = s.latestOf(ctx, ids, func(id int64, m models.Metric) { at[id].Metrics = append(at[id].Metrics, m) })
	if err != nil {
		return err
	}
	err = s.inputsOf(ctx, ids, func(id int64, in models.RunInput) { at[id].Inputs = append(at[id].Inputs, in) })
	if err != nil {
		return err
	}
	return s.runModels(ctx, ids, func(id int64, m models.RunModel) { at[id].Models = append(at[id].Models, m) })
}

// NewRun is a run to be made, as the client wants it.
type NewRun struct {
	Experiment string // its key
	Name, User string
	Started    int64
	Tags       []models.Pair
	Key        string // of the run: 32 hex digits, made by the caller
	Call       string // a mark of the call, which clients repeat; empty: it is not remembered
}

// rememberRuns is how long a repeated call finds the run of the first.
const rememberRuns = 15 * time.Minute

// idempotencyTag names a run by what made it: Kubeflow Pipelines looks for it.
const idempotencyTag = "mlflow.kfp.idempotencyKey"

// CreateRun makes a run, on disk and on boards when it returns. The same call a
// second time finds the run of the first.
func (s *Store) CreateRun(ctx context.Context, by models.Principal, sp Space, n NewRun) (models.TrackedRun, error) {
	key := n.Key
	err := s.write(ctx, by, func(u *unit) error {
		before, err := u.before(sp, n)
		if before != "" || err != nil {
			key = cmp.Or(before, key)
			return err
		}
		if err := u.makeRun(sp, n); err != nil {
			return err
		}
		return u.keepReply(n.Call, n.Key, rememberRuns)
	})
	if err != nil {
		return models.TrackedRun{}, err
	}
	return s.TrackedRun(ctx, sp, key)
}

// before is the key of the run that an earlier call of the same made.
func (u *unit) before(sp Space, n NewRun) (string, error) {
	if key, err := u.reply(n.Call); key != "" || err != nil {
		return key, err
	}
	for _, t := range n.Tags {
		if t.Key != idempotencyTag || t.Value == "" {
			continue
		}
		var key string
		err := u.row(`SELECT r.key FROM run_tags t JOIN runs r ON r.id = t.run_id WHERE t.key = ? AND t.value = ? AND r.integration_id = ? AND r.lifecycle = 'active'`,
			[]any{t.Key, t.Value, sp.Integration.ID}, &key)
		if errors.Is(err, sql.ErrNoRows) {
			return "", nil
		}
		return key, err
	}
	return "", nil
}

func (u *unit) makeRun(sp Space, n NewRun) error {
	e, err := u.experiment(sp, cmp.Or(n.Experiment, DefaultExperiment))
	if err != nil {
		return err
	}
	if err := active("experiment", e.Key, e.Lifecycle); err != nil {
		return err
	}
	id, err := u.ensureAt(models.Ref{Kind: models.Run, Key: n.Key, Integration: sp.Integration.ID}, n.Started)
	if err != nil {
		return err
	}
	_, err = u.exec(`INSERT INTO runs (id, integration_id, key, experiment_id, name, user_name, actor, by_name, status, started_at, artifact_uri, logged_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, sp.Integration.ID, n.Key, e.ID, clean(n.Name), clean(n.User), u.by.Actor(), u.byName(), models.RunRunning, n.Started,
		e.ArtifactLocation+"/"+n.Key+"/artifacts", u.at())
	if unique(err) {
		return models.Errorf(models.Conflict, "Run with id=%s already exists.", n.Key)
	}
	if err != nil {
		return fmt.Errorf("make run: %w", err)
	}
	if err := u.setPairs("run_tags", "run_id", id, n.Tags); err != nil {
		return err
	}
	if err := u.tellExperiment(sp, e); err != nil {
		return err
	}
	return u.tellRun(sp.Integration, id)
}

// byName is the principal's name where it is no person's: people stand on rows by
// their id alone.
func (u *unit) byName() string {
	if u.by.PersonID != 0 {
		return ""
	}
	return u.by.Name
}

// RunUpdate is what changes of a run; nil fields stay.
type RunUpdate struct {
	Name, Status, Lifecycle *string
	Ended                   *int64
}

// UpdateRun changes a run's name, status, end or lifecycle; boards follow at once.
func (s *Store) UpdateRun(ctx context.Context, by models.Principal, sp Space, key string, change RunUpdate) (models.TrackedRun, error) {
	err := s.write(ctx, by, func(u *unit) error {
		r, err := u.openRun(sp, key, change.Lifecycle == nil)
		if err != nil {
			return err
		}
		if err := u.changeRun(r, change); err != nil {
			return err
		}
		return u.tellRun(sp.Integration, r.id)
	})
	if err != nil {
		return models.TrackedRun{}, err
	}
	return s.TrackedRun(ctx, sp, key)
}

func (u *unit) changeRun(r openRun, change RunUpdate) error {
	name, status, lifecycle, ended := r.name, r.status, r.lifecycle, r.ended
	for _, c := range []struct{ to, from *string }{{&name, change.Name}, {&status, change.Status}, {&lifecycle, change.Lifecycle}} {
		if c.from != nil {
			*c.to = *c.from
		}
	}
	if change.Ended != nil {
		ended = *change.Ended
	}
	if change.Name != nil && name != r.name {
		if err := u.setPairs("run_tags", "run_id", r.id, []models.Pair{{Key: "mlflow.runName", Value: name}}); err != nil {
			return err
		}
	}
	if models.WorkState(strings.ToLower(status)).Terminal() && r.loose > 1 {
		if err := u.mergeChunks(&r); err != nil { // little is going to follow
			return err
		}
	}
	_, err := u.exec(`UPDATE runs SET name = ?, status = ?, lifecycle = ?, ended_at = ?, loose = ?`+loggedNow+` WHERE id = ?`,
		clean(name), status, lifecycle, ended, r.loose, u.at(), u.at(), r.id)
	return err
}

// loggedNow notes that the run was logged to: later than its subject was told.
const loggedNow = `, logged_at = CASE WHEN told_at >= ? THEN told_at + 1 ELSE ? END`

// openRun is a run inside a write.
type openRun struct {
	id, experiment, ended   int64
	name, status, lifecycle string
	loose                   int64
}

// openRun reads a run; one that was deleted is refused where it must be active.
func (u *unit) openRun(sp Space, key string, mustLive bool) (r openRun, err error) {
	err = u.row(`SELECT id, experiment_id, ended_at, name, status, lifecycle, loose FROM runs WHERE integration_id = ? AND key = ?`,
		[]any{sp.Integration.ID, key}, &r.id, &r.experiment, &r.ended, &r.name, &r.status, &r.lifecycle, &r.loose)
	if errors.Is(err, sql.ErrNoRows) {
		return r, noRun(key)
	}
	if err == nil && mustLive {
		err = active("run", key, r.lifecycle)
	}
	return r, err
}
