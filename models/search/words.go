package search

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"throughline/models"
)

// Word is one condition of the short grammar that all of Throughline's lists share:
// field:value, comma for or, a space for and, a leading - for not, has:field and
// no:field, > < and .. for numbers and times, @me and @today-7d, quotes for spaces.
// A word without a field is looked for in names.
type Word struct {
	Field  string // state, user, metric.auc … ; empty: the name
	Not    bool
	Has    bool     // has:Field, or with Not no:Field
	Values []string // any of these
	Op     string   // > >= < <= of a single value; empty: equals, * being any text
	From   string   // of FROM..TO; an open end is empty
	To     string
	At     int // the word's place in the text, in bytes …
	Length int // … and its length
}

// Fields are what the words of one list may speak of: its own, and the kinds of
// those that have a name of their own behind a dot.
type Fields struct{ Own, Kinds []string }

// The lists.
var (
	RunFields = Fields{[]string{"state", "status", "user", "name", "experiment", "project", "id", "started", "ended", "commit", "dataset", "model", "parent", "source"},
		[]string{"metric", "param", "tag"}}
	PipelineFields = Fields{Own: []string{"state", "system", "pipeline", "branch", "user", "number", "project", "id", "started", "ended", "took", "step", "error", "commit", "dataset", "claim", "source"}}
)

// names are the fields as an error lists them.
func (f Fields) names() string {
	out := strings.Join(f.Own, ", ")
	for _, kind := range f.Kinds {
		out += ", " + kind + ".NAME"
	}
	return out
}

// IsExpression tells whether a text is meant in MLflow's grammar rather than in words.
func IsExpression(text string) bool {
	tokens := lex(text)
	for n, t := range tokens {
		if t.kind == operator && n > 0 && !strings.HasSuffix(tokens[n-1].text, ":") {
			return true
		}
		if t.is("IS") || t.is("IN") {
			return n > 0
		}
	}
	return false
}

// Words reads the short grammar for a list. Its errors are of type *Error.
func (f Fields) Words(text, me string, now time.Time) (out []Word, err error) {
	if err := readable(text); err != nil {
		return nil, err
	}
	for _, t := range split(text) {
		if len(out) == maxClauses {
			return nil, refuse(t, "The filter has more than %d conditions.", maxClauses)
		}
		w, err := f.read(t, me, now)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// split cuts a text at spaces that are not in quotes.
func split(text string) (out []token) {
	quote, start := byte(0), -1
	for n := 0; n <= len(text); n++ {
		end := n == len(text) || quote == 0 && (text[n] == ' ' || text[n] == '\t' || text[n] == '\n')
		switch {
		case end && start >= 0:
			out = append(out, token{text: text[start:n], at: start})
			start = -1
		case end:
		case start < 0:
			start = n
			fallthrough
		default:
			quote = toggled(quote, text[n])
		}
	}
	return out
}

// toggled is the quote that is open behind a character.
func toggled(open, c byte) byte {
	switch {
	case open == 0 && (c == '"' || c == '\''):
		return c
	case open == c:
		return 0
	}
	return open
}

func (f Fields) read(t token, me string, now time.Time) (Word, error) {
	w := Word{At: t.at, Length: len(t.text)}
	text, not := strings.CutPrefix(t.text, "-")
	field, value, ok := strings.Cut(text, ":")
	if w.Not = not; !ok || strings.ContainsAny(field, `"'`) {
		w.Values = []string{unquoted(text)}
		return w, nil
	}
	switch field {
	case "has", "no":
		w.Has, w.Not, w.Field = true, not != (field == "no"), value
	default:
		w.Field = field
	}
	if w.Field = f.named(w.Field); w.Field == "" {
		return w, refuse(t, "There is no field %q: use %s.", field, f.names())
	}
	if !w.Has {
		w.value(value, me, now)
	}
	if !w.Has && w.Op == "" && w.From == "" && w.To == "" && len(w.Values) == 0 {
		return w, refuse(t, "%s: says no value.", field)
	}
	return w, nil
}

// named is a field by its name or its longer spelling; empty when there is none.
func (f Fields) named(name string) string {
	for _, kind := range f.Kinds {
		for _, prefix := range []string{kind + ".", kind + "s."} {
			if key, ok := strings.CutPrefix(name, prefix); ok && key != "" {
				return kind + "." + unquoted(key)
			}
		}
	}
	if slices.Contains(f.Own, name) {
		return name
	}
	return ""
}

// value reads what stands behind the colon.
func (w *Word) value(text, me string, now time.Time) {
	for _, op := range []string{">=", "<=", ">", "<"} {
		if rest, ok := strings.CutPrefix(text, op); ok {
			w.Op, w.Values = op, []string{meant(rest, me, now)}
			return
		}
	}
	if from, to, ok := strings.Cut(text, ".."); ok {
		w.From, w.To = meant(from, me, now), meant(to, me, now)
		return
	}
	for _, v := range split(strings.ReplaceAll(text, ",", " ")) {
		w.Values = append(w.Values, meant(v.text, me, now))
	}
	if strings.ContainsAny(text, `"'`) { // a comma within quotes is no or
		w.Values = []string{meant(text, me, now)}
	}
}

// meant is what @me and @today-7d stand for.
func meant(text, me string, now time.Time) string {
	text = unquoted(text)
	if text == "@me" {
		return me
	}
	rest, ok := strings.CutPrefix(text, "@today")
	if !ok {
		return text
	}
	days, err := strconv.Atoi(strings.TrimSuffix(rest, "d"))
	if rest != "" && (err != nil || !strings.HasSuffix(rest, "d")) {
		return text
	}
	return now.UTC().AddDate(0, 0, days).Format(time.DateOnly)
}

func unquoted(text string) string {
	if n := len(text); n >= 2 && (text[0] == '"' || text[0] == '\'' || text[0] == '`') && text[n-1] == text[0] {
		return text[1 : n-1]
	}
	return text
}

// Moment reads a time or a day as a filter says it, in Unix milliseconds.
func (w Word) Moment(text string) (int64, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixMilli(), nil
		}
	}
	return 0, w.refuse("%q is no day; write it as 2026-11-30, or @today-7d.", text)
}

// Number reads a number as a filter says it.
func (w Word) Number(text string) (float64, error) {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, w.refuse("%q is no number.", text)
	}
	return n, nil
}

// Span reads a length of time as a filter says it: 90s, 10m, 2h, or a number of
// seconds. The answer is in milliseconds.
func (w Word) Span(text string) (int64, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return int64(seconds * 1000), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, w.refuse("%q is no length of time; write it as 90s, 10m or 2h.", text)
	}
	return d.Milliseconds(), nil
}

func (w Word) refuse(format string, args ...any) error {
	return &Error{At: w.At, Length: w.Length, err: models.Errorf(models.Invalid, format, args...)}
}
