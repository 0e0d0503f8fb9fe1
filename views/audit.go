package views

import (
	"maps"
	"slices"
	"strings"
	"time"

	"throughline/models"
)

// AuditPage is who did what, the newest first, for those who look after the hub
// or a project.
type AuditPage struct {
	Frame   Frame
	Path    string // of this page, without its filter
	Project string // key; empty: the whole hub's
	Filter  AuditFilter
	Actions [][]string // by kind, to choose from
	Chain   ChainLine
	Rows    []AuditRow
	Before  int64  // to go on to older rows; 0: none
	Error   string // what is wrong with the filter
}

// AuditFilter is what was typed to filter by.
type AuditFilter struct{ Who, Action, Project, Subject, From, To, Text string }

// AuditRow is one row of the record.
type AuditRow struct {
	models.Activity
	Hash string
}

// ChainLine is what the last check of the record's chain found.
type ChainLine struct {
	At     time.Time // zero: none yet
	Upto   int64
	Broken string // what is wrong with the first broken row
}

func (f AuditFilter) pairs() []string {
	return []string{"who", f.Who, "action", f.Action, "project", f.Project, "subject", f.Subject, "from", f.From, "to", f.To, "text", f.Text}
}

func (f AuditFilter) any() bool { return f != AuditFilter{} }

// query is this page with its filter and more.
func (p AuditPage) query(more ...string) string {
	return address(p.Path, slices.Concat(p.Filter.pairs(), more)...)
}

func (p AuditPage) older() string {
	if p.Before == 0 {
		return ""
	}
	return p.query("before", id64(p.Before))
}

func (p AuditPage) export(format string) string {
	return address(p.Path+"/export", append(p.Filter.pairs(), "format", format)...)
}

// only is this page with one thing to filter by.
func (p AuditPage) only(name, value string) string { return address(p.Path, name, value) }

// change is one thing that was one way and is another.
type change struct{ Name, From, To string }

// changes are what a row says was before and is after.
func changes(a models.Activity) (out []change) {
	from, before := a.Detail["from"]
	to, after := a.Detail["to"]
	if !before && !after || a.Action == "card.moved" { // whose sentence has it
		return nil
	}
	was, wasMany := from.(map[string]any)
	is, isMany := to.(map[string]any)
	if !wasMany && !isMany {
		return []change{{Name: place(a), From: side(from), To: side(to)}}
	}
	names := slices.Sorted(maps.Keys(is))
	for name := range was {
		if _, both := is[name]; !both {
			names = append(names, name)
		}
	}
	for _, name := range names {
		out = append(out, change{strings.ReplaceAll(name, "_", " "), side(was[name]), side(is[name])})
	}
	return out
}

// place names what a single change is about: of a subject it is its card.
func place(a models.Activity) string {
	if strings.HasPrefix(a.Action, "subject.") {
		return "column"
	}
	return ""
}

// side is one side of a change.
func side(v any) string { return or(short(inWords(v), 400), "nothing") }

// inWords is plain, with owners as people say them: "person 3 as steward".
func inWords(v any) string {
	switch v := v.(type) {
	case []any:
		words := make([]string, len(v))
		for i, one := range v {
			words[i] = inWords(one)
		}
		return strings.Join(words, ", ")
	case map[string]any:
		var words []string
		for _, name := range []string{"person", "team", "name", "as"} {
			if text := plain(v[name]); text != "" {
				words = append(words, strings.TrimPrefix(name+" "+text, "name "))
			}
		}
		return strings.Join(words, " ")
	}
	return plain(v)
}

// exact is a moment to the second.
func exact(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

func kindOf(action string) string {
	kind, _, _ := strings.Cut(action, ".")
	return kind
}

// actorWord says what sort of key or session was used.
func actorWord(actor string) string { return strings.Replace(or(actor, "system"), ":", " ", 1) }

// dateType is that of the input of a day, or of a text where a moment was given.
func dateType(value string) string {
	if _, err := time.Parse(time.DateOnly, value); err != nil && value != "" {
		return "text"
	}
	return "date"
}
