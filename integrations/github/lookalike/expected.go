package lookalike

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Known is one thing that Throughline should know.
type Known struct {
	Title, State, Raw, URL, Text string
	Facts                        map[string]any    // as JSON has them
	Links                        map[string]string // relation and key of what it is linked to: evidence of additive relations may be more
	// Asked tells that REST alone tells all of it; the rest comes by webhooks and
	// the deliveries that can be read.
	Asked bool
}

// Expected is what Throughline should know of everything in the end, by kind and
// key: "pull_request acme/fraud#7". It is worked out from the model alone.
func (s *Server) Expected() map[string]Known {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]Known{}
	for _, r := range s.repos {
		if !r.Deleted {
			r.expect(out)
		}
	}
	for key, k := range out {
		var plain map[string]any
		_ = json.Unmarshal(encode(k.Facts), &plain)
		for name, value := range plain {
			if value == nil {
				delete(plain, name)
			}
		}
		k.Facts = plain
		out[key] = k
	}
	return out
}

func (r *Repo) key() string { return r.s.host() + "/" + r.FullName() }

func (r *Repo) pullKey(p *Pull) string {
	return "pull_request " + strings.TrimPrefix(r.key(), "github.com/") + fmt.Sprint("#", p.Number)
}

func (r *Repo) commitKey(sha string) string { return "commit " + r.key() + "@" + sha }

