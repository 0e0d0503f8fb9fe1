// Package demo tells a running Throughline the story of a made-up team, only
// through the addresses that GitHub, bots and people use: signed webhooks,
// CloudEvents, model cards and the JSON API. First five weeks of past, then a
// present that goes on. The same notebook always tells the same story.
package demo

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// Board is the address of the board to look at first.
const Board = "/projects/FRAUD/board"

// Teller tells the story. All fields but Still are needed.
type Teller struct {
	Base  string // address of the server
	Book  *Book
	Log   *slog.Logger
	Now   func() time.Time
	Still bool // no present

	client http.Client
}

// saveEvery is after how many beats the notebook is written. Repeating some
// beats is harmless: their delivery ids are the same.
const saveEvery = 25

// Past tells what happened before the demo began, as far as it was not told yet.
func (t *Teller) Past(ctx context.Context) error {
	if err := t.ready(ctx); err != nil {
		return err
	}
	if err := t.setUp(ctx); err != nil {
		return err
	}
	beats := t.past()
	for n, b := range beats {
		message := b.say(b.at) // also of what was told: it knows what follows
		if n < t.Book.Told {
			continue
		}
		if err := t.send(ctx, message); err != nil {
			return fmt.Errorf("beat %d: %w", n, err)
		}
		if t.Book.Told = n + 1; t.Book.Told%saveEvery == 0 || t.Book.Told == len(beats) {
			if err := t.Book.Save(); err != nil {
				return err
			}
		}
	}
	return t.offerTry(ctx)
}

// past is every beat of the five weeks, in the order of time.
func (t *Teller) past() (beats []beat) {
	start := t.Book.Started.Add(-storyDays * 24 * time.Hour)
	for n, p := range plots {
		tale := newTale(fmt.Sprint("past-", n), start.Add(days(p.day)))
		p.tell(tale, p.number)
		beats = append(beats, tale.beats...)
	}
	beats = append(beats, people(start).beats...)
	beats = append(beats, routinely(t.Book.Started)...)
	beats = append(beats, aboutData(t.Book.Started)...)
	beats = slices.DeleteFunc(beats, func(b beat) bool { return b.at.After(t.Book.Started) })
	slices.SortStableFunc(beats, func(a, b beat) int { return a.at.Compare(b.at) })
	return beats
}

func days(n float64) time.Duration { return time.Duration(n * 24 * float64(time.Hour)) }

// ready waits until the server answers.
func (t *Teller) ready(ctx context.Context) error {
	for {
		request, _ := http.NewRequestWithContext(ctx, http.MethodGet, t.Base+"/readyz", nil)
		answer, err := t.client.Do(request)
		if err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// pause waits, or ends early with ctx.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
