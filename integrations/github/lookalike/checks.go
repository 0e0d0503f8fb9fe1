package lookalike

import "time"

// Check is a check run: of an app, or of a job of Actions.
type Check struct {
	Repo                   *Repo
	ID                     int64
	SHA, Name              string
	Status, Conclusion     string
	StartedAt, CompletedAt time.Time
	DetailsURL, ExternalID string
	Title, Summary, Text   string
	Actions                []any
	suite                  *suite
}

// suite is all of one app's checks of one commit.
type suite struct {
	id                   int64
	sha, branch          string
	app                  app
	status, conclusion   string
	createdAt, updatedAt time.Time
	checks               []*Check
}

// app is who makes checks.
type app struct {
	id         int64
	slug, name string
}

var (
	actionsApp   = app{15368, "github-actions", "GitHub Actions"}
	buildkiteApp = app{72, "buildkite", "Buildkite"}
)

func (a app) json() object {
	return object{"id": a.id, "slug": a.slug, "name": a.name, "html_url": "https://github.com/apps/" + a.slug, "owner": object{"login": a.slug, "id": a.id, "type": "Organization"}}
}

func (r *Repo) suite(sha, branch string, of app) *suite {
	for _, known := range r.suites[sha] {
		if known.app == of {
			return known
		}
	}
	v := &suite{id: r.s.id(), sha: sha, branch: branch, app: of, status: "queued", createdAt: r.s.clock, updatedAt: r.s.clock}
	r.suites[sha] = append(r.suites[sha], v)
	return v
}

// StartCheck begins another app's check run of a commit.
func (r *Repo) StartCheck(sha, branch, name string) *Check {
	var c *Check
	r.s.change(func() { c = r.addCheck(sha, branch, name, buildkiteApp, "in_progress", nil) })
	return c
}

// RunCheck is StartCheck with its end.
func (r *Repo) RunCheck(sha, branch, name, conclusion string) *Check {
	c := r.StartCheck(sha, branch, name)
	c.Finish(conclusion)
	return c
}

// addCheck makes a check run; page gives it its page where that is not the app's.
func (r *Repo) addCheck(sha, branch, name string, of app, status string, page func(*Check) string) *Check {
	c := &Check{Repo: r, ID: r.s.id(), SHA: sha, Name: name, Status: status, StartedAt: r.s.clock, DetailsURL: "https://ci.acme.example/" + name, suite: r.suite(sha, branch, of)}
	if page != nil {
		c.DetailsURL = page(c)
	}
	c.suite.checks = append(c.suite.checks, c)
	c.suite.sum()
	r.checks[sha] = append(r.checks[sha], c)
	c.emit("created")
	return c
}

// Finish ends the check run; when it is the last one its suite ends too.
func (c *Check) Finish(conclusion string) {
	c.Repo.s.change(func() { c.finish(conclusion) })
}

func (c *Check) finish(conclusion string) {
	c.Status, c.Conclusion, c.CompletedAt = "completed", conclusion, c.Repo.s.clock
	c.suite.updatedAt = c.Repo.s.clock
	c.suite.sum()
	c.emit("completed")
	if c.suite.status == "completed" {
		c.Repo.emit("check_suite", "completed", c.Repo.Owner, object{"check_suite": c.suite.json(c.Repo)})
	}
}

// sum works out where the suite stands: as its latest checks do.
func (v *suite) sum() {
	v.status, v.conclusion = "completed", "success"
	for _, c := range v.latest() {
		if c.Status != "completed" {
			v.status, v.conclusion = "in_progress", ""
			return
		}
		if c.Conclusion == "failure" {
			v.conclusion = "failure"
		}
	}
}

// latest are the newest checks of each name.
func (v *suite) latest() (out []*Check) {
	at := map[string]int{}
	for _, c := range v.checks {
		if n, again := at[c.Name]; again {
			out[n] = c
			continue
		}
		at[c.Name] = len(out)
		out = append(out, c)
	}
	return out
}

func (v *suite) json(r *Repo) object {
	return object{"id": v.id, "node_id": node("CS", v.id), "head_branch": v.branch, "head_sha": v.sha, "status": v.status, "conclusion": null(v.conclusion),
		"app": v.app.json(), "created_at": stamp(v.createdAt), "updated_at": stamp(v.updatedAt), "latest_check_runs_count": len(v.latest()),
		"head_commit": r.commits[v.sha].headOf(), "pull_requests": r.mentioned(v.sha), "url": r.url() + "/check-suites/" + text(v.id), "before": zeros, "after": v.sha}
}

func (c *Check) html() string {
	return c.Repo.html() + "/runs/" + text(c.ID)
}

func (c *Check) json() object {
	return object{"id": c.ID, "node_id": node("CR", c.ID), "head_sha": c.SHA, "name": c.Name, "external_id": c.ExternalID, "status": c.Status, "conclusion": null(c.Conclusion),
		"started_at": stamp(c.StartedAt), "completed_at": stamp(c.CompletedAt), "details_url": c.DetailsURL, "html_url": c.html(), "url": c.Repo.url() + "/check-runs/" + text(c.ID),
		"output": object{"title": null(c.Title), "summary": null(c.Summary), "text": null(c.Text), "annotations_count": 0}, "app": c.suite.app.json(),
		"check_suite": object{"id": c.suite.id}, "pull_requests": c.Repo.mentioned(c.SHA)}
}

func (c *Check) emit(action string) {
	told := with(c.json(), object{"check_suite": c.suite.json(c.Repo)})
	c.Repo.emit("check_run", action, c.Repo.Owner, object{"check_run": told})
}

// Status is a commit status: the older of the two systems.
type Status struct {
	Repo                             *Repo
	ID                               int64
	SHA, Context, State, Description string
	Target                           string
	By                               *User
	CreatedAt                        time.Time
}

// Status says pending, success, failure or error of a commit.
func (r *Repo) Status(sha, context, state, by string) *Status {
	var v *Status
	r.s.change(func() {
		v = r.setStatus(sha, context, state, "", "https://jenkins.acme.example/"+context, r.s.user(by))
	})
	return v
}

func (r *Repo) setStatus(sha, context, state, description, target string, by *User) *Status {
	v := &Status{Repo: r, ID: r.s.id(), SHA: sha, Context: context, State: state, Description: description, Target: target, By: by, CreatedAt: r.s.clock}
	r.statuses[sha] = append(r.statuses[sha], v)
	told := with(v.json(), object{"sha": sha, "name": r.FullName(), "commit": object{"sha": sha}, "branches": []any{}})
	r.emit("status", "", by, told)
	return v
}

// json is the status as lists hold it; the sum leaves out who made it.
func (v *Status) json() object {
	return with(v.short(), object{"creator": v.By.json(v.Repo.s)})
}

func (v *Status) short() object {
	return object{"id": v.ID, "node_id": node("SC", v.ID), "url": v.Repo.url() + "/statuses/" + v.SHA, "state": v.State, "context": v.Context,
		"description": null(v.Description), "target_url": null(v.Target), "created_at": stamp(v.CreatedAt), "updated_at": stamp(v.CreatedAt)}
}

// latestStatuses are the newest of each context.
func (r *Repo) latestStatuses(sha string) (out []*Status) {
	seen := map[string]bool{}
	for _, v := range newestFirst(r.statuses[sha]) {
		if !seen[v.Context] {
			seen[v.Context] = true
			out = append(out, v)
		}
	}
	return out
}
