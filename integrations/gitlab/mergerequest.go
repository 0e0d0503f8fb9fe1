package gitlab

import (
	"strconv"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// mergeRequestPost is a Merge Request Hook.
type mergeRequestPost struct {
	post
	Request struct {
		Number     int64  `json:"iid"`
		Title      string `json:"title"`
		Text       string `json:"description"`
		URL        string `json:"url"`
		State      string `json:"state"`
		Action     string `json:"action"`
		Source     string `json:"source_branch"`
		Target     string `json:"target_branch"`
		Created    string `json:"created_at"`
		Updated    string `json:"updated_at"`
		Draft      bool   `json:"draft"`
		InProgress bool   `json:"work_in_progress"` // before GitLab 14
		MergeSHA   string `json:"merge_commit_sha"`
		SquashSHA  string `json:"squash_commit_sha"`
		LastCommit struct {
			ID string `json:"id"`
		} `json:"last_commit"`
	} `json:"object_attributes"`
	Labels []struct{ Title string } `json:"labels"`
}

// mergeRequestEvent reads a merge request as the pull request that it is.
func mergeRequestEvent(_ integrations.Account, body []byte) (d models.Description, err error) {
	var p mergeRequestPost
	if err := integrations.ReadJSON(body, &p); err != nil {
		return d, err
	}
	page, _ := p.Project.page()
	r := p.Request
	at := when(r.Updated)
	if page == "" || r.Number <= 0 || at.IsZero() {
		return d, lacks("merge request with a number, a time and a project")
	}
	repository := models.RepositoryKey(page)
	d = models.Description{Ref: models.Ref{Kind: models.PullRequest, Key: models.PullRequestKey(repository, strconv.FormatInt(r.Number, 10))},
		At: at, Title: integrations.Line(r.Title, maxName), URL: integrations.Web(r.URL), Text: integrations.Cut(r.Text, 20<<10), Raw: integrations.Line(r.State, 60)}
	if d.State = p.state(); r.Action != "open" { // of one second: nothing comes before the opening
		d.Attempt = 1
	}
	if d.State == models.Merged || d.State == models.Closed {
		d.StateAt = at
	}
	p.facts(&d, repository, at)
	d.Links = link(models.Contains, page, r.LastCommit.ID)
	if d.State == models.Merged {
		d.Links = append(d.Links, p.merged(page)...)
	}
	return d, nil
}

// merged are the commits that the merge left on the target branch.
func (p mergeRequestPost) merged(page string) []models.LinkTo {
	if p.Request.MergeSHA != "" {
		return link(models.MergedAs, page, p.Request.MergeSHA)
	}
	if p.Request.SquashSHA != "" {
		return link(models.MergedAs, page, p.Request.SquashSHA)
	}
	return link(models.MergedAs, page, p.Request.LastCommit.ID) // fast-forward
}

func (p mergeRequestPost) state() models.State {
	switch r := p.Request; {
	case r.State == "merged":
		return models.Merged
	case r.State == "closed":
		return models.Closed
	case r.Draft || r.InProgress:
		return models.Draft
	}
	return models.Open
}

func (p mergeRequestPost) facts(d *models.Description, repository string, at time.Time) {
	r, who := p.Request, integrations.Line(p.User.Login, maxName)
	labels := make([]string, 0, len(p.Labels))
	for _, l := range p.Labels[:min(len(p.Labels), maxFacts)] {
		labels = append(labels, integrations.Line(l.Title, maxName))
	}
	d.Facts = map[string]any{"repository": repository, "number": r.Number, "labels": labels, "draft": r.Draft || r.InProgress}
	for name, value := range map[string]string{"branch": r.Source, "base": r.Target, "head_sha": strings.ToLower(r.LastCommit.ID)} {
		integrations.Told(d.Facts, name, integrations.Line(value, maxName))
	}
	integrations.Told(d.Facts, "created_at", when(r.Created))
	switch {
	case who == "":
	case r.Action == "open":
		d.Facts["author"] = who
	case r.Action == "merge":
		d.Facts["merged_by"], d.Facts["merged_at"] = who, models.StepTime(at)
	case r.Action == "approved" || r.Action == "approval":
		d.Facts["review."+who] = map[string]any{"state": "approved", "at": models.StepTime(at), "commit": strings.ToLower(integrations.Line(r.LastCommit.ID, 64))}
	case r.Action == "unapproved" || r.Action == "unapproval":
		d.Facts["review."+who] = map[string]any{"state": "dismissed", "at": models.StepTime(at)}
	}
}
