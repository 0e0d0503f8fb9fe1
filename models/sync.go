package models

import "time"

// Progress is how far the first import of a source is. The source counts, the
// store keeps it with the cursor.
type Progress struct {
	Stages    []Stage       `json:"stages,omitempty"` // in their order
	Requests  int           `json:"requests"`         // asked since the start
	Unchanged int           `json:"unchanged"`        // of them, answered "not modified"
	Busy      time.Duration `json:"busy"`             // spent asking, pauses left out; nanoseconds
	StartedAt time.Time     `json:"started_at"`
	EndedAt   time.Time     `json:"ended_at"` // zero while it runs
}

// Stage is one part of an import.
type Stage struct {
	Name  string `json:"name"` // as pages show it: "Pull requests"
	Done  int    `json:"done"`
	Total int    `json:"total"` // 0 while it is unknown
}

// Begun tells whether there is an import to speak of.
func (p Progress) Begun() bool { return !p.StartedAt.IsZero() }

// Running tells whether the import has yet to end.
func (p Progress) Running() bool { return p.Begun() && p.EndedAt.IsZero() }

// Share is how much of the known work is done, from 0 to 1.
func (p Progress) Share() float64 {
	done, total := 0, 0
	for _, s := range p.Stages {
		done, total = done+min(s.Done, s.Total), total+s.Total
	}
	if total == 0 {
		return 0
	}
	return float64(done) / float64(total)
}

// The share and the time before which a guess of what is left would mislead.
const (
	guessShare = 0.05
	guessAfter = 10 * time.Second
)

// Left is about how much asking is left; false while it is too early to say.
func (p Progress) Left() (time.Duration, bool) {
	share := p.Share()
	if !p.Running() || share < guessShare || p.Busy < guessAfter {
		return 0, false
	}
	return time.Duration(float64(p.Busy) * (1 - share) / share), true
}

// PerMinute is how many requests a minute of asking makes.
func (p Progress) PerMinute() float64 {
	if p.Busy <= 0 {
		return 0
	}
	return float64(p.Requests) / p.Busy.Minutes()
}

// SyncState says how a repository's truth is kept.
type SyncState string

// The states.
const (
	SyncWaiting   SyncState = "waiting"   // its turn has not come
	SyncImporting SyncState = "importing" // the first import runs
	SyncOK        SyncState = "ok"
	SyncFailing   SyncState = "failing"
	SyncGone      SyncState = "gone" // deleted, or no longer chosen
)

// RepositorySync is how one integration fares with one repository.
type RepositorySync struct {
	Repository  string // its key: github.com/acme/fraud
	Integration string // "github/main"; stamped by the store
	State       SyncState
	Error       string    // why it fails, in words
	Hook        string    // of the webhook: ok, missing, failing; empty where nobody may look
	Pulls       int       // pull requests known; counted by the store
	SyncedAt    time.Time // when it was last asked without fault
}
