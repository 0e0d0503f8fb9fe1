package lookalike

import (
	"strings"
	"time"
)

const zeros = "0000000000000000000000000000000000000000"

// Commit is a commit. Forks share those of their parent.
type Commit struct {
	SHA, Message string
	Parents      []string
	Author       *User // nil when GitHub knows nobody of the e-mail
	Name, Email  string
	AuthoredAt   time.Time
	CommittedAt  time.Time
}

func (r *Repo) commit(by *User, message string, parents ...string) *Commit {
	name := by.login()
	c := &Commit{SHA: r.s.sha(), Message: message, Parents: parents, Author: by, Name: strings.ToUpper(name[:1]) + name[1:] + " Example",
		Email: name + "@acme.example", AuthoredAt: r.s.clock.Truncate(time.Second), CommittedAt: r.s.clock.Truncate(time.Second)}
	r.own(c)
	return c
}

func (r *Repo) own(c *Commit) {
	r.commits[c.SHA] = c
	r.order = append(r.order, c.SHA)
}

// rebased is a commit made anew on another parent: its author's time stays.
func (r *Repo) rebased(c *Commit, parent string) *Commit {
	out := *c
	out.SHA, out.Parents, out.CommittedAt = r.s.sha(), []string{parent}, r.s.clock.Truncate(time.Second)
	r.own(&out)
	return &out
}

func (r *Repo) treeURL(sha string) string { return r.url() + "/git/trees/" + sha }

// json is the commit as REST has it.
func (c *Commit) json(r *Repo) object {
	who := func(at time.Time) object { return object{"name": c.Name, "email": c.Email, "date": stamp(at)} }
	var parents = each(c.Parents, func(sha string) any {
		return object{"sha": sha, "url": r.url() + "/commits/" + sha, "html_url": r.html() + "/commit/" + sha}
	})
	return object{"sha": c.SHA, "node_id": "C_" + short(c.SHA), "url": r.url() + "/commits/" + c.SHA, "html_url": r.html() + "/commit/" + c.SHA,
		"commit": object{"author": who(c.AuthoredAt), "committer": who(c.CommittedAt), "message": c.Message, "comment_count": 0,
			"tree": object{"sha": c.SHA, "url": r.treeURL(c.SHA)}, "verification": object{"verified": false, "reason": "unsigned"}},
		"author": c.Author.json(r.s), "committer": c.Author.json(r.s), "parents": parents}
}

// pushed is the commit as pushes have it: its time in the author's zone.
func (c *Commit) pushed(r *Repo) object {
	who := object{"name": c.Name, "email": c.Email}
	if c.Author != nil {
		who["username"] = c.Author.Login
	}
	return object{"id": c.SHA, "tree_id": c.SHA, "distinct": true, "message": c.Message, "timestamp": c.CommittedAt.In(time.FixedZone("", 2*3600)).Format(time.RFC3339),
		"url": r.html() + "/commit/" + c.SHA, "author": who, "committer": who, "added": []any{}, "removed": []any{}, "modified": []any{"train.py"}}
}

// headOf is the commit as runs and suites have it: without a login.
func (c *Commit) headOf() any {
	if c == nil {
		return nil
	}
	who := object{"name": c.Name, "email": c.Email}
	return object{"id": c.SHA, "tree_id": c.SHA, "message": c.Message, "timestamp": stamp(c.CommittedAt), "author": who, "committer": who}
}

func (r *Repo) emitPush(ref, before, after string, by *User, commits []*Commit) {
	if before == "" {
		before = zeros
	}
	var head any
	if len(commits) > 0 {
		head = commits[len(commits)-1].pushed(r)
	} else if t, ok := r.Tags[strings.TrimPrefix(ref, "refs/tags/")]; ok && r.commits[t.sha] != nil {
		head = r.commits[t.sha].pushed(r)
	}
	r.emit("push", "", by, object{"ref": ref, "before": before, "after": after, "created": before == zeros, "deleted": after == zeros, "forced": false,
		"base_ref": nil, "compare": r.html() + "/compare/" + short(before) + "..." + short(after), "head_commit": head, "repository": r.pushed(),
		"commits": each(commits, func(c *Commit) any { return c.pushed(r) }), "pusher": object{"name": by.login(), "email": by.login() + "@acme.example"}})
}

// resolve finds a commit by its name: a sha or the beginning of one, a branch, a tag.
func (r *Repo) resolve(ref string) *Commit {
	ref = strings.TrimPrefix(ref, "refs/")
	if c := r.commits[strings.ToLower(ref)]; c != nil {
		return c
	}
	for _, name := range []string{ref, strings.TrimPrefix(ref, "heads/")} {
		if sha, ok := r.Branches[name]; ok {
			return r.commits[sha]
		}
	}
	for _, name := range []string{ref, strings.TrimPrefix(ref, "tags/")} {
		if t, ok := r.Tags[name]; ok {
			return r.commits[t.sha]
		}
	}
	if len(ref) < 7 {
		return nil
	}
	for _, sha := range r.order {
		if strings.HasPrefix(sha, strings.ToLower(ref)) {
			return r.commits[sha]
		}
	}
	return nil
}

// history is a commit with those before it, by the first parents.
func (r *Repo) history(c *Commit) (out []*Commit) {
	for c != nil {
		out = append(out, c)
		if len(c.Parents) == 0 {
			break
		}
		c = r.commits[c.Parents[0]]
	}
	return out
}
