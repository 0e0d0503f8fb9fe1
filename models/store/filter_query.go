package store

import (
	"strings"

	"throughline/models/search"
)

// A filter of MLflow's grammar (models/search) becomes conditions with bound values
// only. What lists need:
//
//	d.runFilter(q)              rows of: runs r JOIN experiments e ON e.id = r.experiment_id
//	d.experimentFilter(q)       rows of: experiments e
//
// each a selection: SELECT … FROM those tables + Joins + WHERE own conditions AND
// Where + ORDER BY Order, with the values JoinArgs, own ones, WhereArgs in this order.

// selection is a filter and an order as parts of a query.
type selection struct {
	Joins     string // begins with a space, or is empty
	JoinArgs  []any
	Where     string // conditions joined by AND; 1 = 1 when there are none
	WhereArgs []any
	Order     string // behind ORDER BY, whole: the last keys make it total
}

// filtered is a selection while it is made.
type filtered struct {
	dialect
	selection
	orders []string
	fence  string // ends each subquery
}

// mostJoined is of how many subqueries PostgreSQL may look for the best order. It
// joins them all, and looks for minutes when there are many: behind a fence each is
// asked for one row after the other.
const mostJoined = 4

func newFiltered(d dialect, clauses int) *filtered {
	f := &filtered{dialect: d, selection: selection{Where: `1 = 1`}}
	if d.numbers && clauses > mostJoined {
		f.fence = ` OFFSET 0`
	}
	return f
}

// and adds a condition; its text is made of constants and marks alone.
func (f *filtered) and(condition string, args ...any) {
	f.Where += ` AND ` + condition
	f.WhereArgs = append(f.WhereArgs, args...)
}

// done is the selection, ordered at last by the keys that make it total.
func (f *filtered) done(last ...string) selection {
	f.Order = strings.Join(append(f.orders, last...), ", ")
	return f.selection
}

// ordering joins a table for a key to order by; its alias is told to each.
func (f *filtered) ordering(join func(alias string) string, args ...any) string {
	alias := "o" + itoa(int64(len(f.JoinArgs)))
	f.Joins += ` ` + join(alias)
	f.JoinArgs = append(f.JoinArgs, args...)
	return alias
}

// by orders by an expression, nothing last.
func (f *filtered) by(expression string, desc bool) {
	f.orders = append(f.orders, `CASE WHEN `+expression+` IS NULL THEN 1 ELSE 0 END`, f.plainly(expression, desc))
}

func (f *filtered) plainly(expression string, desc bool) string {
	if desc {
		return expression + ` DESC`
	}
	return expression
}

// text is how an expression of text is ordered: by bytes, on both databases.
func (d dialect) text(expression string) string {
	if d.numbers {
		return expression + ` COLLATE "C"`
	}
	return expression
}

// compare is the condition that an expression stands to the clause's value as its
// operator says, with its values. The operator is one of the constants below:
// models/search lets no other through, and one that came anyway matches nothing.
func (d dialect) compare(expression string, c search.Clause) (string, []any) {
	switch c.Op {
	case "=", "!=", "<", "<=", ">", ">=":
		if c.Numeric {
			return expression + ` ` + c.Op + ` ?`, []any{c.Number}
		}
		return expression + ` ` + c.Op + ` ?`, []any{c.Text}
	case "LIKE":
		return d.like(expression, c.Text)
	case "ILIKE":
		return d.ilike(expression, c.Text)
	case "IN", "NOT IN":
		if len(c.List) == 0 {
			break
		}
		return expression + ` ` + c.Op + ` (` + marks(len(c.List)) + `)`, ints(c.List)
	}
	return `1 = 0`, nil
}

// globs escapes what GLOB reads as more than itself, and turns LIKE's wildcards into
// GLOB's: SQLite's LIKE does not tell cases apart.
var globs = strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]", "%", "*", "_", "?")

// like is LIKE that tells cases apart and in which only % and _ are more than
// themselves.
func (d dialect) like(expression, pattern string) (string, []any) {
	if d.numbers {
		return expression + ` LIKE ? ESCAPE ''`, []any{pattern}
	}
	return expression + ` GLOB ?`, []any{globs.Replace(pattern)}
}

// ilike is like without cases: of all letters on PostgreSQL, of A to Z on SQLite.
func (d dialect) ilike(expression, pattern string) (string, []any) {
	if d.numbers {
		return expression + ` ILIKE ? ESCAPE ''`, []any{pattern}
	}
	return expression + ` LIKE ?`, []any{pattern}
}
