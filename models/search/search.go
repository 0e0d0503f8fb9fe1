// Package search reads MLflow's filters and orders: what a client writes into
// search_runs(filter_string=…, order_by=…). What it accepts and the words of its
// refusals are those of MLflow (mlflow/utils/search_utils.py). It knows no database:
// a filter becomes clauses, which models/store turns into conditions.
//
//	filter = cmp { "AND" cmp }
//	cmp    = ident op value | ident [ "NOT" ] "IN" "(" str { "," str } ")" | ident "IS" [ "NOT" ] "NULL"
//	ident  = [ entity "." ] key           split at the first dot; no entity: an attribute
//	key    = bare | "`" any "`" | '"' any '"'
//	op     = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE"
//	value  = number | "'" any "'" | '"' any '"'
//	order  = ident [ "ASC" | "DESC" ]
package search

import (
	"slices"
	"strings"
	"unicode/utf8"

	"throughline/models"
)

// Entity is what a key belongs to.
type Entity string

// The entities, by MLflow's names.
const (
	Attribute Entity = "attribute"
	Metric    Entity = "metric"
	Param     Entity = "parameter"
	Tag       Entity = "tag"
	Dataset   Entity = "dataset"
)

// Clause is one comparison. Which of Text, Number and List holds the value follows
// from Numeric and the operator.
type Clause struct {
	Entity  Entity
	Key     string
	Op      string   // = != < <= > >= LIKE ILIKE IN, NOT IN, IS NULL, IS NOT NULL
	Text    string   // the value as written, without its quotes
	Number  float64  // of numeric clauses
	Numeric bool     // compares as a number
	List    []string // of IN and NOT IN
}

// Order is one key to order by.
type Order struct {
	Entity Entity
	Key    string
	Desc   bool
}

// Query is a filter and an order, read.
type Query struct {
	Clauses []Clause
	Order   []Order
}

// The most that is read: more is no filter of a person or of a client.
const (
	maxText    = 64 << 10
	maxClauses = 40
	maxList    = 2000
	maxPattern = 4000 // of LIKE; SQLite reads patterns up to 50,000 bytes
	maxOrders  = 8
)

// Error is a refusal with the place of what is refused: Length bytes from byte At of
// the filter. It unwraps to a models.Error.
type Error struct {
	At, Length int
	err        *models.Error
}

// Error is the sentence.
func (e *Error) Error() string { return e.err.Message }

// Unwrap is the models.Error.
func (e *Error) Unwrap() error { return e.err }

func refuse(t token, format string, args ...any) *Error {
	return &Error{At: t.at, Length: len(t.text), err: models.Errorf(models.Invalid, format, args...)}
}

// Filter reads a filter; an empty one has no clauses. Its errors are of type *Error.
func (g Grammar) Filter(text string) ([]Clause, error) {
	parsed, err := g.parse(text)
	if err != nil {
		return nil, err
	}
	out := make([]Clause, len(parsed))
	for n, p := range parsed {
		if err := g.comparable(p); err != nil {
			return nil, err
		}
		out[n] = p.Clause
	}
	return out, nil
}

// Query reads a filter and the keys to order by.
func (g Grammar) Query(filter string, orders []string) (Query, error) {
	clauses, err := g.Filter(filter)
	if err != nil {
		return Query{}, err
	}
	order, err := g.Orders(orders)
	return Query{Clauses: clauses, Order: order}, err
}

// readable refuses what no database keeps, and what is too long.
func readable(text string) error {
	whole := token{text: text}
	switch {
	case len(text) > maxText:
		return refuse(whole, "The filter is longer than the %d bytes that are read.", maxText)
	case !utf8.ValidString(text):
		return refuse(whole, "The filter is not valid UTF-8.")
	case strings.ContainsRune(text, 0):
		return refuse(token{text: "\x00", at: strings.IndexByte(text, 0)}, "The filter contains a zero byte.")
	}
	return nil
}

// parsed is a clause with the places of its parts.
type parsed struct {
	Clause
	ident, op, value token
}

func (g Grammar) parse(text string) ([]parsed, error) {
	if err := readable(text); err != nil {
		return nil, err
	}
	tokens := grouped(lex(text), text)
	if err := g.single(tokens, text); err != nil {
		return nil, err
	}
	comparisons, invalid := compare(tokens)
	if len(invalid) > 0 {
		return nil, g.invalid(invalid, text)
	}
	if len(comparisons) > maxClauses {
		return nil, refuse(comparisons[maxClauses].ident, "The filter has more than %d comparisons.", maxClauses)
	}
	out := make([]parsed, 0, len(comparisons))
	for _, c := range comparisons {
		p, err := g.clause(c)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// single refuses a filter of several statements.
func (g Grammar) single(tokens []token, text string) error {
	at := slices.IndexFunc(tokens, func(t token) bool { return t.kind == semicolon })
	if at < 0 || at == len(tokens)-1 {
		return nil
	}
	return refuse(tokens[at], g.several, repr(text))
}

// invalid says which parts are no comparison.
func (g Grammar) invalid(list []token, text string) error {
	if g.notAList != "" {
		return refuse(list[0], g.notAList, repr(text))
	}
	texts := make([]string, 0, min(len(list), 20))
	for _, t := range list[:cap(texts)] {
		texts = append(texts, g.quote+t.short()+g.quote)
	}
	return refuse(list[0], "Invalid clause(s) in filter string: %s", strings.Join(texts, ", "))
}

// repr writes a filter as Python's repr does, long ones cut.
func repr(text string) string {
	mark := "'"
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		mark = `"`
	}
	text = token{text: text}.short()
	text = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(text)
	if mark == "'" {
		text = strings.ReplaceAll(text, "'", `\'`)
	}
	return mark + text + mark
}
