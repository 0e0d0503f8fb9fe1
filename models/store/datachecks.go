package store

import (
	"context"
	"database/sql"

	"throughline/models"
)

const (
	keptResults = 20 // of each check on a page
	mostChecks  = 200
)

// checks are the checks of the dataset and of its versions together: a check goes
// on from one version to the next.
func (w *dataWalk) checks() (err error) {
	w.d.Checks, err = w.s.ChecksOf(w.ctx, w.own...)
	return err
}

// ChecksOf are the checks of subjects with their last results.
func (s *Store) ChecksOf(ctx context.Context, subjects ...int64) (out []models.QualityCheck, err error) {
	rows, err := s.query(ctx, `SELECT name, column_name, source, state, value, expected, message, run, url, checked_at FROM (
 SELECT q.*, COALESCE(i.source || '/' || i.name, '') AS source, ROW_NUMBER() OVER (PARTITION BY q.name, q.column_name, q.integration_id ORDER BY q.checked_at DESC, q.id DESC) AS place
 FROM quality_results q LEFT JOIN integrations i ON i.id = q.integration_id WHERE q.subject_id IN (`+marks(len(subjects))+`)) AS last
 WHERE place <= `+itoa(keptResults)+` ORDER BY name, column_name, source, place LIMIT `+itoa(keptResults*mostChecks), ints(subjects)...)
	_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
		c, q := models.QualityCheck{}, models.QualityResult{}
		err := r.Scan(&c.Name, &c.Column, &c.Source, &q.State, &q.Value, &q.Expected, &q.Message, &q.Run, &q.URL, scanTime{&q.At})
		if n := len(out); n == 0 || out[n-1].Name != c.Name || out[n-1].Column != c.Column || out[n-1].Source != c.Source {
			out = append(out, c)
		}
		q.Name, q.Column = c.Name, c.Column
		last := &out[len(out)-1]
		last.Results = append(last.Results, q)
		return err
	})
	return out, err
}

// QualityFilter limits the results of a dataset's checks, the newest first.
type QualityFilter struct {
	Name, Column string
	After        string
	Limit        int
}

// QualityResults are the results of a subject's checks and of its versions', as
// they were told, the newest first.
func (s *Store) QualityResults(ctx context.Context, subject int64, f QualityFilter) (list []models.QualityResult, next string, err error) {
	where, args := `(q.subject_id = ? OR q.subject_id IN (SELECT from_id FROM links WHERE to_id = ? AND relation = 'version_of' AND until_at = 0))`, []any{subject, subject}
	if f.Name != "" {
		where, args = where+` AND q.name = ?`, append(args, f.Name)
	}
	if f.Column != "" {
		where, args = where+` AND q.column_name = ?`, append(args, f.Column)
	}
	if f.After != "" {
		at, id, err := readCursor(f.After)
		if err != nil {
			return nil, "", err
		}
		where, args = where+` AND (q.checked_at < ? OR q.checked_at = ? AND q.id < ?)`, append(args, at, at, id)
	}
	size, last := pageSize(f.Limit), int64(0)
	rows, err := s.query(ctx, `SELECT q.id, q.name, q.column_name, q.state, q.value, q.expected, q.message, q.run, q.url, q.checked_at FROM quality_results q WHERE `+where+` ORDER BY q.checked_at DESC, q.id DESC LIMIT `+itoa(int64(size)+1), args...)
	var ids []int64
	list, err = all(rows, err, func(r *sql.Rows, q *models.QualityResult) error {
		err := r.Scan(&last, &q.Name, &q.Column, &q.State, &q.Value, &q.Expected, &q.Message, &q.Run, &q.URL, scanTime{&q.At})
		ids = append(ids, last)
		return err
	})
	if err == nil && len(list) > size {
		list = list[:size]
		next = cursor(list[size-1].At.UnixMilli(), ids[size-1])
	}
	return list, next, err
}

// FailingChecks counts the checks of datasets whose newest result failed, by the
// datasets' ids.
func (s *Store) FailingChecks(ctx context.Context, datasets []int64) (map[int64]int, error) {
	out := map[int64]int{}
	if len(datasets) == 0 {
		return out, nil
	}
	rows, err := s.query(ctx, `SELECT dataset, COUNT(*) FROM (SELECT b.dataset, q.state, ROW_NUMBER() OVER (PARTITION BY b.dataset, q.name, q.column_name, q.integration_id ORDER BY q.checked_at DESC, q.id DESC) AS place
 FROM quality_results q JOIN (SELECT id, id AS dataset FROM subjects WHERE id IN (`+marks(len(datasets))+`) UNION SELECT from_id, to_id FROM links WHERE relation = 'version_of' AND until_at = 0 AND to_id IN (`+marks(len(datasets))+`)) AS b ON b.id = q.subject_id) AS last
 WHERE place = 1 AND state = 'failed' GROUP BY dataset`, append(ints(datasets), ints(datasets)...)...)
	_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
		var id int64
		var n int
		err := r.Scan(&id, &n)
		out[id] = n
		return err
	})
	return out, err
}
