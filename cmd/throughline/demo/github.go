package demo

import (
	"fmt"
	"net/http"
	"time"
)

const gitHub = "https://github.com"

// webhook is an event of the team's repository; sending it signs it.
func (p *team) webhook(event, id string, payload object) message {
	payload["repository"] = p.repository()
	payload["organization"] = object{"login": company, "id": 80001, "url": api("/orgs/" + company)}
	return message{method: http.MethodPost, path: "/hooks/github/" + p.hook, event: event, id: id, body: payload}
}

func (p *team) fullName() string { return company + "/" + p.repo }

func (p *team) page() string { return gitHub + "/" + p.fullName() }

func api(path string) string { return "https://api.github.com" + path }

func (p *team) repository() object {
	return object{
		"id": p.repoID, "name": p.repo, "full_name": p.fullName(), "private": true, "fork": false,
		"owner":    object{"login": company, "id": 80001, "type": "Organization", "html_url": gitHub + "/" + company},
		"html_url": p.page(), "url": api("/repos/" + p.fullName()), "clone_url": p.page() + ".git",
		"default_branch": "main", "language": p.language, "visibility": "private", "archived": false,
	}
}

func (p person) user() object {
	return object{"login": p.login, "id": p.id, "type": "User", "site_admin": false, "html_url": gitHub + "/" + p.login,
		"url": api("/users/" + p.login), "avatar_url": fmt.Sprintf("https://avatars.githubusercontent.com/u/%d", p.id)}
}

func (p person) signature(at time.Time) object {
	return object{"name": p.name, "email": p.email, "username": p.login, "date": stamp(at)}
}

// pull is a pull request as it grows.
type pull struct {
	*tale
	plot
	heads                   int // commits as the tale is written …
	shown                   int // … and as it is told
	draft                   bool
	created, mergedAt, over time.Time
}

// head is the newest commit of the branch after so many pushes.
func (p *pull) head(pushes int) string { return p.sha(fmt.Sprint("head ", pushes), 40) }

func (p *pull) mergeCommit() string { return p.sha("merge", 40) }

func (p *pull) event(action string, at time.Time, more object) message {
	payload := object{"action": action, "number": p.number, "pull_request": p.object(at), "sender": p.author.user()}
	for name, value := range more {
		payload[name] = value
	}
	return p.team.webhook("pull_request", p.uuidAt("pull "+action, at), payload)
}

// uuidAt is a delivery's id that is the same whenever the same thing is told.
func (t *tale) uuidAt(what string, at time.Time) string {
	s := t.sha(what+stamp(at), 32)
	return s[:8] + "-" + s[8:12] + "-4" + s[13:16] + "-a" + s[17:20] + "-" + s[20:]
}

func (p *pull) object(at time.Time) object {
	path := fmt.Sprintf("/pull/%d", p.number)
	state, size := "open", int(p.serial("size")%420)+12
	if !p.over.IsZero() {
		state = "closed"
	}
	out := object{
		"id": p.serial("pull"), "number": p.number, "state": state, "locked": false, "title": p.title, "draft": p.draft,
		"html_url": p.team.page() + path, "url": api("/repos/" + p.team.fullName() + "/pulls/" + fmt.Sprint(p.number)),
		"user": p.author.user(), "body": p.comment, "author_association": "MEMBER", "mergeable_state": "clean",
		"created_at": stamp(p.created), "updated_at": stamp(at), "closed_at": stampOrNull(p.over), "merged_at": stampOrNull(p.mergedAt),
		"merged": !p.mergedAt.IsZero(), "merge_commit_sha": nil, "merged_by": nil, "assignees": []object{p.author.user()},
		"requested_reviewers": []object{p.reviewer.user()}, "requested_teams": []object{}, "labels": p.labels(),
		"head":    p.side(p.branch, p.head(p.shown)),
		"base":    p.side("main", p.sha("base", 40)),
		"commits": p.shown, "additions": size, "deletions": size / 3, "changed_files": size/60 + 1, "comments": 0, "review_comments": 1,
	}
	if !p.mergedAt.IsZero() {
		out["merge_commit_sha"], out["merged_by"] = p.mergeCommit(), p.author.user()
	}
	return out
}

func (p *pull) side(ref, sha string) object {
	return object{"label": company + ":" + ref, "ref": ref, "sha": sha, "repo": p.team.repository(),
		"user": object{"login": company, "id": 80001, "type": "Organization"}}
}

func (p *pull) labels() []object {
	name := "engineering"
	if p.train != nil {
		name = "model"
	}
	return []object{{"id": len(name), "name": name, "color": "0b5cad", "default": false}}
}

// review is one reviewer's word on the newest commit.
func (p *pull) review(by person, state, text string, at time.Time) message {
	review := object{"id": p.serial("review " + state), "user": by.user(), "body": text, "state": state, "commit_id": p.head(p.shown),
		"submitted_at": stamp(at), "html_url": fmt.Sprintf("%s/pull/%d#pullrequestreview-%d", p.team.page(), p.number, p.serial("review "+state)),
		"author_association": "MEMBER"}
	return p.team.webhook("pull_request_review", p.uuidAt("review "+state, at),
		object{"action": "submitted", "review": review, "pull_request": p.object(at), "sender": by.user()})
}

// push is the merge as it arrives on the main branch.
func (p *pull) push(at time.Time) message {
	commit := object{"id": p.mergeCommit(), "tree_id": p.sha("tree", 40), "distinct": true, "timestamp": stamp(at),
		"message": fmt.Sprintf("%s (#%d)", p.title, p.number), "url": p.team.page() + "/commit/" + p.mergeCommit(),
		"author": p.author.signature(at), "committer": object{"name": "GitHub", "email": "noreply@github.com"},
		"added": []string{}, "removed": []string{}, "modified": []string{"README.md"}}
	return p.team.webhook("push", p.uuidAt("push", at), object{"ref": "refs/heads/main", "before": p.sha("base", 40), "after": p.mergeCommit(),
		"created": false, "deleted": false, "forced": false, "base_ref": nil, "commits": []object{commit}, "head_commit": commit,
		"compare": p.team.page() + "/compare/" + p.sha("base", 12) + "..." + p.mergeCommit()[:12],
		"pusher":  object{"name": p.author.login, "email": p.author.email}, "sender": p.author.user()})
}
