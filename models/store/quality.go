package store

import (
	"fmt"

	"throughline/models"
)

// mostResults is how many results of checks one description may hold.
const mostResults = 1000

// keepQuality keeps the results of checks beside those before: one of the same
// check and time is the same result, and the larger word of two that differ stays,
// whatever came first.
func (w *wave) keepQuality(row *subjectRow, d models.Description) error {
	for _, q := range d.Quality[:min(len(d.Quality), mostResults)] {
		if q.At.IsZero() {
			q.At = d.At
		}
		kept, err := w.keepResult(row.id, q)
		if err != nil {
			return fmt.Errorf("keep result %s: %w", q.Name, err)
		}
		row.dirty = row.dirty || kept
	}
	return nil
}

func (w *wave) keepResult(subject int64, q models.QualityResult) (kept bool, err error) {
	res, err := w.exec(`INSERT INTO quality_results (subject_id, integration_id, name, column_name, state, value, expected, message, run, url, checked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
 ON CONFLICT (subject_id, integration_id, name, column_name, checked_at) DO UPDATE SET state = excluded.state, value = excluded.value, expected = excluded.expected, message = excluded.message, run = excluded.run, url = excluded.url
 WHERE (excluded.state, excluded.value, excluded.expected, excluded.message, excluded.run, excluded.url) > (quality_results.state, quality_results.value, quality_results.expected, quality_results.message, quality_results.run, quality_results.url)`,
		subject, w.in.Integration.ID, cut(clean(q.Name), 300), cut(clean(q.Column), 300), q.State, cut(clean(q.Value), 500), cut(clean(q.Expected), 500),
		cut(clean(q.Message), 1000), cut(clean(q.Run), 1000), webAddress(q.URL), q.At.UnixMilli())
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
