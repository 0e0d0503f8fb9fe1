package mlflow

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// cursor is where the next poll starts.
type cursor struct {
	Of       string   `json:"of"` // which settings it belongs to: others start anew
	At       int64    `json:"at"` // the last time of read, Unix milliseconds; rises with each poll
	Started  scan     `json:"s"`
	Ended    scan     `json:"e"`
	Open     []string `json:"o,omitempty"` // runs under way, "experiment/run"
	Models   scan     `json:"m"`
	Versions scan     `json:"v"`
	Sweep    sweep    `json:"w"`

	Changed int64             `json:"c,omitempty"` // up to here changes of experiments were seen, upstream's clock
	Again   []string          `json:"g,omitempty"` // experiments whose runs are read again, because they changed …
	Page    string            `json:"p,omitempty"` // … from this page on
	Known   map[string]string `json:"k,omitempty"` // models that were there at the end of the last turn, with their versions
	Import  *models.Progress  `json:"i,omitempty"` // how far the first import is
	Share   float64           `json:"h,omitempty"` // how much of the first sweep is done
	Spaces  map[string]cursor `json:"n,omitempty"` // of each workspace; this one is none's then
	Next    string            `json:"x,omitempty"` // the workspace that comes first
}

// scan is a search of many pages, which may take several polls.
type scan struct {
	From  int64  `json:"f,omitempty"` // what is asked for is later than this (Unix milliseconds, upstream's clock)
	To    int64  `json:"t,omitempty"` // where the next scan starts: the upstream's time when this one began
	Chunk int    `json:"c,omitempty"` // which group of experiments …
	Token string `json:"p,omitempty"` // … and which page of it comes next
	Done  bool   `json:"d,omitempty"` // it has reached an end before
}

// underway tells whether pages are left.
func (s scan) underway() bool { return s.Chunk > 0 || s.Token != "" }

// finish starts over, from where the scan began.
func (s *scan) finish() { *s = scan{From: s.To, Done: true} }

// sweep is the scan over everything, and when it ran.
type sweep struct {
	scan
	Began int64 `json:"b,omitempty"`
	Ended int64 `json:"x,omitempty"`
}

// due tells whether the next sweep may begin: the pause grows with the work.
func (s sweep) due(now time.Time) bool {
	took := time.Duration(s.Ended-s.Began) * time.Millisecond
	pause := min(max(10*took, time.Minute), 24*time.Hour)
	return !s.Done || now.UnixMilli() >= s.Ended+pause.Milliseconds()
}

// cursorFor reads a cursor, or begins one when there is none of these settings.
func cursorFor(a integrations.Account, saved string) cursor {
	var c cursor
	of := settingsOf(a)
	if json.Unmarshal([]byte(saved), &c) != nil || c.Of != of {
		return cursor{Of: of, At: c.At}
	}
	return c
}

func (c cursor) String() string {
	text, _ := json.Marshal(c)
	return string(text)
}

// settingsOf is a short mark of the settings that decide what is read.
func settingsOf(a integrations.Account) string {
	h := sha256.New()
	for _, name := range []string{"url", "experiments", "model_prefix", "repository", "workspaces"} {
		h.Write([]byte(a.Get(name) + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
