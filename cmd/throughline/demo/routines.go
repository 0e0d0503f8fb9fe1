package demo

import (
	"fmt"
	"strconv"
	"time"
)

// routine is a pipeline that runs by itself, whatever anybody changes.
type routine struct {
	team     *team
	pipeline string
	system   string
	every    time.Duration
	takes    time.Duration
	of       []task
	fails    map[int]failure // by how many runs ago
}

// task is a step of a routine and what it waits for.
type task struct {
	name  string
	after []string
}

// failure is a step that goes wrong, and why.
type failure struct{ step, words string }

// The reasons that the routines give: the first is one cause in two pipelines.
const (
	unreachable = "Database Error in model merchants: could not connect to warehouse:5432: timeout after 30 s"
	tooLarge    = "OOMKilled: the container used 16.2 GiB of 16 GiB"
	lateData    = "No rows of yesterday in payments/chargebacks: the file of the acquirer is late"
)

var routines = []routine{
	{fraud, "fraud/nightly-features", "airflow", 24 * time.Hour, 42 * time.Minute,
		[]task{{"extract", nil}, {"validate", []string{"extract"}}, {"velocity", []string{"validate"}}, {"merchants", []string{"validate"}}, {"publish", []string{"velocity", "merchants"}}},
		map[int]failure{0: {"merchants", unreachable}, 6: {"validate", lateData}, 15: {"validate", lateData}}},
	{fraud, "marts", "dbt", 12 * time.Hour, 7 * time.Minute,
		[]task{{"sources", nil}, {"merchants", []string{"sources"}}, {"chargebacks", []string{"sources"}}, {"tests", []string{"merchants", "chargebacks"}}},
		map[int]failure{0: {"merchants", unreachable}, 1: {"merchants", unreachable}}},
	{fraud, "serving/production", "terraform", 84 * time.Hour, 5 * time.Minute, []task{{"plan", nil}, {"policy", []string{"plan"}}, {"apply", []string{"policy"}}}, nil},
	{churn, "churn/weekly-scores", "argo", 48 * time.Hour, 95 * time.Minute,
		[]task{{"load", nil}, {"score", []string{"load"}}, {"report", []string{"score"}}},
		map[int]failure{1: {"score", tooLarge}, 4: {"score", tooLarge}}},
}

// routinely are the runs of all routines up to the demo's beginning, twenty each at most.
func routinely(until time.Time) (beats []beat) {
	for _, r := range routines {
		t := newTale("routine "+r.pipeline, until)
		last := until.Add(-50 * time.Minute)
		for ago := min(20, int(days(storyDays-2)/r.every)); ago >= 0; ago-- {
			r.run(t, last.Add(-time.Duration(ago)*r.every), ago)
		}
		beats = append(beats, t.beats...)
	}
	return beats
}

// run tells of one run when it is over.
func (r routine) run(t *tale, ended time.Time, ago int) {
	took := time.Duration((0.85 + 0.3*t.chance.Float64()) * float64(r.takes)).Truncate(time.Second)
	number := 500 - ago
	id := fmt.Sprintf("%s-%d", r.pipeline, number)
	t.clock = ended
	t.then(func(at time.Time) message {
		data := object{"id": id, "pipeline": r.pipeline, "system": r.system, "number": strconv.Itoa(number), "attempt": 1, "branch": "main", "event": "schedule", "state": "passed",
			"started_at": stamp(at.Add(-took)), "ended_at": stamp(at), "url": r.address(number, ""), "steps": r.steps(number, ago, at.Add(-took), took)}
		if why, failed := r.fails[ago]; failed {
			data["state"], data["error"], data["log_url"] = "failed", why.words, r.address(number, why.step)
		}
		return r.team.cloudEvent("pipeline_run.finished", id+"-finished", at, data)
	})
}

// steps share the time; what waits for the failed one is skipped.
func (r routine) steps(number, ago int, began time.Time, took time.Duration) (list []object) {
	each, over := took/time.Duration(len(r.of)), map[string]bool{}
	for n, s := range r.of {
		step := object{"name": s.name, "state": "passed", "log_url": r.address(number, s.name), "after": s.after}
		if s.after == nil {
			delete(step, "after")
		}
		for _, before := range s.after {
			over[s.name] = over[s.name] || over[before]
		}
		why := r.fails[ago]
		switch {
		case over[s.name]:
			step["state"] = "skipped"
		case s.name == why.step:
			step["state"], step["error"], over[s.name] = "failed", why.words, true
		}
		if step["state"] != "skipped" {
			step["started_at"], step["ended_at"] = stamp(began.Add(time.Duration(n)*each)), stamp(began.Add(time.Duration(n+1)*each))
		}
		list = append(list, step)
	}
	return list
}

func (r routine) address(number int, step string) string {
	at := fmt.Sprintf("https://%s.example.com/%s/%d", r.system, r.pipeline, number)
	if step != "" {
		at += "/log/" + step
	}
	return at
}
