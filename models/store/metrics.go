package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"

	"throughline/models"
)

const (
	ownChunk   = 32  // points of one metric in one call that get a chunk of their own
	mostLoose  = 256 // chunks of a run before they are merged
	chunkLimit = 4096
)

// logMetrics appends points to a run's history and keeps the latest of each
// metric. What it costs depends on the number of metrics in the call, not on what
// is there; every mostLoose-th call merges what lies about.
func (u *unit) logMetrics(r *openRun, metrics []models.Metric) error {
	if len(metrics) == 0 {
		return nil
	}
	by := byMetric(metrics)
	if err := u.appendChunks(r, by); err != nil {
		return err
	}
	if err := u.raiseLatest(r.id, by); err != nil {
		return err
	}
	if r.loose < mostLoose {
		return nil
	}
	return u.mergeChunks(r)
}

// series are points of one metric.
type series struct {
	key    string
	points []models.Point
}

// byMetric groups points, in the order in which the metrics first come.
func byMetric(metrics []models.Metric) []series {
	var out []series
	at := make(map[string]int, 8)
	for _, m := range metrics {
		n, known := at[m.Key]
		if !known {
			n = len(out)
			at[m.Key] = n
			out = append(out, series{key: m.Key})
		}
		out[n].points = append(out[n].points, m.Point)
	}
	return out
}

// appendChunks writes long series into chunks of their own and the rest into one.
func (u *unit) appendChunks(r *openRun, list []series) error {
	var rest []series
	for _, s := range list {
		if len(s.points) < ownChunk {
			rest = append(rest, s)
			continue
		}
		if err := u.insertChunk(r.id, s.key, s); err != nil {
			return err
		}
		r.loose++
	}
	if len(rest) == 0 {
		return nil
	}
	key := ""
	if len(rest) == 1 {
		key = rest[0].key
	}
	r.loose++
	return u.insertChunk(r.id, key, rest...)
}

func (u *unit) insertChunk(run int64, key string, list ...series) error {
	var data []byte
	first, last, points := int64(math.MaxInt64), int64(math.MinInt64), 0
	for _, s := range list {
		data = models.PackPoints(data, s.key, s.points)
		points += len(s.points)
		for _, p := range s.points {
			first, last = min(first, p.At), max(last, p.At)
		}
	}
	_, err := u.exec(`INSERT INTO metric_chunks (run_id, key, points, first_at, last_at, data) VALUES (?, ?, ?, ?, ?, ?)`, run, key, points, first, last, data)
	if err != nil {
		return fmt.Errorf("keep metrics: %w", err)
	}
	return nil
}

// raiseLatest keeps the latest point of each metric.
func (u *unit) raiseLatest(run int64, list []series) error {
	for _, s := range list {
		latest := s.points[0]
		for _, p := range s.points[1:] {
			if p.Later(latest) {
				latest = p
			}
		}
		_, err := u.exec(`INSERT INTO run_metrics (run_id, key, value, nan, step, logged_at) VALUES (?, ?, ?, ?, ?, ?)
 ON CONFLICT (run_id, key) DO UPDATE SET value = excluded.value, nan = excluded.nan, step = excluded.step, logged_at = excluded.logged_at
 WHERE (excluded.step, excluded.logged_at, excluded.value) > (run_metrics.step, run_metrics.logged_at, run_metrics.value)`,
			run, s.key, latest.Ordinal(), flag(math.IsNaN(latest.Value)), latest.Step, latest.At)
		if err != nil {
			return fmt.Errorf("keep the latest: %w", err)
		}
	}
	return nil
}

// latestOf reads the latest values of many runs, by key.
func (s *Store) latestOf(ctx context.Context, ids []int64, each func(id int64, m models.Metric)) error {
	return inGroups(ids, func(group []int64) error {
		rows, err := s.query(ctx, `SELECT run_id, key, value, nan, step, logged_at FROM run_metrics WHERE run_id IN (`+marks(len(group))+`) ORDER BY run_id, key`, ints(group)...)
		_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
			id, m, err := scanLatest(r)
			each(id, m)
			return err
		})
		return err
	})
}

func scanLatest(r *sql.Rows) (id int64, m models.Metric, err error) {
	var nan bool
	err = r.Scan(&id, &m.Key, &m.Value, &nan, &m.Step, &m.At)
	if nan {
		m.Value = math.NaN()
	}
	return id, m, err
}

// mergeChunks turns the small chunks of a run into few large ones, one metric in
// each, with every point once.
func (u *unit) mergeChunks(r *openRun) error {
	rows, err := u.query(`SELECT id, key, data FROM metric_chunks WHERE run_id = ? AND points < ?`, r.id, chunkLimit)
	list, err := all(rows, err, func(r *sql.Rows, c *chunk) error { return r.Scan(&c.id, &c.key, &c.data) })
	if err != nil {
		return err
	}
	points := map[string][]models.Point{}
	for _, c := range list {
		if err := models.UnpackPoints(c.data, "", func(key string, p models.Point) { points[key] = append(points[key], p) }); err != nil {
			return fmt.Errorf("chunk %d: %w", c.id, err)
		}
		if _, err := u.exec(`DELETE FROM metric_chunks WHERE id = ?`, c.id); err != nil {
			return err
		}
	}
	r.loose = 0
	return u.insertMerged(r.id, points)
}

func (u *unit) insertMerged(run int64, points map[string][]models.Point) error {
	for key, list := range points {
		for part := range slices.Chunk(models.UniquePoints(list), chunkLimit) {
			if err := u.insertChunk(run, key, series{key, part}); err != nil {
				return err
			}
		}
	}
	return nil
}

type chunk struct {
	id          int64
	key         string
	first, last int64
	data        []byte
}
