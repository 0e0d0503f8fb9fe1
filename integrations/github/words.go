package github

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/models"
)

// The longest texts that are kept, in bytes.
const (
	maxLine = 500
	maxText = 4 << 10
)

// moment reads every spelling of a time in GitHub's payloads: RFC 3339, seconds
// since 1970, and the zoneless one of old check runs, which go-github refuses.
// What is no time is zero.
type moment struct{ time.Time }

// UnmarshalJSON reads a time and never fails.
func (m *moment) UnmarshalJSON(text []byte) error {
	word := string(bytes.Trim(text, `"`))
	if seconds, err := strconv.ParseInt(word, 10, 64); err == nil {
		m.Time = time.Unix(seconds, 0)
		return nil
	}
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if t, err := time.Parse(layout, word); err == nil {
			m.Time = t
			return nil
		}
	}
	return nil
}

func (m moment) utc() time.Time { return sane(m.Time) }

// when is a time of go-github's, zero when there is none.
func when(t *gogithub.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return sane(t.Time)
}

// sane drops times that no upstream has seen and JSON cannot hold.
func sane(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// latest is the last of some times. Skipped jobs end before they start, so the
// end alone would not do.
func latest(times ...time.Time) (last time.Time) {
	for _, t := range times {
		if t.After(last) {
			last = t
		}
	}
	return last
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// line is a short text of the upstream's: bounded, and without NUL, which
// PostgreSQL cannot store.
func line(s string) string { return clip(s, maxLine) }

func clip(s string, most int) string {
	s = strings.ReplaceAll(s, "\x00", "")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}

func firstLine(s string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line(strings.TrimSpace(first))
}

// webAddress is s when it is an address of the web, else nothing.
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(s) > 2048 {
		return ""
	}
	return u.String()
}

// login names a user; GitHub calls those whose account is gone ghost.
func login(u *gogithub.User) string {
	if u.GetLogin() == "" {
		return "ghost"
	}
	return line(u.GetLogin())
}

// facts collects the facts that are known.
type facts map[string]any

func (f facts) text(name, value string) {
	if value = line(value); value != "" {
		f[name] = value
	}
}

func (f facts) time(name string, t time.Time) {
	if !t.IsZero() {
		f[name] = stamp(t)
	}
}

// number keeps a number that the payload has, also when it is zero.
func (f facts) number(name string, n *int) {
	if n != nil {
		f[name] = *n
	}
}

// workState reads the pair of status and conclusion. The action is no guide:
// "completed" comes with the status "queued".
func workState(status, conclusion string) (state models.State, raw string) {
	switch {
	case conclusion != "":
		return models.WorkState(strings.ToLower(conclusion)), line(conclusion)
	case status == "completed":
		return models.Unknown, status
	}
	return models.WorkState(strings.ToLower(status)), line(status)
}

// precedence orders what is told about the same moment: the newer id wins, then
// the end of a thing over its start. It is a Description's attempt.
func precedence(id int64, state models.State) int {
	step := 0
	switch {
	case state.Terminal():
		step = 2
	case state != models.Queued:
		step = 1
	}
	return int(id)*4 + step
}
