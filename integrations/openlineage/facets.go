package openlineage

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// facets are what is said beside the name of a run, a job or a dataset.
type facets map[string]json.RawMessage

// read decodes a facet, as far as its types fit; false when it is not there.
func (f facets) read(name string, into any) bool {
	raw := f[name]
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) || f.deleted(name) {
		return false
	}
	return lenient(raw, into) == nil
}

// deleted tells whether a facet says that it holds no longer.
func (f facets) deleted(name string) bool {
	var mark struct {
		Deleted bool `json:"_deleted"`
	}
	return len(f[name]) > 0 && json.Unmarshal(f[name], &mark) == nil && mark.Deleted
}

// The limits of facets that are kept as facts; the event itself is kept whole.
const (
	largestFacet = 4 << 10
	mostFacets   = 40
)

// private are facets that may hold what is nobody's business to read on a page.
var private = []string{"environmentVariables"}

// rest keeps the facets that no decoder knows as facts facet.NAME.
func (f facets) rest(facts map[string]any, known ...string) {
	kept := 0
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if slices.Contains(known, name) || slices.Contains(private, name) || name == "" || len(name) > 200 {
			continue
		}
		fact := "facet." + text(name, 200)
		if f.deleted(name) {
			facts[fact] = nil
			continue
		}
		if value := bare(f[name]); value != "" && len(value) <= largestFacet && kept < mostFacets {
			facts[fact], kept = json.RawMessage(value), kept+1
		}
	}
}

// bare is a facet without who made it and by which schema.
func bare(raw json.RawMessage) string {
	var values map[string]json.RawMessage
	if json.Unmarshal(raw, &values) != nil {
		return ""
	}
	maps.DeleteFunc(values, func(name string, _ json.RawMessage) bool { return strings.HasPrefix(name, "_") })
	if len(values) == 0 {
		return ""
	}
	out, err := json.Marshal(values)
	if err != nil {
		return ""
	}
	return string(out)
}

// text is a value without control characters, at most n bytes of it.
func text(s string, n int) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

// line is the first line of a text that says something.
func line(s string) string {
	for _, l := range strings.Split(s, "\n") {
		if l = text(l, 500); l != "" {
			return l
		}
	}
	return ""
}

// put keeps a value that is there.
func put(facts map[string]any, name, value string) {
	if value != "" {
		facts[name] = value
	}
}
