package store

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// bells are the doorbells of whoever watches the activity. A bell carries no
// news: the activity table is the truth, the listener asks it.
type bells struct {
	mu       sync.Mutex
	watchers map[chan struct{}]struct{}
	pool     *pgxpool.Pool // PostgreSQL: how other replicas hear of it
	cancel   context.CancelFunc
	news     chan struct{}
}

// Watch returns a channel that receives after each commit that recorded
// activity, several commits may ring once; stop ends it.
func (s *Store) Watch() (doorbell <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	s.bells.mu.Lock()
	defer s.bells.mu.Unlock()
	if s.bells.watchers == nil {
		s.bells.watchers = map[chan struct{}]struct{}{}
		s.bells.listen(s)
	}
	s.bells.watchers[c] = struct{}{}
	return c, func() {
		s.bells.mu.Lock()
		defer s.bells.mu.Unlock()
		delete(s.bells.watchers, c)
	}
}

// ring tells the watchers here, and by NOTIFY those of other replicas.
func (b *bells) ring() {
	b.local()
	if b.pool == nil {
		return
	}
	select {
	case b.notices() <- struct{}{}:
	default: // one is on its way and will do
	}
}

func (b *bells) local() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (b *bells) notices() chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.news == nil {
		b.news = make(chan struct{}, 1)
	}
	return b.news
}

// channel is the NOTIFY channel; its messages are empty, the activity is asked.
const channel = "throughline_activity"

// listen starts the exchange with other replicas; it ends with stop.
func (b *bells) listen(s *Store) {
	if b.pool == nil || b.cancel != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.cancel = cancel
	go b.send(ctx)
	go b.receive(ctx, s)
}

// send notifies after commits, never inside them: inside it costs a third of the
// commits.
func (b *bells) send(ctx context.Context) {
	news := b.notices()
	for {
		select {
		case <-news:
			_, _ = b.pool.Exec(ctx, `SELECT pg_notify($1, '')`, channel)
		case <-ctx.Done():
			return
		}
	}
}

// receive listens on a connection of its own and comes back after a cut; a bell
// is rung after each return, because NOTIFY repeats nothing.
func (b *bells) receive(ctx context.Context, s *Store) {
	for ctx.Err() == nil {
		err := b.hear(ctx)
		if ctx.Err() == nil && err != nil {
			s.log.Warn("listening for other replicas was cut", "error", err)
			time.Sleep(time.Second)
		}
	}
}

func (b *bells) hear(ctx context.Context) error {
	conn, err := b.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	for {
		b.local()
		if _, err := conn.Conn().WaitForNotification(ctx); err != nil {
			_ = conn.Conn().Close(context.Background()) // it may still be listening
			return err
		}
	}
}

func (b *bells) stop() {
	b.mu.Lock()
	cancel, pool := b.cancel, b.pool
	b.watchers = nil
	b.mu.Unlock()
	if cancel != nil {
		cancel()
	}
	if pool != nil {
		pool.Close()
	}
}
