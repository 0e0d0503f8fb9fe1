package store

import (
	"database/sql"
	"fmt"

	"throughline/models"
)

// boardPlan is what placing needs of a board.
type boardPlan struct {
	rules   []models.Rule
	columns []columnPlan // left to right
}

type columnPlan struct {
	id   int64
	name string
}

// column is the place of a column in the row, -1 when there is none of the name.
func (b *boardPlan) column(name string) int {
	for i, c := range b.columns {
		if c.name == name {
			return i
		}
	}
	return -1
}

func (b *boardPlan) index(id int64) int {
	for i, c := range b.columns {
		if c.id == id {
			return i
		}
	}
	return -1
}

// plan reads a project's board once per commit.
func (u *unit) plan(project int64) (*boardPlan, error) {
	if b, ok := u.boards[project]; ok {
		return b, nil
	}
	b := &boardPlan{}
	var rules string
	if err := u.row(`SELECT rules FROM projects WHERE id = ?`, []any{project}, &rules); err != nil {
		return nil, err
	}
	decode(rules, &b.rules)
	rows, err := u.query(`SELECT id, name FROM board_columns WHERE project_id = ? ORDER BY position`, project)
	b.columns, err = all(rows, err, func(r *sql.Rows, c *columnPlan) error { return r.Scan(&c.id, &c.name) })
	if err != nil {
		return nil, err
	}
	if u.boards == nil {
		u.boards = map[int64]*boardPlan{}
	}
	u.boards[project] = b
	return b, nil
}

// cardRow is a card inside a write.
type cardRow struct {
	id, project, column, version int64
	position                     float64
	movedFrom                    int
	placed                       models.Placement
}

func (u *unit) cardsOf(subject int64) ([]cardRow, error) {
	rows, err := u.query(`SELECT id, project_id, column_id, version, position, moved_from, placed FROM cards WHERE subject_id = ?`, subject)
	return all(rows, err, func(r *sql.Rows, c *cardRow) error {
		var placed string
		err := r.Scan(&c.id, &c.project, &c.column, &c.version, &c.position, &c.movedFrom, &placed)
		decode(placed, &c.placed)
		return err
	})
}

// cardKind is the kind a subject has on boards, empty when it has no card: a
// model stands there as its model card, and only until it has a version.
func (w *wave) cardKind(row *subjectRow) (models.Kind, error) {
	switch row.ref.Kind {
	case models.PullRequest, models.Run, models.PipelineRun, models.ModelVersion, models.Deployment, models.Breach, models.Task:
		return row.ref.Kind, nil
	case models.Model:
		var cards, versions int
		err := w.row(`SELECT (SELECT COUNT(*) FROM model_card_revisions WHERE subject_id = ?),
 (SELECT COUNT(*) FROM links l JOIN subjects s ON s.id = l.from_id WHERE l.to_id = ? AND l.relation = ? AND l.until_at = 0 AND s.described = 1 AND s.kind = ?)`,
			[]any{row.id, row.id, models.VersionOf, models.ModelVersion}, &cards, &versions)
		if err == nil && cards > 0 && versions == 0 {
			return models.ModelCard, nil
		}
		return "", err
	}
	return "", nil
}

// place brings the cards of a subject to where the rules say, and makes one on
// the board of the project that describes it. It returns what moved, for the
// activity.
func (w *wave) place(row *subjectRow) (map[string]any, error) {
	kind, err := w.cardKind(row)
	if err != nil || kind == "" && row.ref.Kind != models.Model {
		return nil, err
	}
	var cards []cardRow
	if !row.fresh {
		if cards, err = w.cardsOf(row.id); err != nil {
			return nil, err
		}
	}
	if kind == "" {
		return nil, w.dropCards(row, cards)
	}
	var moved map[string]any
	here := false
	for _, c := range cards {
		here = here || c.project == w.project
		if m, err := w.replace(row, kind, c); err != nil {
			return nil, err
		} else if m != nil {
			moved = m
		}
	}
	if here || w.project == 0 || !row.described || !row.here {
		return moved, nil
	}
	return w.newCard(row, kind)
}

// target is the column that the rules give a subject, with the rule.
func (w *wave) target(row *subjectRow, kind models.Kind, project int64) (*boardPlan, int, models.Rule, error) {
	b, err := w.plan(project)
	if err != nil {
		return nil, -1, models.Rule{}, err
	}
	checks := row.checks
	if checks == "" {
		checks = models.Passed // no check stands against it
	}
	rule, ok := models.Place(b.rules, kind, row.state, checks)
	if !ok || b.column(rule.Column) < 0 {
		return b, 0, models.Rule{Kind: kind}, nil
	}
	return b, b.column(rule.Column), rule, nil
}

