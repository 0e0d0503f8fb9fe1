// Package live keeps open boards up to date over websockets. The activity in the
// database is the truth; a frame is a doorbell that often brings the news along.
package live

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"throughline/models"
)

// Feed is where the hub learns what changed.
type Feed interface {
	Watch() (doorbell <-chan struct{}, stop func())
	Seq(ctx context.Context) (int64, error)
	ChangesSince(ctx context.Context, seq int64, limit int) (changes []models.Change, upTo int64, err error)
	ProjectChanges(ctx context.Context, project, since int64) (changes []models.Change, upTo int64, tooOld bool, err error)
	// Refresh is the same principal by the rights of this moment; Unauthorised when it has ended.
	Refresh(ctx context.Context, by models.Principal) (models.Principal, error)
}

// Options are what a hub is made of.
type Options struct {
	Feed         Feed
	Render       func(models.Card) (string, error) // a card as every board shows it
	Log          *slog.Logger
	Origin       string        // our own, "https://host"; browsers must come from it
	PerUser      int           // sockets of one person or token; default 200
	RecheckEvery time.Duration // how often rights are looked at again; default 2 s
	Ping         time.Duration // default 25 s
	Tick         time.Duration // how long a lost doorbell goes unnoticed; default 1 s
}

func (o *Options) defaults() {
	if o.PerUser == 0 {
		o.PerUser = 200
	}
	if o.RecheckEvery == 0 {
		o.RecheckEvery = 2 * time.Second
	}
	if o.Ping == 0 {
		o.Ping = 25 * time.Second
	}
	if o.Tick == 0 {
		o.Tick = time.Second
	}
}

// Hub is every open board of this process.
type Hub struct {
	Options
	mu      sync.Mutex
	topics  map[int64]map[*socket]struct{} // by project
	users   map[string]int                 // sockets by person or token
	closed  bool
	sockets sync.WaitGroup // the handlers of open sockets
	loops   sync.WaitGroup
	stop    context.CancelFunc
	rights  chan struct{}
	count   atomic.Int64
	dropped atomic.Int64
}

// New starts a hub; Close ends it.
func New(o Options) *Hub {
	o.defaults()
	ctx, cancel := context.WithCancel(context.Background())
	h := &Hub{Options: o, topics: map[int64]map[*socket]struct{}{}, users: map[string]int{},
		stop: cancel, rights: make(chan struct{}, 1)}
	h.loops.Go(func() { h.follow(ctx) })      // ends with ctx
	h.loops.Go(func() { h.watchRights(ctx) }) // ends with ctx
	return h
}

// Open is how many sockets are open.
func (h *Hub) Open() int { return int(h.count.Load()) }

// Dropped is how many slow readers were sent away so far.
func (h *Hub) Dropped() int { return int(h.dropped.Load()) }

// Close tells every socket to come back later (1001) and waits for them, six
// seconds at most.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	for _, topic := range h.topics {
		for s := range topic {
			s.end(goingAway)
		}
	}
	h.mu.Unlock()
	h.stop()
	h.loops.Wait()
	gone := make(chan struct{})
	go func() { h.sockets.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-time.After(6 * time.Second):
		h.Log.Warn("some live boards did not say good-bye")
	}
}

// join adds a socket; false when the hub is closed or the user has too many.
func (h *Hub) join(s *socket) (closing, tooMany bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return true, false
	}
	if h.users[s.user] >= h.PerUser {
		return false, true
	}
	if h.topics[s.project] == nil {
		h.topics[s.project] = map[*socket]struct{}{}
	}
	h.topics[s.project][s] = struct{}{}
	h.users[s.user]++
	h.sockets.Add(1)
	h.count.Add(1)
	return false, false
}

func (h *Hub) leave(s *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.topics[s.project], s)
	if len(h.topics[s.project]) == 0 {
		delete(h.topics, s.project)
	}
	if h.users[s.user]--; h.users[s.user] <= 0 {
		delete(h.users, s.user)
	}
	h.count.Add(-1)
	h.sockets.Done()
}

// watched tells whether anybody looks at a project.
func (h *Hub) watched(project int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.topics[project]) > 0
}

// publish hands a frame to every socket of a project. It blocks on nobody: whose
// queue is full is sent away, comes back and catches up.
func (h *Hub) publish(project int64, frames []frame) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.topics[project] {
		for _, f := range frames {
			select {
			case s.queue <- f:
			default:
				h.drop(s)
			}
		}
	}
}

func (h *Hub) drop(s *socket) {
	if s.end(tooSlow) {
		h.dropped.Add(1)
	}
}
