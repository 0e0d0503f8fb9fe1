package lookalike

import (
	"strconv"
	"time"
)

var checkRoutes = []route{
	{"GET /repos/{owner}/{repo}/commits/{ref}/check-runs", "checks", "read", ofCommit(checkRuns)},
	{"GET /repos/{owner}/{repo}/commits/{ref}/check-suites", "checks", "read", ofCommit(func(a *ask, c *Commit) any {
		return a.field("check_suites", each(a.repo.suites[c.SHA], func(v *suite) any { return v.json(a.repo) }))
	})},
	{"GET /repos/{owner}/{repo}/commits/{ref}/status", "statuses", "read", ofCommit(combined)},
	{"GET /repos/{owner}/{repo}/commits/{ref}/statuses", "statuses", "read", ofCommit(func(a *ask, c *Commit) any {
		return a.page(each(newestFirst(a.repo.statuses[c.SHA]), func(v *Status) any { return v.json() }))
	})},
	{"POST /repos/{owner}/{repo}/statuses/{ref}", "statuses", "write", postStatus},
	{"POST /repos/{owner}/{repo}/check-runs", "checks", "write", postCheck},
	{"GET /repos/{owner}/{repo}/check-runs/{id}", "checks", "read", ofCheck(func(_ *ask, c *Check) (any, error) { return c.json(), nil })},
	{"PATCH /repos/{owner}/{repo}/check-runs/{id}", "checks", "write", ofCheck(patchCheck)},
}

func ofCommit(do func(*ask, *Commit) any) func(*ask) (any, error) {
	return func(a *ask) (any, error) {
		c := a.repo.resolve(a.r.PathValue("ref"))
		if c == nil {
			return nil, refusal{status: 422, message: "No commit found for SHA: " + a.r.PathValue("ref")}
		}
		return do(a, c), nil
	}
}

// checkRuns are the newest of each name, or with filter=all all of them.
func checkRuns(a *ask, c *Commit) any {
	query := a.r.URL.Query()
	var list []*Check
	for _, v := range a.repo.suites[c.SHA] {
		checks := v.latest()
		if query.Get("filter") == "all" {
			checks = v.checks
		}
		for _, one := range checks {
			if name := query.Get("check_name"); name == "" || name == one.Name {
				list = append(list, one)
			}
		}
	}
	return a.field("check_runs", each(newestFirst(list), func(c *Check) any { return c.json() }))
}

func combined(a *ask, c *Commit) any {
	latest := a.repo.latestStatuses(c.SHA)
	state := "success"
	for _, v := range latest {
		switch {
		case v.State == "failure" || v.State == "error":
			state = "failure"
		case v.State == "pending" && state == "success":
			state = "pending"
		}
	}
	if len(latest) == 0 {
		state = "pending"
	}
	return object{"state": state, "sha": c.SHA, "total_count": len(latest), "repository": a.repo.minimal(), "commit_url": a.repo.url() + "/commits/" + c.SHA,
		"statuses": a.page(each(latest, func(v *Status) any { return v.short() }))}
}

func postStatus(a *ask) (any, error) {
	var in struct {
		State, Context, Description string
		TargetURL                   string `json:"target_url"`
	}
	if err := a.body(&in); err != nil {
		return nil, err
	}
	c := a.repo.commits[a.r.PathValue("ref")]
	if c == nil {
		return nil, refusal{status: 422, message: "No commit found for SHA: " + a.r.PathValue("ref")}
	}
	if in.State == "" || len(in.Description) > 140 {
		return nil, invalid("Status", "state")
	}
	if in.Context == "" {
		in.Context = "default"
	}
	a.tick()
	a.status = 201
	return a.repo.setStatus(c.SHA, in.Context, in.State, in.Description, in.TargetURL, a.actor()).json(), nil
}

// checkInput is what an API client says of a check run; absent fields stay.
type checkInput struct {
	Name        *string
	HeadSHA     *string `json:"head_sha"`
	Status      *string
	Conclusion  *string
	DetailsURL  *string    `json:"details_url"`
	ExternalID  *string    `json:"external_id"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Output      *struct{ Title, Summary, Text string }
}

func postCheck(a *ask) (any, error) {
	var in checkInput
	if err := a.body(&in); err != nil {
		return nil, err
	}
	if a.token.install == nil {
		return nil, refusal{status: 403, message: "You must authenticate via a GitHub App."}
	}
	if in.Name == nil || in.HeadSHA == nil {
		return nil, invalid("CheckRun", "name")
	}
	if a.repo.commits[*in.HeadSHA] == nil {
		return nil, refusal{status: 422, message: "No commit found for SHA: " + *in.HeadSHA}
	}
	a.tick()
	by := a.token.install.App
	status := "queued"
	if in.Status != nil {
		status = *in.Status
	}
	c := a.repo.addCheck(*in.HeadSHA, "", *in.Name, app{by.ID, by.Slug, by.Name}, status, func(c *Check) string {
		if in.ExternalID != nil {
			c.ExternalID = *in.ExternalID // its first webhook tells it already
		}
		return c.html()
	})
	a.status = 201
	return a.fill(c, in), nil
}

func patchCheck(a *ask, c *Check) (any, error) {
	var in checkInput
	if err := a.body(&in); err != nil {
		return nil, err
	}
	if a.token.install == nil || c.suite.app.id != a.token.install.App.ID {
		return nil, refusal{status: 403, message: "Invalid app_id `" + strconv.FormatInt(c.suite.app.id, 10) + "` - check run can only be modified by the GitHub App that created it."}
	}
	a.tick()
	return a.fill(c, in), nil
}

// fill takes in what was said of a check run.
func (a *ask) fill(c *Check, in checkInput) any {
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&c.Name, in.Name)
	set(&c.Status, in.Status)
	set(&c.DetailsURL, in.DetailsURL)
	set(&c.ExternalID, in.ExternalID)
	if in.Output != nil {
		c.Title, c.Summary, c.Text = in.Output.Title, in.Output.Summary, in.Output.Text
	}
	if in.Conclusion != nil && *in.Conclusion != "" {
		c.finish(*in.Conclusion)
	} else if c.Status != "completed" {
		c.Conclusion, c.CompletedAt = "", time.Time{}
		c.suite.sum()
	}
	return c.json()
}

func ofCheck(do func(*ask, *Check) (any, error)) func(*ask) (any, error) {
	return func(a *ask) (any, error) {
		for _, list := range a.repo.checks {
			for _, c := range list {
				if text(c.ID) == a.r.PathValue("id") {
					return do(a, c)
				}
			}
		}
		return nil, notFound
	}
}
