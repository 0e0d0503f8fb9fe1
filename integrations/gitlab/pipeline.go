package gitlab

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

const (
	maxText  = 1000
	maxName  = 300
	maxJobs  = 1000
	maxFacts = 100
)

// pipelinePost is a Pipeline Hook.
type pipelinePost struct {
	post
	Pipeline struct {
		ID        int64    `json:"id"`
		Name      string   `json:"name"`
		Ref       string   `json:"ref"`
		SHA       string   `json:"sha"`
		Source    string   `json:"source"`
		Status    string   `json:"status"`
		Detailed  string   `json:"detailed_status"`
		Stages    []string `json:"stages"`
		Created   string   `json:"created_at"`
		Finished  string   `json:"finished_at"`
		Variables []struct {
			Key, Value string
		} `json:"variables"`
	} `json:"object_attributes"`
	Jobs []job `json:"builds"`
}

// job is one of a pipeline's.
type job struct {
	ID       int64  `json:"id"`
	Stage    string `json:"stage"`
	Name     string `json:"name"`
	Status   string `json:"status"`
	Created  string `json:"created_at"`
	Started  string `json:"started_at"`
	Finished string `json:"finished_at"`
	MayFail  bool   `json:"allow_failure"`
	Reason   string `json:"failure_reason"`
	attempt  int
}

// begin is the description of a pipeline with what its address tells.
func (p post) begin(id int64) (d models.Description, page string, err error) {
	page, path := p.Project.page()
	if page == "" || id <= 0 {
		return d, "", lacks("pipeline of a project with a web_url")
	}
	number := strconv.FormatInt(id, 10)
	key := page + "/-/pipelines/" + number
	return models.Description{Ref: models.Ref{Kind: models.PipelineRun, Key: key}, URL: key, Title: path + " #" + number,
		Facts: map[string]any{models.FactPipeline: path, models.FactNumber: id}}, page, nil
}

func pipelineEvent(_ integrations.Account, body []byte) (d models.Description, err error) {
	var p pipelinePost
	if err := integrations.ReadJSON(body, &p); err != nil {
		return d, err
	}
	d, page, err := p.begin(p.Pipeline.ID)
	if err != nil {
		return d, err
	}
	at := p.Pipeline
	d.State, d.Raw = state(at.Status), integrations.Line(at.Status, 60)
	if d.State == models.Passed && strings.Contains(at.Detailed, "warning") {
		d.State = models.Warning
	}
	p.facts(d)
	jobs := p.latest()
	steps(&d, page, jobs, at.Stages)
	d.StateAt = when(at.Created)
	if d.State.Terminal() {
		d.StateAt = when(at.Finished)
	}
	d.At = told(d.State, when(at.Created), when(at.Finished), jobs)
	d.Links = link(models.BuiltFrom, page, at.SHA)
	return d, nil
}

func (p pipelinePost) facts(d models.Description) {
	at := p.Pipeline
	integrations.Told(d.Facts, "name", integrations.Line(at.Name, maxName))
	integrations.Told(d.Facts, models.FactBranch, integrations.Line(at.Ref, maxName))
	integrations.Told(d.Facts, models.FactTrigger, integrations.Line(at.Source, maxName))
	integrations.Told(d.Facts, models.FactActor, integrations.Line(p.User.Login, maxName))
	integrations.Told(d.Facts, models.FactStartedAt, when(at.Created))
	if d.State.Terminal() {
		integrations.Told(d.Facts, models.FactEndedAt, when(at.Finished))
	}
	for _, v := range at.Variables[:min(len(at.Variables), maxFacts)] {
		if name := integrations.Line(v.Key, maxName); name != "" && !integrations.Secretive(name) {
			d.Facts[models.ParamFact+name] = integrations.Cut(v.Value, maxText)
		}
	}
}

// latest are the jobs in their order, the last of each name.
func (p pipelinePost) latest() (out []job) {
	all := slices.Clone(p.Jobs[:min(len(p.Jobs), maxJobs)])
	slices.SortStableFunc(all, func(x, y job) int { return cmp.Compare(x.ID, y.ID) })
	for i, j := range all {
		later := slices.ContainsFunc(all[i+1:], func(o job) bool { return o.Name == j.Name })
		if j.Name = integrations.Line(j.Name, maxName); j.Name != "" && !later {
			out = append(out, j)
		}
	}
	return out
}

// steps puts the jobs among the facts, each after all of the stage before its own.
func steps(d *models.Description, page string, jobs []job, stages []string) {
	before := map[string][]string{}
	for i, stage := range stages {
		for n := i - 1; n >= 0 && len(before[stage]) == 0; n-- {
			for _, j := range jobs {
				if j.Stage == stages[n] {
					before[stage] = append(before[stage], j.Name)
				}
			}
		}
	}
	for _, j := range jobs {
		s := j.step(page)
		s.After = before[j.Stage]
		d.Facts[models.StepFact+j.Name] = s
		if s.State == models.Failed && d.State == models.Failed && d.Facts[models.FactError] == nil {
			d.Facts[models.FactError] = j.Name + ": " + cmp.Or(s.Error, "failed")
			d.Facts[models.FactLogURL] = s.URL
		}
	}
}

// step is a job in our words.
func (j job) step(page string) models.Step {
	s := models.Step{State: state(j.Status), Raw: integrations.Line(j.Status, 60), Type: integrations.Line(j.Stage, maxName), Order: j.ID,
		Started: models.StepTime(when(j.Started)), URL: page + "/-/jobs/" + strconv.FormatInt(j.ID, 10), Attempt: j.attempt}
	if s.State.Terminal() {
		s.Ended = models.StepTime(when(j.Finished))
	}
	if s.State == models.Failed {
		if s.Error = integrations.Line(j.Reason, maxText); j.MayFail {
			s.State = models.Warning
		}
	}
	return s
}

// told is the time of a post: of the last thing it tells, and a millisecond for
// each step that pipeline and jobs got on.
func told(s models.State, created, finished time.Time, jobs []job) time.Time {
	at, on := created, progress(s)
	if s.Terminal() && finished.After(at) {
		at = finished
	}
	for _, j := range jobs {
		is := state(j.Status)
		on += progress(is)
		times := []time.Time{when(j.Created), when(j.Started)}
		if is.Terminal() {
			times = append(times, when(j.Finished))
		}
		for _, t := range times {
			if t.After(at) {
				at = t
			}
		}
	}
	if at.IsZero() {
		return at
	}
	return at.Add(time.Duration(min(on, 999)) * time.Millisecond)
}

func progress(s models.State) int {
	switch {
	case s.Terminal():
		return 2
	case s == models.Queued:
		return 0
	}
	return 1
}

// state is a status of pipelines and jobs in our words.
func state(status string) models.State {
	switch status {
	case "created", "waiting_for_resource", "waiting_for_callback", "preparing":
		return models.Queued
	case "manual":
		return models.Paused
	}
	return models.WorkState(status)
}
