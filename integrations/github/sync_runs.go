package github

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// listedRun is what a list's item has to say of when it is read.
type listedRun struct {
	ID         int64     `json:"id"`
	Status     string    `json:"status"`
	Conclusion string    `json:"conclusion"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

func (r listedRun) id() string { return strconv.FormatInt(r.ID, 10) }

// runs reads a page of workflow runs, the newest first. The list is by the time
// of creation, so that all pages with runs of the last day are asked for in every
// round: what runs, or runs again, is mostly there.
func (v *visit) runs(repo *mark, t task) error {
	a, err := v.getNew(pageOf("repos/"+repo.Name+"/actions/runs", t.Page))
	if err != nil {
		return err
	}
	var fresh []task
	if !a.unchanged {
		if fresh, err = v.runsOn(repo, t, a); err != nil {
			return err
		}
	}
	if page := repo.RunPages[t.Page-1]; page.More && (page.Tail.After(time.Now().Add(-runAgain)) || !repo.Imported && page.Tail.After(v.runsSince())) {
		repo.Tasks = append(repo.Tasks, task{Kind: "runs", Page: t.Page + 1})
	}
	repo.Tasks = append(repo.Tasks, reversed(fresh)...)
	return nil
}

const runAgain = 24 * time.Hour // within which most re-runs are asked for

func (v *visit) runsSince() time.Time { return v.Progress.StartedAt.AddDate(0, 0, -runDays) }

// runsOn takes in a page of runs.
func (v *visit) runsOn(repo *mark, t task, a answer) ([]task, error) {
	items, err := itemsOf(a, "workflow_runs")
	if err != nil {
		return nil, err
	}
	page := runPage{More: a.next > 0}
	fresh := v.freshRuns(repo, items, &page)
	repo.RunPages = append(repo.RunPages[:min(t.Page-1, len(repo.RunPages))], page)
	v.expect(repo, stageRuns, t.Page, a, len(items), len(items))
	if t.Page == 1 || page.Tail.After(time.Now().Add(-runAgain)) {
		v.keep(a)
	}
	return fresh, nil
}

// freshRuns describes a page's runs; those that may have changed have their jobs
// read.
func (v *visit) freshRuns(repo *mark, items []json.RawMessage, page *runPage) (tasks []task) {
	for _, item := range items {
		var run listedRun
		if json.Unmarshal(item, &run) != nil || run.ID <= 0 {
			continue
		}
		page.Tail, page.Low = run.CreatedAt, run.ID
		repo.RunsTop = later(repo.RunsTop, run.UpdatedAt)
		switch {
		case run.CreatedAt.Before(v.runsSince()):
			v.did(repo, stageRuns)
		case !run.UpdatedAt.Before(repo.RunsAt) || repo.Running[run.id()] || !workEnded(run.Status, run.Conclusion):
			tasks = append(tasks, v.describeRun(repo, run, item)...)
		}
	}
	return tasks
}

// describeRun says what a webhook would of a run, and watches it until it ends.
func (v *visit) describeRun(repo *mark, run listedRun, raw json.RawMessage) []task {
	v.found = append(v.found, v.hear(repo, "workflow_run", map[string]any{"action": "completed", "workflow_run": raw})...)
	if workEnded(run.Status, run.Conclusion) {
		delete(repo.Running, run.id())
	} else {
		watch(&repo.Running, run.id(), true)
	}
	return []task{{Kind: "jobs", Arg: run.id()}}
}

// jobs reads the jobs of all attempts of a run.
func (v *visit) jobs(repo *mark, t task) error {
	err := v.pages("repos/"+repo.Name+"/actions/runs/"+t.Arg+"/jobs?filter=all", "jobs", func(job json.RawMessage) {
		v.found = append(v.found, v.hear(repo, "workflow_job", map[string]any{"action": "completed", "workflow_job": job})...)
	})
	if absent(err) {
		err = nil // the run was deleted
	}
	if err == nil {
		v.did(repo, stageRuns)
	}
	return err
}

// running asks for each run that had yet to end and is older than the pages that
// are asked for in every round.
func (v *visit) running(repo *mark, _ task) error {
	for _, id := range slices.Sorted(maps.Keys(repo.Running)) {
		number, err := strconv.ParseInt(id, 10, 64)
		if err == nil && len(repo.RunPages) > 0 && number < repo.RunPages[len(repo.RunPages)-1].Low {
			repo.Tasks = append(repo.Tasks, task{Kind: "run", Arg: id})
		}
	}
	return nil
}

// run asks for one run that had yet to end, if it changed.
func (v *visit) run(repo *mark, t task) error {
	address := "repos/" + repo.Name + "/actions/runs/" + t.Arg
	a, err := v.getNew(address)
	if absent(err) {
		delete(repo.Running, t.Arg)
		v.forget(address)
		return nil
	}
	if err != nil || a.unchanged {
		return err
	}
	run, err := parse[listedRun](a)
	if err != nil {
		return err
	}
	repo.Tasks = append(repo.Tasks, v.describeRun(repo, run, a.body)...)
	v.keep(a)
	if !repo.Running[t.Arg] {
		v.forget(address)
	}
	return nil
}