// placement says which rule placed a card, which event gave the subject the state
// that the rule is about, and when that was. All of it follows from the facts, so
// that the order of arrival does not show.
func (w *wave) placement(row *subjectRow, rule models.Rule) models.Placement {
	cause := row.cause
	if cause.Event == "" {
		cause = row.facts.State()
	}
	if cause.Event == "" {
		cause = models.StateFact{Source: w.sayer(), At: moment(row.upstreamAt)}
	}
	if cause.At.IsZero() || cause.At.After(w.now) {
		cause.At = w.now
	}
	words := rule.Words()
	if row.rule != "" {
		words = row.rule
	}
	return models.Placement{Rule: words, Event: cause.Event, Source: cause.Source, At: cause.At.UTC()}
}

// newCard makes a card at the top of its column, the newest upstream first.
func (w *wave) newCard(row *subjectRow, kind models.Kind) (map[string]any, error) {
	b, to, rule, err := w.target(row, kind, w.project)
	if err != nil || len(b.columns) == 0 || w.past(row) {
		return nil, err
	}
	column := b.columns[to]
	_, err = w.insert(`INSERT INTO cards (project_id, column_id, subject_id, kind, position, placed, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		w.project, column.id, row.id, kind, -float64(row.upstreamAt), encode(w.placement(row, rule)), w.at())
	if err != nil {
		return nil, fmt.Errorf("make the card: %w", err)
	}
	return map[string]any{"to": column.name}, w.count(column.id, +1)
}

// past tells whether a poll met work that was over long ago: an import of years
// would bury the board.
func (w *wave) past(row *subjectRow) bool {
	since := w.in.Batch.Past
	over := row.state.Terminal() && row.state != models.Live && row.state != models.Approved
	return !since.IsZero() && over && row.stateAt < millis(since)
}

// replace moves an existing card when the rules now mean another column. A
// person's move stands until the work reaches a later stage than it had then.
func (w *wave) replace(row *subjectRow, kind models.Kind, c cardRow) (map[string]any, error) {
	b, to, rule, err := w.target(row, kind, c.project)
	if err != nil || len(b.columns) == 0 {
		return nil, err
	}
	if c.movedFrom >= 0 && to <= c.movedFrom {
		return nil, nil
	}
	p := w.placement(row, rule)
	if c.movedFrom >= 0 {
		p.Ended = c.placed.Person
	}
	column := b.columns[to]
	if column.id == c.column && c.movedFrom < 0 {
		return nil, w.explain(c, p)
	}
	from := ""
	if i := b.index(c.column); i >= 0 {
		from = b.columns[i].name
	}
	_, err = w.exec(`UPDATE cards SET column_id = ?, position = ?, version = version + 1, placed = ?, moved_from = -1, updated_at = ? WHERE id = ?`,
		column.id, -float64(row.upstreamAt), encode(p), w.at(), c.id)
	if err != nil {
		return nil, err
	}
	if err := w.count(c.column, -1); err != nil {
		return nil, err
	}
	return map[string]any{"card": c.id, "from": from, "to": column.name}, w.count(column.id, +1)
}

// explain brings the reason of a card that stays up to date.
func (w *wave) explain(c cardRow, p models.Placement) error {
	if c.placed.Person != "" || encode(c.placed) == encode(p) {
		return nil
	}
	_, err := w.exec(`UPDATE cards SET placed = ? WHERE id = ?`, encode(p), c.id)
	return err
}

func (u *unit) count(column int64, by int) error {
	_, err := u.exec(`UPDATE board_columns SET cards = cards + ? WHERE id = ?`, by, column)
	return err
}

// dropCards takes a subject off its boards.
func (w *wave) dropCards(row *subjectRow, cards []cardRow) error {
	for _, c := range cards {
		if err := w.dropCard(row.id, c); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) dropCard(subject int64, c cardRow) error {
	if _, err := u.exec(`DELETE FROM cards WHERE id = ?`, c.id); err != nil {
		return err
	}
	if _, err := u.record(c.project, subject, "card.removed", map[string]any{"card": c.id}); err != nil {
		return err
	}
	return u.count(c.column, -1)
}
