package github

import (
	"strings"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/models"
)

type reviewEvent struct {
	Review      *gogithub.PullRequestReview `json:"review"`
	PullRequest pullRequest                 `json:"pull_request"`
}

// reviewEvent describes the pull request at its own time and, apart from it, the
// reviewer's word at the review's.
func (p post) reviewEvent() ([]models.Description, error) {
	event, err := read[reviewEvent](p)
	if err != nil {
		return nil, err
	}
	if event.Review == nil {
		return nil, p.lacks("review")
	}
	found, err := p.pullAndCommits(event.PullRequest)
	if err != nil {
		return nil, err
	}
	if review, ok := p.review(event.Review, event.PullRequest); ok {
		found = append(found, review)
	}
	return found, nil
}

func (p post) review(r *gogithub.PullRequestReview, pr pullRequest) (models.Description, bool) {
	state := strings.ToLower(r.GetState())
	if p.action == "dismissed" {
		state = "dismissed"
	}
	submitted := when(r.SubmittedAt)
	if submitted.IsZero() {
		submitted = when(pr.UpdatedAt)
	}
	at, attempt, ok := reviewOrder(state, submitted, pr)
	said := facts{"state": state, "at": stamp(submitted)}
	said.text("commit", strings.ToLower(r.GetCommitID()))
	if url := webAddress(r.GetHTMLURL()); url != "" {
		said["url"] = url
	}
	return models.Description{Ref: p.pullKey(pr.GetNumber()), At: at, Attempt: attempt,
		Facts: map[string]any{"review." + login(r.User): map[string]any(said)}}, ok
}

// reviewOrder ranks what one reviewer said. As on GitHub, a later comment does
// not take back an approval or a demand: comments are ranked among themselves,
// below every verdict, as of the pull request's beginning. A dismissal keeps the
// time of the review it dismisses and comes after it.
func reviewOrder(state string, submitted time.Time, pr pullRequest) (at time.Time, attempt int, ok bool) {
	switch state {
	case "commented":
		return earlier(created(pr), submitted), int(submitted.Unix()), true
	case "approved", "changes_requested":
		return submitted, 0, true
	case "dismissed":
		return submitted, 1, true
	}
	return time.Time{}, 0, false
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
