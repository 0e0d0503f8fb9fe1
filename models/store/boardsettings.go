package store

import (
	"context"
	"database/sql"
	"strings"

	"throughline/models"
)

// ColumnSetting is one column in the settings of a board. A zero ID is a new one.
type ColumnSetting struct {
	ID    int64
	Name  string
	Limit int // 0 is none
	Cards int // read only
}

// BoardSettings are the columns, left to right, and the placement rules, first
// match first.
type BoardSettings struct {
	Columns []ColumnSetting
	Rules   []models.Rule
}

// BoardSettings reads the settings of a project's board.
func (s *Store) BoardSettings(ctx context.Context, project int64) (b BoardSettings, err error) {
	var rules string
	if err = s.row(ctx, `SELECT rules FROM projects WHERE id = ?`, []any{project}, &rules); err != nil {
		return b, err
	}
	decode(rules, &b.Rules)
	rows, err := s.query(ctx, `SELECT id, name, card_limit, cards FROM board_columns WHERE project_id = ? ORDER BY position`, project)
	b.Columns, err = all(rows, err, func(r *sql.Rows, c *ColumnSetting) error { return r.Scan(&c.ID, &c.Name, &c.Limit, &c.Cards) })
	return b, err
}

func checkBoard(b BoardSettings) error {
	names := map[string]bool{}
	for _, c := range b.Columns {
		name := strings.TrimSpace(c.Name)
		if name == "" || len(name) > 60 || names[strings.ToLower(name)] {
			return models.FieldErrorf(models.Unprocessed, "columns", "Each column needs a name of its own of at most 60 characters; %q is not one.", name)
		}
		if c.Limit < 0 || c.Limit > 100_000 {
			return models.FieldErrorf(models.Unprocessed, "columns", "The limit of %s must be 0 (none) or more.", name)
		}
		names[strings.ToLower(name)] = true
	}
	if len(b.Columns) == 0 || len(b.Columns) > 20 || len(b.Rules) > 100 {
		return models.FieldErrorf(models.Unprocessed, "columns", "A board has 1 to 20 columns and at most 100 rules.")
	}
	for i, r := range b.Rules {
		if !r.Kind.Known() || !names[strings.ToLower(r.Column)] {
			return models.FieldErrorf(models.Unprocessed, "rules", "Rule %d needs a known kind and a column of this board, not %q and %q.", i+1, r.Kind, r.Column)
		}
	}
	return nil
}

// SaveBoardSettings replaces columns and rules and places every card anew. The
// cards of a removed column go where the rules say; people's moves to other
// columns stand.
func (s *Store) SaveBoardSettings(ctx context.Context, by models.Principal, project int64, b BoardSettings) error {
	if err := checkBoard(b); err != nil {
		return err
	}
	return s.write(ctx, by, func(u *unit) error {
		was, err := u.boardWords(project)
		if err != nil {
			return err
		}
		if err := u.saveColumns(project, b.Columns); err != nil {
			return err
		}
		if _, err := u.exec(`UPDATE projects SET rules = ? WHERE id = ?`, encode(b.Rules), project); err != nil {
			return err
		}
		delete(u.boards, project)
		if err := u.placeAgain(project); err != nil {
			return err
		}
		is, err := u.boardWords(project)
		if err != nil {
			return err
		}
		_, err = u.record(project, 0, "board.changed", changed(map[string]any{"columns": len(b.Columns), "rules": len(b.Rules)}, was, is))
		return err
	})
}

// boardWords are the columns and rules of a board for the activity.
func (u *unit) boardWords(project int64) (map[string]any, error) {
	var text string
	var rules []models.Rule
	if err := u.row(`SELECT rules FROM projects WHERE id = ?`, []any{project}, &text); err != nil {
		return nil, err
	}
	decode(text, &rules)
	rows, err := u.query(`SELECT name, card_limit FROM board_columns WHERE project_id = ? ORDER BY position`, project)
	columns, err := all(rows, err, func(r *sql.Rows, c *ColumnSetting) error { return r.Scan(&c.Name, &c.Limit) })
	names, placed := make([]string, len(columns)), make([]string, len(rules))
	for i, c := range columns {
		names[i] = c.Name
		if c.Limit > 0 {
			names[i] += " (" + itoa(int64(c.Limit)) + ")"
		}
	}
	for i, r := range rules {
		placed[i] = r.Words() + " in " + r.Column
	}
	return map[string]any{"columns": names, "rules": placed}, err
}

func (u *unit) saveColumns(project int64, columns []ColumnSetting) error {
	kept := []int64{0}
	for i, c := range columns {
		if c.ID == 0 {
			id, err := u.insert(`INSERT INTO board_columns (project_id, name, position, card_limit) VALUES (?, ?, ?, ?)`, project, strings.TrimSpace(c.Name), i, c.Limit)
			if err != nil {
				return err
			}
			kept = append(kept, id)
			continue
		}
		if _, err := u.exec(`UPDATE board_columns SET name = ?, position = ?, card_limit = ? WHERE id = ? AND project_id = ?`, strings.TrimSpace(c.Name), i, c.Limit, c.ID, project); err != nil {
			return err
		}
		kept = append(kept, c.ID)
	}
	return u.dropColumns(project, kept)
}

// dropColumns moves the cards of removed columns to the first one, from where
// the rules place them, and removes the columns.
func (u *unit) dropColumns(project int64, kept []int64) error {
	var home int64
	keep := `project_id = ? AND id IN (` + marks(len(kept)) + `)`
	args := append([]any{project}, ints(kept)...)
	if err := u.row(`SELECT id FROM board_columns WHERE `+keep+` ORDER BY position LIMIT 1`, args, &home); err != nil {
		return err
	}
	gone := `project_id = ? AND id NOT IN (` + marks(len(kept)) + `)`
	if _, err := u.exec(`UPDATE cards SET column_id = ?, moved_from = -1, version = version + 1 WHERE column_id IN (SELECT id FROM board_columns WHERE `+gone+`)`, append([]any{home}, args...)...); err != nil {
		return err
	}
	if _, err := u.exec(`DELETE FROM board_columns WHERE `+gone, args...); err != nil {
		return err
	}
	_, err := u.exec(`UPDATE board_columns SET cards = (SELECT COUNT(*) FROM cards WHERE cards.column_id = board_columns.id) WHERE project_id = ?`, project)
	return err
}

// placeAgain applies the rules to every card of a project.
func (u *unit) placeAgain(project int64) error {
	rows, err := u.query(`SELECT subject_id FROM cards WHERE project_id = ?`, project)
	ids, err := all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
	if err != nil {
		return err
	}
	w := &wave{unit: u, project: project, in: Inbound{Name: "board.changed"}}
	for _, id := range ids {
		row, err := u.load(id)
		if err != nil {
			return err
		}
		moved, err := w.place(row)
		if err != nil {
			return err
		}
		if moved == nil {
			continue
		}
		if _, err := u.record(project, id, "card.moved", moved); err != nil {
			return err
		}
	}
	return nil
}
