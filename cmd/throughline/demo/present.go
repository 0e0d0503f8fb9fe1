package demo

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// The pace of the present. It slows down, so that a forgotten demo stays small.
const (
	paceFresh = 3 * time.Second
	paceHour  = time.Minute
	paceDay   = 10 * time.Minute
	threads   = 3 // changes under way at a time
)

// Present lets new things happen until ctx ends: a few changes go on side by
// side, and a finished one makes room for the next.
func (t *Teller) Present(ctx context.Context) {
	if t.Still {
		return
	}
	began := t.Now()
	var under []*tale
	for turn := 0; pause(ctx, pace(t.Now().Sub(began))) == nil; turn++ {
		if len(under) < threads {
			under = append(under, t.nextTale())
		}
		n := turn % len(under)
		if err := t.beat(ctx, under[n]); err != nil && ctx.Err() == nil {
			t.Log.Warn("the story stumbles", "error", err)
		}
		if len(under[n].beats) == 0 {
			under = append(under[:n], under[n+1:]...)
		}
	}
}

func pace(since time.Duration) time.Duration {
	switch {
	case since < time.Hour:
		return paceFresh
	case since < 24*time.Hour:
		return paceHour
	}
	return paceDay
}

// beat tells the next beat of a tale as of now.
func (t *Teller) beat(ctx context.Context, tale *tale) error {
	next := tale.beats[0]
	tale.beats = tale.beats[1:]
	return t.send(ctx, next.say(t.Now().UTC()))
}

// nextTale writes the next change of the present.
func (t *Teller) nextTale() *tale {
	n := t.Book.Next
	t.Book.Next++
	tale := newTale(fmt.Sprint("present-", n), t.Now().UTC())
	p := t.plot(n, tale)
	p.tell(tale, p.number)
	if err := t.Book.Save(); err != nil {
		t.Log.Warn("the demo's notebook was not saved", "error", err)
	}
	return tale
}

// plot is the next change: every third one trains, and some checks fail first.
func (t *Teller) plot(n int, tale *tale) plot {
	idea := ideas[n%len(ideas)]
	p := plot{day: storyDays + float64(n)/8, team: idea.team, title: idea.title, branch: idea.branch, author: idea.author, reviewer: idea.reviewer}
	if n >= len(ideas) {
		p.title = fmt.Sprintf("%s, part %d", p.title, n/len(ideas)+1)
	}
	p.number = t.nextNumber(p.team.repo, newestPull(p.team))
	if tale.chance.IntN(4) == 0 {
		p.fails = 1
	}
	if idea.of != nil {
		p.train = &training{of: idea.of, level: min(0.93+0.002*float64(n), 0.97), tries: 1, pipeline: true, to: both,
			version: t.nextVersion(idea.of.name), noCommit: idea.of == churnRisk}
	}
	return p
}

func newestPull(of *team) (newest int) {
	for _, p := range plots {
		if p.team == of {
			newest = max(newest, p.number)
		}
	}
	return newest
}

func (t *Teller) nextNumber(repo string, past int) int {
	t.Book.Pulls[repo] = max(t.Book.Pulls[repo], past) + 1
	return t.Book.Pulls[repo]
}

func (t *Teller) nextVersion(model string) int {
	past := 0
	for _, p := range plots {
		if p.train != nil && p.train.of.name == model {
			past = max(past, p.train.version)
		}
	}
	t.Book.Versions[model] = max(t.Book.Versions[model], past) + 1
	return t.Book.Versions[model]
}

// ideas are the changes of the present, over and over.
var ideas = []struct {
	team             *team
	title, branch    string
	author, reviewer person
	of               *learner // trains it when merged
}{
	{fraud, "Count declined attempts in the last hour", "features/declines", dana, kim, fraudScore},
	{fraud, "Time out feature look-ups after 40 ms", "serve/timeout", kim, lee, nil},
	{churn, "Ignore accounts that are being closed", "data/closing", aiko, sofia, nil},
	{fraud, "Merchant risk: seasonal baseline", "merchant/season", lee, dana, merchantRisk},
	{fraud, "Log the score's reasons with the payment", "serve/reasons", ben, kim, nil},
	{churn, "Add contact history features", "features/contacts", aiko, sofia, churnRisk},
	{fraud, "Weight recent months higher", "train/recency", dana, lee, fraudScore},
	{fraud, "Smaller image: drop the compilers", "ops/slim", kim, ben, nil},
	{churn, "Report calibration by region", "report/region", sofia, aiko, nil},
}

// tryRun is the run that the offered curl line finishes.
func (t *Teller) tryRun() string { return fmt.Sprint("try-this-", t.Book.Tries) }

func (t *Teller) tryData() object {
	return object{"run_id": t.tryRun(), "experiment": fraudScore.experiment, "name": t.tryRun(), "user": dana.email}
}

// offerTry starts a run that waits for somebody to finish it.
func (t *Teller) offerTry(ctx context.Context) error {
	t.Book.Tries++
	now := t.Now().UTC()
	data := t.tryData()
	data["started_at"], data["params"] = stamp(now.Add(-time.Minute)), object{"learning_rate": "0.05"}
	if err := t.send(ctx, fraud.cloudEvent("run.started", t.tryRun()+"-started", now.Add(-time.Minute), data)); err != nil {
		return err
	}
	return t.Book.Save()
}

// TryThis is one curl line that finishes the waiting run, so that its card moves.
func (t *Teller) TryThis(address string) string {
	now := t.Now().UTC()
	data := t.tryData()
	data["state"], data["ended_at"], data["metrics"] = "finished", stamp(now), object{fraudScore.headline: 0.941}
	m := fraud.cloudEvent("run.finished", t.tryRun()+"-finished", now, data)
	raw, _ := m.raw() // plain words and numbers
	return fmt.Sprintf("curl -X %s %s%s -H 'Authorization: Bearer %s' -H 'Content-Type: %s' -d '%s'",
		http.MethodPost, address, m.path, t.Book.Bots[fraud.key], m.mime, raw)
}
