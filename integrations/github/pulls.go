package github

import (
	"strings"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/models"
)

// pullRequest is go-github's, but for the two parts that hold whole repositories.
type pullRequest struct {
	gogithub.PullRequest
	Head branch `json:"head"`
	Base branch `json:"base"`
}

type branch struct {
	Ref  string     `json:"ref"`
	SHA  string     `json:"sha"`
	Repo repository `json:"repo"` // empty when the fork is gone
}

type pullRequestEvent struct {
	PullRequest pullRequest `json:"pull_request"`
	Before      string      `json:"before"` // synchronize: the heads before
	After       string      `json:"after"`  // … and after
}

func (p post) pullRequestEvent() ([]models.Description, error) {
	event, err := read[pullRequestEvent](p)
	if err != nil {
		return nil, err
	}
	return p.pullAndCommits(event.PullRequest, event.Before, event.After)
}

// pullAndCommits describes a pull request and the commits that it names.
func (p post) pullAndCommits(pr pullRequest, more ...string) ([]models.Description, error) {
	d, err := p.pull(pr)
	if err != nil {
		return nil, err
	}
	for _, sha := range append([]string{pr.Head.SHA}, more...) {
		d.Links = append(d.Links, p.linkTo(models.Contains, sha)...)
	}
	if merged(pr) {
		d.Links = append(d.Links, p.linkTo(models.MergedAs, pr.GetMergeCommitSHA())...)
	}
	d.Links = unique(append(d.Links, append(p.testMerge(pr), p.inFork(pr)...)...))
	return append(append([]models.Description{d}, p.stubs(d.Links, created(pr))...), p.claims(pr, d.At)...), nil
}

func (p post) pull(pr pullRequest) (models.Description, error) {
	at := when(pr.UpdatedAt)
	if pr.GetNumber() <= 0 || at.IsZero() {
		return models.Description{}, p.lacks("pull request with a number and a time")
	}
	d := models.Description{Ref: p.pullKey(pr.GetNumber()), At: at, Title: line(pr.GetTitle()),
		URL: webAddress(pr.GetHTMLURL()), Text: clip(pr.GetBody(), maxText), Facts: p.pullFacts(pr)}
	d.State, d.StateAt = pullState(pr)
	if d.State != "" {
		d.Raw = line(pr.GetState())
	}
	if p.action != "opened" { // events of the same second: nothing comes before the opening
		d.Attempt = 1
	}
	return d, nil
}

// pullState says where the pull request stands and since when. The short form
// in reviews may lack the draft mark; then open would be a guess.
func pullState(pr pullRequest) (models.State, time.Time) {
	switch {
	case merged(pr):
		return models.Merged, when(pr.MergedAt)
	case pr.GetState() == "closed":
		return models.Closed, when(pr.ClosedAt)
	case pr.GetDraft():
		return models.Draft, created(pr)
	case pr.GetState() == "open" && (pr.Draft != nil || pr.Merged != nil):
		return models.Open, created(pr)
	}
	return "", time.Time{}
}

// merged tells whether merge_commit_sha can be trusted: unmerged pull requests
// have one too, of the merge that GitHub tried.
func merged(pr pullRequest) bool { return pr.GetMerged() || !when(pr.MergedAt).IsZero() }

// created is the time of what never changes about a pull request.
func created(pr pullRequest) time.Time {
	if at := when(pr.CreatedAt); !at.IsZero() {
		return at
	}
	return when(pr.UpdatedAt)
}

func (p post) pullFacts(pr pullRequest) facts {
	f := facts{"author": login(pr.User), "repository": p.repositoryKey(), "number": pr.GetNumber(),
		"labels": labels(pr), "reviewers": reviewers(pr)}
	f.text("branch", pr.Head.Ref)
	f.text("base", pr.Base.Ref)
	f.text("head_sha", strings.ToLower(pr.Head.SHA))
	f.number("additions", pr.Additions)
	f.number("deletions", pr.Deletions)
	f.number("changed_files", pr.ChangedFiles)
	f.number("commits", pr.Commits)
	f.number("review_comments", pr.ReviewComments)
	f.time("created_at", when(pr.CreatedAt))
	f.time("merged_at", when(pr.MergedAt))
	if pr.Draft != nil {
		f["draft"] = pr.GetDraft()
	}
	if pr.MergedBy != nil {
		f["merged_by"] = login(pr.MergedBy)
	}
	if fork := pr.Head.Repo.FullName; fork != "" && fork != p.repo.FullName {
		f.text("head_repository", models.RepositoryKey(p.host+"/"+fork))
	}
	return f
}

func labels(pr pullRequest) []string {
	out := make([]string, 0, len(pr.Labels))
	for _, l := range pr.Labels {
		out = append(out, line(l.GetName()))
	}
	return out
}

func reviewers(pr pullRequest) []string {
	out := make([]string, 0, len(pr.RequestedReviewers)+len(pr.RequestedTeams))
	for _, u := range pr.RequestedReviewers {
		out = append(out, login(u))
	}
	for _, t := range pr.RequestedTeams {
		out = append(out, line(t.GetSlug()))
	}
	return out
}

// stubs give the linked commits the address of their page upstream.
func (p post) stubs(links []models.LinkTo, at time.Time) (out []models.Description) {
	seen := map[string]bool{}
	for _, l := range links {
		if repository, sha, ok := models.SplitCommit(l.To.Key); ok && !seen[sha] && repository == p.repositoryKey() {
			seen[sha] = true
			out = append(out, models.Description{Ref: l.To, At: at, URL: p.commitURL(sha)})
		}
	}
	return out
}

func unique(links []models.LinkTo) (out []models.LinkTo) {
	seen := map[models.LinkTo]bool{}
	for _, l := range links {
		if !seen[l] {
			seen[l] = true
			out = append(out, l)
		}
	}
	return out
}
