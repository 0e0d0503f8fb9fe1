package store

import (
	"context"
	"database/sql"
	"strings"
	"unicode/utf8"

	"throughline/models"
)

// TrackedRunsBy are whole runs by the ids of their subjects, in that order; those
// that nothing was logged to are left out.
func (s *Store) TrackedRunsBy(ctx context.Context, ids []int64) ([]models.TrackedRun, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := s.trackedRuns(ctx, `r.id IN (`+marks(len(ids))+`)`, ints(ids)...)
	by := make(map[int64]models.TrackedRun, len(list))
	for _, r := range list {
		by[r.ID] = r
	}
	out := list[:0:0]
	for _, id := range ids {
		if r, ok := by[id]; ok {
			out = append(out, r)
		}
	}
	return out, err
}

const maxReason = 4000

// ChooseRun records why a run was chosen among others. The reason is needed: it is
// what people ask for a year later.
func (s *Store) ChooseRun(ctx context.Context, by models.Principal, run int64, reason string, compared []int64) error {
	reason = strings.TrimSpace(clean(reason))
	if reason == "" || utf8.RuneCountInString(reason) > maxReason {
		return models.FieldErrorf(models.Unprocessed, "reason", "Say why this run, in at most %d characters.", maxReason)
	}
	return s.write(ctx, by, func(u *unit) error {
		if _, err := u.exec(`INSERT INTO run_choices (run_id, actor, by_name, reason, compared, chosen_at) VALUES (?, ?, ?, ?, ?, ?)`,
			run, u.by.Actor(), u.byName(), reason, encode(orNone(compared)), u.at()); err != nil {
			return err
		}
		_, err := u.record(0, run, "run.chosen", map[string]any{"reason": cut(reason, 500), "compared": len(compared)})
		return err
	})
}

// UndoChoice takes a choice back; it stays on the record.
func (s *Store) UndoChoice(ctx context.Context, by models.Principal, run, choice int64) error {
	return s.write(ctx, by, func(u *unit) error {
		done, err := u.exec(`UPDATE run_choices SET undone_at = ? WHERE id = ? AND run_id = ? AND undone_at = 0`, u.at(), choice, run)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return models.Errorf(models.NotFound, "There is no such choice, or it was taken back already.")
		}
		_, err = u.record(0, run, "run.unchosen", map[string]any{"choice": choice})
		return err
	})
}

// Choices are why runs were chosen, the newest first.
func (s *Store) Choices(ctx context.Context, runs ...int64) ([]models.RunChoice, error) {
	if len(runs) == 0 {
		return nil, nil
	}
	rows, err := s.query(ctx, `SELECT c.id, c.run_id, COALESCE(p.name, c.by_name), c.reason, c.compared, c.chosen_at FROM run_choices c LEFT JOIN people p ON 'person:' || p.id = c.actor
 WHERE c.undone_at = 0 AND c.run_id IN (`+marks(len(runs))+`) ORDER BY c.chosen_at DESC, c.id DESC`, ints(runs)...)
	return all(rows, err, func(r *sql.Rows, c *models.RunChoice) error {
		var compared string
		err := r.Scan(&c.ID, &c.Run, &c.By, &c.Reason, &compared, &c.At)
		decode(compared, &c.Compared)
		return err
	})
}
