package integrations

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"sync"
	"time"

	"throughline/models"
)

// PollTarget is one integration that is asked on a schedule.
type PollTarget struct {
	Source      string // the name of its source
	Account     Account
	Cursor      string
	PausedUntil time.Time // from an earlier failure; zero when none
}

// PollStore is what the loop needs of the database.
type PollStore interface {
	// PollTargets lists all integrations of polled sources, secrets included.
	PollTargets(ctx context.Context) ([]PollTarget, error)
	// ApplyPoll saves the batch and its cursor in one transaction, and that the
	// poll went well.
	ApplyPoll(ctx context.Context, target PollTarget, batch models.Batch) error
	// PollFailed records why a poll failed, in words, and until when it pauses.
	PollFailed(ctx context.Context, id int64, problem string, pausedUntil time.Time) error
}

// Paced is a Poller whose accounts choose their own pause between polls.
type Paced interface {
	Pace(account Account) time.Duration
}

// Picky is a Poller that can not ask for every account: one that only listens to
// webhooks has no token to ask with.
type Picky interface {
	Polls(account Account) bool
}

// The limits of the loop (reliability.md, F9).
const (
	pollListEvery = 5 * time.Second  // how soon a new or changed integration is noticed
	pollTimeout   = 2 * time.Minute  // of one poll
	pollBackOff   = time.Minute      // the pause after a failure; doubles …
	pollBreaker   = 15 * time.Minute // … up to this
	pollHold      = 24 * time.Hour   // the longest that an upstream's own wish is obeyed
	pollAtOnce    = 4                // polls at a time, each of another host
)

// PollLoop asks every integration on its schedule: one poll at a time for each
// upstream host, so that no upstream is crowded, and a hanging one holds up only
// itself.
type PollLoop struct {
	Sources []Source // those that are Pollers are asked
	Store   PollStore
	Log     *slog.Logger
	// Jitter spreads the pauses; nil is ±10 %.
	Jitter func(time.Duration) time.Duration

	mu    sync.Mutex
	poked map[int64]bool
	once  sync.Once
	bell  chan struct{}
}

// Now polls the integration as soon as possible, even if its own failures paused
// it; only the upstream's own wish to be left alone still stands. It never blocks.
func (p *PollLoop) Now(id int64) {
	p.mu.Lock()
	if p.poked == nil {
		p.poked = map[int64]bool{}
	}
	p.poked[id] = true
	p.mu.Unlock()
	select {
	case p.doorbell() <- struct{}{}:
	default: // it rings already
	}
}

func (p *PollLoop) doorbell() chan struct{} {
	p.once.Do(func() { p.bell = make(chan struct{}, 1) })
	return p.bell
}

func (p *PollLoop) takePoked() map[int64]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := p.poked
	p.poked = nil
	return ids
}

// Run polls until ctx ends, and returns when the last poll has ended.
func (p *PollLoop) Run(ctx context.Context) {
	s := newSchedule(p)
	var running sync.WaitGroup
	defer running.Wait() // every poll obeys ctx
	for ctx.Err() == nil {
		s.refresh(ctx)
		for _, e := range s.take() {
			running.Go(func() { s.done <- p.poll(ctx, e.target, e.failures) }) // done has room for all
		}
		s.sleep(ctx)
	}
}

// pollers are the sources that can be asked, by name.
func (p *PollLoop) pollers() map[string]Poller {
	out := map[string]Poller{}
	for _, s := range p.Sources {
		if poller, ok := s.(Poller); ok {
			out[s.About().Name] = poller
		}
	}
	return out
}

// pace is the pause after a poll that went well.
func (p *PollLoop) pace(poller Poller, a Account) time.Duration {
	every := poller.Every()
	if paced, ok := poller.(Paced); ok {
		every = paced.Pace(a)
	}
	if p.Jitter != nil {
		return p.Jitter(every)
	}
	return every + time.Duration((rand.Float64()-0.5)*0.2*float64(every)) // #nosec G404 -- spreads load, protects nothing
}

// hostOf is what a target's polls crowd: the host of its upstream address, or
// the source itself where the address is fixed.
func hostOf(source Source, a Account) string {
	for _, s := range source.About().Settings {
		if u, err := url.Parse(a.Get(s.Name)); s.URL && err == nil && u.Host != "" {
			return u.Host
		}
	}
	return source.About().Name
}
