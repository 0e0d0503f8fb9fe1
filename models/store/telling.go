package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"throughline/models"
)

// What is logged to a run goes into its tables at once, and to its subject, with
// all that hangs on it, every few seconds: a metric call would otherwise move
// cards, links and search. What changes a run's state tells at once.
const (
	tellEvery = 2 * time.Second
	tellGroup = 100
)

// keepTold tells subjects what was logged to their runs, until ctx ends. Of several
// processes one does it; what one that died had not told yet, the next one tells.
func (s *Store) keepTold(ctx context.Context) {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !s.Leads(ctx) {
			continue
		}
		if err := s.Tell(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "tell of logged runs", "error", err)
		}
	}
}

// untold is a run whose subject is behind.
type untold struct {
	id          int64
	integration Integration
}

// Tell brings the subjects of all runs up to date with what was logged to them.
func (s *Store) Tell(ctx context.Context) error {
	for ctx.Err() == nil {
		list, err := s.untold(ctx)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, one := range list {
			err := s.write(ctx, models.Principal{IntegrationID: one.integration.ID, Name: one.integration.Label()}, func(u *unit) error {
				return u.tellRun(one.integration, one.id)
			})
			if err != nil {
				return err
			}
		}
		if len(list) < tellGroup {
			return nil
		}
	}
	return ctx.Err()
}

func (s *Store) untold(ctx context.Context) ([]untold, error) {
	rows, err := s.query(ctx, `SELECT r.id, i.id, i.project_id, i.source, i.name, i.here FROM runs r JOIN integrations i ON i.id = r.integration_id
 WHERE r.logged_at > r.told_at ORDER BY r.logged_at LIMIT `+itoa(tellGroup))
	return all(rows, err, func(r *sql.Rows, t *untold) error {
		i := &t.integration
		return r.Scan(&t.id, &i.ID, &i.ProjectID, &i.Source, &i.Name, &i.Here)
	})
}

// tellRun describes a run's subject from its tables.
func (u *unit) tellRun(i Integration, id int64) error {
	as, told, err := u.asSubject(id)
	if err != nil {
		return err
	}
	as.At = moment(max(u.at(), told+1)) // a later word always wins
	batch := models.Batch{Descriptions: as.Descriptions()}
	if err := u.forgetFacts(id, &batch.Descriptions[0]); err != nil {
		return err
	}
	if err := u.effects(Inbound{Integration: i, Name: "run." + strings.ToLower(as.Run.Status), Batch: batch}, 0); err != nil {
		return err
	}
	u.heard(i.ID, u.at(), u.at())
	_, err = u.exec(`UPDATE runs SET told_at = ? WHERE id = ?`, as.At.UnixMilli(), id)
	return err
}

// forgetFacts takes back what the subject holds and the run has no more: a tag
// that was taken off.
func (u *unit) forgetFacts(id int64, d *models.Description) error {
	row, err := u.load(id)
	if err != nil {
		return err
	}
	for name := range row.facts {
		if _, still := d.Facts[name]; !still && strings.HasPrefix(name, "tag.") {
			d.Facts[name] = nil
		}
	}
	return nil
}

// asSubject reads a whole run inside a write, and when its subject was last told.
func (u *unit) asSubject(id int64) (as models.RunAsSubject, told int64, err error) {
	r := &as.Run
	err = u.row(`SELECT r.key, r.name, r.user_name, r.status, r.lifecycle, r.started_at, r.ended_at, r.artifact_uri, r.told_at, e.key, e.name FROM runs r JOIN experiments e ON e.id = r.experiment_id WHERE r.id = ?`,
		[]any{id}, &r.Key, &r.Name, &r.User, &r.Status, &r.Lifecycle, &r.Started, &r.Ended, &r.ArtifactURI, &told, &r.ExperimentKey, &as.Experiment)
	if err != nil {
		return as, 0, err
	}
	if r.Params, err = u.pairs(`SELECT key, value FROM run_params WHERE run_id = ? ORDER BY key`, id); err != nil {
		return as, 0, err
	}
	if r.Tags, err = u.pairs(`SELECT key, value FROM run_tags WHERE run_id = ? ORDER BY key`, id); err != nil {
		return as, 0, err
	}
	rows, err := u.query(`SELECT run_id, key, value, nan, step, logged_at FROM run_metrics WHERE run_id = ? ORDER BY key`, id)
	r.Metrics, err = all(rows, err, func(rows *sql.Rows, m *models.Metric) (err error) {
		_, *m, err = scanLatest(rows)
		return err
	})
	if err != nil {
		return as, 0, err
	}
	rows, err = u.query(`SELECT i.run_id, i.tags, d.name, d.digest, d.source_type, d.source, '', d.profile FROM run_inputs i JOIN input_datasets d ON d.id = i.dataset_id WHERE i.run_id = ? ORDER BY i.id`, id)
	r.Inputs, err = all(rows, err, func(rows *sql.Rows, in *models.RunInput) (err error) {
		_, *in, err = scanInput(rows)
		return err
	})
	return as, told, err
}

func (u *unit) pairs(q string, args ...any) ([]models.Pair, error) {
	rows, err := u.query(q, args...)
	return all(rows, err, func(r *sql.Rows, p *models.Pair) error { return r.Scan(&p.Key, &p.Value) })
}
