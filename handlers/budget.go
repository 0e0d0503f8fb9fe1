package handlers

import (
	"io"

	"golang.org/x/sync/semaphore"

	"throughline/models"
)

// Limits of what unread strangers may have us keep in memory. Bodies below
// smallEnough are not counted; the larger ones of all requests together have
// room for bodiesAtOnce of the greatest size.
const (
	smallEnough  = 1 << 20
	bodiesAtOnce = 4
)

func newBudget() *semaphore.Weighted { return semaphore.NewWeighted(bodiesAtOnce) }

// metered is a body that takes a place in the budget once it turns out large. A
// body without a place is refused: its sender tries again, as hooks do.
type metered struct {
	io.ReadCloser
	budget *semaphore.Weighted
	read   int64
	held   bool
}

// Read implements io.Reader.
func (m *metered) Read(p []byte) (int, error) {
	if m.read > smallEnough && !m.held {
		if !m.budget.TryAcquire(1) {
			return 0, models.Errorf(models.Busy, "Too many large bodies are being read; try again in a second.")
		}
		m.held = true
	}
	n, err := m.ReadCloser.Read(p)
	m.read += int64(n)
	return n, err
}

// release gives the place back. Call it when the request is answered.
func (m *metered) release() {
	if m.held {
		m.budget.Release(1)
	}
}
