package lookalike

import (
	"path"
	"time"
)

// Run is a workflow run. Running it again keeps its id and counts the attempt.
type Run struct {
	Repo, Fork                      *Repo
	ID                              int64
	Workflow, Path, Event           string
	Number, Attempt                 int
	Status, Conclusion              string
	Branch, SHA, Title              string
	By, Again                       *User
	CreatedAt, StartedAt, UpdatedAt time.Time
	Jobs                            []*Job // of all attempts
}

// Job is a job of one attempt of a run.
type Job struct {
	Run                               *Run
	ID                                int64
	Attempt                           int
	Name, Status, Conclusion          string
	CreatedAt, StartedAt, CompletedAt time.Time
	check                             *Check
}

// StartWorkflow begins a run for the newest commit of a pull request.
func (p *Pull) StartWorkflow(name string, jobs ...string) *Run {
	return p.Repo.start(&Run{Fork: p.Fork, Workflow: name, Event: "pull_request", Branch: p.Branch, SHA: p.Head(), Title: p.Title, By: p.By}, jobs)
}

// StartWorkflow begins a run for a branch's newest commit, as a push does.
func (r *Repo) StartWorkflow(branch, name, by string, jobs ...string) *Run {
	sha := r.Branches[branch]
	run := &Run{Fork: r, Workflow: name, Event: "push", Branch: branch, SHA: sha, Title: firstLine(r.commits[sha].Message)}
	r.s.mu.Lock()
	run.By = r.s.user(by)
	r.s.mu.Unlock()
	return r.start(run, jobs)
}

func (r *Repo) start(run *Run, jobs []string) *Run {
	r.s.change(func() {
		r.lastRun[run.Workflow]++
		run.Repo, run.ID, run.Number, run.Attempt, run.Again = r, r.s.id(), r.lastRun[run.Workflow], 1, run.By
		run.Path, run.Status = ".github/workflows/"+run.Workflow+".yml", "queued"
		run.CreatedAt, run.StartedAt, run.UpdatedAt = r.s.clock, r.s.clock, r.s.clock
		r.Runs = append(r.Runs, run)
		run.emit("requested")
		run.queue(jobs)
	})
	return run
}

// queue lines up the jobs of an attempt. Every job is a check run as well.
func (run *Run) queue(names []string) {
	for _, name := range names {
		page := func(c *Check) string { return run.html() + "/job/" + text(c.ID) }
		c := run.Repo.addCheck(run.SHA, run.Branch, name, actionsApp, "queued", page)
		j := &Job{Run: run, ID: c.ID, Attempt: run.Attempt, Name: name, Status: "queued", CreatedAt: run.Repo.s.clock, StartedAt: run.Repo.s.clock, check: c}
		run.Jobs = append(run.Jobs, j)
		j.emit("queued")
	}
}

// Start says that a runner took the job; with its first job the run runs.
func (j *Job) Start() {
	j.Run.Repo.s.change(func() {
		now := j.Run.Repo.s.clock
		j.Status, j.StartedAt = "in_progress", now
		j.check.Status, j.check.StartedAt = "in_progress", now
		if j.Run.Status == "queued" {
			j.Run.Status, j.Run.UpdatedAt = "in_progress", now
			j.Run.emit("in_progress")
		}
		j.emit("in_progress")
	})
}

// Finish ends the job: success, failure, cancelled, skipped.
func (j *Job) Finish(conclusion string) {
	j.Run.Repo.s.change(func() {
		j.Status, j.Conclusion, j.CompletedAt = "completed", conclusion, j.Run.Repo.s.clock
		j.Run.UpdatedAt = j.Run.Repo.s.clock
		j.check.finish(conclusion)
		j.emit("completed")
	})
}

// Finish ends the run, with the conclusion of its latest jobs.
func (run *Run) Finish() {
	run.Repo.s.change(func() {
		run.Status, run.Conclusion, run.UpdatedAt = "completed", "success", run.Repo.s.clock
		for _, j := range run.Latest() {
			if j.Conclusion != "success" && j.Conclusion != "skipped" {
				run.Conclusion = j.Conclusion
			}
		}
		run.emit("completed")
	})
}

