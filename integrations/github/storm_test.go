package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/integrations/github/lookalike"
	"throughline/models"
)

// world is what is known after some deliveries and polls, as the store merges it.
type world struct {
	t       *testing.T
	gh      *lookalike.Server
	account integrations.Account
	polled  *Polled
	cursor  string

	mu    sync.Mutex
	facts map[models.Ref]models.Facts
	links map[models.Ref]map[string]string
}

func newWorld(t *testing.T, gh *lookalike.Server, may lookalike.Permissions) *world {
	gh.Token("t0ken", may)
	w := &world{t: t, gh: gh, polled: New(http.DefaultClient), facts: map[models.Ref]models.Facts{}, links: map[models.Ref]map[string]string{},
		account: integrations.Account{ID: 1, Name: "main", Settings: map[string]string{"token": "t0ken", "api_url": gh.URL, "repositories": "acme/fraud", "secret": testSecret}}}
	gh.Send = w.hear
	return w
}

// hear takes a webhook as the program does.
func (w *world) hear(p lookalike.Post) int {
	events, err := Source{}.Receive(context.Background(), w.account, integrations.Request{Header: p.Header, Body: p.Body, Query: url.Values{}, Now: time.Now()})
	if err != nil {
		w.t.Errorf("%s: %v", p.Event, err)
		return http.StatusUnauthorized
	}
	for _, e := range events {
		if e.Err != nil {
			w.t.Errorf("%s: %v", e.Name, e.Err)
		}
		w.take(e.Batch)
	}
	return http.StatusAccepted
}

func (w *world) take(b models.Batch) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range b.Descriptions {
		if w.facts[d.Ref] == nil {
			w.facts[d.Ref], w.links[d.Ref] = models.Facts{}, map[string]string{}
		}
		w.facts[d.Ref].Merge(d, 1)
		for _, l := range d.Links {
			w.links[d.Ref][fmt.Sprintf("%s %s %s", l.Relation, l.To.Kind, l.To.Key)] = string(l.Evidence)
		}
	}
}

// poll asks once, as the loop does: what GitHub wishes is waited for, which a new
// Polled stands for.
func (w *world) poll() (more bool) {
	w.t.Helper()
	batch, more, err := w.polled.Poll(context.Background(), w.account, w.cursor)
	var wish *integrations.RetryAfter
	switch {
	case errors.As(err, &wish):
		w.polled = New(http.DefaultClient)
		return true
	case err != nil:
		if code := models.CodeOf(err); code == models.Unprocessed {
			w.t.Errorf("poll: %v", err)
		}
		return true
	}
	w.take(batch)
	w.cursor = batch.Cursor
	return more
}

// round asks until there is nothing more to ask.
func (w *world) round() {
	for n := 0; w.poll(); n++ {
		if n > 2000 {
			w.t.Fatal("the round does not end")
		}
	}
}

// difference is where what is known is not what should be.
func (w *world) difference(only func(lookalike.Known) bool) string {
	want, got := map[string]any{}, map[string]any{}
	put := func(to map[string]any, key string, title, state, raw, url, text string, facts map[string]any) {
		for name, value := range map[string]string{"title": title, "state": state, "raw": raw, "url": url, "text": text} {
			to[key+" "+name] = value
		}
		for name, value := range facts {
			to[key+" fact "+name] = value
		}
	}
	for key, k := range w.gh.Expected() {
		if !only(k) {
			continue
		}
		put(want, key, k.Title, k.State, k.Raw, k.URL, k.Text, k.Facts)
		kind, name, _ := strings.Cut(key, " ")
		ref := models.Ref{Kind: models.Kind(kind), Key: name}
		facts := w.facts[ref]
		state := facts.State()
		put(got, key, facts.String(models.FactTitle), string(state.State), state.Raw, facts.String(models.FactURL), facts.String(models.FactText), facts.Values())
		for link := range w.links[ref] {
			if strings.HasPrefix(link, "merged_as ") {
				got[key+" "+link] = w.links[ref][link]
			}
		}
		for link, evidence := range k.Links {
			want[key+" "+link], got[key+" "+link] = evidence, w.links[ref][link]
		}
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(both(want, got))) {
		if w, g := text(want[key]), text(got[key]); w != g {
			out = append(out, fmt.Sprintf("%s\n\tis    %s\n\tnot   %s", key, w, g))
		}
	}
	return strings.Join(out, "\n")
}

