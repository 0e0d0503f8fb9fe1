package lookalike

import "fmt"

// Merge merges the pull request: squash, rebase, merge, or queue, which goes
// through a merge queue.
func (p *Pull) Merge(method, by string) {
	p.Repo.s.change(func() {
		r, u := p.Repo, p.Repo.s.user(by)
		if method == "queue" {
			p.queue(u)
			u = r.s.user("github-merge-queue[bot]")
		}
		before := r.Branches[p.Base]
		commits := p.onto(method, before, u)
		p.landed, p.MergeCommit = commits, commits[len(commits)-1].SHA
		p.State, p.Merged, p.MergedBy = "closed", true, u
		p.ClosedAt, p.MergedAt, p.UpdatedAt = r.s.clock, r.s.clock, r.s.clock
		r.push(p.Base, before, u, commits...)
		p.emit("closed", u, nil)
	})
}

// onto makes the commits that a merge puts onto its base.
func (p *Pull) onto(method, before string, by *User) (out []*Commit) {
	words := fmt.Sprintf("%s (#%d)\n\n%s", p.Title, p.Number, p.Body)
	switch method {
	case "rebase":
		for _, c := range p.Commits {
			c = p.Repo.rebased(c, before)
			before, out = c.SHA, append(out, c)
		}
		return out
	case "merge":
		words = fmt.Sprintf("Merge pull request #%d from %s/%s\n\n%s", p.Number, p.Fork.Owner.Login, p.Branch, p.Title)
		return []*Commit{p.Repo.commit(by, words, before, p.Head())}
	}
	return []*Commit{p.Repo.commit(p.By, words, before)}
}

// queue tells of the way through the merge queue.
func (p *Pull) queue(by *User) {
	r := p.Repo
	p.UpdatedAt = r.s.clock
	p.emit("enqueued", by, nil)
	base := r.Branches[p.Base]
	try := r.commit(p.By, p.Title, base, p.Head())
	branch := fmt.Sprintf("gh-readonly-queue/%s/pr-%d-%s", p.Base, p.Number, base)
	group := object{"head_sha": try.SHA, "head_ref": "refs/heads/" + branch, "base_sha": base, "base_ref": "refs/heads/" + p.Base, "head_commit": try.headOf()}
	bot := r.s.user("github-merge-queue[bot]")
	r.push(branch, "", bot, try)
	r.emit("merge_group", "checks_requested", bot, object{"merge_group": group})
	p.emit("dequeued", bot, object{"reason": "MERGE"})
	r.emit("merge_group", "destroyed", bot, object{"merge_group": group, "reason": "merged"})
	r.dropBranch(branch, bot)
}
