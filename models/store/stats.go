package store

import (
	"sync"
	"time"
)

// Stats count what the writer did since the start; metrics show them.
type Stats struct {
	mu     sync.Mutex
	Groups int64         // commits
	Writes int64         // writes in them
	Busy   time.Duration // time spent committing
}

func (s *Stats) group(writes int, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Groups++
	s.Writes += int64(writes)
	s.Busy += took
}

// WriteStats are the commits, the writes in them and the time they took.
func (s *Store) WriteStats() (groups, writes int64, busy time.Duration) {
	s.stats.mu.Lock()
	defer s.stats.mu.Unlock()
	return s.stats.Groups, s.stats.Writes, s.stats.Busy
}

// QueueLength is how many writes wait, and how many may.
func (s *Store) QueueLength() (waiting, limit int) { return len(s.queue), cap(s.queue) }
