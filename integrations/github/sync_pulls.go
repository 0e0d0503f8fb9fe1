package github

import (
	"encoding/json"

	"strconv"
	"time"

	"throughline/models"
)

// The depth of the first import.
const (
	pageSize    = 100         // the most that GitHub gives
	overlap     = time.Minute // before the newest one known: clocks and pages shift
	historyDays = 365         // of pull requests and deployments, where the setting says nothing else
	runDays     = 30          // of workflow runs
	watchedMost = 300         // commits of a repository whose checks are asked for in every round
)

// since is how far back the import goes.
func (v *visit) since() time.Time {
	days, err := strconv.Atoi(v.account.Get("history"))
	if err != nil || days <= 0 {
		days = historyDays
	}
	return v.Progress.StartedAt.AddDate(0, 0, -days)
}

// listedPull is what a list's item has to say of when it is read.
type listedPull struct {
	Number    int       `json:"number"`
	State     string    `json:"state"`
	UpdatedAt time.Time `json:"updated_at"`
}

// pulls reads a page of pull requests, the newest change first, until one known
// before or older than the history that is wanted. Each that may have changed is
// described at once, and read in full as a task of its own.
func (v *visit) pulls(repo *mark, t task) error {
	a, err := v.page(t, pageOf("repos/"+repo.Name+"/pulls?state=all&sort=updated&direction=desc", t.Page))
	if err != nil || a.unchanged {
		return err
	}
	items, err := parse[[]json.RawMessage](a)
	if err != nil {
		return err
	}
	fresh, further := v.freshPulls(repo, t, items)
	v.expect(repo, stagePulls, t.Page, a, len(items), len(fresh))
	switch {
	case further && a.next > 0:
		repo.Tasks = append(repo.Tasks, task{Kind: "pulls", Page: a.next})
	case repo.Cut && !repo.Imported:
		repo.Tasks = append(repo.Tasks, task{Kind: "open pulls", Page: 1})
	}
	repo.Tasks = append(repo.Tasks, fresh...)
	if t.Page == 1 {
		v.keep(a)
	}
	return nil
}

// freshPulls describes the items that may have changed and returns their tasks,
// the newest last; further tells whether the next page may hold more.
func (v *visit) freshPulls(repo *mark, t task, items []json.RawMessage) (tasks []task, further bool) {
	for n, item := range items {
		var pr listedPull
		if json.Unmarshal(item, &pr) != nil || pr.Number <= 0 {
			continue
		}
		if t.Page == 1 && n == 0 {
			repo.PullsTop = pr.UpdatedAt
		}
		if repo.Cut = pr.UpdatedAt.Before(v.since()); repo.Cut || pr.UpdatedAt.Before(repo.PullsAt.Add(-overlap)) {
			return reversed(tasks), false
		}
		if !pr.UpdatedAt.Before(repo.PullsAt) {
			v.describePull(repo, item, nil)
			tasks = append(tasks, task{Kind: "pull", Arg: strconv.Itoa(pr.Number)})
		}
	}
	return reversed(tasks), true
}

func reversed(tasks []task) []task {
	for i, j := 0, len(tasks)-1; i < j; i, j = i+1, j-1 {
		tasks[i], tasks[j] = tasks[j], tasks[i]
	}
	return tasks
}

// openPulls reads the pull requests that are open since before the history that
// is wanted.
func (v *visit) openPulls(repo *mark, t task) error {
	a, err := v.get(pageOf("repos/"+repo.Name+"/pulls?state=open&sort=updated&direction=asc", t.Page))
	if err != nil {
		return err
	}
	items, err := parse[[]json.RawMessage](a)
	if err != nil {
		return err
	}
	var old []task
	for _, item := range items {
		var pr listedPull
		if json.Unmarshal(item, &pr) == nil && pr.Number > 0 && pr.UpdatedAt.Before(v.since()) {
			old = append(old, task{Kind: "pull", Arg: strconv.Itoa(pr.Number)})
		}
	}
	if len(old) == len(items) && a.next > 0 {
		repo.Tasks = append(repo.Tasks, task{Kind: "open pulls", Page: a.next})
	}
	v.stage(stagePulls, 0, len(old))
	repo.Tasks = append(repo.Tasks, reversed(old)...)
	return nil
}