// Play runs all jobs of the attempt to their ends and then the run.
func (run *Run) Play(conclusion string) {
	for _, j := range run.Latest() {
		j.Start()
		j.Finish(conclusion)
	}
	run.Finish()
}

// Rerun runs all jobs again, as the next attempt.
func (run *Run) Rerun(by string) {
	run.Repo.s.change(func() {
		var names []string
		for _, j := range run.Latest() {
			names = append(names, j.Name)
		}
		run.Attempt++
		run.Status, run.Conclusion, run.Again = "queued", "", run.Repo.s.user(by)
		run.StartedAt, run.UpdatedAt = run.Repo.s.clock, run.Repo.s.clock
		run.emit("requested")
		run.queue(names)
	})
}

// Latest are the jobs of the present attempt.
func (run *Run) Latest() (out []*Job) {
	for _, j := range run.Jobs {
		if j.Attempt == run.Attempt {
			out = append(out, j)
		}
	}
	return out
}

func (run *Run) html() string { return run.Repo.html() + "/actions/runs/" + text(run.ID) }
func (run *Run) url() string  { return run.Repo.url() + "/actions/runs/" + text(run.ID) }
func (j *Job) html() string   { return j.Run.html() + "/job/" + text(j.ID) }

func (run *Run) workflow() int64 { return 500 + int64(len(run.Workflow)) }

func (run *Run) json() object {
	s := run.Repo.s
	return object{"id": run.ID, "node_id": node("WFR", run.ID), "name": run.Workflow, "path": run.Path, "head_branch": run.Branch, "head_sha": run.SHA,
		"display_title": run.Title, "run_number": run.Number, "run_attempt": run.Attempt, "event": run.Event, "status": run.Status, "conclusion": null(run.Conclusion),
		"workflow_id": run.workflow(), "check_suite_id": run.Repo.suite(run.SHA, run.Branch, actionsApp).id, "url": run.url(), "html_url": run.html(),
		"pull_requests": run.Repo.mentioned(run.SHA), "created_at": stamp(run.CreatedAt), "updated_at": stamp(run.UpdatedAt), "run_started_at": stamp(run.StartedAt),
		"actor": run.By.json(s), "triggering_actor": run.Again.json(s), "referenced_workflows": []any{}, "jobs_url": run.url() + "/jobs",
		"head_commit": run.Repo.commits[run.SHA].headOf(), "repository": run.Repo.minimal(), "head_repository": run.head()}
}

func (run *Run) head() any {
	if run.Fork.Deleted {
		return nil
	}
	return run.Fork.minimal()
}

func (run *Run) emit(action string) {
	workflow := object{"id": run.workflow(), "name": run.Workflow, "path": run.Path, "state": "active", "badge_url": run.Repo.html() + "/workflows/" + path.Base(run.Path)}
	run.Repo.emit("workflow_run", action, run.Again, object{"workflow_run": run.json(), "workflow": workflow})
}

func (j *Job) json() object {
	steps := []any{}
	if j.Status != "queued" {
		steps = append(steps, object{"name": "Set up job", "number": 1, "status": j.Status, "conclusion": null(j.Conclusion), "started_at": stamp(j.StartedAt), "completed_at": stamp(j.CompletedAt)})
	}
	return object{"id": j.ID, "node_id": node("CR", j.ID), "run_id": j.Run.ID, "run_url": j.Run.url(), "run_attempt": j.Attempt, "head_sha": j.Run.SHA, "head_branch": j.Run.Branch,
		"workflow_name": j.Run.Workflow, "name": j.Name, "status": j.Status, "conclusion": null(j.Conclusion), "created_at": stamp(j.CreatedAt), "started_at": stamp(j.StartedAt),
		"completed_at": stamp(j.CompletedAt), "html_url": j.html(), "url": j.Run.Repo.url() + "/actions/jobs/" + text(j.ID), "check_run_url": j.Run.Repo.url() + "/check-runs/" + text(j.ID),
		"steps": steps, "labels": []any{"ubuntu-latest"}, "runner_id": nil, "runner_name": nil, "runner_group_id": nil, "runner_group_name": nil}
}

func (j *Job) emit(action string) {
	j.Run.Repo.emit("workflow_job", action, j.Run.Again, object{"workflow_job": j.json()})
}
