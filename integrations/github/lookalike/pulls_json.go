package lookalike

func (p *Pull) html() string { return p.Repo.html() + "/pull/" + text(int64(p.Number)) }
func (p *Pull) url() string  { return p.Repo.url() + "/pulls/" + text(int64(p.Number)) }

func (p *Pull) side(repo *Repo, ref, sha string) object {
	out := object{"label": nil, "ref": ref, "sha": sha, "user": nil, "repo": repo.json()}
	if !repo.Deleted {
		out["label"], out["user"] = repo.Owner.Login+":"+ref, repo.Owner.json(p.Repo.s)
	}
	return out
}

// listed is the pull request as lists and reviews hold it: they leave much out.
func (p *Pull) listed() object {
	s := p.Repo.s
	user := func(u *User) any { return u.json(s) }
	var assignee any
	if len(p.Assignees) > 0 {
		assignee = p.Assignees[0].json(s)
	}
	return object{"id": p.ID, "node_id": node("PR", p.ID), "number": p.Number, "state": p.State, "locked": false, "title": p.Title, "body": null(p.Body),
		"url": p.url(), "html_url": p.html(), "issue_url": p.Repo.url() + "/issues/" + text(int64(p.Number)), "user": p.By.json(s),
		"created_at": stamp(p.CreatedAt), "updated_at": stamp(p.UpdatedAt), "closed_at": stamp(p.ClosedAt), "merged_at": stamp(p.MergedAt),
		"merge_commit_sha": null(p.MergeCommit), "assignee": assignee, "assignees": each(p.Assignees, user), "requested_reviewers": each(p.Reviewers, user),
		"requested_teams": each(p.Teams, func(slug string) any { return team(slug) }), "labels": each(p.Labels, func(name string) any { return label(name) }),
		"milestone": nil, "draft": p.Draft, "author_association": "MEMBER", "auto_merge": nil, "active_lock_reason": nil,
		"head": p.side(p.Fork, p.Branch, p.Head()), "base": p.side(p.Repo, p.Base, p.BaseSHA)}
}

// json is the whole pull request.
func (p *Pull) json() object {
	return with(p.listed(), object{"merged": p.Merged, "mergeable": nil, "rebaseable": nil, "mergeable_state": "unknown", "merged_by": p.MergedBy.json(p.Repo.s),
		"comments": p.talk, "review_comments": len(p.Comments), "maintainer_can_modify": false, "commits": len(p.Commits),
		"additions": p.Additions, "deletions": p.Deletions, "changed_files": p.ChangedFiles})
}

func (p *Pull) emit(action string, by *User, more object) {
	p.Repo.emit("pull_request", action, by, with(object{"number": p.Number, "pull_request": p.json()}, more))
}

// mentioned is the pull request as checks and runs name it; those of forks are
// not named at all.
func (r *Repo) mentioned(sha string) []any {
	out := []any{}
	for _, p := range r.Pulls {
		if p.State == "open" && p.Fork == r && p.Head() == sha {
			short := object{"id": r.ID, "url": r.url(), "name": r.Name}
			out = append(out, object{"id": p.ID, "number": p.Number, "url": p.url(),
				"head": object{"ref": p.Branch, "sha": sha, "repo": short}, "base": object{"ref": p.Base, "sha": p.BaseSHA, "repo": short}})
		}
	}
	return out
}
