package store

import (
	"slices"
	"sync"
	"time"

	"throughline/models"
)

// windows remembers the unfiltered window of each board at one activity: many
// people open a board between two events. A window is only read, never changed.
type windows struct {
	mu    sync.Mutex
	known map[int64]window
}

type window struct {
	seq       int64
	perColumn int
	columns   []models.Column
	read      time.Time
}

// windowAge is how long a window may be shown without a change: whether a run is
// stale depends on the clock alone.
const windowAge = 30 * time.Second

// windowsKept bounds the memory: boards that nobody opens any more go.
const windowsKept = 64

func (w *windows) get(project, seq int64, perColumn int, now time.Time) ([]models.Column, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	k, ok := w.known[project]
	ok = ok && k.seq == seq && k.perColumn == perColumn && now.Sub(k.read) < windowAge
	return slices.Clone(k.columns), ok
}

func (w *windows) keep(project int64, b models.Board, perColumn int, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known == nil || len(w.known) >= windowsKept {
		w.known = map[int64]window{}
	}
	w.known[project] = window{b.Seq, perColumn, b.Columns, now}
}
