package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"throughline/models/forget"
)

// column is one column of the database that may hold words of people.
type column struct {
	table, name string
	bytes       bool // a BLOB
}

// table is one table with its texts and its primary key.
type table struct {
	name  string
	key   []string
	texts []column
	all   []string
}

// untraced are the tables that are not searched for people: accounts and the list
// of the forgotten are changed by themselves, the activity by its own rules, and
// the search index follows the subjects.
var untraced = []string{"people", "forgotten", "activity", "goose_db_version"}

// tables reads the schema, so that a table that is new is never left out.
func (s *Store) tables(ctx context.Context) (out []table, err error) {
	q := `SELECT m.name, p.name, p.type, p.pk FROM sqlite_master m, pragma_table_info(m.name) p
 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT LIKE 'search%' ORDER BY m.name, p.cid`
	if s.dialect.numbers {
		q = `SELECT c.table_name, c.column_name, c.data_type, CASE WHEN EXISTS (SELECT 1 FROM information_schema.table_constraints t
  JOIN information_schema.key_column_usage k ON k.constraint_name = t.constraint_name AND k.table_schema = t.table_schema AND k.table_name = t.table_name
  WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_schema = c.table_schema AND t.table_name = c.table_name AND k.column_name = c.column_name) THEN 1 ELSE 0 END
 FROM information_schema.columns c JOIN information_schema.tables b ON b.table_schema = c.table_schema AND b.table_name = c.table_name
 WHERE c.table_schema = current_schema() AND b.table_type = 'BASE TABLE' AND c.table_name <> 'search' ORDER BY c.table_name, c.ordinal_position`
	}
	rows, err := s.query(ctx, q)
	type one struct {
		table, name, kind string
		key               int
	}
	list, err := all(rows, err, func(r *sql.Rows, o *one) error { return r.Scan(&o.table, &o.name, &o.kind, &o.key) })
	for _, o := range list {
		if len(out) == 0 || out[len(out)-1].name != o.table {
			out = append(out, table{name: o.table})
		}
		t := &out[len(out)-1]
		t.all = append(t.all, o.name)
		kind := strings.ToLower(o.kind)
		if o.key != 0 {
			t.key = append(t.key, o.name)
		}
		if kind == "text" || kind == "blob" || kind == "bytea" || strings.HasPrefix(kind, "character") {
			t.texts = append(t.texts, column{o.table, o.name, kind == "blob" || kind == "bytea"})
		}
	}
	return out, err
}

func (t table) has(name string) bool { return slices.Contains(t.all, name) }

// forms says what may be meant by columns that are not mere prose.
var forms = map[string]forget.Form{
	"subjects.facts": forget.JSON, "cards.placed": forget.JSON, "deliveries.body": forget.JSON, "deliveries.header": forget.JSON,
	"activity.detail": forget.JSON, "model_card_revisions.problems": forget.JSON, "model_card_revisions.sections": forget.JSON,
	"owners.person": forget.Person, "governance.steward": forget.Person, "tokens.created_by": forget.Person, "activity.by_name": forget.Person,
	"comments.body": forget.Prose, "comments.author": forget.Person, "model_card_revisions.markdown": forget.Prose, "subjects.title": forget.Prose,
}

// form is how a column is read: keys, addresses and settings lose addresses and
// names only.
func (c column) form() forget.Form {
	if form, known := forms[c.table+"."+c.name]; known {
		return form
	}
	if c.name == "by_name" || c.name == "author" {
		return forget.Person
	}
	return forget.Plain
}

// holds is the condition that a column contains one of the words, in small letters
// on both sides.
func (s *Store) holds(c column, words []string) (string, []any) {
	var or []string
	var args []any
	for _, w := range words {
		or, args = append(or, s.dialect.contains(c)), append(args, w)
	}
	return "(" + strings.Join(or, " OR ") + ")", args
}

func (d dialect) contains(c column) string {
	switch {
	case d.numbers && c.bytes:
		return `strpos(lower(encode(` + c.name + `, 'escape')), lower(encode(convert_to(?::text, 'UTF8'), 'escape'))) > 0`
	case d.numbers:
		return `strpos(lower(` + c.name + `), lower(?::text)) > 0`
	case c.bytes:
		return `instr(lower(CAST(` + c.name + ` AS TEXT)), lower(?)) > 0`
	}
	return `instr(lower(` + c.name + `), lower(?)) > 0`
}
