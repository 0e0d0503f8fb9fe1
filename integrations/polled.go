package integrations

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"throughline/models"
)

// polled is how one poll ended.
type polled struct {
	id       int64
	cursor   string    // to go on from, when it went well
	next     time.Time // when it is due again
	hold     time.Time // the upstream's own wish, or zero
	failures int       // in a row
	failed   bool
}

// poll asks one target once and stores what it said.
func (p *PollLoop) poll(ctx context.Context, t PollTarget, failures int) polled {
	asking, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	poller := p.pollers()[t.Source]
	batch, more, err := p.ask(asking, poller, t)
	if err == nil {
		err = p.apply(ctx, t, batch)
	}
	if err != nil {
		return p.fail(ctx, t, failures, err)
	}
	out := polled{id: t.Account.ID, cursor: batch.Cursor, next: time.Now()}
	if !more {
		p.resolve(asking, poller, t)
		out.next = time.Now().Add(p.pace(poller, t.Account))
	}
	return out
}

// ask turns a panic of a source into its failure: one broken source must not
// stop the others.
func (p *PollLoop) ask(ctx context.Context, poller Poller, t PollTarget) (batch models.Batch, more bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			p.Log.Error("poll panicked", "source", t.Source, "integration", t.Account.Name, "panic", r, "stack", string(debug.Stack()))
			err = models.Errorf(models.Internal, "The %s integration failed in a way it should not have (a bug in Throughline): %v", t.Source, r)
		}
	}()
	return poller.Poll(ctx, t.Account, t.Cursor)
}

func (p *PollLoop) apply(ctx context.Context, t PollTarget, batch models.Batch) error {
	if err := p.Store.ApplyPoll(ctx, t, batch); err != nil {
		return fmt.Errorf("what was read could not be stored: %w", err)
	}
	return nil
}

// fail records a failure and pauses: as long as the upstream asked, else a
// minute, doubling.
func (p *PollLoop) fail(ctx context.Context, t PollTarget, failures int, err error) polled {
	out := polled{id: t.Account.ID, failed: true, failures: failures + 1, next: time.Now()}
	var wish *RetryAfter
	if errors.As(err, &wish) {
		out.failures = failures
		out.hold = until(wish.Until)
		out.next = out.hold
	} else {
		out.next = out.next.Add(backOff(out.failures))
	}
	if ctx.Err() != nil {
		return out // we were stopped; that is no failure of the upstream
	}
	p.Log.Warn("poll failed", "source", t.Source, "integration", t.Account.Name, "error", err, "next", out.next)
	if err := p.Store.PollFailed(ctx, t.Account.ID, plain(err, p.pollers()[t.Source], t.Account), out.next); err != nil {
		p.Log.Error("record a failed poll", "integration", t.Account.Name, "error", err)
	}
	return out
}

// until keeps an upstream's wish within reason: at least a second, at most a day.
func until(wish time.Time) time.Time {
	now := time.Now()
	return now.Add(min(max(wish.Sub(now), time.Second), pollHold))
}

func backOff(failures int) time.Duration {
	pause := pollBackOff
	for range failures - 1 {
		pause = min(2*pause, pollBreaker)
	}
	return pause
}

func plain(err error, poller Poller, a Account) string { return Plain(err, poller.About(), a) }

// Plain says an error to people, in at most 500 bytes. Secrets are cut out, should
// an upstream have repeated them.
func Plain(err error, about About, a Account) string {
	text := Words(err)
	for _, s := range about.Settings {
		if secret := a.Get(s.Name); s.Secret && secret != "" {
			text = strings.ReplaceAll(text, secret, "…")
		}
	}
	return Cut(text, 500)
}

// Words says any error of asking an upstream to people, without the address:
// that may carry what is not for everybody.
func Words(err error) string {
	var known *models.Error
	var late interface{ Timeout() bool }
	var network *net.OpError
	var asked *url.Error
	switch {
	case errors.As(err, &known):
		return known.Message
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &late) && late.Timeout():
		return "The server did not answer in time."
	case errors.As(err, &network):
		return "The server could not be reached: " + network.Err.Error() + "."
	case errors.As(err, &asked):
		return "The server could not be asked: " + asked.Err.Error() + "."
	}
	return err.Error()
}

// Cut shortens a text to at most limit bytes, between characters, and drops what
// no database keeps: NUL and broken UTF-8.
func Cut(text string, limit int) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
	if len(text) <= limit {
		return text
	}
	end := limit - len("…")
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
