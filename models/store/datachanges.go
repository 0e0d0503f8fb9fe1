package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"throughline/models"
)

const (
	mostColumns   = 100
	longestChange = 10_000 // bytes of its text
	changeSelect  = `SELECT c.id, c.subject_id, c.kind, c.columns, c.happens_at, c.body, COALESCE(p.name, c.by_name), c.created_at, c.state, c.ended_at FROM data_changes c LEFT JOIN people p ON 'person:' || p.id = c.actor`
)

// AnnounceChange announces a change of a dataset to those whose live models use it.
func (s *Store) AnnounceChange(ctx context.Context, by models.Principal, dataset models.Subject, c models.DataChange) (id int64, err error) {
	if dataset.Ref.Kind != models.Dataset {
		return 0, models.Errorf(models.Unprocessed, "Changes are announced of datasets, not of a %s.", dataset.Ref.Kind.Word())
	}
	if err := s.MayWrite(ctx, by, dataset.ID, models.Contributor); err != nil {
		return 0, err
	}
	if err := s.checkChange(&c); err != nil {
		return 0, err
	}
	err = s.write(ctx, by, func(u *unit) error {
		id, err = u.insert(`INSERT INTO data_changes (subject_id, kind, columns, happens_at, body, actor, by_name, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			dataset.ID, c.Kind, encode(orNone(c.Columns)), c.On.UnixMilli(), c.Text, u.by.Actor(), u.byName(), u.at())
		if err != nil {
			return err
		}
		return u.note(dataset.ID, "change.announced", map[string]any{"change": id, "kind": c.Kind, "columns": c.Columns, "on": c.On.Format(time.DateOnly)})
	})
	return id, err
}

func (s *Store) checkChange(c *models.DataChange) error {
	c.Text = strings.TrimSpace(clean(c.Text))
	var columns []string
	for _, name := range c.Columns {
		if name = strings.TrimSpace(clean(name)); name != "" && !slices.Contains(columns, name) {
			columns = append(columns, name)
		}
	}
	c.Columns = columns
	switch {
	case !slices.Contains(models.ChangeKinds, c.Kind):
		return models.FieldErrorf(models.Unprocessed, "kind", "There is no kind of change %q; use one of %v.", c.Kind, models.ChangeKinds)
	case c.Kind.OfColumns() && len(columns) == 0:
		return models.FieldErrorf(models.Unprocessed, "columns", "Name the columns that change.")
	case len(columns) > mostColumns:
		return models.FieldErrorf(models.Unprocessed, "columns", "A change names at most %d columns.", mostColumns)
	case c.On.IsZero():
		return models.FieldErrorf(models.Unprocessed, "on", "Say on which day, as 2026-12-01.")
	case c.On.Before(s.now().Add(-24 * time.Hour)):
		return models.FieldErrorf(models.Unprocessed, "on", "That day is over; announce what is still to come.")
	case len(c.Text) > longestChange:
		return models.FieldErrorf(models.Unprocessed, "text", "The text has at most %d bytes.", longestChange)
	}
	return nil
}

// EndChange withdraws an announced change, or says that it happened.
func (s *Store) EndChange(ctx context.Context, by models.Principal, c models.DataChange, state models.ChangeState) error {
	if err := s.MayWrite(ctx, by, c.Dataset.ID, models.Contributor); err != nil {
		return err
	}
	return s.write(ctx, by, func(u *unit) error { return u.endChange(c.ID, c.Dataset.ID, state, nil) })
}

func (u *unit) endChange(id, dataset int64, state models.ChangeState, evidence map[string]any) error {
	done, err := u.exec(`UPDATE data_changes SET state = ?, ended_at = ? WHERE id = ? AND state = 'planned'`, state, u.at(), id)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return models.Errorf(models.Conflict, "This change is not planned any more.")
	}
	detail := map[string]any{"change": id}
	for k, v := range evidence {
		detail[k] = v
	}
	return u.note(dataset, "change."+string(state), detail)
}

// MoveChange puts an announced change on another day.
func (s *Store) MoveChange(ctx context.Context, by models.Principal, c models.DataChange, on time.Time) error {
	if err := s.MayWrite(ctx, by, c.Dataset.ID, models.Contributor); err != nil {
		return err
	}
	if c.On = on; s.checkChange(&c) != nil {
		return s.checkChange(&c)
	}
	return s.write(ctx, by, func(u *unit) error {
		done, err := u.exec(`UPDATE data_changes SET happens_at = ? WHERE id = ? AND state = 'planned'`, on.UnixMilli(), c.ID)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return models.Errorf(models.Conflict, "This change is not planned any more.")
		}
		return u.note(c.Dataset.ID, "change.moved", map[string]any{"change": c.ID, "on": on.Format(time.DateOnly)})
	})
}

// ChangeFilter limits a list of announced changes, the next day first.
type ChangeFilter struct {
	Dataset int64 // 0: all
	Past    bool  // those that were withdrawn or happened, too
	Limit   int
}

const mostChanges = 200

// Changes are the announced changes of datasets that the principal sees, with the
// live models they affect, as far as the principal sees those.
func (s *Store) Changes(ctx context.Context, by models.Principal, f ChangeFilter) (out []models.DataChange, err error) {
	where, args := `1 = 1`, []any{}
	if f.Dataset != 0 {
		where, args = where+` AND c.subject_id = ?`, append(args, f.Dataset)
	}
	if !f.Past {
		where += ` AND c.state = 'planned'`
	}
	limit := f.Limit
	if limit <= 0 || limit > mostChanges {
		limit = mostChanges
	}
	return s.changesWhere(ctx, by, where+` ORDER BY CASE c.state WHEN 'planned' THEN 0 ELSE 1 END, CASE c.state WHEN 'planned' THEN c.happens_at ELSE -c.ended_at END, c.id LIMIT `+itoa(int64(limit)), args...)
}

// Change is one announced change; NotFound when the principal does not see its
// dataset.
func (s *Store) Change(ctx context.Context, by models.Principal, id int64) (models.DataChange, error) {
	list, err := s.changesWhere(ctx, by, `c.id = ?`, id)
	if err != nil {
		return models.DataChange{}, err
	}
	if len(list) == 0 {
		return models.DataChange{}, models.Errorf(models.NotFound, "There is no such change, or it is not yours to see.")
	}
	return list[0], nil
}

func (s *Store) changesWhere(ctx context.Context, by models.Principal, where string, args ...any) (out []models.DataChange, err error) {
	rows, err := s.query(ctx, changeSelect+` WHERE `+where, args...)
	list, err := all(rows, err, scanChange)
	if err != nil {
		return nil, fmt.Errorf("list changes: %w", err)
	}
	ids := make([]int64, len(list))
	for i, c := range list {
		ids[i] = c.Dataset.ID
	}
	seen, err := s.byID(ctx, by, ids)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		dataset, ok := seen[c.Dataset.ID]
		if !ok {
			continue
		}
		c.Dataset = dataset
		if c.Lines, err = s.changeLines(ctx, by, c); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func scanChange(r *sql.Rows, c *models.DataChange) error {
	var columns string
	err := r.Scan(&c.ID, &c.Dataset.ID, &c.Kind, &columns, scanTime{&c.On}, &c.Text, &c.By, scanTime{&c.At}, &c.State, scanTime{&c.Ended})
	decode(columns, &c.Columns)
	return err
}
