package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"throughline/models"
)

const (
	projectGroup = 50
	projectPause = 10 * time.Second // before another try
)

// keepProjected brings runs, experiments and pipeline runs into their tables that were there
// before the tables were. It goes on where it was stopped: what has a row is done.
func (s *Store) keepProjected(ctx context.Context) {
	for ctx.Err() == nil {
		if s.Leads(ctx) {
			err := s.projectPast(ctx)
			if err == nil {
				return
			}
			if ctx.Err() == nil {
				s.log.WarnContext(ctx, "bring runs into their tables", "error", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(projectPause):
		}
	}
}

// projectPast does so until nothing is left.
func (s *Store) projectPast(ctx context.Context) error {
	for _, q := range []string{
		`s.kind = 'experiment' AND NOT EXISTS (SELECT 1 FROM experiments e WHERE e.integration_id = s.integration_id AND e.key = s.key AND e.updated_at > 0)`,
		`s.kind = 'run' AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = s.id)`,
		`s.kind = 'pipeline_run' AND NOT EXISTS (SELECT 1 FROM pipeline_runs r WHERE r.id = s.id)`,
	} {
		for n, last := 1, int64(0); n > 0; {
			var err error
			if n, last, err = s.projectSome(ctx, q, last); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Store) projectSome(ctx context.Context, where string, after int64) (n int, last int64, err error) {
	rows, err := s.query(ctx, `SELECT s.id FROM subjects s JOIN integrations i ON i.id = s.integration_id
 WHERE i.here = 0 AND s.described = 1 AND s.id > ? AND `+where+` ORDER BY s.id LIMIT `+itoa(projectGroup), after)
	ids, err := all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
	if err != nil || len(ids) == 0 {
		return 0, after, err
	}
	err = s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) error {
		for _, id := range ids {
			if err := u.projectOne(id); err != nil {
				return err
			}
		}
		return nil
	})
	return len(ids), ids[len(ids)-1], err
}

func (u *unit) projectOne(id int64) error {
	row, err := u.load(id)
	if err != nil {
		return err
	}
	names := slices.Collect(maps.Keys(row.facts))
	switch row.ref.Kind {
	case models.Experiment:
		return u.projectExperiment(row, names)
	case models.PipelineRun:
		return u.projectPipeline(row)
	}
	return u.projectRun(row, names)
}