// pull reads one pull request in full: itself, its commits, its reviews, and the
// checks of its head.
func (v *visit) pull(repo *mark, t task) error {
	at := "repos/" + repo.Name + "/pulls/" + t.Arg
	a, err := v.get(at)
	if absent(err) {
		return nil
	}
	if err != nil {
		return err
	}
	pr, err := parse[struct {
		State string `json:"state"`
		Head  branch `json:"head"`
	}](a)
	if err != nil {
		return err
	}
	commits, err := v.commits(repo, at)
	if err != nil {
		return err
	}
	v.describePull(repo, a.body, commits)
	if err := v.reviews(repo, at, a.body); err != nil {
		return err
	}
	v.stage(stagePulls, 1, 0)
	return v.head(repo, t.Arg, headMark{SHA: pr.Head.SHA, Closed: pr.State != "open"})
}

// describePull says of a pull request what a webhook would. What is read later
// is truer than what was heard of the same second.
func (v *visit) describePull(repo *mark, raw json.RawMessage, commits []string) {
	read := int(time.Now().UnixMilli())
	for _, d := range v.hear(repo, "pull_request", map[string]any{"action": "synchronize", "pull_request": merging(raw)}) {
		if d.Ref.Kind == models.PullRequest {
			d.Attempt = read
			d.Links = unique(append(d.Links, contains(repo, v, commits)...))
		}
		v.found = append(v.found, d)
	}
}

// contains are the links to a pull request's commits.
func contains(repo *mark, v *visit, commits []string) (out []models.LinkTo) {
	p := post{host: host(v.account), repo: repository{FullName: repo.Name}}
	for _, sha := range commits {
		out = append(out, p.linkTo(models.Contains, sha)...)
	}
	return out
}

// merging adds what lists leave out: whether a pull request was merged.
func merging(raw json.RawMessage) json.RawMessage {
	var pr map[string]json.RawMessage
	if json.Unmarshal(raw, &pr) != nil {
		return raw
	}
	if _, said := pr["merged"]; said {
		return raw
	}
	at := string(pr["merged_at"])
	pr["merged"] = json.RawMessage(strconv.FormatBool(at != "" && at != "null"))
	text, err := json.Marshal(pr)
	if err != nil {
		return raw
	}
	return text
}

// reviews reads what reviewers said.
func (v *visit) reviews(repo *mark, at string, pr json.RawMessage) error {
	return v.pages(at+"/reviews", "", func(review json.RawMessage) {
		v.found = append(v.found, v.hear(repo, "pull_request_review", map[string]any{"action": "submitted", "review": review, "pull_request": pr})...)
	})
}

// restCommit is a commit as REST holds it.
type restCommit struct {
	SHA    string `json:"sha"`
	Commit struct {
		Message string `json:"message"`
		Author  struct {
			Name  string `json:"name"`
			Email string `json:"email"`
		} `json:"author"`
		Committer struct {
			Date string `json:"date"`
		} `json:"committer"`
	} `json:"commit"`
	Author struct {
		Login string `json:"login"`
	} `json:"author"`
}

// commits reads a pull request's commits, of which GitHub lists the first 250.
func (v *visit) commits(repo *mark, at string) (shas []string, err error) {
	err = v.pages(at+"/commits", "", func(raw json.RawMessage) {
		var c restCommit
		if json.Unmarshal(raw, &c) == nil {
			shas = append(shas, c.SHA)
			v.found = append(v.found, v.hear(repo, "push", map[string]any{"commits": []any{c.pushed()}})...)
		}
	})
	return shas, err
}

// pushed is the commit as a push tells it.
func (c restCommit) pushed() map[string]any {
	return map[string]any{"id": c.SHA, "message": c.Commit.Message, "timestamp": c.Commit.Committer.Date,
		"author": map[string]string{"name": c.Commit.Author.Name, "email": c.Commit.Author.Email, "username": c.Author.Login}}
}
