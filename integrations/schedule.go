package integrations

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// schedule is the loop's memory. Only the goroutine of Run touches it; polls
// report back over done.
type schedule struct {
	loop    *PollLoop
	pollers map[string]Poller
	entries map[int64]*entry
	hosts   map[string]bool // being asked now
	done    chan polled
	listed  time.Time
}

// entry is one integration's place in the schedule.
type entry struct {
	target   PollTarget
	poller   Poller
	next     time.Time // when it is due
	hold     time.Time // not before, by the upstream's own wish
	failures int
	running  bool
	gone     bool   // removed while running
	host     string // of the poll that runs
}

func newSchedule(p *PollLoop) *schedule {
	return &schedule{loop: p, pollers: p.pollers(), entries: map[int64]*entry{}, hosts: map[string]bool{},
		done: make(chan polled, pollAtOnce)}
}

// refresh brings the entries in line with the store, every few seconds and
// whenever somebody rang: the integration may be a moment old.
func (s *schedule) refresh(ctx context.Context) {
	poked := s.loop.takePoked()
	if len(poked) == 0 && time.Since(s.listed) < pollListEvery {
		return
	}
	s.listed = time.Now()
	targets, err := s.loop.Store.PollTargets(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.loop.Log.Error("list the integrations to poll", "error", err)
		}
	} else {
		s.keep(targets)
	}
	for id := range poked {
		if e := s.entries[id]; e != nil {
			e.next = time.Now()
		}
	}
}

// asks tells whether a poller can ask for an account.
func asks(poller Poller, a Account) bool {
	picky, ok := poller.(Picky)
	return !ok || picky.Polls(a)
}

func (s *schedule) keep(targets []PollTarget) {
	seen := map[int64]bool{}
	for _, t := range targets {
		if poller := s.pollers[t.Source]; poller != nil && asks(poller, t.Account) {
			seen[t.Account.ID] = true
			s.put(t, poller)
		}
	}
	for id, e := range s.entries {
		if e.gone = !seen[id]; e.gone && !e.running {
			delete(s.entries, id)
		}
	}
}

// put takes in what the store says of a target. Changed settings are tried at
// once: somebody has just corrected them.
func (s *schedule) put(t PollTarget, poller Poller) {
	e := s.entries[t.Account.ID]
	switch {
	case e == nil:
		s.entries[t.Account.ID] = &entry{target: t, poller: poller, next: t.PausedUntil}
	case !maps.Equal(e.target.Account.Settings, t.Account.Settings):
		e.next, e.hold, e.failures = time.Now(), time.Time{}, 0
		fallthrough
	case !e.running:
		e.target = t
	}
}

// take marks the targets that are due as running, the longest due first, one
// for each host.
func (s *schedule) take() (due []*entry) {
	now := time.Now()
	for _, e := range s.byTime() {
		host := hostOf(e.poller, e.target.Account)
		if e.running || e.due().After(now) || s.hosts[host] || len(s.hosts) >= pollAtOnce {
			continue
		}
		e.running, e.host, s.hosts[host] = true, host, true
		e.next = time.Time{}
		due = append(due, e)
	}
	return due
}

func (e *entry) due() time.Time {
	if e.hold.After(e.next) {
		return e.hold
	}
	return e.next
}

func (s *schedule) byTime() []*entry {
	return slices.SortedFunc(maps.Values(s.entries), func(a, b *entry) int {
		return cmp.Or(a.due().Compare(b.due()), cmp.Compare(a.target.Account.ID, b.target.Account.ID))
	})
}

// sleep waits for the first thing that happens.
func (s *schedule) sleep(ctx context.Context) {
	timer := time.NewTimer(s.pause())
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-s.loop.doorbell():
	case r := <-s.done:
		s.settle(r)
	}
}

// pause is the time until something is due. What waits for its host or for a
// free place is woken by the end of a poll.
func (s *schedule) pause() time.Duration {
	wake := s.listed.Add(pollListEvery)
	for _, e := range s.entries {
		blocked := e.running || len(s.hosts) >= pollAtOnce || s.hosts[hostOf(e.poller, e.target.Account)]
		if !blocked && e.due().Before(wake) {
			wake = e.due()
		}
	}
	return time.Until(wake)
}

// settle plans the next poll after one has ended. A poke, or corrected settings,
// that came meanwhile stand.
func (s *schedule) settle(r polled) {
	e := s.entries[r.id]
	delete(s.hosts, e.host)
	e.running = false
	if e.gone {
		delete(s.entries, r.id)
		return
	}
	asked := !e.next.IsZero()
	e.hold, e.failures = r.hold, r.failures
	if !r.failed {
		e.target.Cursor = r.cursor
	}
	if !asked {
		e.next = r.next
	}
	s.loop.Log.Debug("polled", slog.Int64("integration", r.id), slog.Time("next", e.due()))
}
