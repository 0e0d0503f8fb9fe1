package store

import (
	"context"
	"sync"
	"time"

	"throughline/models/chain"
)

// ChainState is what the last check of the chain of activity found.
type ChainState struct {
	At    time.Time    // of the check; zero before the first
	Upto  int64        // the last row that holds
	Break *chain.Break // nil: none was found
}

// guard checks the chain while the server runs: each minute the rows that are
// new, and from time to time all of them.
type guard struct {
	mu    sync.Mutex
	state ChainState
	head  chain.Head // where the last check came to
	whole time.Time  // when all rows are checked again
}

const (
	guardEvery = time.Minute
	wholeEvery = time.Hour // at the least; never more than a hundredth of the time
)

// Chain is what the last check of the chain found.
func (s *Store) Chain() ChainState {
	s.guard.mu.Lock()
	defer s.guard.mu.Unlock()
	return s.guard.state
}

// guardChain checks the chain until ctx ends, and tells the log when it breaks.
func (s *Store) guardChain(ctx context.Context) {
	tick := time.NewTicker(guardEvery)
	defer tick.Stop()
	for {
		if err := s.guardOnce(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("check the chain of activity", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// guardOnce checks the rows after those that are known to hold, and all of them
// when it is time or something is wrong. A head that was seen once must still be
// there, whatever the table hub says.
func (s *Store) guardOnce(ctx context.Context) error {
	s.guard.mu.Lock()
	head, whole := s.guard.head, s.guard.whole
	s.guard.mu.Unlock()
	started := s.now()
	if started.Before(whole) {
		found, err := checkActivity(ctx, s.reader, head, nil)
		if err != nil || found.Break == nil {
			s.guard.keep(found, err, s.now())
			return err
		}
	}
	found, err := checkActivity(ctx, s.reader, chain.Head{}, []chain.Head{head})
	s.guard.keep(found, err, s.now())
	s.guard.wait(s.now(), s.now().Sub(started))
	if err == nil {
		s.alarm(found)
	}
	return err
}

func (g *guard) keep(found chain.Report, err error, now time.Time) {
	if err != nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state = ChainState{At: now.UTC(), Upto: found.Last.Seq, Break: found.Break}
	if found.Break == nil {
		g.head = found.Last
	}
}

// wait sets when all rows are checked again.
func (g *guard) wait(now time.Time, took time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.whole = now.Add(max(wholeEvery, 100*took))
}

func (s *Store) alarm(found chain.Report) {
	if found.Break != nil {
		s.log.Error("the chain of activity is broken: somebody changed the record beside Throughline", "row", found.Break.Row.Seq,
			"problem", string(found.Break.Problem), "detail", clean(found.Break.Text))
	}
}
