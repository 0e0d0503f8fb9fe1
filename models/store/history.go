package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"slices"

	"throughline/models"
)

// errMerged says that a chunk was merged with others while it was to be read.
var errMerged = errors.New("the chunk was merged meanwhile")

// sweepHistory calls each for every point of a run's metric in the order of
// models.Point.Compare, each once, until it answers false. from skips what is
// not after it. Only the chunks around the present point are in memory.
func (s *Store) sweepHistory(ctx context.Context, run int64, metric string, from *models.Point, each func(models.Point) bool) error {
	for {
		w := sweeping{each: func(p models.Point) bool {
			from = &p
			return each(p)
		}}
		if err := s.sweepChunks(ctx, run, metric, from, &w); !errors.Is(err, errMerged) {
			return err
		}
	}
}

func (s *Store) sweepChunks(ctx context.Context, run int64, metric string, from *models.Point, w *sweeping) error {
	list, err := s.chunksOf(ctx, run, metric, from)
	if err != nil {
		return err
	}
	after := from
	for n, c := range list {
		data, err := s.chunkData(ctx, c.id)
		if err != nil {
			return err
		}
		err = models.UnpackPoints(data, metric, func(_ string, p models.Point) {
			if after == nil || p.Compare(*after) > 0 {
				w.waiting = append(w.waiting, p)
			}
		})
		if err != nil {
			return err
		}
		if n+1 < len(list) {
			w.until(list[n+1].first)
		}
		if w.done {
			return nil
		}
	}
	w.until(math.MaxInt64)
	return nil
}

// sweeping are the points that wait for those of later chunks before their turn.
type sweeping struct {
	waiting []models.Point
	each    func(models.Point) bool
	done    bool
}

// until gives away the points before a moment: no later chunk has any of those.
func (w *sweeping) until(at int64) {
	if w.done {
		w.waiting = nil
		return
	}
	w.waiting = models.UniquePoints(w.waiting)
	ready := len(w.waiting)
	if at != math.MaxInt64 {
		ready, _ = slices.BinarySearchFunc(w.waiting, at, func(p models.Point, at int64) int { return cmp.Compare(p.At, at) })
	}
	for _, p := range w.waiting[:ready] {
		if w.done = !w.each(p); w.done {
			break
		}
	}
	w.waiting = slices.Delete(w.waiting, 0, ready)
}

// chunksOf are the chunks that may hold points of a metric, by their first moment.
func (s *Store) chunksOf(ctx context.Context, run int64, metric string, from *models.Point) ([]chunk, error) {
	since := int64(-1 << 62)
	if from != nil {
		since = from.At
	}
	rows, err := s.query(ctx, `SELECT id, first_at, last_at FROM metric_chunks WHERE run_id = ? AND key IN (?, '') AND last_at >= ? ORDER BY first_at, id`, run, metric, since)
	return all(rows, err, func(r *sql.Rows, c *chunk) error { return r.Scan(&c.id, &c.first, &c.last) })
}

// chunkData is a chunk's data; errMerged when it is no more.
func (s *Store) chunkData(ctx context.Context, id int64) ([]byte, error) {
	rows, err := s.query(ctx, `SELECT data FROM metric_chunks WHERE id = ?`, id)
	list, err := all(rows, err, func(r *sql.Rows, data *[]byte) error { return r.Scan(data) })
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errMerged
	}
	return list[0], nil
}

// MetricHistory is a page of a metric's points in the order of time, step and
// value. limit 0 gives all. next is the token of the page after, empty at the end.
func (s *Store) MetricHistory(ctx context.Context, run int64, metric string, limit int, token string) (page []models.Point, next string, err error) {
	from, err := readPointToken(token)
	if err != nil {
		return nil, "", err
	}
	err = s.sweepHistory(ctx, run, metric, from, func(p models.Point) bool {
		if limit > 0 && len(page) == limit {
			next = pointToken(page[limit-1])
			return false
		}
		page = append(page, p)
		return true
	})
	return page, next, err
}

// MetricShape is a metric's history for a chart of about n points: the least and
// the greatest value of each of n/2 stretches of steps, so that no peak is lost.
// whole tells whether that is every point.
func (s *Store) MetricShape(ctx context.Context, run int64, metric string, n int) (points []models.Point, whole bool, err error) {
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	err = s.everyPoint(ctx, run, metric, func(p models.Point) { first, last = min(first, p.Step), max(last, p.Step) })
	if err != nil || first > last {
		return nil, true, err
	}
	shape := models.NewShape(first, last, n)
	err = s.everyPoint(ctx, run, metric, shape.Add) // what came meanwhile shapes the ends
	points, whole = shape.Points()
	return points, whole, err
}

// everyPoint calls each for the points of a run's metric in any order, those
// that were sent again more than once. One statement sees one state of the chunks.
func (s *Store) everyPoint(ctx context.Context, run int64, metric string, each func(models.Point)) error {
	rows, err := s.query(ctx, `SELECT data FROM metric_chunks WHERE run_id = ? AND key IN (?, '')`, run, metric)
	_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
		var data []byte
		if err := r.Scan(&data); err != nil {
			return err
		}
		return models.UnpackPoints(data, metric, func(_ string, p models.Point) { each(p) })
	})
	return err
}

// pointToken is the place after a point, as page tokens write it.
func pointToken(p models.Point) string {
	text, _ := json.Marshal([]any{p.At, p.Step, p.Ordinal(), p.Value != p.Value})
	return base64.StdEncoding.EncodeToString(text)
}

func readPointToken(token string) (*models.Point, error) {
	if token == "" {
		return nil, nil
	}
	var at, step int64
	var value float64
	var nan bool
	text, err := base64.StdEncoding.DecodeString(token)
	if err != nil || json.Unmarshal(text, &[]any{&at, &step, &value, &nan}) != nil {
		return nil, models.Errorf(models.Invalid, "Invalid page token, could not base64-decode")
	}
	if nan {
		value = math.NaN()
	}
	return &models.Point{At: at, Step: step, Value: value}, nil
}
