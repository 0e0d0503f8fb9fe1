package integrations

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"throughline/models"
)

// asked is a source that does as it is told and notes when it was asked.
type asked struct {
	name string
	do   func(ctx context.Context, a Account, cursor string) (models.Batch, bool, error)
}

func (s asked) About() About {
	return About{Name: s.name, Settings: []Setting{{Name: "url", URL: true}, {Name: "token", Secret: true}}}
}
func (s asked) Every() time.Duration { return 10 * time.Second }
func (s asked) Poll(ctx context.Context, a Account, cursor string) (models.Batch, bool, error) {
	return s.do(ctx, a, cursor)
}

// kept is a store in memory.
type kept struct {
	mu       sync.Mutex
	targets  map[int64]PollTarget
	applied  []string
	problems []string
	paused   []time.Duration
	fail     error
}

func newKept(targets ...PollTarget) *kept {
	k := &kept{targets: map[int64]PollTarget{}}
	for _, t := range targets {
		k.targets[t.Account.ID] = t
	}
	return k
}

func (k *kept) PollTargets(context.Context) (list []PollTarget, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for t := range maps.Values(k.targets) {
		list = append(list, t)
	}
	return list, nil
}

func (k *kept) ApplyPoll(_ context.Context, t PollTarget, b models.Batch) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fail != nil {
		return k.fail
	}
	t.Cursor = b.Cursor
	k.targets[t.Account.ID] = t
	k.applied = append(k.applied, fmt.Sprintf("%d:%s", t.Account.ID, b.Cursor))
	return nil
}

func (k *kept) PollFailed(_ context.Context, _ int64, problem string, until time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.problems = append(k.problems, problem)
	k.paused = append(k.paused, time.Until(until))
	return nil
}

func target(id int64, host string) PollTarget {
	return PollTarget{Source: "asked", Account: Account{ID: id, Name: fmt.Sprint(id), Settings: map[string]string{"url": "http://" + host, "token": "s3cr3t"}}}
}

// run starts a loop in fake time, lets d pass, and stops it.
func run(t *testing.T, k *kept, d time.Duration, do func(context.Context, Account, string) (models.Batch, bool, error), during func(*PollLoop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &PollLoop{Sources: []Source{asked{"asked", do}}, Store: k, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			Jitter: func(d time.Duration) time.Duration { return d }}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { p.Run(ctx); close(ended) }()
		if during != nil {
			during(p)
		}
		time.Sleep(d)
		synctest.Wait()
		stop()
		<-ended
	})
}

// moments notes the seconds since the start at which polls happen.
type moments struct {
	start time.Time
	at    []int
}

func (m *moments) note() {
	if m.start.IsZero() {
		m.start = time.Now()
	}
	m.at = append(m.at, int(time.Since(m.start).Seconds()))
}

func (m *moments) want(t *testing.T, seconds ...int) {
	t.Helper()
	if fmt.Sprint(m.at) != fmt.Sprint(seconds) {
		t.Errorf("asked at seconds %v, want %v", m.at, seconds)
	}
}

func TestPollsFollowTheSchedule(t *testing.T) {
	var m moments
	k := newKept(target(1, "a"))
	run(t, k, 35*time.Second, func(_ context.Context, _ Account, cursor string) (models.Batch, bool, error) {
		m.note()
		return models.Batch{Cursor: cursor + "x"}, false, nil
	}, nil)
	m.want(t, 0, 10, 20, 30)
	if got := fmt.Sprint(k.applied); got != "[1:x 1:xx 1:xxx 1:xxxx]" {
		t.Errorf("applied %s", got)
	}
}

func TestMoreFollowsAtOnce(t *testing.T) {
	var m moments
	run(t, newKept(target(1, "a")), 15*time.Second, func(_ context.Context, _ Account, cursor string) (models.Batch, bool, error) {
		m.note()
		return models.Batch{Cursor: cursor + "x"}, len(cursor) < 3, nil
	}, nil)
	m.want(t, 0, 0, 0, 0, 10)
}

