package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"throughline/models"
)

const (
	queueLength = 4096 // writes waiting; more are refused as Busy
	groupSize   = 512  // writes of one commit
)

// errNothing ends a write that turned out to change nothing.
var errNothing = errors.New("nothing to write")

// job is one write on its way to the writer.
type job struct {
	ctx     context.Context
	by      models.Principal
	do      func(*unit) error
	instead func(*unit, error) error // what to do instead when do failed; nil gives the error back
	err     error
	done    chan struct{}
}

// write runs do in a transaction and returns after the commit is on disk. The
// writes of concurrent callers share one commit; each has a savepoint of its
// own, so that one refused write does not fail the others. Watchers are told
// after the commit. A full queue is refused as Busy.
func (s *Store) write(ctx context.Context, by models.Principal, do func(*unit) error) error {
	return s.enqueue(&job{ctx: ctx, by: by, do: fenced(do), done: make(chan struct{})})
}

func (s *Store) enqueue(j *job) error {
	if !s.alive.Load() {
		return models.Errorf(models.Busy, "Throughline is stopping; try again in a moment.")
	}
	select {
	case s.queue <- j:
	case <-s.closing:
		return models.Errorf(models.Busy, "Throughline is stopping; try again in a moment.")
	default:
		return models.Errorf(models.Busy, "Too much is being written right now; try again in a second.")
	}
	<-j.done // the writer always answers, so that the caller knows what is on disk
	if errors.Is(j.err, errNothing) {
		return nil
	}
	return j.err
}

// writeLoop is the one writer of this process. It ends when the store closes and
// the queue is empty.
func (s *Store) writeLoop() {
	defer close(s.finished)
	for {
		select {
		case j := <-s.queue:
			s.writeGroup(s.waiting(j))
		case <-s.closing:
			s.alive.Store(false)
			s.drain()
			return
		}
	}
}

// waiting takes all that waits, up to one group, without lingering.
func (s *Store) waiting(first *job) []*job {
	group := []*job{first}
	for len(group) < groupSize {
		select {
		case j := <-s.queue:
			group = append(group, j)
		default:
			return group
		}
	}
	return group
}

func (s *Store) drain() {
	for {
		select {
		case j := <-s.queue:
			s.writeGroup(s.waiting(j))
		default:
			return
		}
	}
}

// writeGroup commits a group and answers every job of it.
func (s *Store) writeGroup(jobs []*job) {
	started := time.Now()
	changed, err := s.commitGroup(jobs)
	for _, j := range jobs {
		if err != nil {
			j.err = models.Errorf(models.Busy, "The database took nothing of this; try again in a moment.").Because(err)
		}
		close(j.done)
	}
	if err != nil {
		s.log.Error("commit", "writes", len(jobs), "error", err)
	}
	s.stats.group(len(jobs), time.Since(started))
	if err == nil && changed {
		s.bells.ring()
	}
}

func (s *Store) commitGroup(jobs []*job) (changed bool, err error) {
	ctx := context.Background() // a caller that leaves must not end the others' commit
	tx, err := s.begin(ctx)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }() // of no effect after the commit
	g := &group{s: s, tx: tx}
	if err := g.open(ctx); err != nil {
		return false, err
	}
	for _, j := range jobs {
		if j.err = g.run(j); j.err != nil && g.broken != nil {
			return false, g.broken
		}
	}
	if err := g.tell(&unit{group: g, ctx: ctx}); err != nil {
		return false, err
	}
	if err := g.keepEnd(ctx); err != nil {
		return false, err
	}
	if err := tx.Commit(); err != nil {
		return false, err
	}
	s.ids.add(g.met)
	s.shown.add(g.seen)
	return g.changed, nil
}

// group is one commit under way.
type group struct {
	s       *Store
	tx      transaction
	began   int64  // seq before this commit
	seq     int64  // of the last activity
	hash    string // of the last activity
	changed bool
	broken  error // the transaction can not go on

	forgot        *forgotten // read when an event comes in
	forgotRead    bool
	forgotChanged bool // by this commit

	met    map[models.Ref]int64 // ids of subjects met in this commit
	told   map[int64][2]int64   // integrations heard of: when, and the newest time they spoke of
	boards map[int64]*boardPlan // of the projects that this commit touches
	seen   map[[2]int64]int64   // subjects shown in projects by this commit
}

// writerLock orders the commits of all replicas on PostgreSQL.
const writerLock = 7480_2264

// open takes the turn to write and reads where the activity ends. On SQLite the
// transaction has begun IMMEDIATE, on PostgreSQL an advisory lock is held to the
// commit: on both the sequence grows strictly in the order of commits.
func (g *group) open(ctx context.Context) error {
	if g.s.dialect.numbers {
		if _, err := g.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, writerLock); err != nil {
			return err
		}
	}
	return g.readEnd(ctx)
}

// run does one job between savepoints; a failed one leaves no trace.
func (g *group) run(j *job) error {
	if err := j.ctx.Err(); err != nil {
		return models.Errorf(models.Busy, "The request ended before its turn to write came.")
	}
	u := &unit{group: g, ctx: context.WithoutCancel(j.ctx), by: j.by, now: g.s.now().UTC()}
	err := u.attempt(func() error { return j.do(u) })
	if err != nil && j.instead != nil && g.broken == nil && !errors.Is(err, errNothing) {
		failed := err
		err = u.attempt(func() error { return j.instead(u, failed) })
	}
	if err == nil {
		g.hand(u)
	}
	return err
}

// attempt runs do after a savepoint and goes back to it when do fails or panics.
func (u *unit) attempt(do func() error) (err error) {
	seq, hash := u.seq, u.hash
	if _, err := u.tx.ExecContext(u.ctx, "SAVEPOINT attempt"); err != nil {
		u.broken = err
		return err
	}
	if err = protect(do); err != nil {
		u.seq, u.hash = seq, hash
		u.rows, u.fresh, u.news, u.made, u.showed = nil, nil, nil, nil, nil
		u.forgotRead = false
		if _, back := u.tx.ExecContext(u.ctx, "ROLLBACK TO SAVEPOINT attempt"); back != nil {
			u.broken = back
		}
	} else if u.seq != seq {
		u.changed = true
	}
	if _, end := u.tx.ExecContext(u.ctx, "RELEASE SAVEPOINT attempt"); end != nil && u.broken == nil {
		u.broken = end
	}
	return err
}

// protect turns a panic into an error: a bug in one write stays there.
func protect(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return do()
}
