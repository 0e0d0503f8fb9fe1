package demo

import (
	"fmt"
	"time"
)

// jobs are what the workflow of every repository runs.
var jobs = []string{"lint", "test", "package"}

// workflow is one run of a repository's checks on a commit.
type workflow struct {
	*pull
	name, branch, trigger, sha string
	id                         int64
	attempt                    int  // which push
	fails                      bool // its last job
	started                    time.Time
}

func (p *pull) workflow(name, branch, trigger, sha string, fails bool) *workflow {
	return &workflow{pull: p, name: name, branch: branch, trigger: trigger, sha: sha, id: p.serial(name + sha), attempt: p.heads, fails: fails}
}

// run tells the workflow from its request to its end.
func (w *workflow) run() {
	w.then(func(at time.Time) message { w.started = at; return w.event("requested", "queued", "", at) })
	w.wait(20 * time.Second)
	w.then(func(at time.Time) message { return w.event("in_progress", "in_progress", "", at) })
	for n, job := range jobs {
		w.job(n, job)
	}
	w.then(func(at time.Time) message { return w.event("completed", "completed", w.conclusion(len(jobs)-1), at) })
}

func (w *workflow) job(n int, name string) {
	var started time.Time
	w.then(func(at time.Time) message { started = at; return w.jobEvent(n, name, "in_progress", "", started, at) })
	w.wait(time.Duration(n+1) * 70 * time.Second)
	w.then(func(at time.Time) message {
		return w.jobEvent(n, name, "completed", w.conclusion(n), started, at)
	})
	w.then(func(at time.Time) message { return w.check(name, w.conclusion(n), started, at) })
}

func (w *workflow) conclusion(job int) string {
	if w.fails && job == len(jobs)-1 {
		return "failure"
	}
	return "success"
}

func (w *workflow) page() string { return fmt.Sprintf("%s/actions/runs/%d", w.team.page(), w.id) }

func (w *workflow) event(action, status, conclusion string, at time.Time) message {
	number := w.number*10 + w.attempt
	run := object{"id": w.id, "name": w.name, "workflow_id": 9000 + w.team.repoID, "run_number": number, "run_attempt": 1, "event": w.trigger,
		"status": status, "conclusion": orNull(conclusion), "head_branch": w.branch, "head_sha": w.sha, "path": ".github/workflows/" + w.name + ".yml",
		"display_title": w.title, "html_url": w.page(), "url": api("/repos/" + w.team.fullName() + fmt.Sprint("/actions/runs/", w.id)),
		"created_at": stamp(w.started), "run_started_at": stamp(w.started), "updated_at": stamp(at), "actor": w.author.user(),
		"triggering_actor": w.author.user(), "pull_requests": []object{}, "referenced_workflows": []object{},
		"head_commit": object{"id": w.sha, "message": w.title, "timestamp": stamp(w.started), "author": w.author.signature(w.started)},
		"repository":  w.team.repository(), "head_repository": w.team.repository()}
	return w.team.webhook("workflow_run", w.uuidAt("workflow "+action+w.sha, at), object{"action": action, "workflow_run": run, "sender": w.author.user(),
		"workflow": object{"id": 9000 + w.team.repoID, "name": w.name, "path": ".github/workflows/" + w.name + ".yml", "state": "active"}})
}

func (w *workflow) jobEvent(n int, name, status, conclusion string, started, at time.Time) message {
	job := object{"id": w.serial("job " + name + w.sha), "run_id": w.id, "run_attempt": 1, "workflow_name": w.name, "head_branch": w.branch,
		"head_sha": w.sha, "name": name, "status": status, "conclusion": orNull(conclusion), "created_at": stamp(started), "started_at": stamp(started),
		"completed_at": nil, "html_url": fmt.Sprintf("%s/job/%d", w.page(), n+1), "runner_name": "runner-7", "labels": []string{"ubuntu-24.04"},
		"steps": []object{{"name": "Set up job", "number": 1, "status": "completed", "conclusion": "success"}}}
	if conclusion != "" {
		job["completed_at"] = stamp(at)
	}
	return w.team.webhook("workflow_job", w.uuidAt("job "+name+status+w.sha, at), object{"action": status, "workflow_job": job, "sender": w.author.user()})
}

func (w *workflow) check(name, conclusion string, started, at time.Time) message {
	check := object{"id": w.serial("check " + name + w.sha), "name": name, "head_sha": w.sha, "status": "completed", "conclusion": conclusion,
		"started_at": stamp(started), "completed_at": stamp(at), "html_url": w.page(), "details_url": w.page(),
		"app": object{"id": 15368, "slug": "github-actions", "name": "GitHub Actions"}, "output": object{"title": name, "summary": ""},
		"check_suite": object{"id": w.serial("suite " + w.sha), "head_branch": w.branch, "head_sha": w.sha}, "pull_requests": []object{}}
	return w.team.webhook("check_run", w.uuidAt("check "+name+w.sha, at), object{"action": "completed", "check_run": check, "sender": w.author.user()})
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
