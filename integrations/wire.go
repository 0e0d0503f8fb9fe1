package integrations

import (
	"encoding/json"
	"errors"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"
	"unicode"

	"throughline/models"
)

// ReadJSON decodes a post, and says where it stops being JSON or what does not fit.
func ReadJSON(body []byte, into any) error {
	err := json.Unmarshal(body, into)
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return models.Errorf(models.Invalid, "The body is not JSON, at byte offset %d: %w.", syntax.Offset, err)
	case errors.As(err, &wrong) && wrong.Field != "":
		return models.FieldErrorf(models.Invalid, wrong.Field, "%s must not be a JSON %s, at byte offset %d.", wrong.Field, wrong.Value, wrong.Offset)
	}
	return models.Errorf(models.Invalid, "The body cannot be read: %w.", err)
}

// Line is a text on one line of at most limit bytes, fit to be kept.
func Line(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return Cut(strings.TrimSpace(text), limit)
}

// Web is an address of the web; anything else, such as a script's, is left out.
func Web(raw string) string {
	raw = strings.TrimSpace(raw)
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(raw) > 2048 || Line(raw, 2048) != raw {
		return ""
	}
	return raw
}

// Milli is a moment of so many milliseconds since 1970; zero for what cannot be kept.
func Milli(ms int64) time.Time {
	if ms <= 0 || ms > 253402300799999 { // the end of the year 9999
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Moment reads an RFC 3339 time; zero for none, for the year 1 and 1970's first
// second, which stand for none, and for what cannot be kept.
func Moment(raw string) time.Time {
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(raw))
	if err != nil || t.Unix() <= 0 || t.UTC().Year() > 9999 {
		return time.Time{}
	}
	return t.UTC()
}

// Told puts a fact among the others, unless there is nothing to say.
func Told(facts map[string]any, name string, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case time.Time:
		if v.IsZero() {
			return
		}
		value = models.StepTime(v)
	}
	facts[name] = value
}

// Secretive tells whether a parameter's name says that its value is nobody's business.
func Secretive(name string) bool { return secretive.MatchString(name) }

var secretive = regexp.MustCompile(`(?i)(passw|secret|token|credential|api[_-]?key|private[_-]?key)`)

// Matches tells whether a name is among patterns that a setting lists, separated
// by commas, blanks or lines; * crosses slashes. No pattern at all names everything.
func Matches(setting, name string) bool {
	split := func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' }
	list := strings.FieldsFunc(setting, split)
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x01") }
	for _, pattern := range list {
		if ok, _ := path.Match(flat(pattern), flat(name)); ok {
			return true
		}
	}
	return len(list) == 0
}
