package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"throughline/models"
)

// MoveCard puts a card elsewhere. A move made from an older state of the card is
// refused with who moved it where (Conflict): nothing is lost silently.
func (s *Store) MoveCard(ctx context.Context, by models.Principal, p models.Project, m models.Move) (models.Card, error) {
	err := s.write(ctx, by, func(u *unit) error {
		c, subject, err := u.card(p.ID, m.Card)
		if err != nil {
			return err
		}
		b, err := u.plan(p.ID)
		if err != nil {
			return err
		}
		if m.Version != 0 && m.Version != c.version {
			return staleMove(b, c)
		}
		to := b.index(m.Column)
		if m.Column == 0 {
			to = b.named(m.Name)
		}
		if to < 0 {
			return models.FieldErrorf(models.Unprocessed, "column", "This board has no such column.")
		}
		return u.move(p, c, subject, b, to, m)
	})
	if err != nil {
		return models.Card{}, err
	}
	return s.CardByID(ctx, p, m.Card)
}

// named is the column of a name, whatever its case.
func (b *boardPlan) named(name string) int {
	for i, c := range b.columns {
		if strings.EqualFold(c.name, strings.TrimSpace(name)) {
			return i
		}
	}
	return -1
}

func staleMove(b *boardPlan, c cardRow) error {
	who, where := c.placed.Person, "elsewhere"
	if who == "" {
		who = c.placed.Event + " from " + c.placed.Source
	}
	if i := b.index(c.column); i >= 0 {
		where = b.columns[i].name
	}
	return models.Errorf(models.Conflict, "The card was moved to %s by %s in the meantime. It stays there; move it again if you still want to.", where, who)
}

func (u *unit) card(project, id int64) (c cardRow, subject int64, err error) {
	var placed string
	err = u.row(`SELECT id, project_id, column_id, version, position, moved_from, placed, subject_id FROM cards WHERE id = ? AND project_id = ?`, []any{id, project},
		&c.id, &c.project, &c.column, &c.version, &c.position, &c.movedFrom, &placed, &subject)
	if errors.Is(err, sql.ErrNoRows) {
		return c, 0, models.Errorf(models.NotFound, "There is no such card on this board.")
	}
	decode(placed, &c.placed)
	return c, subject, err
}

// move writes a person's move and remembers which column the rules then meant:
// the move stands until they mean a later one.
func (u *unit) move(p models.Project, c cardRow, subject int64, b *boardPlan, to int, m models.Move) error {
	row, err := u.load(subject)
	if err != nil {
		return err
	}
	w := &wave{unit: u, project: p.ID}
	kind, err := w.cardKind(row)
	if err != nil {
		return err
	}
	_, meant, rule, err := w.target(row, kind, p.ID)
	if err != nil {
		return err
	}
	position, err := u.position(b.columns[to].id, c.id, m)
	if err != nil {
		return err
	}
	placed := models.Placement{Rule: rule.Words(), Event: c.placed.Event, Source: c.placed.Source, Person: u.by.Name, Override: meant != to, At: u.now}
	_, err = u.exec(`UPDATE cards SET column_id = ?, position = ?, version = version + 1, placed = ?, moved_from = ?, updated_at = ? WHERE id = ?`,
		b.columns[to].id, position, encode(placed), meant, u.at(), c.id)
	if err != nil {
		return err
	}
	if err := errors.Join(u.count(c.column, -1), u.count(b.columns[to].id, +1)); err != nil {
		return err
	}
	from := ""
	if i := b.index(c.column); i >= 0 {
		from = b.columns[i].name
	}
	seq, err := u.record(p.ID, subject, "card.moved", map[string]any{"card": c.id, "from": from, "to": b.columns[to].name})
	if err != nil {
		return err
	}
	_, err = u.exec(`UPDATE subjects SET seq = ? WHERE id = ?`, seq, subject)
	return err
}

// step is the room left between neighbours where a column is spread out again.
const step = 1000.0

// position is a place in a column: below the card After, else at the top or bottom.
func (u *unit) position(column, moving int64, m models.Move) (float64, error) {
	if m.Bottom {
		return u.edge(`SELECT MAX(position) FROM cards WHERE column_id = ? AND id <> ?`, column, moving, +step)
	}
	if m.After == 0 {
		return u.edge(`SELECT MIN(position) FROM cards WHERE column_id = ? AND id <> ?`, column, moving, -step)
	}
	above, below, err := u.neighbours(column, moving, m.After)
	if err != nil {
		return 0, err
	}
	if !below.Valid {
		return above + step, nil
	}
	if middle := (above + below.Float64) / 2; middle > above && middle < below.Float64 {
		return middle, nil
	}
	if err := u.spread(column); err != nil {
		return 0, err
	}
	above, below, err = u.neighbours(column, moving, m.After)
	return (above + below.Float64) / 2, err
}

