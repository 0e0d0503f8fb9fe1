package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"throughline/models"
)

// Board is the window of a project's board: each column with its count and its
// first perColumn cards that pass the filter. Its cost depends on what it shows,
// not on how many cards there are.
func (s *Store) Board(ctx context.Context, p models.Project, f models.BoardFilter, perColumn int) (models.Board, error) {
	b := models.Board{Project: p, Filter: f}
	var err error
	if b.Seq, err = s.Seq(ctx); err != nil { // before the cards: a live connection may repeat, never miss
		return b, err
	}
	if !f.Empty() {
		return s.readBoard(ctx, b, perColumn)
	}
	if known, ok := s.windows.get(p.ID, b.Seq, perColumn, s.now()); ok {
		b.Columns = known
		return b, nil
	}
	if b, err = s.readBoard(ctx, b, perColumn); err == nil {
		s.windows.keep(p.ID, b, perColumn, s.now())
	}
	return b, err
}

func (s *Store) readBoard(ctx context.Context, b models.Board, perColumn int) (models.Board, error) {
	p, f := b.Project, b.Filter
	var err error
	if b.Columns, err = s.columns(ctx, p.ID); err != nil {
		return b, err
	}
	for i := range b.Columns {
		if err := s.window(ctx, p, &b.Columns[i], f, "", perColumn); err != nil {
			return b, err
		}
	}
	return b, s.dress(ctx, p, b.Columns)
}

func (s *Store) columns(ctx context.Context, project int64) ([]models.Column, error) {
	rows, err := s.query(ctx, `SELECT id, name, card_limit, cards FROM board_columns WHERE project_id = ? ORDER BY position`, project)
	return all(rows, err, func(r *sql.Rows, c *models.Column) error { return r.Scan(&c.ID, &c.Name, &c.Limit, &c.Count) })
}

