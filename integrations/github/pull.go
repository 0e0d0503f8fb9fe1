package github

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
	"throughline/models"
)

// Polled is GitHub heard by webhooks and, where a token is given, asked as well:
// GitHub never repeats a webhook that got lost. It asks for the pull requests of
// the repositories that are named in full, with their reviews. What it hears is
// put into the words of the webhook, so that both merge to one state.
type Polled struct {
	Source
	client *http.Client
}

// New makes a Polled that asks through the client, one request at a time to each
// host.
func New(client *http.Client) *Polled {
	gated := *client
	gated.Transport = newGate(client.Transport)
	return &Polled{client: &gated}
}

const (
	pollEvery  = 5 * time.Minute
	pageSize   = 100
	firstPages = 3           // of a repository, at the first poll: its newest pull requests
	overlap    = time.Minute // before the newest one known: clocks and pages shift
)

// About is the source's, with what asking needs.
func (p *Polled) About() integrations.About {
	about := p.Source.About()
	about.Settings = append(about.Settings,
		integrations.Setting{Name: "token", Label: "Access token", Secret: true,
			Help: "Optional: a fine-grained token that may read pull requests. Lost webhooks are then found within minutes, for the repositories named in full above."},
		integrations.Setting{Name: "api_url", Label: "API address", URL: true, Default: "https://api.github.com/",
			Help: "Of an Enterprise Server: https://HOST/api/v3/"})
	return about
}

// Every is the pause between polls.
func (p *Polled) Every() time.Duration { return pollEvery }

// Polls tells whether the account can be asked: it has a token and names a
// repository in full.
func (p *Polled) Polls(account integrations.Account) bool {
	return account.Get("token") != "" && len(named(account)) > 0
}

// named are the repositories that an account names in full.
func named(account integrations.Account) (out []string) {
	for _, pattern := range patterns(account) {
		if strings.Count(pattern, "/") == 1 && !strings.ContainsAny(pattern, `*?[\`) {
			out = append(out, pattern)
		}
	}
	return out
}

// Check refuses settings that do not work, and tries the token on each repository.
func (p *Polled) Check(ctx context.Context, account integrations.Account) error {
	if err := p.Source.Check(ctx, account); err != nil || !p.Polls(account) {
		return err
	}
	api, err := p.api(account)
	if err != nil {
		return err
	}
	for _, repository := range named(account) {
		owner, name, _ := strings.Cut(repository, "/")
		if _, _, err := api.PullRequests.List(ctx, owner, name, listing(1, 1)); err != nil {
			return trouble(repository, err)
		}
	}
	return nil
}

func listing(page, size int) *gogithub.PullRequestListOptions {
	return &gogithub.PullRequestListOptions{State: "all", Sort: "updated", Direction: "desc",
		ListOptions: gogithub.ListOptions{Page: page, PerPage: size}}
}

// Poll asks each repository for the pull requests that changed since the cursor,
// which is the newest change known of each, as JSON.
func (p *Polled) Poll(ctx context.Context, account integrations.Account, cursor string) (batch models.Batch, more bool, err error) {
	marks := map[string]time.Time{}
	if cursor != "" && json.Unmarshal([]byte(cursor), &marks) != nil {
		marks = map[string]time.Time{} // of another program: begin anew, it is safe
	}
	api, err := p.api(account)
	if err != nil {
		return batch, false, err
	}
	for _, repository := range named(account) {
		r := reading{api: api, account: account, repository: repository, mark: marks[repository]}
		if err := r.pulls(ctx); err != nil {
			return models.Batch{}, false, trouble(repository, err)
		}
		marks[repository] = r.newest
		batch.Descriptions = append(batch.Descriptions, r.found...)
	}
	text, err := json.Marshal(marks)
	batch.Cursor = string(text)
	return batch, false, err
}

// reading is the poll of one repository.
type reading struct {
	api          *gogithub.Client
	account      integrations.Account
	repository   string
	mark, newest time.Time
	found        []models.Description
}

// pulls reads pages, the newest change first, until one known before.
func (r *reading) pulls(ctx context.Context) error {
	r.newest = r.mark
	owner, name, _ := strings.Cut(r.repository, "/")
	for page := 1; page > 0 && (page <= firstPages || !r.mark.IsZero()); {
		list, response, err := r.api.PullRequests.List(ctx, owner, name, listing(page, pageSize))
		if err != nil {
			return err
		}
		for _, pr := range list {
			if pr.GetUpdatedAt().Before(r.mark.Add(-overlap)) {
				return nil
			}
			if err := r.pull(ctx, pr); err != nil {
				return err
			}
		}
		page = response.NextPage
	}
	return nil
}

// pull takes in one pull request with its reviews. Those as old as the mark are
// read again: two may change in one second.
func (r *reading) pull(ctx context.Context, pr *gogithub.PullRequest) error {
	if updated := pr.GetUpdatedAt().Time; updated.After(r.newest) {
		r.newest = updated
	}
	if pr.GetUpdatedAt().Before(r.mark) {
		return nil
	}
	pr.Merged = gogithub.Bool(!pr.GetMergedAt().IsZero()) // lists leave it out
	if err := r.hear("pull_request", map[string]any{"action": "synchronize", "pull_request": pr}, pr); err != nil {
		return err
	}
	return r.reviews(ctx, pr)
}

func (r *reading) reviews(ctx context.Context, pr *gogithub.PullRequest) error {
	owner, name, _ := strings.Cut(r.repository, "/")
	for page := 1; page > 0; {
		list, response, err := r.api.PullRequests.ListReviews(ctx, owner, name, pr.GetNumber(), &gogithub.ListOptions{Page: page, PerPage: pageSize})
		if err != nil {
			return err
		}
		for _, review := range list {
			if err := r.hear("pull_request_review", map[string]any{"action": "submitted", "review": review, "pull_request": pr}, pr); err != nil {
				return err
			}
		}
		page = response.NextPage
	}
	return nil
}

// hear decodes what was read as the webhook that tells the same.
func (r *reading) hear(event string, payload map[string]any, pr *gogithub.PullRequest) error {
	payload["repository"] = pr.GetBase().GetRepo()
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	decoded, err := decode(r.account, event, body)
	if err == nil && decoded.Err == nil {
		r.found = append(r.found, decoded.Batch.Descriptions...)
	}
	return err
}