func both(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func text(v any) string {
	out, _ := json.Marshal(v)
	return string(out)
}

// TestAfterTheStorm plays random histories while webhooks get lost, doubled, late
// and out of order, and while REST lies; the world also turns between two
// requests of a poll. In the end one quiet round makes all that is known equal to
// what is.
func TestAfterTheStorm(t *testing.T) {
	for _, c := range []struct {
		name string
		may  lookalike.Permissions
		hook bool
		only func(lookalike.Known) bool
	}{
		{"with the webhook's deliveries", lookalike.Writing, true, func(lookalike.Known) bool { return true }},
		{"by reading alone", lookalike.Reading.Without("repository_hooks"), true, func(k lookalike.Known) bool { return k.Asked }},
		{"without webhooks", lookalike.Reading, false, func(k lookalike.Known) bool { return k.Asked }},
	} {
		for seed := range uint64(2) {
			t.Run(fmt.Sprint(c.name, " ", seed), func(t *testing.T) {
				t.Parallel()
				gh := lookalike.Start(t, seed)
				w := newWorld(t, gh, c.may)
				history := gh.Scenario("acme/fraud", seed, 60)
				if c.hook {
					gh.Hook(gh.Repo("acme/fraud"), "https://hub.example/hooks/github/main", testSecret, "*")
				}
				w.storm(history, seed)
				w.round() // the one under way
				w.round() // and a quiet one
				if diff := w.difference(c.only); diff != "" {
					t.Error(cut(diff))
				}
				if n := gh.Count().MostAtOnce; n != 1 {
					t.Errorf("%d requests at a time", n)
				}
			})
		}
	}
}

func cut(diff string) string { return diff[:min(len(diff), 6000)] }

// storm plays the history through bad weather to its end.
func (w *world) storm(history *lookalike.Scenario, seed uint64) {
	luck := rand.New(rand.NewPCG(seed, 11))
	w.gh.Storm(lookalike.Storm{Drop: 0.3, Repeat: 0.2, Delay: 0.3})
	w.gh.Lie(lookalike.Lies{Bad: 0.05, Limited: 0.01, Spent: 0.01, Slow: 0.02, Cut: 0.03, Wait: -2, Late: time.Millisecond})
	more, polling := true, false
	w.gh.Before = func(*http.Request) {
		if polling && luck.IntN(30) == 0 {
			more = history.Step()
		}
	}
	for more {
		more = history.Step()
		if luck.IntN(20) == 0 {
			polling = true
			w.poll()
			polling = false
		}
	}
	w.gh.Before = nil
	w.gh.Lie(lookalike.Lies{})
	w.gh.Calm()
	w.gh.Advance(2 * time.Second)
}

// TestASecondHoldsManyChanges: GitHub's times have whole seconds. Of changes of
// one second the one read last stands, whatever webhooks say late.
func TestASecondHoldsManyChanges(t *testing.T) {
	gh := lookalike.Start(t, 1)
	w := newWorld(t, gh, lookalike.Reading)
	pr := gh.Repo("acme/fraud").OpenPull(lookalike.Draw{By: "kim"})
	hook := gh.Hook(pr.Repo, "https://hub.example/hooks/github/other", testSecret, "*")
	gh.Step = 0
	for n := range 8 {
		gh.Storm(lookalike.Storm{Delay: 1})
		pr.Edit(fmt.Sprint("Title ", n), "Why", "kim")
		pr.Label(fmt.Sprint("label-", n), "kim")
		w.round()
		gh.Calm()
		if diff := w.difference(func(k lookalike.Known) bool { return k.Asked }); diff != "" {
			t.Fatalf("after change %d, told by hook %d too: %s", n, hook.ID, diff)
		}
	}
}