// Counts are a board's columns with the number of cards that pass a filter,
// without the cards.
func (s *Store) Counts(ctx context.Context, p models.Project, f models.BoardFilter) ([]models.Column, error) {
	list, err := s.columns(ctx, p.ID)
	if err != nil || f.Empty() {
		return list, err
	}
	for i := range list {
		if err := s.countPassing(ctx, &list[i], f); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (s *Store) countPassing(ctx context.Context, column *models.Column, f models.BoardFilter) error {
	where, args := s.passing(column.ID, f)
	err := s.row(ctx, `SELECT COUNT(*) FROM cards c JOIN subjects s ON s.id = c.subject_id WHERE `+where, args, &column.Count)
	if err != nil {
		return fmt.Errorf("count a column: %w", err)
	}
	return nil
}

// ColumnCards is the next window of one column.
func (s *Store) ColumnCards(ctx context.Context, p models.Project, column int64, f models.BoardFilter, after string, limit int) (models.Column, error) {
	list, err := s.columns(ctx, p.ID)
	if err != nil {
		return models.Column{}, err
	}
	for _, c := range list {
		if c.ID != column {
			continue
		}
		if err := s.window(ctx, p, &c, f, after, limit); err != nil {
			return c, err
		}
		one := []models.Column{c}
		err := s.dress(ctx, p, one)
		return one[0], err
	}
	return models.Column{}, models.Errorf(models.NotFound, "There is no such column.")
}

const cardSelect = `SELECT c.id, c.column_id, c.position, c.version, c.placed, c.kind, s.id, s.kind, s.key, s.integration_id, s.title, s.url, s.state, s.raw,
 s.state_at, s.described, s.facts, s.updated_at, s.seq, s.checks, COALESCE(i.source, ''), COALESCE(i.name, '')
 FROM cards c JOIN subjects s ON s.id = c.subject_id LEFT JOIN integrations i ON i.id = s.integration_id WHERE `

func (s *Store) scanCard(r *sql.Rows, c *models.Card) error {
	var placed, facts, checks string
	var stateAt, updated int64
	var kind models.Kind
	x := &c.Subject
	err := r.Scan(&c.ID, &c.ColumnID, &c.Position, &c.Version, &placed, &kind, &x.ID, &x.Ref.Kind, &x.Ref.Key, &x.Ref.Integration, &x.Title, &x.URL,
		&x.State, &x.Raw, &stateAt, &x.Described, &facts, &updated, &x.Seq, &checks, &x.Source, &x.Integration)
	f := models.Facts{}
	decode(facts, &f)
	decode(placed, &c.PlacedBy)
	x.Facts, x.StateAt, x.UpdatedAt, x.Ref.Kind = f.Values(), moment(stateAt), moment(updated), kind
	if checks != "" {
		x.Facts["checks"] = checks
	}
	x.Stale = s.stale(*x)
	return err
}

// window fills a column with the cards after a cursor, and its count and cursor.
func (s *Store) window(ctx context.Context, p models.Project, column *models.Column, f models.BoardFilter, after string, limit int) error {
	where, args := s.passing(column.ID, f)
	if !f.Empty() {
		if err := s.countPassing(ctx, column, f); err != nil {
			return err
		}
	}
	if after != "" {
		position, id, err := readPlace(after)
		if err != nil {
			return err
		}
		where, args = where+` AND (c.position > ? OR c.position = ? AND c.id > ?)`, append(args, position, position, id)
	}
	rows, err := s.query(ctx, cardSelect+where+` ORDER BY c.position, c.id LIMIT `+strconv.Itoa(limit+1), args...)
	column.Cards, err = all(rows, err, s.scanCard)
	if err == nil && len(column.Cards) > limit {
		column.Cards = column.Cards[:limit]
		last := column.Cards[limit-1]
		column.Next = strconv.FormatFloat(last.Position, 'g', -1, 64) + "_" + itoa(last.ID)
	}
	for i := range column.Cards {
		column.Cards[i].Column, column.Cards[i].Project = column.Name, p.Key
	}
	return err
}

func readPlace(after string) (position float64, id int64, err error) {
	a, b, _ := strings.Cut(after, "_")
	position, err1 := strconv.ParseFloat(a, 64)
	id, err2 := strconv.ParseInt(b, 10, 64)
	if err1 != nil || err2 != nil {
		return 0, 0, models.FieldErrorf(models.Invalid, "after", "The cursor is not one of ours; start from the first page.")
	}
	return position, id, nil
}

// passing is the condition on the cards of a column that pass a filter.
func (s *Store) passing(column int64, f models.BoardFilter) (string, []any) {
	where, args := `c.column_id = ?`, []any{column}
	if len(f.Kinds) > 0 {
		where, args = where+` AND c.kind IN (`+marks(len(f.Kinds))+`)`, append(args, ints(f.Kinds)...)
	}
	if f.State != "" {
		where, args = where+` AND s.state = ?`, append(args, f.State)
	}
	if f.Owner != "" {
		where += ` AND (EXISTS (SELECT 1 FROM owners o WHERE o.subject_id = s.id AND o.until_at = 0 AND LOWER(o.person) = LOWER(?)) OR s.facts LIKE ?)`
		args = append(args, f.Owner, `%"`+f.Owner+`"%`)
	}
	for _, word := range strings.Fields(f.Text) {
		where += ` AND (LOWER(s.title) LIKE ? OR LOWER(s.key) LIKE ?)`
		like := "%" + strings.NewReplacer("%", "", "_", "\\_").Replace(strings.ToLower(word)) + "%"
		args = append(args, like, like)
	}
	return where, args
}

// CardsOf are the cards of a subject on the boards that the principal may view.
func (s *Store) CardsOf(ctx context.Context, by models.Principal, subject int64) ([]models.Card, error) {
	projects, err := s.ProjectsOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	var out []models.Card
	for _, p := range visibleProjects(projects, by) {
		cards, err := s.cardsWhere(ctx, p, `c.subject_id = ?`, subject)
		if err != nil {
			return nil, err
		}
		out = append(out, cards...)
	}
	return out, nil
}

// OwnersAbove are the owners of what a subject is a version of: who answers for
// a model answers for its versions, who answers for a dataset for its own.
func (s *Store) OwnersAbove(ctx context.Context, ref models.Ref) ([]models.Owner, error) {
	parent, ok := parentOf(ref)
	if !ok {
		return nil, nil
	}
	return s.ownersOfRefs(ctx, parent)
}
