package jenkins

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"throughline/integrations"
)

// cursor is where the next poll starts.
type cursor struct {
	Of    string          `json:"of"`              // which settings it belongs to: others start anew
	Jobs  map[string]seen `json:"jobs,omitempty"`  // by path: "/job/acme/job/fraud"
	After string          `json:"after,omitempty"` // the job that the last round got to, when it did not get to all
}

// seen is what is known of a job's builds.
type seen struct {
	High int64   `json:"h"`           // the highest number that was told
	Open []int64 `json:"o,omitempty"` // those told that were not over
}

// cursorFor reads a cursor, or begins one when there is none of these settings.
func cursorFor(a integrations.Account, saved string) (c cursor) {
	h := sha256.New()
	for _, name := range []string{"url", "jobs", "repository"} {
		h.Write([]byte(a.Get(name) + "\x00"))
	}
	of := hex.EncodeToString(h.Sum(nil)[:6])
	if json.Unmarshal([]byte(saved), &c) != nil || c.Of != of {
		c = cursor{Of: of}
	}
	if c.Jobs == nil {
		c.Jobs = map[string]seen{}
	}
	return c
}

func (c cursor) String() string {
	text, _ := json.Marshal(c)
	return string(text)
}

// due are the jobs with builds to ask for, beginning after the one that the last
// round got to.
func (c cursor) due(jobs []job) (out []job) {
	var before []job
	for _, j := range jobs {
		known := c.Jobs[j.path]
		switch {
		case j.last == known.High && len(known.Open) == 0:
		case c.After != "" && j.path <= c.After:
			before = append(before, j)
		default:
			out = append(out, j)
		}
	}
	return append(out, before...)
}

// forget drops jobs that are gone.
func (c cursor) forget(jobs []job) {
	maps.DeleteFunc(c.Jobs, func(path string, _ seen) bool {
		_, there := slices.BinarySearchFunc(jobs, path, func(j job, path string) int { return compare(j.path, path) })
		return !there
	})
}
