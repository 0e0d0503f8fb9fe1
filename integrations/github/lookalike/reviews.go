package lookalike

import (
	"slices"
	"strings"
	"time"
)

// Review is a reviewer's word.
type Review struct {
	Pull        *Pull
	ID          int64
	By          *User
	State, Body string // APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED
	Commit      string
	SubmittedAt time.Time
}

// ReviewComment is a remark on a line.
type ReviewComment struct {
	ID        int64
	By        *User
	Path      string
	Line      int
	Body      string
	Commit    string
	Review    int64
	CreatedAt time.Time
}

// Review says APPROVED, CHANGES_REQUESTED or COMMENTED about the newest commit. A
// reviewer who was asked is asked no longer.
func (p *Pull) Review(by, state string) *Review {
	var v *Review
	p.Repo.s.change(func() {
		u := p.Repo.s.user(by)
		v = &Review{Pull: p, ID: p.Repo.s.id(), By: u, State: state, Commit: p.Head(), SubmittedAt: p.Repo.s.clock}
		p.Reviews = append(p.Reviews, v)
		p.Reviewers = slices.DeleteFunc(slices.Clone(p.Reviewers), func(r *User) bool { return r == u })
		p.UpdatedAt = p.Repo.s.clock
		v.emit("submitted", u)
	})
	return v
}

// Dismiss takes a review back.
func (v *Review) Dismiss(by string) {
	v.Pull.Repo.s.change(func() {
		v.State = "DISMISSED"
		v.Pull.UpdatedAt = v.Pull.Repo.s.clock
		v.emit("dismissed", v.Pull.Repo.s.user(by))
	})
}

// json is the review as REST has it; webhooks write the state in lower case.
func (v *Review) json() object {
	p := v.Pull
	return object{"id": v.ID, "node_id": node("PRR", v.ID), "user": v.By.json(p.Repo.s), "body": v.Body, "state": v.State, "commit_id": v.Commit,
		"html_url": p.html() + "#pullrequestreview-" + text(v.ID), "pull_request_url": p.url(), "author_association": "MEMBER", "submitted_at": stamp(v.SubmittedAt)}
}

func (v *Review) emit(action string, by *User) {
	told := with(v.json(), object{"state": strings.ToLower(v.State)})
	v.Pull.Repo.emit("pull_request_review", action, by, object{"review": told, "pull_request": v.Pull.listed()})
}

// Remark comments on a line of the change.
func (p *Pull) Remark(by, path string, line int, body string) *ReviewComment {
	var c *ReviewComment
	p.Repo.s.change(func() {
		c = &ReviewComment{ID: p.Repo.s.id(), By: p.Repo.s.user(by), Path: path, Line: line, Body: body, Commit: p.Head(), CreatedAt: p.Repo.s.clock}
		p.Comments = append(p.Comments, c)
		p.UpdatedAt = p.Repo.s.clock
		p.Repo.emit("pull_request_review_comment", "created", c.By, object{"comment": p.remark(c), "pull_request": p.listed()})
	})
	return c
}

func (p *Pull) remark(c *ReviewComment) object {
	return object{"id": c.ID, "node_id": node("PRRC", c.ID), "user": c.By.json(p.Repo.s), "path": c.Path, "line": c.Line, "side": "RIGHT", "body": c.Body,
		"commit_id": c.Commit, "original_commit_id": c.Commit, "pull_request_review_id": nil, "html_url": p.html() + "#discussion_r" + text(c.ID),
		"pull_request_url": p.url(), "created_at": stamp(c.CreatedAt), "updated_at": stamp(c.CreatedAt)}
}

// Comment is a remark in the conversation.
type Comment struct {
	Repo                 *Repo
	ID                   int64
	Number               int
	By                   *User
	Body                 string
	CreatedAt, UpdatedAt time.Time
}

// Comment adds to the conversation.
func (p *Pull) Comment(by, body string) *Comment {
	var c *Comment
	p.Repo.s.change(func() { c = p.say(p.Repo.s.user(by), body) })
	return c
}

func (p *Pull) say(by *User, body string) *Comment {
	c := &Comment{Repo: p.Repo, ID: p.Repo.s.id(), Number: p.Number, By: by, Body: body, CreatedAt: p.Repo.s.clock, UpdatedAt: p.Repo.s.clock}
	p.Repo.comments = append(p.Repo.comments, c)
	p.talk++
	p.UpdatedAt = p.Repo.s.clock
	c.emit("created", by)
	return c
}

func (c *Comment) json() object {
	issue := c.Repo.url() + "/issues/" + text(int64(c.Number))
	return object{"id": c.ID, "node_id": node("IC", c.ID), "user": c.By.json(c.Repo.s), "body": c.Body, "created_at": stamp(c.CreatedAt), "updated_at": stamp(c.UpdatedAt),
		"url": c.Repo.url() + "/issues/comments/" + text(c.ID), "issue_url": issue, "author_association": "MEMBER",
		"html_url": c.Repo.html() + "/pull/" + text(int64(c.Number)) + "#issuecomment-" + text(c.ID)}
}

func (c *Comment) emit(action string, by *User) {
	p := c.Repo.Pulls[c.Number-1]
	issue := object{"id": p.ID, "number": p.Number, "title": p.Title, "state": p.State, "user": p.By.json(c.Repo.s), "html_url": p.html(),
		"pull_request": object{"url": p.url(), "html_url": p.html()}, "updated_at": stamp(p.UpdatedAt), "created_at": stamp(p.CreatedAt)}
	c.Repo.emit("issue_comment", action, by, object{"issue": issue, "comment": c.json()})
}