func (r *Repo) expect(out map[string]Known) {
	for _, p := range r.Pulls {
		out[r.pullKey(p)] = p.expect()
		for _, c := range p.Commits {
			out[r.commitKey(c.SHA)] = r.expectCommit(c, c.SHA == p.Head())
		}
		if p.Merged {
			out[r.commitKey(p.MergeCommit)] = r.expectCommit(r.commits[p.MergeCommit], false)
		}
	}
	for _, run := range r.Runs {
		out["pipeline_run "+text(run.ID)] = run.expect()
	}
	for _, d := range r.deployments {
		out["deployment "+text(d.ID)] = d.expect()
	}
	for _, suites := range r.suites {
		for _, v := range suites {
			if v.app != actionsApp && v.status == "completed" {
				out["pipeline_run suite-"+text(v.id)] = r.expectSuite(v)
			}
		}
	}
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// when is a time, nil for none.
func when(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return clock(t)
}

func (p *Pull) expect() Known {
	facts := map[string]any{"author": p.By.login(), "repository": p.Repo.key(), "number": p.Number, "branch": p.Branch, "base": p.Base, "head_sha": p.Head(),
		"labels": append([]string{}, p.Labels...), "reviewers": p.asked(), "draft": p.Draft, "additions": p.Additions, "deletions": p.Deletions,
		"changed_files": p.ChangedFiles, "commits": len(p.Commits), "review_comments": len(p.Comments), "created_at": clock(p.CreatedAt), "merged_at": when(p.MergedAt)}
	if p.Merged {
		facts["merged_by"] = p.MergedBy.login()
	}
	if p.Fork != p.Repo && !p.Fork.Deleted {
		facts["head_repository"] = p.Fork.key()
	}
	for _, by := range p.reviewers() {
		v := p.lastWord(by)
		facts["review."+by.login()] = map[string]any{"state": strings.ToLower(v.State), "at": clock(v.SubmittedAt), "commit": v.Commit,
			"url": fmt.Sprintf("https://%s/%s/pull/%d#pullrequestreview-%d", p.Repo.s.host(), p.Repo.FullName(), p.Number, v.ID)}
	}
	links := map[string]string{}
	for _, c := range p.Commits {
		links["contains "+p.Repo.commitKey(c.SHA)] = "verified"
	}
	state := p.State
	switch {
	case p.Merged:
		state = "merged"
		links["merged_as "+p.Repo.commitKey(p.MergeCommit)] = "verified"
	case p.State == "open" && p.Draft:
		state = "draft"
	}
	return Known{Title: p.Title, State: state, Raw: p.State, Text: p.Body, URL: fmt.Sprintf("https://%s/%s/pull/%d", p.Repo.s.host(), p.Repo.FullName(), p.Number), Facts: facts, Links: links, Asked: true}
}

// asked are those who have yet to review, people before teams.
func (p *Pull) asked() []string {
	out := []string{}
	for _, u := range p.Reviewers {
		out = append(out, u.login())
	}
	return append(out, p.Teams...)
}

func (p *Pull) reviewers() (out []*User) {
	for _, v := range p.Reviews {
		if !slices.Contains(out, v.By) {
			out = append(out, v.By)
		}
	}
	return out
}

// lastWord is what counts of a reviewer's words: the last verdict, which a
// comment does not take back, else the last comment.
func (p *Pull) lastWord(by *User) (last *Review) {
	for _, v := range p.Reviews {
		if v.By == by && (last == nil || v.State != "COMMENTED" || last.State == "COMMENTED") {
			last = v
		}
	}
	return last
}

// expectCommit: what REST is asked about is the commits of pull requests and the
// checks of their heads; the rest is heard of.
func (r *Repo) expectCommit(c *Commit, head bool) Known {
	facts := map[string]any{"committed_at": clock(c.CommittedAt), "message": strings.TrimSpace(c.Message), "author": c.Name}
	if c.Author != nil {
		facts["author"] = c.Author.Login
	}
	newest := map[string]int64{}
	say := func(name string, id int64, fact map[string]any) {
		if id > newest[name] {
			newest[name] = id
			facts["check."+name] = fact
		}
	}
	for _, one := range r.checks[c.SHA] {
		at := one.StartedAt
		if one.CompletedAt.After(at) {
			at = one.CompletedAt
		}
		state, word := worked(one.Status, one.Conclusion)
		say(one.Name, one.ID, map[string]any{"state": state, "raw": word, "at": clock(at), "url": one.DetailsURL})
	}
	for _, one := range r.statuses[c.SHA] {
		state := map[string]string{"pending": "running", "success": "passed", "failure": "failed", "error": "failed"}[one.State]
		say(one.Context, one.ID, map[string]any{"state": state, "raw": one.State, "at": clock(one.CreatedAt), "url": one.Target})
	}
	return Known{Title: firstLine(c.Message), URL: "https://" + r.key() + "/commit/" + c.SHA, Facts: facts, Asked: head}
}

// worked is the state of work in our words, and in GitHub's.
func worked(status, conclusion string) (state, word string) {
	if conclusion != "" {
		return map[string]string{"success": "passed", "failure": "failed", "cancelled": "cancelled", "skipped": "skipped", "neutral": "warning",
			"timed_out": "failed", "action_required": "warning"}[conclusion], conclusion
	}
	return map[string]string{"queued": "queued", "in_progress": "running", "waiting": "queued"}[status], status
}

func (run *Run) expect() Known {
	state, word := worked(run.Status, run.Conclusion)
	facts := map[string]any{"pipeline": run.Workflow, "repository": run.Repo.key(), "actor": run.By.login(), "number": run.Number, "attempt": run.Attempt,
		"branch": run.Branch, "event": run.Event, "head_sha": run.SHA, "started_at": clock(run.StartedAt), "ended_at": nil}
	if run.Status == "completed" {
		facts["ended_at"] = clock(run.UpdatedAt)
	}
	if run.Fork != run.Repo {
		facts["head_repository"] = run.Fork.key()
	}
	for _, j := range run.Jobs {
		facts[fmt.Sprintf("tried.%d.%s", j.Attempt, j.Name)], _ = worked(j.Status, j.Conclusion)
	}
	for _, j := range run.Latest() {
		state, word := worked(j.Status, j.Conclusion)
		step := map[string]any{"state": state, "raw": word, "order": j.ID, "started_at": clock(j.StartedAt),
			"url": fmt.Sprintf("https://%s/%s/actions/runs/%d/job/%d", run.Repo.s.host(), run.Repo.FullName(), run.ID, j.ID)}
		if j.Status == "completed" {
			step["ended_at"] = clock(j.CompletedAt)
		}
		facts["step."+j.Name] = step
	}
	return Known{Title: fmt.Sprintf("%s #%d", run.Workflow, run.Number), State: state, Raw: word, Text: run.Title, Facts: facts, Asked: true,
		URL:   fmt.Sprintf("https://%s/%s/actions/runs/%d", run.Repo.s.host(), run.Repo.FullName(), run.ID),
		Links: map[string]string{"built_from " + run.Repo.commitKey(run.SHA): "verified"}}
}

func (r *Repo) expectSuite(v *suite) Known {
	state, word := worked(v.status, v.conclusion)
	return Known{Title: v.app.name, State: state, Raw: word, URL: "https://" + r.key() + "/commit/" + v.sha + "/checks",
		Facts: map[string]any{"pipeline": v.app.name, "repository": r.key(), "branch": v.branch, "head_sha": v.sha, "started_at": clock(v.createdAt), "ended_at": clock(v.updatedAt)},
		Links: map[string]string{"built_from " + r.commitKey(v.sha): "verified"}}
}

func (d *Deployment) expect() Known {
	facts := map[string]any{"repository": d.Repo.key(), "at": clock(d.CreatedAt), "environment": strings.ToLower(d.Environment), "sha": d.SHA, "ref": d.Ref,
		"by": d.By.login(), "description": d.Description}
	known := Known{Title: d.Environment + ": " + d.Ref, State: "pending", Raw: "created", Facts: facts, Asked: true,
		URL: "https://" + d.Repo.key() + "/deployments/" + url.PathEscape(d.Environment), Links: map[string]string{"deploys " + d.Repo.commitKey(d.SHA): "verified"}}
	if payload, ok := d.Payload.(map[string]any); ok && payload["model"] != nil {
		facts["model"], facts["version"] = payload["model"], fmt.Sprint(payload["version"])
		known.Title = fmt.Sprintf("%s: %v %v", d.Environment, payload["model"], payload["version"])
		known.Links = map[string]string{fmt.Sprintf("deploys model_version %v/%v", payload["model"], payload["version"]): "verified"}
	}
	if n := len(d.Statuses); n > 0 {
		last := d.Statuses[n-1]
		known.Raw = last.State
		known.State = map[string]string{"success": "live", "inactive": "superseded", "failure": "failed", "error": "failed"}[last.State]
		if known.State == "" {
			known.State = "pending"
		}
		facts["status_description"], facts["log_url"], facts["environment_url"] = last.Description, last.LogURL, last.URL
	}
	return known
}
