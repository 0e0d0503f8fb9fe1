package lookalike

import (
	"fmt"
	"slices"
	"time"
)

// Pull is a pull request.
type Pull struct {
	Repo                                     *Repo
	ID                                       int64
	Number                                   int
	Title, Body                              string
	State                                    string // open, closed
	Draft, Merged                            bool
	CreatedAt, UpdatedAt, ClosedAt, MergedAt time.Time
	MergeCommit                              string // of an unmerged one: of the merge that GitHub tried
	Branch, Base                             string
	BaseSHA                                  string
	Fork                                     *Repo // where the branch is; the Repo itself mostly
	By, MergedBy                             *User
	Assignees, Reviewers                     []*User
	Teams, Labels                            []string
	Commits                                  []*Commit
	Additions, Deletions, ChangedFiles       int
	Reviews                                  []*Review
	Comments                                 []*ReviewComment
	landed                                   []*Commit // on the base: of a rebase, as many as it has
	talk                                     int       // comments of the conversation
}

// Draw is how a pull request begins.
type Draw struct {
	Title, Body, By string
	Branch, Base    string // "change-N" and the default branch where empty
	From            *Repo  // a fork
	Draft           bool
	Commits         int // one where it is 0
	Message         string
}

// Head is its newest commit's sha.
func (p *Pull) Head() string { return p.Commits[len(p.Commits)-1].SHA }

// OpenPull pushes a branch and opens a pull request for it.
func (r *Repo) OpenPull(d Draw) *Pull {
	var p *Pull
	r.s.change(func() {
		r.lastNumber++
		p = r.draw(d)
		p.grow(max(1, d.Commits), d.Message)
		r.Pulls = append(r.Pulls, p)
		p.emit("opened", p.By, nil)
	})
	return p
}

func (r *Repo) draw(d Draw) *Pull {
	p := &Pull{Repo: r, ID: r.s.id(), Number: r.lastNumber, Title: d.Title, Body: d.Body, State: "open", Draft: d.Draft, By: r.s.user(d.By),
		CreatedAt: r.s.clock, UpdatedAt: r.s.clock, Branch: d.Branch, Base: d.Base, Fork: d.From}
	if p.Title == "" {
		p.Title = fmt.Sprint("Change ", p.Number)
	}
	if p.Branch == "" {
		p.Branch = fmt.Sprint("change-", p.Number)
	}
	if p.Base == "" {
		p.Base = r.Default
	}
	if p.Fork == nil {
		p.Fork = r
	}
	p.BaseSHA = r.Branches[p.Base]
	return p
}

// grow pushes commits onto its branch.
func (p *Pull) grow(n int, message string) {
	before := p.Fork.Branches[p.Branch]
	var pushed []*Commit
	for i := range n {
		parent := p.BaseSHA
		if len(p.Commits) > 0 {
			parent = p.Head()
		}
		words := message
		if words == "" {
			words = fmt.Sprintf("%s, part %d", p.Title, len(p.Commits)+1)
		}
		c := p.Repo.commit(p.By, words, parent)
		c.CommittedAt = c.CommittedAt.Add(-time.Duration(n-i) * time.Minute)
		c.AuthoredAt = c.CommittedAt
		p.Commits, pushed = append(p.Commits, c), append(pushed, c)
	}
	p.pushed(before, pushed)
}

// pushed takes new commits into account.
func (p *Pull) pushed(before string, commits []*Commit) {
	p.Additions, p.Deletions, p.ChangedFiles = p.Additions+3*len(commits), p.Deletions+len(commits), len(p.Commits)
	p.MergeCommit = p.Repo.s.sha() // of the merge that GitHub tries
	for _, c := range commits {
		p.Fork.own(c)
	}
	p.Fork.push(p.Branch, before, p.By, commits...)
}

// update changes the pull request as something that its page shows.
func (p *Pull) update(action, by string, do func() object) {
	p.Repo.s.change(func() {
		more := do()
		p.UpdatedAt = p.Repo.s.clock
		p.emit(action, p.Repo.s.user(by), more)
	})
}

// Push adds commits.
func (p *Pull) Push(commits int) {
	p.update("synchronize", p.By.login(), func() object {
		before := p.Head()
		p.grow(max(1, commits), "")
		return object{"before": before, "after": p.Head()}
	})
}

// ForcePush rebases its commits onto the base's newest: all have new names.
func (p *Pull) ForcePush() {
	p.update("synchronize", p.By.login(), func() object {
		before := p.Head()
		p.BaseSHA = p.Repo.Branches[p.Base]
		old := p.Commits
		p.Commits = nil
		parent := p.BaseSHA
		for _, c := range old {
			c = p.Repo.rebased(c, parent)
			parent = c.SHA
			p.Commits = append(p.Commits, c)
		}
		p.pushed(before, p.Commits)
		return object{"before": before, "after": p.Head()}
	})
}

// Edit changes title and text.
func (p *Pull) Edit(title, body, by string) {
	p.update("edited", by, func() object {
		changes := object{"title": object{"from": p.Title}, "body": object{"from": p.Body}}
		p.Title, p.Body = title, body
		return object{"changes": changes}
	})
}

// Label adds a label.
func (p *Pull) Label(name, by string) {
	p.update("labeled", by, func() object {
		if !slices.Contains(p.Labels, name) {
			p.Labels = append(p.Labels, name)
		}
		return object{"label": label(name)}
	})
}

// Unlabel takes a label away.
func (p *Pull) Unlabel(name, by string) {
	p.update("unlabeled", by, func() object {
		p.Labels = slices.DeleteFunc(slices.Clone(p.Labels), func(l string) bool { return l == name })
		return object{"label": label(name)}
	})
}

func label(name string) object {
	return object{"id": int64(len(name)), "name": name, "color": "ededed", "default": false, "description": nil}
}

// Assign gives the pull request to a person.
func (p *Pull) Assign(login, by string) {
	p.update("assigned", by, func() object {
		p.Assignees = append(p.Assignees, p.Repo.s.user(login))
		return object{"assignee": p.Repo.s.user(login).json(p.Repo.s)}
	})
}

// AskReview asks a person for a review.
func (p *Pull) AskReview(login, by string) {
	p.update("review_requested", by, func() object {
		u := p.Repo.s.user(login)
		if !slices.Contains(p.Reviewers, u) {
			p.Reviewers = append(p.Reviewers, u)
		}
		return object{"requested_reviewer": u.json(p.Repo.s)}
	})
}

// AskTeam asks a team for a review.
func (p *Pull) AskTeam(slug, by string) {
	p.update("review_requested", by, func() object {
		p.Teams = append(p.Teams, slug)
		return object{"requested_team": team(slug)}
	})
}

func team(slug string) object {
	return object{"id": int64(len(slug)), "slug": slug, "name": slug, "privacy": "closed", "permission": "pull"}
}

// Ready ends the draft.
func (p *Pull) Ready(by string) {
	p.update("ready_for_review", by, func() object { p.Draft = false; return nil })
}

// ToDraft makes it a draft again.
func (p *Pull) ToDraft(by string) {
	p.update("converted_to_draft", by, func() object { p.Draft = true; return nil })
}

// Close closes it without a merge.
func (p *Pull) Close(by string) {
	p.update("closed", by, func() object {
		p.State, p.ClosedAt = "closed", p.Repo.s.clock
		return nil
	})
}

// Reopen opens it again.
func (p *Pull) Reopen(by string) {
	p.update("reopened", by, func() object {
		p.State, p.ClosedAt = "open", time.Time{}
		return nil
	})
}