func TestFailuresBackOffToTheBreaker(t *testing.T) {
	var m moments
	k := newKept(target(1, "a"))
	run(t, k, 70*time.Minute, func(context.Context, Account, string) (models.Batch, bool, error) {
		m.note()
		return models.Batch{}, false, models.Errorf(models.Unprocessed, "MLflow says no to s3cr3t.")
	}, nil)
	m.want(t, 0, 60, 180, 420, 900, 1800, 2700, 3600)
	if k.problems[0] != "MLflow says no to …." || k.paused[1] != 2*time.Minute {
		t.Errorf("recorded %q, paused %v", k.problems[0], k.paused[1])
	}
}

func TestSuccessEndsTheBackOff(t *testing.T) {
	var m moments
	run(t, newKept(target(1, "a")), 145*time.Second, func(context.Context, Account, string) (models.Batch, bool, error) {
		if m.note(); len(m.at) != 2 {
			return models.Batch{}, false, errors.New("no")
		}
		return models.Batch{}, false, nil
	}, nil)
	m.want(t, 0, 60, 70, 130)
}

func TestRetryAfterIsObeyedEvenWhenPoked(t *testing.T) {
	var m moments
	run(t, newKept(target(1, "a")), 200*time.Second, func(context.Context, Account, string) (models.Batch, bool, error) {
		m.note()
		return models.Batch{}, false, &RetryAfter{Until: time.Now().Add(90 * time.Second), Cause: errors.New("429")}
	}, func(p *PollLoop) { time.Sleep(30 * time.Second); p.Now(1) })
	m.want(t, 0, 90, 180)
}

func TestAWishWithoutEndIsNotObeyedForEver(t *testing.T) {
	var m moments
	run(t, newKept(target(1, "a")), 25*time.Hour, func(context.Context, Account, string) (models.Batch, bool, error) {
		m.note()
		return models.Batch{}, false, &RetryAfter{Until: time.Now().AddDate(200, 0, 0), Cause: errors.New("429")}
	}, nil)
	m.want(t, 0, 24*60*60)
}

func TestNowPollsAtOnceAndPastABackOff(t *testing.T) {
	var m moments
	run(t, newKept(target(1, "a")), 10*time.Second, func(context.Context, Account, string) (models.Batch, bool, error) {
		m.note()
		return models.Batch{}, false, errors.New("no")
	}, func(p *PollLoop) { time.Sleep(7 * time.Second); p.Now(1); p.Now(1); p.Now(99) })
	m.want(t, 0, 7)
}

func TestNowWhileAPollRunsAsksOnceMore(t *testing.T) {
	var m moments
	run(t, newKept(target(1, "a")), 9*time.Second, func(ctx context.Context, _ Account, _ string) (models.Batch, bool, error) {
		m.note()
		time.Sleep(3 * time.Second)
		return models.Batch{}, false, nil
	}, func(p *PollLoop) { time.Sleep(time.Second); p.Now(1) })
	m.want(t, 0, 3)
}

