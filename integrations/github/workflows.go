package github

import (
	"encoding/json"
	"path"
	"strconv"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/models"
)

// workflowRun is go-github's without the whole repositories in it.
type workflowRun struct {
	gogithub.WorkflowRun
	Path           string          `json:"path"`
	HeadRepository repository      `json:"head_repository"`
	Repository     json.RawMessage `json:"repository"`
	PullRequests   json.RawMessage `json:"pull_requests"`
}

type workflowRunEvent struct {
	WorkflowRun workflowRun `json:"workflow_run"`
	Workflow    struct {
		Name string `json:"name"`
		Path string `json:"path"`
	} `json:"workflow"`
}

// name is the workflow's: in the run, in the workflow, or that of its file.
func (e workflowRunEvent) name() string {
	for _, name := range []string{e.WorkflowRun.GetName(), e.Workflow.Name, path.Base(e.WorkflowRun.Path), path.Base(e.Workflow.Path)} {
		if name = line(name); name != "" && name != "." && name != "/" {
			return name
		}
	}
	return "workflow"
}

func (p post) workflowRunEvent() ([]models.Description, error) {
	event, err := read[workflowRunEvent](p)
	if err != nil {
		return nil, err
	}
	run := event.WorkflowRun
	at := latest(when(run.CreatedAt), when(run.RunStartedAt), when(run.UpdatedAt))
	if run.GetID() <= 0 || at.IsZero() {
		return nil, p.lacks("workflow run with an id and a time")
	}
	state, raw := workState(run.GetStatus(), run.GetConclusion())
	d := models.Description{Ref: pipelineRun(run.GetID()), At: at, Attempt: precedence(int64(run.GetRunAttempt()), state), State: state, Raw: raw,
		Title: event.name() + " #" + strconv.Itoa(run.GetRunNumber()), URL: webAddress(run.GetHTMLURL()),
		Text: line(run.GetDisplayTitle()), Links: p.linkTo(models.BuiltFrom, run.GetHeadSHA())}
	d.StateAt = reached(d.State, at, when(run.RunStartedAt))
	d.Facts = p.workflowFacts(event)
	d.Facts["ended_at"] = endedAt(d.State, at)
	found := append([]models.Description{d}, p.named(run.HeadCommit, 0)...)
	return append(found, p.queued(run.GetHeadBranch(), run.GetHeadSHA(), when(run.CreatedAt))...), nil
}

// reached is when a run came into its state: its end, or its start.
func reached(state models.State, at, started time.Time) time.Time {
	if state.Terminal() || started.IsZero() {
		return at
	}
	return started
}

func pipelineRun(id int64) models.Ref {
	return models.Ref{Kind: models.PipelineRun, Key: strconv.FormatInt(id, 10)}
}

func (p post) workflowFacts(event workflowRunEvent) facts {
	run := event.WorkflowRun
	f := facts{"pipeline": event.name(), "repository": p.repositoryKey(), "actor": login(run.Actor)}
	f.number("number", run.RunNumber)
	f.number("attempt", run.RunAttempt)
	f.text("branch", run.GetHeadBranch())
	f.text("event", run.GetEvent())
	f.text("head_sha", strings.ToLower(run.GetHeadSHA()))
	started := when(run.RunStartedAt)
	if started.IsZero() {
		started = when(run.CreatedAt)
	}
	f.time("started_at", started)
	if fork := run.HeadRepository.FullName; fork != "" && fork != p.repo.FullName {
		f.text("head_repository", models.RepositoryKey(p.host+"/"+fork))
	}
	return f
}

type workflowJobEvent struct {
	WorkflowJob gogithub.WorkflowJob `json:"workflow_job"`
}

// workflowJobEvent describes a job as a step of its run, and as the check that it
// is: GitHub does not always tell of both. It leaves the run's state alone: jobs
// end before their run does.
func (p post) workflowJobEvent() ([]models.Description, error) {
	event, err := read[workflowJobEvent](p)
	if err != nil {
		return nil, err
	}
	job := &event.WorkflowJob
	at := latest(when(job.CreatedAt), when(job.StartedAt), when(job.CompletedAt))
	if job.GetRunID() <= 0 || line(job.GetName()) == "" || at.IsZero() {
		return nil, p.lacks("job with a run, a name and a time")
	}
	state, raw := workState(job.GetStatus(), job.GetConclusion())
	f := facts{"step." + line(job.GetName()): jobStep(job, state, raw), "repository": p.repositoryKey()}
	f["tried."+strconv.FormatInt(job.GetRunAttempt(), 10)+"."+line(job.GetName())] = state // a re-run does not undo what was before
	f.text("pipeline", job.GetWorkflowName())
	f.text("branch", job.GetHeadBranch())
	f.text("head_sha", strings.ToLower(job.GetHeadSHA()))
	step := models.Description{Ref: pipelineRun(job.GetRunID()), At: at, Attempt: precedence(job.GetRunAttempt(), state),
		Facts: f, Links: p.linkTo(models.BuiltFrom, job.GetHeadSHA())}
	return append([]models.Description{step}, p.jobCheck(job, state, raw)...), nil
}

// jobCheck is the check run of a job: it has the job's id, name and times.
func (p post) jobCheck(job *gogithub.WorkflowJob, state models.State, raw string) []models.Description {
	at := latest(when(job.StartedAt), when(job.CompletedAt))
	if at.IsZero() {
		at = when(job.CreatedAt)
	}
	found, err := p.check(check{sha: job.GetHeadSHA(), name: job.GetName(), id: job.GetID(), state: state, raw: raw, url: webAddress(job.GetHTMLURL()), at: at})
	if err != nil {
		return nil // a job without a commit
	}
	return found
}

// jobStep is the fact about a job. Jobs have no number; their ids rise in the
// order of the workflow.
func jobStep(job *gogithub.WorkflowJob, state models.State, raw string) map[string]any {
	step := facts{"state": state, "raw": raw, "order": job.GetID()}
	step.time("started_at", when(job.StartedAt))
	if state.Terminal() {
		step.time("ended_at", when(job.CompletedAt))
	}
	if url := webAddress(job.GetHTMLURL()); url != "" {
		step["url"] = url
	}
	return step
}
