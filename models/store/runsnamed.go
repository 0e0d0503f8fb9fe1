package store

import (
	"database/sql"

	"throughline/models"
)

// commitRuns has the runs evaluated that a commit's trailers name ("Run: ID").
func (w *wave) commitRuns(row *subjectRow) error {
	if !row.dirty && len(row.changed) == 0 {
		return nil
	}
	return w.touchAll(`SELECT r.id FROM links l JOIN subjects s ON s.id = l.to_id JOIN subjects r ON r.kind = 'run' AND r.key = s.key AND r.described = 1
 WHERE l.from_id = ? AND l.relation = 'mentions' AND l.until_at = 0 AND s.kind = 'run'`, row.id)
}

// trailerLink is a commit's word that a run was built from it.
type trailerLink struct {
	commit, integration int64
	label               string
}

// runCommits links a run to the commits that say it was built from them, as long
// as the run's own source names none. Both must be shown in one project.
func (w *wave) runCommits(row *subjectRow) error {
	if !row.described {
		return nil
	}
	rows, err := w.query(`SELECT DISTINCT l.from_id, l.integration_id, l.by_name FROM subjects s JOIN links l ON l.to_id = s.id AND l.relation = 'mentions' AND l.until_at = 0
 JOIN subjects c ON c.id = l.from_id AND c.kind = 'commit'
 WHERE s.kind = 'run' AND s.key = ? AND l.integration_id <> 0 AND EXISTS (SELECT 1 FROM project_subjects a JOIN project_subjects b ON b.project_id = a.project_id WHERE a.subject_id = ? AND b.subject_id = l.from_id)
 ORDER BY l.from_id`, row.ref.Key, row.id)
	said, err := all(rows, err, func(r *sql.Rows, t *trailerLink) error { return r.Scan(&t.commit, &t.integration, &t.label) })
	if err != nil || len(said) == 0 {
		return err
	}
	var own int
	err = w.row(`SELECT COUNT(*) FROM links WHERE from_id = ? AND relation = ? AND until_at = 0 AND integration_id = ?`,
		[]any{row.id, models.BuiltFrom, row.ref.Integration}, &own)
	if err != nil {
		return err
	}
	for _, t := range said {
		if err := w.trailer(row, t, own > 0); err != nil {
			return err
		}
	}
	return nil
}

// trailer makes one such link, or ends it where the run's own source knows better.
func (w *wave) trailer(row *subjectRow, t trailerLink, known bool) error {
	if t.integration == row.ref.Integration {
		return nil
	}
	if known {
		done, err := w.exec(`UPDATE links SET until_at = ? WHERE from_id = ? AND relation = ? AND to_id = ? AND integration_id = ? AND until_at = 0`,
			w.at(), row.id, models.BuiltFrom, t.commit, t.integration)
		return w.dirtied(row, done, err)
	}
	done, err := w.exec(`INSERT INTO links (from_id, to_id, relation, evidence, integration_id, actor, by_name, delivery_id, since_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		row.id, t.commit, models.BuiltFrom, models.Declared, t.integration, w.by.Actor(), t.label, w.delivery, row.upstreamAt)
	return w.dirtied(row, done, err)
}

func (w *wave) dirtied(row *subjectRow, done sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	row.dirty = row.dirty || n > 0
	return err
}