func TestOnePollAtATimeForAHost(t *testing.T) {
	busy, most := map[string]int{}, map[string]int{}
	polls := map[int64]int{}
	var mu sync.Mutex
	run(t, newKept(target(1, "a"), target(2, "a"), target(3, "b")), 25*time.Second, func(_ context.Context, a Account, _ string) (models.Batch, bool, error) {
		mu.Lock()
		busy[a.Get("url")]++
		busy["all"]++
		most[a.Get("url")] = max(most[a.Get("url")], busy[a.Get("url")])
		most["all"] = max(most["all"], busy["all"])
		polls[a.ID]++
		mu.Unlock()
		time.Sleep(3 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		busy[a.Get("url")]--
		busy["all"]--
		return models.Batch{}, false, nil
	}, nil)
	if most["http://a"] != 1 || most["all"] != 2 || polls[1] < 2 || polls[2] < 2 {
		t.Errorf("at once %v, polls %v", most, polls)
	}
}

func TestAPanicIsAFailureOfItsSource(t *testing.T) {
	k := newKept(target(1, "a"))
	run(t, k, 70*time.Second, func(context.Context, Account, string) (models.Batch, bool, error) { panic("oh") }, nil)
	if len(k.problems) != 2 || !strings.Contains(k.problems[0], "oh") {
		t.Errorf("recorded %q", k.problems)
	}
}

func TestAHangingPollIsStopped(t *testing.T) {
	k := newKept(target(1, "a"))
	run(t, k, 121*time.Second, func(ctx context.Context, _ Account, _ string) (models.Batch, bool, error) {
		<-ctx.Done()
		return models.Batch{}, false, ctx.Err()
	}, nil)
	if len(k.problems) != 1 || k.problems[0] != "The server did not answer in time." {
		t.Errorf("recorded %q", k.problems)
	}
}

func TestStoppingRecordsNoFailure(t *testing.T) {
	k := newKept(target(1, "a"))
	run(t, k, time.Second, func(ctx context.Context, _ Account, _ string) (models.Batch, bool, error) {
		<-ctx.Done()
		return models.Batch{}, false, ctx.Err()
	}, nil)
	if len(k.problems) != 0 {
		t.Errorf("recorded %q", k.problems)
	}
}

func TestWhatCannotBeStoredIsReadAgain(t *testing.T) {
	k := newKept(target(1, "a"))
	k.fail = errors.New("disk full")
	var cursors []string
	run(t, k, 65*time.Second, func(_ context.Context, _ Account, cursor string) (models.Batch, bool, error) {
		cursors = append(cursors, cursor)
		return models.Batch{Cursor: "next"}, true, nil
	}, nil)
	if fmt.Sprintf("%q", cursors) != `["" ""]` || len(k.problems) != 2 {
		t.Errorf("asked from %q, recorded %q", cursors, k.problems)
	}
}

func TestNewRemovedAndCorrectedIntegrationsAreNoticed(t *testing.T) {
	var seen []string
	k := newKept(target(1, "a"))
	run(t, k, time.Second, func(_ context.Context, a Account, _ string) (models.Batch, bool, error) {
		seen = append(seen, fmt.Sprint(a.ID, a.Get("url")))
		return models.Batch{}, false, errors.New("no")
	}, func(*PollLoop) {
		time.Sleep(time.Second)
		k.mu.Lock()
		k.targets[1] = target(1, "corrected")
		k.targets[2] = PollTarget{Source: "unknown", Account: Account{ID: 2}}
		k.mu.Unlock()
		time.Sleep(6 * time.Second)
		k.mu.Lock()
		delete(k.targets, 1)
		k.mu.Unlock()
		time.Sleep(10 * time.Minute)
	})
	if got := fmt.Sprint(seen); got != "[1http://a 1http://corrected]" && got != "[1 http://a 1 http://corrected]" {
		t.Errorf("asked %s", got)
	}
}

func TestAPauseOutlivesARestart(t *testing.T) {
	var m moments
	synctest.Test(t, func(t *testing.T) {
		paused := target(1, "a")
		paused.PausedUntil = time.Now().Add(40 * time.Second)
		m.start = time.Now()
		p := &PollLoop{Sources: []Source{asked{"asked", func(context.Context, Account, string) (models.Batch, bool, error) {
			m.note()
			return models.Batch{}, false, errors.New("no")
		}}}, Store: newKept(paused), Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		p.Run(ctx)
	})
	m.want(t, 40)
}

func TestErrorsAreSaidInPlainWords(t *testing.T) {
	refused := &url.Error{Op: "Get", URL: "http://x/?k=s3cr3t", Err: &net.OpError{Op: "dial", Err: errors.New("connection refused")}}
	for _, c := range []struct {
		err  error
		want string
	}{
		{refused, "The server could not be reached: connection refused."},
		{&url.Error{Op: "Get", URL: "http://x", Err: models.Errorf(models.Unprocessed, "x is private.")}, "x is private."},
		{&url.Error{Op: "Get", URL: "http://x", Err: context.DeadlineExceeded}, "The server did not answer in time."},
		{errors.New(strings.Repeat("é", 300) + "\x00"), strings.Repeat("é", 248) + "…"},
	} {
		if got := plain(c.err, asked{}, target(1, "a").Account); got != c.want {
			t.Errorf("%v: said %q, want %q", c.err, got, c.want)
		}
	}
}