func (u *unit) edge(q string, column, moving int64, by float64) (float64, error) {
	var edge sql.NullFloat64
	if err := u.row(q, []any{column, moving}, &edge); err != nil {
		return 0, err
	}
	if !edge.Valid {
		return -float64(u.now.UnixMilli()), nil
	}
	return edge.Float64 + by, nil
}

// neighbours are the positions of a card and of the one below it.
func (u *unit) neighbours(column, moving, after int64) (above float64, below sql.NullFloat64, err error) {
	err = u.row(`SELECT position FROM cards WHERE id = ? AND column_id = ?`, []any{after, column}, &above)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, below, models.Errorf(models.Conflict, "The card below which it should stand is no longer in that column.")
	}
	if err != nil {
		return 0, below, err
	}
	err = u.row(`SELECT position FROM cards WHERE column_id = ? AND (position > ? OR position = ? AND id > ?) AND id <> ? ORDER BY position, id LIMIT 1`,
		[]any{column, above, above, after, moving}, &below)
	if errors.Is(err, sql.ErrNoRows) {
		return above, sql.NullFloat64{}, nil
	}
	return above, below, err
}

// spread gives the cards of a column even room again, keeping their order and
// the place of the first.
func (u *unit) spread(column int64) error {
	_, err := u.exec(`UPDATE cards SET position = n.p FROM (
 SELECT id, MIN(position) OVER () + (ROW_NUMBER() OVER (ORDER BY position, id) - 1) * 1000.0 AS p FROM cards WHERE column_id = ?) n
 WHERE cards.id = n.id`, column)
	return err
}

// AddCard makes a plain task, KEY-n, on top of a column.
func (s *Store) AddCard(ctx context.Context, by models.Principal, p models.Project, title string, column int64) (models.Card, error) {
	title = cut(strings.TrimSpace(clean(title)), 500)
	if title == "" {
		return models.Card{}, models.FieldErrorf(models.Unprocessed, "title", "A task needs a title.")
	}
	var id int64
	err := s.write(ctx, by, func(u *unit) error {
		var number int64
		if err := u.row(`UPDATE projects SET tasks = tasks + 1 WHERE id = ? RETURNING tasks`, []any{p.ID}, &number); err != nil {
			return err
		}
		ref := models.Ref{Kind: models.Task, Key: p.Key + "-" + itoa(number)}
		w := &wave{unit: u, project: p.ID, in: Inbound{Name: "card.added", Integration: Integration{ProjectID: p.ID}}}
		d := models.Description{Ref: ref, At: u.now, Title: title, State: models.Open}
		if err := errors.Join(w.describe(d), w.evaluate()); err != nil {
			return err
		}
		if err := u.row(`SELECT c.id FROM cards c JOIN subjects s ON s.id = c.subject_id WHERE s.kind = ? AND s.key = ? AND c.project_id = ?`, []any{ref.Kind, ref.Key, p.ID}, &id); err != nil {
			return err
		}
		return u.moveNew(p, id, column)
	})
	if err != nil {
		return models.Card{}, err
	}
	return s.CardByID(ctx, p, id)
}

// moveNew puts a new card into the column its maker chose, 0 where the rules put it.
func (u *unit) moveNew(p models.Project, id, column int64) error {
	c, subject, err := u.card(p.ID, id)
	if err != nil || column == 0 || column == c.column {
		return err
	}
	b, err := u.plan(p.ID)
	if err != nil {
		return err
	}
	if b.index(column) < 0 {
		return models.FieldErrorf(models.Unprocessed, "column", "This board has no such column.")
	}
	return u.move(p, c, subject, b, b.index(column), models.Move{})
}

// CloseTask closes a plain task, or opens it again.
func (s *Store) CloseTask(ctx context.Context, by models.Principal, p models.Project, card int64, state models.State) error {
	return s.write(ctx, by, func(u *unit) error {
		_, subject, err := u.card(p.ID, card)
		if err != nil {
			return err
		}
		row, err := u.load(subject)
		if err != nil {
			return err
		}
		if row.ref.Kind != models.Task || state != models.Open && state != models.Closed {
			return models.Errorf(models.Unprocessed, "Only plain tasks are closed here; the others follow their source.")
		}
		w := &wave{unit: u, project: p.ID, in: Inbound{Name: "task." + string(state), Integration: Integration{ProjectID: p.ID}}}
		return errors.Join(w.describe(models.Description{Ref: row.ref, At: u.now.Add(time.Millisecond), State: state}), w.evaluate())
	})
}

// RemoveCard takes a card off the board; its subject stays.
func (s *Store) RemoveCard(ctx context.Context, by models.Principal, p models.Project, id int64) error {
	return s.write(ctx, by, func(u *unit) error {
		c, subject, err := u.card(p.ID, id)
		if err != nil {
			return err
		}
		return u.dropCard(subject, c)
	})
}
