package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"throughline/models"
)

const maxNote = 500

// Claim notes that a person, or a bot, looks at subjects that failed: all of one group, or
// one. What somebody else looks at already stays theirs; a Conflict says whose.
func (s *Store) Claim(ctx context.Context, by models.Principal, note string, subjects ...int64) error {
	note = strings.TrimSpace(clean(note))
	if len(note) > maxNote {
		return models.FieldErrorf(models.Unprocessed, "note", "A note has at most %d bytes.", maxNote)
	}
	return s.write(ctx, by, func(u *unit) error {
		for _, id := range subjects {
			if err := u.claim(id, note); err != nil {
				return err
			}
		}
		return nil
	})
}

func (u *unit) claim(subject int64, note string) error {
	var state models.State
	if err := u.row(`SELECT state FROM subjects WHERE id = ?`, []any{subject}, &state); err != nil {
		return err
	}
	if state != models.Failed && state != models.Warning && state != models.Cancelled {
		return models.Errorf(models.Conflict, "It did not fail, so there is nothing to look into.")
	}
	var holder string
	err := u.row(`SELECT COALESCE(p.name, c.by_name) FROM claims c LEFT JOIN people p ON p.id = c.person_id WHERE c.subject_id = ? AND c.until_at = 0`, []any{subject}, &holder)
	if err == nil {
		return models.Errorf(models.Conflict, "%s looks at it already.", holder)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := u.exec(`INSERT INTO claims (subject_id, person_id, actor, by_name, note, since_at) VALUES (?, ?, ?, ?, ?, ?)`,
		subject, orNull(u.by.PersonID), u.by.Actor(), u.byName(), note, u.at()); err != nil {
		return err
	}
	return u.note(subject, "failure.claimed", map[string]any{"note": note})
}

// Unclaim gives a claim back. Whoever may write in the project may also end that of
// somebody else, who may be away.
func (s *Store) Unclaim(ctx context.Context, by models.Principal, subject int64) error {
	return s.write(ctx, by, func(u *unit) error {
		done, err := u.exec(`UPDATE claims SET until_at = ?, ended_by = ? WHERE subject_id = ? AND until_at = 0`, u.at(), u.by.Actor(), subject)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return models.Errorf(models.NotFound, "Nobody looks at it.")
		}
		return u.note(subject, "failure.unclaimed", nil)
	})
}

// clearClaims ends what a run that passed has made good: claims of itself, in an
// earlier attempt, and of earlier runs of the pipeline on the same branch.
func (u *unit) clearClaims(row *subjectRow, p models.PipelineFacts) error {
	if row.facts.State().State != models.Passed {
		return nil
	}
	rows, err := u.query(`SELECT c.id, c.subject_id FROM claims c JOIN pipeline_runs r ON r.id = c.subject_id
 WHERE c.until_at = 0 AND r.integration_id = ? AND r.pipeline = ? AND r.branch = ? AND r.started_at <= (SELECT started_at FROM pipeline_runs WHERE id = ?)`,
		row.ref.Integration, cut(clean(p.Pipeline), 300), cut(clean(p.Branch), 300), row.id)
	type open struct{ id, subject int64 }
	list, err := all(rows, err, func(r *sql.Rows, o *open) error { return r.Scan(&o.id, &o.subject) })
	if err != nil {
		return err
	}
	for _, o := range list {
		if _, err := u.exec(`UPDATE claims SET until_at = ?, ended_by = 'rerun' WHERE id = ?`, u.at(), o.id); err != nil {
			return err
		}
		if err := u.note(o.subject, "failure.cleared", map[string]any{"by": row.ref.Key}); err != nil {
			return err
		}
	}
	return nil
}

// ClaimsOf are who looks at subjects, by the subjects' ids.
func (s *Store) ClaimsOf(ctx context.Context, subjects ...int64) (map[int64]models.Claim, error) {
	out := map[int64]models.Claim{}
	if len(subjects) == 0 {
		return out, nil
	}
	rows, err := s.query(ctx, `SELECT c.id, c.subject_id, COALESCE(c.person_id, 0), COALESCE(p.name, c.by_name), c.note, c.since_at FROM claims c LEFT JOIN people p ON p.id = c.person_id
 WHERE c.until_at = 0 AND c.subject_id IN (`+marks(len(subjects))+`)`, ints(subjects)...)
	list, err := all(rows, err, func(r *sql.Rows, c *models.Claim) error {
		return r.Scan(&c.ID, &c.Subject, &c.Person, &c.By, &c.Note, scanTime{&c.Since})
	})
	for _, c := range list {
		out[c.Subject] = c
	}
	return out, err
}

// orNull is an id, or NULL where there is none.
func orNull(id int64) any {
	if id == 0 {
		return nil
	}
	return id
}
