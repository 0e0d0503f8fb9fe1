package lookalike

import (
	"slices"
	"strconv"
	"time"
)

var pullRoutes = []route{
	{"GET /repos/{owner}/{repo}/pulls", "pull_requests", "read", listPulls},
	{"POST /repos/{owner}/{repo}/pulls", "pull_requests", "write", func(*ask) (any, error) { return nil, invalid("PullRequest", "base") }}, // nobody here opens one so
	{"GET /repos/{owner}/{repo}/pulls/comments", "pull_requests", "read", allRemarks},
	{"GET /repos/{owner}/{repo}/pulls/{number}", "pull_requests", "read", ofPull(func(_ *ask, p *Pull) any { return p.json() })},
	{"GET /repos/{owner}/{repo}/pulls/{number}/reviews", "pull_requests", "read", ofPull(func(a *ask, p *Pull) any { return a.page(each(p.Reviews, func(v *Review) any { return v.json() })) })},
	{"GET /repos/{owner}/{repo}/pulls/{number}/comments", "pull_requests", "read", ofPull(func(a *ask, p *Pull) any {
		return a.page(each(p.Comments, func(c *ReviewComment) any { return p.remark(c) }))
	})},
	{"GET /repos/{owner}/{repo}/pulls/{number}/commits", "pull_requests", "read", ofPull(pullCommits)},
	{"GET /repos/{owner}/{repo}/issues/{number}/comments", "issues", "read", talk},
	{"POST /repos/{owner}/{repo}/issues/{number}/comments", "pull_requests", "write", sayOn},
}

// commentRoutes stand apart: the mux cannot tell issues/comments/{id} from
// issues/{number}/comments.
var commentRoutes = []route{
	{"GET /repos/{owner}/{repo}/issues/comments/{id}", "issues", "read", ofComment(func(_ *ask, c *Comment) (any, error) { return c.json(), nil })},
	{"PATCH /repos/{owner}/{repo}/issues/comments/{id}", "pull_requests", "write", ofComment(sayAnew)},
	{"DELETE /repos/{owner}/{repo}/issues/comments/{id}", "pull_requests", "write", ofComment(unsay)},
}

// listPulls lists as asked: state, base, head, sort by created or updated.
func listPulls(a *ask) (any, error) {
	query := a.r.URL.Query()
	state := query.Get("state")
	if state == "" {
		state = "open"
	}
	var list []*Pull
	for _, p := range a.repo.Pulls {
		base, head := query.Get("base"), query.Get("head")
		if (state == "all" || p.State == state) && (base == "" || p.Base == base) && (head == "" || p.Fork.Owner.Login+":"+p.Branch == head) {
			list = append(list, p)
		}
	}
	key := func(p *Pull) time.Time { return p.CreatedAt }
	if query.Get("sort") == "updated" {
		key = func(p *Pull) time.Time { return p.UpdatedAt.Truncate(time.Second) }
	}
	slices.SortStableFunc(list, func(x, y *Pull) int { return key(x).Compare(key(y)) })
	if query.Get("direction") == "desc" || query.Get("direction") == "" && query.Get("sort") != "updated" {
		list = newestFirst(list)
	}
	return a.page(each(list, func(p *Pull) any { return lazy(p.listed) })), nil
}

func (a *ask) pull() *Pull {
	n, err := strconv.Atoi(a.r.PathValue("number"))
	if err != nil || n < 1 || n > len(a.repo.Pulls) {
		return nil
	}
	return a.repo.Pulls[n-1]
}

func ofPull(do func(*ask, *Pull) any) func(*ask) (any, error) {
	return func(a *ask) (any, error) {
		p := a.pull()
		if p == nil {
			return nil, notFound
		}
		return do(a, p), nil
	}
}

const commitsListed = 250 // of a pull request

func pullCommits(a *ask, p *Pull) any {
	return a.page(each(p.Commits[:min(len(p.Commits), commitsListed)], func(c *Commit) any { return c.json(a.repo) }))
}

func allRemarks(a *ask) (any, error) {
	var out []any
	for _, p := range a.repo.Pulls {
		out = append(out, each(p.Comments, func(c *ReviewComment) any { return p.remark(c) })...)
	}
	return a.page(out), nil
}

func talk(a *ask) (any, error) {
	p := a.pull()
	if p == nil {
		return nil, notFound
	}
	var out []any
	for _, c := range a.repo.comments {
		if c.Number == p.Number {
			out = append(out, c.json())
		}
	}
	return a.page(out), nil
}

type said struct{ Body string }

func sayOn(a *ask) (any, error) {
	var in said
	p := a.pull()
	if err := a.body(&in); err != nil || p == nil {
		return nil, notFound
	}
	if in.Body == "" {
		return nil, invalid("IssueComment", "body")
	}
	a.tick()
	a.status = 201
	return p.say(a.actor(), in.Body).json(), nil
}

func ofComment(do func(*ask, *Comment) (any, error)) func(*ask) (any, error) {
	return func(a *ask) (any, error) {
		for _, c := range a.repo.comments {
			if text(c.ID) == a.r.PathValue("id") {
				return do(a, c)
			}
		}
		return nil, notFound
	}
}

func sayAnew(a *ask, c *Comment) (any, error) {
	var in said
	if err := a.body(&in); err != nil {
		return nil, err
	}
	a.tick()
	c.Body, c.UpdatedAt = in.Body, a.clock
	c.emit("edited", a.actor())
	return c.json(), nil
}

func unsay(a *ask, c *Comment) (any, error) {
	a.tick()
	a.repo.comments = slices.DeleteFunc(a.repo.comments, func(o *Comment) bool { return o == c })
	a.repo.Pulls[c.Number-1].talk--
	c.emit("deleted", a.actor())
	a.status = 204
	return nil, nil
}

// tick moves the clock for what an API client changes.
func (a *ask) tick() { a.clock = a.clock.Add(a.Step) }

// actor is who an API client acts as.
func (a *ask) actor() *User {
	if a.token.install != nil {
		return a.user(a.token.install.App.Slug + "[bot]")
	}
	return a.user(a.token.login)
}
