package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
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
		err := s.row(ctx, `SELECT COUNT(*) FROM cards c JOIN subjects s ON s.id = c.subject_id WHERE `+where, args, &column.Count)
		if err != nil {
			return fmt.Errorf("count a column: %w", err)
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

// dress gives the cards of columns what stands around their subjects: links,
// owners, comments, model cards; a bounded number of queries for all of them.
func (s *Store) dress(ctx context.Context, p models.Project, columns []models.Column) error {
	var cards []*models.Card
	for i := range columns {
		for j := range columns[i].Cards {
			cards = append(cards, &columns[i].Cards[j])
		}
	}
	return s.dressCards(ctx, p, cards)
}

func (s *Store) dressCards(ctx context.Context, p models.Project, cards []*models.Card) error {
	if len(cards) == 0 {
		return nil
	}
	ids := make([]int64, len(cards))
	for i, c := range cards {
		ids[i] = c.Subject.ID
	}
	links, err := s.cardLinks(ctx, p, ids)
	if err != nil {
		return err
	}
	owners, err := s.ownersOf(ctx, ids)
	if err != nil {
		return err
	}
	comments, err := s.commentCounts(ctx, ids)
	if err != nil {
		return err
	}
	for _, c := range cards {
		c.Links, c.Comments = links[c.Subject.ID], comments[c.Subject.ID]
		for _, o := range owners[c.Subject.ID] {
			c.Owners = append(c.Owners, o.Person)
		}
	}
	return s.dressModels(ctx, cards)
}

// linksPerCard is how many links a card shows.
const linksPerCard = 3

// cardLinks are the links that cards show: from and to their subjects, as far as
// the far end is seen in the same project.
func (s *Store) cardLinks(ctx context.Context, p models.Project, ids []int64) (map[int64][]models.Link, error) {
	var list []linkEnds
	for _, end := range []string{`l.from_id`, `l.to_id`} { // one index each; an OR would walk the whole table
		rows, err := s.query(ctx, linkSelect+`l.relation NOT IN ('mentions', 'version_of') AND `+end+` IN (`+marks(len(ids))+`) LIMIT 1000`, ints(ids)...)
		found, err := all(rows, err, scanLink)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	slices.SortFunc(list, func(a, b linkEnds) int { return int(b.ID - a.ID) })
	list = slices.CompactFunc(list, func(a, b linkEnds) bool { return a.ID == b.ID })
	out, shown := map[int64][]models.Link{}, map[int64]bool{}
	for _, id := range ids {
		shown[id] = true
	}
	list = fewest(list, shown)
	full, err := s.complete(ctx, models.Principal{Projects: map[int64]models.Role{p.ID: models.Viewer}}, list)
	for _, l := range full {
		for _, id := range []int64{l.From.ID, l.To.ID} {
			if shown[id] && len(out[id]) < linksPerCard {
				out[id] = append(out[id], l)
			}
		}
	}
	return out, err
}

// fewest keeps about as many links for each card as it shows.
func fewest(list []linkEnds, shown map[int64]bool) (out []linkEnds) {
	have := map[int64]int{}
	for _, l := range list {
		wanted := shown[l.from] && have[l.from] < linksPerCard || shown[l.to] && have[l.to] < linksPerCard
		if !wanted {
			continue
		}
		have[l.from]++
		have[l.to]++
		out = append(out, l)
	}
	return out
}

func (s *Store) commentCounts(ctx context.Context, ids []int64) (map[int64]int, error) {
	rows, err := s.query(ctx, `SELECT subject_id, COUNT(*) FROM comments WHERE deleted_at = 0 AND subject_id IN (`+marks(len(ids))+`) GROUP BY subject_id`, ints(ids)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int64]int{}
	for rows.Next() {
		var id int64
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return nil, err
		}
		out[id] = n
	}
	return out, rows.Err()
}

// dressModels gives cards of models and versions the completeness of the model card.
func (s *Store) dressModels(ctx context.Context, cards []*models.Card) error {
	names := map[string][]*models.Card{}
	for _, c := range cards {
		switch c.Subject.Ref.Kind {
		case models.ModelCard:
			names[c.Subject.Ref.Key] = append(names[c.Subject.Ref.Key], c)
		case models.ModelVersion:
			if name, _, ok := models.SplitVersion(c.Subject.Ref.Key); ok {
				names[name] = append(names[name], c)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	keys := make([]string, 0, len(names))
	for name := range names {
		keys = append(keys, name)
	}
	rows, err := s.query(ctx, `SELECT s.key, r.sections FROM model_card_revisions r JOIN subjects s ON s.id = r.subject_id
 WHERE s.kind = 'model' AND s.key IN (`+marks(len(keys))+`) ORDER BY r.written_at, r.number`, ints(keys)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return err
		}
		rev := models.CardRevision{}
		decode(text, &rev.Sections)
		for _, c := range names[name] {
			c.Sections, c.Of = rev.Filled(), len(rev.Sections)
		}
	}
	return rows.Err()
}

// CardByID is one card of a project.
func (s *Store) CardByID(ctx context.Context, p models.Project, id int64) (models.Card, error) {
	cards, err := s.cardsWhere(ctx, p, `c.id = ?`, id)
	if err != nil {
		return models.Card{}, err
	}
	if len(cards) == 0 {
		return models.Card{}, models.Errorf(models.NotFound, "There is no such card on this board.")
	}
	return cards[0], nil
}

// cardsWhere are the dressed cards of a project that meet a condition.
func (s *Store) cardsWhere(ctx context.Context, p models.Project, where string, args ...any) ([]models.Card, error) {
	rows, err := s.query(ctx, cardSelect+`c.project_id = ? AND `+where+` ORDER BY c.position, c.id`, append([]any{p.ID}, args...)...)
	cards, err := all(rows, err, s.scanCard)
	if err != nil || len(cards) == 0 {
		return nil, err
	}
	columns, err := s.columns(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	each := make([]*models.Card, len(cards))
	for i := range cards {
		each[i] = &cards[i]
		cards[i].Project = p.Key
		for _, c := range columns {
			if c.ID == cards[i].ColumnID {
				cards[i].Column = c.Name
			}
		}
	}
	return cards, s.dressCards(ctx, p, each)
}
