package cloudevents

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"throughline/models"
)

// object reads the fields of a JSON object. The first field that does not fit is
// kept in problem, shared by the objects below, so that a decoder may read on and
// look once.
type object struct {
	*reading
	path   string
	values map[string]json.RawMessage
	seen   map[string]bool
}

type reading struct{ problem error }

func newObject(path string, values map[string]json.RawMessage) *object {
	return &object{reading: &reading{}, path: path, values: values, seen: map[string]bool{}}
}

// fail keeps the first problem, with the whole name of the field.
func (o *object) fail(name, format string, args ...any) {
	if o.problem == nil {
		o.problem = badField(o.name(name), format, args...)
	}
}

func (o *object) name(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

func badField(name, format string, args ...any) error {
	return models.FieldErrorf(models.Invalid, name, "%s %s", name, fmt.Sprintf(format, args...))
}

// get is a field's raw value; false when it is absent or null.
func (o *object) get(name string) (json.RawMessage, bool) {
	o.seen[name] = true
	raw := o.values[name]
	return raw, given(raw)
}

func given(raw json.RawMessage) bool { return len(raw) > 0 && !bytes.Equal(raw, []byte("null")) }

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

// text is a string, empty when absent.
func (o *object) text(name string) (s string) {
	if raw, ok := o.get(name); ok && json.Unmarshal(raw, &s) != nil {
		o.fail(name, "must be a string.")
	}
	return s
}

// word is a string or a number as text: versions and ids come as both.
func (o *object) word(name string) string {
	raw, ok := o.get(name)
	if !ok {
		return ""
	}
	if isNumber(raw) {
		return string(raw)
	}
	return o.text(name)
}

func isNumber(raw json.RawMessage) bool { return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9' }

// maxKey limits the parts of a subject's key, in bytes.
const maxKey = 500

// key is a word that may be part of a subject's key, empty when absent.
func (o *object) key(name string) string {
	s := strings.TrimSpace(o.word(name))
	switch {
	case len(s) > maxKey:
		o.fail(name, "is longer than %d bytes.", maxKey)
	case hasControl(s):
		o.fail(name, "holds control characters.")
	default:
		return s
	}
	return ""
}

// need is a key that has to be there.
func (o *object) need(name string) string {
	s := o.key(name)
	if s == "" {
		o.fail(name, "is missing.")
	}
	return s
}

// version is part of a key after a slash, and may hold none itself.
func (o *object) version(name string) string {
	s := o.key(name)
	if strings.Contains(s, "/") {
		o.fail(name, "%q must not hold a slash.", s)
	}
	return s
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// number is a number; false when it is absent.
func (o *object) number(name string) (n float64, ok bool) {
	raw, ok := o.get(name)
	if !ok {
		return 0, false
	}
	if json.Unmarshal(raw, &n) != nil {
		o.fail(name, "must be a number.")
		return 0, false
	}
	return n, true
}

// step is a whole number, as JSON or as digits; false when it is absent.
func (o *object) step(name string) (n int64, given bool) {
	s := o.word(name)
	if s == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		o.fail(name, "must be a whole number.")
	}
	return n, err == nil
}

// count is a whole number from 1, 0 when absent; a string of digits will do.
func (o *object) count(name string) int {
	s := o.word(name)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 1_000_000_000 {
		o.fail(name, "must be a whole number.")
		return 0
	}
	return n
}

// when is a time, zero when absent.
func (o *object) when(name string) time.Time {
	raw := o.text(name)
	if raw == "" {
		return time.Time{}
	}
	t, ok := parseTime(raw)
	if !ok {
		o.fail(name, "%.40q is not an RFC 3339 time.", raw)
	}
	return t
}

// parseTime reads RFC 3339; a time without a zone is UTC. The year 1 is how some
// senders write "none".
func parseTime(raw string) (time.Time, bool) {
	raw = strings.TrimSpace(raw)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"} {
		t, err := time.Parse(layout, raw)
		if err != nil {
			continue
		}
		t = t.UTC()
		if t.Year() <= 1 {
			return time.Time{}, true
		}
		return t, t.Year() >= 1970 && t.Year() <= 9999
	}
	return time.Time{}, false
}

// stamp is a time as facts keep it.
func stamp(t time.Time) string { return t.Format(time.RFC3339Nano) }

// web is an address of the web; anything else, such as a script's, is left out.
func (o *object) web(name string) string {
	raw := strings.TrimSpace(o.text(name))
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(raw) > 2048 {
		return ""
	}
	return raw
}

// object is a field that is an object itself; an empty one when absent.
func (o *object) object(name string) *object {
	raw, ok := o.get(name)
	inner := o.within(name)
	if ok && json.Unmarshal(raw, &inner.values) != nil {
		o.fail(name, "must be an object.")
	}
	return inner
}

// within is an empty object that keeps its problems with o's.
func (o *object) within(path string) *object {
	return &object{reading: o.reading, path: o.name(path), seen: map[string]bool{}}
}

// list is a field that is a list of objects.
func (o *object) list(name string) (out []*object) {
	raw, ok := o.get(name)
	if !ok {
		return nil
	}
	var items []map[string]json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		o.fail(name, "must be a list of objects.")
		return nil
	}
	for i, values := range items {
		item := o.within(fmt.Sprintf("%s[%d]", name, i))
		item.values = values
		out = append(out, item)
	}
	return out
}

// strings is a field that is a list of strings.
func (o *object) strings(name string) (out []string) {
	if raw, ok := o.get(name); ok && json.Unmarshal(raw, &out) != nil {
		o.fail(name, "must be a list of strings.")
		return nil
	}
	return out
}

// flag is a truth value, false when absent.
func (o *object) flag(name string) (yes bool) {
	if raw, ok := o.get(name); ok && json.Unmarshal(raw, &yes) != nil {
		o.fail(name, "must be true or false.")
	}
	return yes
}

// names are the object's fields in order.
func (o *object) names() []string { return slices.Sorted(maps.Keys(o.values)) }

// extras keeps what no decoder asked for, as far as it is plain values.
func (o *object) extras(facts map[string]any) {
	for _, name := range o.names() {
		if o.seen[name] || name == "" || hasControl(name) || len(name) > 200 {
			continue
		}
		if value, ok := scalar(o.values[name]); ok {
			facts["extra."+name] = value
		}
	}
}

// scalar is a JSON string, finite number or truth value.
func scalar(raw json.RawMessage) (any, bool) {
	var value any
	if json.Unmarshal(raw, &value) != nil {
		return nil, false
	}
	switch value.(type) {
	case string, float64, bool:
		return value, true
	}
	return nil, false
}

// decodeJSON decodes a whole body and says where it stops being JSON.
func decodeJSON(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return models.Errorf(models.Invalid, "The body is not JSON, at byte offset %d: %w.", syntax.Offset, err)
	case errors.As(err, &wrong):
		return models.Errorf(models.Invalid, "At byte %d there is a JSON %s where an event or a batch belongs.", wrong.Offset, wrong.Value)
	}
	return models.Errorf(models.Invalid, "The body is not JSON: %w.", err)
}
