package github

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/models"
)

// checkRun is go-github's without the parts that it cannot read in old payloads.
type checkRun struct {
	gogithub.CheckRun
	StartedAt    moment          `json:"started_at"`
	CompletedAt  moment          `json:"completed_at"`
	CheckSuite   times           `json:"check_suite"`
	App          json.RawMessage `json:"app"`
	Output       json.RawMessage `json:"output"`
	PullRequests json.RawMessage `json:"pull_requests"`
}

type times struct {
	CreatedAt moment `json:"created_at"`
}

type checkRunEvent struct {
	CheckRun checkRun `json:"check_run"`
}

func (p post) checkRunEvent() ([]models.Description, error) {
	event, err := read[checkRunEvent](p)
	if err != nil {
		return nil, err
	}
	run := event.CheckRun
	if strings.HasPrefix(run.GetExternalID(), markerPrefix) {
		return nil, nil // what we said ourselves
	}
	state, raw := workState(run.GetStatus(), run.GetConclusion())
	at := latest(run.StartedAt.utc(), run.CompletedAt.utc())
	if at.IsZero() {
		at = run.CheckSuite.CreatedAt.utc() // a queued check may have no time yet
	}
	url := webAddress(run.GetDetailsURL())
	if url == "" {
		url = webAddress(run.GetHTMLURL())
	}
	return p.check(check{sha: run.GetHeadSHA(), name: run.GetName(), id: run.GetID(), state: state, raw: raw, url: url, at: at})
}

func (p post) statusEvent() ([]models.Description, error) {
	event, err := read[struct {
		gogithub.RepoStatus
		SHA string `json:"sha"`
	}](p)
	if err != nil || event.GetContext() == checkName || strings.HasPrefix(event.GetContext(), statusPrefix) {
		return nil, err // or what we said ourselves
	}
	state := models.WorkState(strings.ToLower(event.GetState()))
	if event.GetState() == "pending" { // a status has no word for running
		state = models.Running
	}
	at := latest(when(event.CreatedAt), when(event.UpdatedAt))
	return p.check(check{sha: event.SHA, name: event.GetContext(), id: event.GetID(), state: state,
		raw: line(event.GetState()), url: webAddress(event.GetTargetURL()), at: at})
}

// check is a check run or a commit status: two systems, one list of checks.
type check struct {
	sha, name string
	id        int64
	state     models.State
	raw, url  string
	at        time.Time
}

func (p post) check(c check) ([]models.Description, error) {
	ref, ok := p.commit(c.sha)
	name := line(c.name)
	if !ok || name == "" || c.at.IsZero() {
		return nil, p.lacks("commit, name or time of the check")
	}
	fact := map[string]any{"state": c.state, "raw": c.raw, "at": stamp(c.at)}
	if c.url != "" {
		fact["url"] = c.url
	}
	return []models.Description{{Ref: ref, At: c.at, Attempt: precedence(c.id, c.state),
		URL: p.commitURL(c.sha), Facts: map[string]any{"check." + name: fact}}}, nil
}

type checkSuite struct {
	gogithub.CheckSuite
	App struct {
		ID       int64  `json:"id"`
		ClientID string `json:"client_id"`
		Slug     string `json:"slug"`
		Name     string `json:"name"`
	} `json:"app"`
	HeadCommit   *gogithub.HeadCommit `json:"head_commit"`
	Repository   json.RawMessage      `json:"repository"`
	PullRequests json.RawMessage      `json:"pull_requests"`
}

// actions tells whether the suite is of GitHub Actions, whose truth is the
// workflow run.
func (s checkSuite) actions() bool {
	return s.App.Slug == "github-actions" || s.App.Slug == "" && s.App.Name == "GitHub Actions"
}

// checkSuiteEvent describes the suite of another app as a pipeline run.
func (p post) checkSuiteEvent() ([]models.Description, error) {
	event, err := read[struct {
		CheckSuite checkSuite `json:"check_suite"`
	}](p)
	suite := event.CheckSuite
	if err != nil || suite.actions() || p.app != "" && (p.app == strconv.FormatInt(suite.App.ID, 10) || p.app == suite.App.ClientID) {
		return nil, err // Actions tells of its runs itself, and our own App only of what we say
	}
	at := latest(when(suite.CreatedAt), when(suite.UpdatedAt))
	if suite.GetID() <= 0 || at.IsZero() {
		return nil, p.lacks("check suite with an id and a time")
	}
	d := models.Description{At: at, Title: line(suite.App.Name), StateAt: at, Facts: p.suiteFacts(suite),
		Ref:   models.Ref{Kind: models.PipelineRun, Key: "suite-" + strconv.FormatInt(suite.GetID(), 10)},
		URL:   p.checksURL(suite.GetHeadSHA()),
		Links: p.linkTo(models.BuiltFrom, suite.GetHeadSHA())}
	d.State, d.Raw = workState(suite.GetStatus(), suite.GetConclusion())
	d.Facts["ended_at"] = endedAt(d.State, at)
	return append([]models.Description{d}, p.named(suite.HeadCommit, 0)...), nil
}

func (p post) suiteFacts(suite checkSuite) facts {
	f := facts{"repository": p.repositoryKey()}
	f.text("pipeline", suite.App.Name)
	f.text("branch", suite.GetHeadBranch())
	f.text("head_sha", strings.ToLower(suite.GetHeadSHA()))
	f.time("started_at", when(suite.CreatedAt))
	return f
}

func (p post) checksURL(sha string) string {
	if url := p.commitURL(sha); url != "" {
		return url + "/checks"
	}
	return ""
}

// endedAt is nothing while the thing is under way, also when an earlier attempt
// had ended.
func endedAt(state models.State, at time.Time) any {
	if state.Terminal() {
		return stamp(at)
	}
	return nil
}
