package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"throughline/models"
	"throughline/models/forget"
)

// needle is one word of a person that is looked for.
type needle struct {
	kind   forget.Kind
	folded string
	words  int
	plain  []string // what the database is searched for, before it is looked at closely
}

// trace looks for a person all over the database.
type trace struct {
	s       *Store
	person  int64
	needles []needle
}

// traceOf is the trace of a person's address, name and logins. A name, or the part
// of an address before its @, that somebody else has too is not looked for.
func (s *Store) traceOf(ctx context.Context, a models.Account, logins []string) (*trace, error) {
	t := &trace{s: s, person: a.ID}
	t.add(needle{kind: forget.Address, folded: forget.Fold(a.Email), words: 1, plain: []string{a.Email, strings.ReplaceAll(a.Email, "@", "%40")}})
	for _, login := range logins {
		if login = strings.TrimPrefix(strings.TrimSpace(login), "@"); login != "" {
			t.add(needle{kind: forget.Login, folded: forget.Fold(login), words: 1, plain: []string{login}})
		}
	}
	if local, _, _ := strings.Cut(a.Email, "@"); local != "" {
		if shared, err := s.others(ctx, `lower(email) LIKE ? || '@%'`, local, a.ID); err != nil || !shared {
			t.add(needle{kind: forget.Mention, folded: forget.Fold(local), words: 1, plain: []string{"@" + local}})
			if err != nil {
				return nil, err
			}
		}
	}
	shared, err := s.others(ctx, `lower(name) = lower(?)`, a.Name, a.ID)
	if kind, folded, n := forget.NameKind(a.Name); err == nil && !shared && folded != "" && !lapsedName(a.Name) {
		first, _, _ := strings.Cut(folded, " ")
		t.add(needle{kind: kind, folded: folded, words: n, plain: []string{firstWord(a.Name, first)}})
	}
	return t, err
}

// firstWord is the first word of a name as it is written.
func firstWord(name, folded string) string {
	if i := strings.Index(forget.Fold(name), folded); i >= 0 && i+len(folded) <= len(name) {
		return name[i : i+len(folded)]
	}
	return name
}

func (t *trace) add(n needle) {
	for _, p := range n.plain {
		quoted, _ := json.Marshal(p)
		if inside := strings.Trim(string(quoted), `"`); inside != p {
			n.plain = append(n.plain, inside)
		}
		if escaped := asciiJSON(p); escaped != p {
			n.plain = append(n.plain, escaped)
		}
	}
	t.needles = append(t.needles, n)
}

// asciiJSON writes a text as JSON without letters beyond ASCII, as some sources do.
func asciiJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r < 0x80 || r > 0xffff {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

// others tells whether another account meets a condition.
func (s *Store) others(ctx context.Context, where, value string, but int64) (bool, error) {
	var n int
	err := s.row(ctx, `SELECT COUNT(*) FROM people WHERE `+where+` AND id <> ?`, []any{value, but}, &n)
	return n > 0, err
}

func (t *trace) forgetter() forget.Forgetter {
	var names []int
	whose := map[forget.Kind]map[string]bool{}
	for _, n := range t.needles {
		if n.kind == forget.Name {
			names = append(names, n.words)
		}
		if whose[n.kind] == nil {
			whose[n.kind] = map[string]bool{}
		}
		whose[n.kind][n.folded] = true
	}
	return forget.Forgetter{Names: names, Find: func(kind forget.Kind, folded string) (string, bool) {
		return instead(kind, t.person), whose[kind][folded]
	}}
}

// plain are the words that the database is searched for.
func (t *trace) plain() (out []string) {
	for _, n := range t.needles {
		out = append(out, n.plain...)
	}
	return out
}

// hit is a row in which the person stands, by its primary key.
type hit struct {
	table *table
	key   []any
}

// hits are the rows of all tables in which the person may stand. It only reads, so
// that a long search holds nobody's writes up.
func (t *trace) hits(ctx context.Context) (out []hit, err error) {
	tables, err := t.s.tables(ctx)
	for i := range tables {
		if err == nil && len(tables[i].key) > 0 && len(tables[i].texts) > 0 && !contains(untraced, tables[i].name) {
			out, err = t.hitsIn(ctx, &tables[i], out)
		}
	}
	return out, err
}

func (t *trace) hitsIn(ctx context.Context, in *table, out []hit) ([]hit, error) {
	var where []string
	var args []any
	for _, c := range in.texts {
		w, a := t.s.holds(c, t.plain())
		where, args = append(where, w), append(args, a...)
	}
	columns := append([]string{}, in.key...)
	for _, c := range in.texts {
		columns = append(columns, c.name)
	}
	rows, err := t.s.query(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+in.name+` WHERE `+strings.Join(where, " OR "), args...)
	_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
		key, changed, err := t.look(r, in)
		if err == nil && len(changed) > 0 {
			out = append(out, hit{in, key})
		}
		return err
	})
	if err != nil {
		return out, fmt.Errorf("search %s: %w", in.name, err)
	}
	return out, nil
}

// look reads a row's key and texts, and returns what the texts should be instead.
func (t *trace) look(r *sql.Rows, in *table) (key []any, changed map[string]any, err error) {
	values := make([]any, len(in.key)+len(in.texts))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	if err := r.Scan(into...); err != nil {
		return nil, nil, err
	}
	f := t.forgetter()
	for i, c := range in.texts {
		if clean, is := without(f, c, values[len(in.key)+i]); is {
			if changed == nil {
				changed = map[string]any{}
			}
			changed[c.name] = clean
		}
	}
	return values[:len(in.key)], changed, nil
}

// without is a value of a column without the person.
func without(f forget.Forgetter, c column, value any) (any, bool) {
	text, ok := value.(string)
	if raw, is := value.([]byte); is {
		text, ok = string(raw), true
	}
	if !ok || text == "" {
		return nil, false
	}
	if c.form() == forget.JSON {
		text = plainEscapes(text)
	}
	clean, changed := f.In(text, c.form())
	if !changed {
		return nil, false
	}
	if c.bytes {
		return []byte(clean), true
	}
	return clean, true
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}
