package lookalike

import (
	"strings"
	"time"
)

var workRoutes = []route{
	{"GET /repos/{owner}/{repo}/actions/runs", "actions", "read", listRuns},
	{"GET /repos/{owner}/{repo}/actions/runs/{id}", "actions", "read", ofRun(func(_ *ask, run *Run) any { return run.json() })},
	{"GET /repos/{owner}/{repo}/actions/runs/{id}/jobs", "actions", "read", ofRun(jobs)},
	{"GET /repos/{owner}/{repo}/deployments", "deployments", "read", listDeployments},
	{"GET /repos/{owner}/{repo}/deployments/{id}", "deployments", "read", ofDeployment(func(_ *ask, d *Deployment) any { return d.json() })},
	{"GET /repos/{owner}/{repo}/deployments/{id}/statuses", "deployments", "read", ofDeployment(func(a *ask, d *Deployment) any {
		return a.page(each(newestFirst(d.Statuses), func(v *DeploymentStatus) any { return d.status(v) }))
	})},
}

const searched = 1000 // runs that a search shows at most

// listRuns lists runs, the newest first. Any filter makes it a search.
func listRuns(a *ask) (any, error) {
	query := a.r.URL.Query()
	search := false
	for _, name := range []string{"actor", "branch", "check_suite_id", "created", "event", "head_sha", "status"} {
		search = search || query.Get(name) != ""
	}
	var list []*Run
	for _, run := range newestFirst(a.repo.Runs) {
		if matches(run, query.Get) {
			list = append(list, run)
		}
	}
	total := len(list)
	if search {
		list = list[:min(searched, total)]
	}
	out := a.field("workflow_runs", each(list, func(run *Run) any { return lazy(run.json) }))
	out["total_count"] = total
	return out, nil
}

func matches(run *Run, want func(string) string) bool {
	for name, value := range map[string]string{"branch": run.Branch, "event": run.Event, "head_sha": run.SHA, "actor": run.By.login()} {
		if want(name) != "" && want(name) != value {
			return false
		}
	}
	if status := want("status"); status != "" && status != run.Status && status != run.Conclusion {
		return false
	}
	return created(run.CreatedAt, want("created"))
}

// created tells whether a time is in a range as searches write it: >=X, <X, X..Y.
func created(at time.Time, span string) bool {
	at = at.Truncate(time.Second)
	from, to, both := strings.Cut(span, "..")
	switch {
	case span == "":
		return true
	case both:
		return !at.Before(day(from)) && (to == "*" || !at.After(day(to)))
	case strings.HasPrefix(span, ">="):
		return !at.Before(day(span[2:]))
	case strings.HasPrefix(span, ">"):
		return at.After(day(span[1:]))
	case strings.HasPrefix(span, "<="):
		return !at.After(day(span[2:]))
	case strings.HasPrefix(span, "<"):
		return at.Before(day(span[1:]))
	}
	return at.Format(time.DateOnly) == span
}

func day(word string) time.Time {
	if at, err := time.Parse(time.RFC3339, word); err == nil {
		return at
	}
	at, _ := time.Parse(time.DateOnly, word)
	return at
}

func ofRun(do func(*ask, *Run) any) func(*ask) (any, error) {
	return func(a *ask) (any, error) {
		for _, run := range a.repo.Runs {
			if text(run.ID) == a.r.PathValue("id") {
				return do(a, run), nil
			}
		}
		return nil, notFound
	}
}

// jobs are those of the latest attempt, or with filter=all of all.
func jobs(a *ask, run *Run) any {
	list := run.Latest()
	if a.r.URL.Query().Get("filter") == "all" {
		list = run.Jobs
	}
	return a.field("jobs", each(list, func(j *Job) any { return j.json() }))
}

func listDeployments(a *ask) (any, error) {
	query := a.r.URL.Query()
	var list []*Deployment
	for _, d := range newestFirst(a.repo.deployments) {
		if sha, environment := query.Get("sha"), query.Get("environment"); (sha == "" || sha == d.SHA) && (environment == "" || environment == d.Environment) {
			list = append(list, d)
		}
	}
	return a.page(each(list, func(d *Deployment) any { return d.json() })), nil
}

func ofDeployment(do func(*ask, *Deployment) any) func(*ask) (any, error) {
	return func(a *ask) (any, error) {
		for _, d := range a.repo.deployments {
			if text(d.ID) == a.r.PathValue("id") {
				return do(a, d), nil
			}
		}
		return nil, notFound
	}
}
