package demo

import (
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// tell writes the whole change into the tale: the pull request, its checks and
// review, and what it trains and deploys.
func (p plot) tell(t *tale, number int) {
	p.number = number
	pr := &pull{tale: t, plot: p, heads: 1, shown: 1, draft: p.end == drafted || p.train != nil}
	pr.openUp()
	pr.remark()
	switch p.end {
	case drafted:
		pr.experiment()
	case refused:
		pr.check(p.fails)
		pr.say(p.reviewer, "changes_requested", "The checks are red; please have a look at the wheels first.")
	case open:
		pr.check(p.fails)
		pr.say(p.reviewer, "commented", "Reads well. One question below.")
	case closed:
		pr.check(p.fails)
		pr.finish(false)
	case merged:
		pr.land()
	}
}

func (p *pull) openUp() {
	p.then(func(at time.Time) message { p.created = at; return p.event("opened", at, nil) })
	p.wait(25 * time.Minute)
	if p.draft && p.end != drafted {
		p.then(func(at time.Time) message { p.draft = false; return p.event("ready_for_review", at, nil) })
	}
	p.then(func(at time.Time) message {
		return p.event("review_requested", at, object{"requested_reviewer": p.reviewer.user()})
	})
}

// remark is a comment on our page of the pull request.
func (p *pull) remark() {
	if p.comment == "" {
		return
	}
	p.wait(40 * time.Minute)
	p.then(func(time.Time) message {
		return call(http.MethodPost, "/api/v1/subjects/pull_request/"+url.PathEscape(p.key())+"/comments",
			object{"body": p.comment + "\n\n— " + p.reviewer.name})
	})
}

func (p *pull) key() string { return p.team.fullName() + "#" + strconv.Itoa(p.number) }

// check runs the checks, failing so many times before they pass, with a new
// commit each time.
func (p *pull) check(fails int) {
	for n := 0; ; n++ {
		p.workflow("ci", p.branch, "pull_request", p.head(p.heads), n < fails).run()
		if n == fails || p.end == refused && n == fails-1 {
			return
		}
		p.wait(2 * time.Hour)
		p.heads++
		p.pushed(p.heads)
	}
}

func (p *pull) pushed(heads int) {
	p.then(func(at time.Time) message {
		p.shown = heads
		return p.event("synchronize", at, object{"before": p.head(heads - 1), "after": p.head(heads)})
	})
}

func (p *pull) say(by person, state, text string) {
	p.wait(3 * time.Hour)
	p.then(func(at time.Time) message { return p.review(by, state, text, at) })
}

// land takes the pull request through checks and review onto the main branch,
// and on to training.
func (p *pull) land() {
	p.check(p.fails)
	p.say(p.reviewer, "approved", "Looks right to me.")
	p.finish(true)
	p.then(func(at time.Time) message { return p.push(at) })
	p.workflow("main", "main", "push", p.mergeCommit(), false).run()
	if p.train != nil {
		p.follow()
	}
}

func (p *pull) finish(merge bool) {
	p.wait(20 * time.Minute)
	p.then(func(at time.Time) message {
		if p.over = at; merge {
			p.mergedAt = at
		}
		return p.event("closed", at, nil)
	})
}
