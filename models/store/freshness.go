package store

import (
	"context"
	"database/sql"
	"time"

	"throughline/models"
)

const (
	shortestPromise = time.Minute
	longestPromise  = 5 * 366 * 24 * time.Hour
)

func (w *dataWalk) freshness() (err error) {
	all, err := w.s.FreshnessOf(w.ctx, w.d.Dataset.ID)
	w.d.Freshness = all[w.d.Dataset.ID]
	return err
}

// FreshnessOf is how fresh datasets are promised to be, by their ids.
func (s *Store) FreshnessOf(ctx context.Context, datasets ...int64) (map[int64]models.Freshness, error) {
	out := map[int64]models.Freshness{}
	if len(datasets) == 0 {
		return out, nil
	}
	rows, err := s.query(ctx, `SELECT f.subject_id, f.every, f.since_at, COALESCE(p.name, f.by_name) FROM freshness f LEFT JOIN people p ON 'person:' || p.id = f.actor
 WHERE f.until_at = 0 AND f.subject_id IN (`+marks(len(datasets))+`)`, ints(datasets)...)
	_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
		var id, every int64
		f := models.Freshness{}
		err := r.Scan(&id, &every, scanTime{&f.Since}, &f.By)
		f.Every = time.Duration(every) * time.Millisecond
		out[id] = f
		return err
	})
	return out, err
}

// PromiseFreshness says how often a new version of a dataset comes; 0 takes the
// promise back. What was promised before stays as history.
func (s *Store) PromiseFreshness(ctx context.Context, by models.Principal, dataset models.Subject, every time.Duration) error {
	if dataset.Ref.Kind != models.Dataset {
		return models.Errorf(models.Unprocessed, "Only of a dataset new versions are promised, not of a %s.", dataset.Ref.Kind.Word())
	}
	if every != 0 && (every < shortestPromise || every > longestPromise) {
		return models.FieldErrorf(models.Unprocessed, "every", "A promise is between a minute and five years.")
	}
	if err := s.MayWrite(ctx, by, dataset.ID, models.Contributor); err != nil {
		return err
	}
	return s.write(ctx, by, func(u *unit) error { return u.promise(dataset.ID, every) })
}

func (u *unit) promise(dataset int64, every time.Duration) error {
	if _, err := u.exec(`UPDATE freshness SET until_at = ? WHERE subject_id = ? AND until_at = 0`, u.at(), dataset); err != nil {
		return err
	}
	_, err := u.exec(`INSERT INTO freshness (subject_id, every, actor, by_name, since_at) VALUES (?, ?, ?, ?, ?)`, dataset, every.Milliseconds(), u.by.Actor(), u.byName(), u.at())
	if err != nil {
		return err
	}
	return u.note(dataset, "freshness.promised", map[string]any{"every": every.String()})
}

const lateEvery = time.Minute

// newestVersion is when the newest version of the dataset of the row f was first
// heard of, 0 when there is none.
const newestVersion = `COALESCE((SELECT MAX(heard) FROM (SELECT MIN(t.since_at) AS heard FROM links v
 JOIN links t ON (t.to_id = v.from_id OR t.from_id = v.from_id) WHERE v.to_id = f.subject_id AND v.relation = 'version_of' AND v.until_at = 0 GROUP BY v.from_id) AS versions), 0)`

// keepLate looks about once a minute for datasets that have turned late, and for
// planned changes that have happened, until ctx ends.
func (s *Store) keepLate(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(lateEvery):
		}
		if !s.Leads(ctx) {
			continue
		}
		if _, err := s.NoteLate(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "look for late datasets", "error", err)
		}
		if _, err := s.NoteGone(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "look for columns that are gone", "error", err)
		}
	}
}

// NoteLate records each dataset that has turned late, and each that is fresh again:
// the clock alone makes it late, no event does. It returns how many it noted.
func (s *Store) NoteLate(ctx context.Context) (n int, err error) {
	rows, err := s.query(ctx, `SELECT f.id, f.subject_id, f.every, f.late_at, `+newestVersion+` FROM freshness f WHERE f.until_at = 0 AND f.every > 0`)
	type promise struct{ id, dataset, every, late, newest int64 }
	list, err := all(rows, err, func(r *sql.Rows, p *promise) error {
		return r.Scan(&p.id, &p.dataset, &p.every, &p.late, &p.newest)
	})
	if err != nil {
		return 0, err
	}
	now := s.now().UnixMilli()
	for _, p := range list {
		late := p.newest == 0 || now-p.newest > p.every
		if late == (p.late != 0) {
			continue
		}
		if err := s.noteLate(ctx, p.id, p.dataset, late); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (s *Store) noteLate(ctx context.Context, promise, dataset int64, late bool) error {
	return s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) error {
		at, action := u.at(), "dataset.late"
		if !late {
			at, action = 0, "dataset.fresh"
		}
		if _, err := u.exec(`UPDATE freshness SET late_at = ? WHERE id = ?`, at, promise); err != nil {
			return err
		}
		return u.note(dataset, action, nil)
	})
}

// DataStates are where datasets stand, by their ids: those that something is
// promised or checked of.
func (s *Store) DataStates(ctx context.Context, datasets []int64) (map[int64]models.State, error) {
	failing, err := s.FailingChecks(ctx, datasets)
	out := map[int64]models.State{}
	if err != nil || len(datasets) == 0 {
		return out, err
	}
	rows, err := s.query(ctx, `SELECT f.subject_id, f.every, `+newestVersion+` FROM freshness f WHERE f.until_at = 0 AND f.every > 0 AND f.subject_id IN (`+marks(len(datasets))+`)`, ints(datasets)...)
	now := s.now()
	_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
		var id, every, newest int64
		err := r.Scan(&id, &every, &newest)
		out[id], _ = models.StateOfData(models.Freshness{Every: time.Duration(every) * time.Millisecond}, moment(newest), nil, now)
		return err
	})
	for id := range failing {
		out[id] = models.Failed
	}
	return out, err
}
