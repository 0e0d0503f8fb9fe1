package openlineage

import (
	"cmp"
	"encoding/json"
	"maps"
	"strings"
	"time"

	"throughline/models"
)

// step is the pipeline run that this run is a step of: what this run did to it, and
// a weak word of what it is, which anything that the run says itself overrules.
func (e event) step(above string, of job, p parentage) []models.Description {
	ref := models.Ref{Kind: models.PipelineRun, Key: above}
	d := models.Description{Ref: ref, At: e.at, Facts: map[string]any{}}
	e.flow(&d)
	e.code(&d)
	if !e.statement(p.Job) {
		maps.Copy(d.Facts, e.steps(of))
	}
	weak := models.Description{Ref: ref, At: longAgo, State: models.Unknown, Facts: map[string]any{}, Owners: owners(e.job().Facets)}
	e.named(&weak, of)
	put(weak.Facts, models.FactSystem, e.system())
	e.mentionsOf(weak.Facts)
	delete(weak.Facts, "description")
	if len(d.Facts)+len(d.Links) == 0 {
		return []models.Description{weak}
	}
	return []models.Description{d, weak}
}

// longAgo is the time of what is known only from others.
var longAgo = time.UnixMilli(1).UTC()

// statement tells whether the run is one SQL statement of dbt's: those are kept,
// but hundreds of them would hide the steps that people know.
func (e event) statement(parent job) bool {
	return parent.Name != "" && strings.HasPrefix(e.job().Name, parent.Name+".sql.")
}

// steps is the fact of the step that this run is. Its name holds the end of the
// run's id, because a job may run twice within one run: a retry, a mapped task.
func (e event) steps(of job) map[string]any {
	name := e.stepName(e.job(), e.Run.ID)
	s := models.Step{State: stateOf(e.EventType), Raw: text(e.EventType, 50), Title: e.stepTitle(of), Error: e.problem(), Type: e.jobType().Type}
	facts := map[string]any{}
	if e.EventType == "START" {
		s.Started = models.StepTime(e.at)
		put(facts, models.StepBegan+name, s.Started)
	}
	if e.ended() {
		s.Ended = models.StepTime(e.at)
	}
	e.airflowTask(&s)
	s.After = e.upstream()
	if s.State != "" {
		facts[models.StepFact+name] = s
	}
	return facts
}

func (e event) stepName(j job, id string) string {
	id = runKey(id)
	return cmp.Or(text(j.Name, 180), "job") + " " + id[max(0, len(id)-6):]
}

// stepTitle is the job's name without that of the whole: build for dag.build.
func (e event) stepTitle(of job) string {
	name := text(e.job().Name, 200)
	if short, ok := strings.CutPrefix(name, of.Name+"."); ok && short != "" && of.Name != "" {
		return short
	}
	return name
}

// upstream are the steps that this one waits for, as far as their runs are known.
func (e event) upstream() (names []string) {
	var f struct {
		Upstream []identity `json:"upstream"`
	}
	e.Run.Facets.read("jobDependencies", &f)
	for _, u := range f.Upstream[:min(len(f.Upstream), 100)] {
		if u.key() != "" {
			names = append(names, e.stepName(u.Job, u.Run.ID))
		}
	}
	return names
}

// airflowTask is what Airflow says of the try of a task: spec-less, as its provider
// sends it in the run facet "airflow".
func (e event) airflowTask(s *models.Step) {
	var f struct {
		TaskInstance struct {
			Try json.Number `json:"try_number"`
			Log string      `json:"log_url"`
		} `json:"taskInstance"`
	}
	if !e.Run.Facets.read("airflow", &f) {
		return
	}
	if n, err := f.TaskInstance.Try.Int64(); err == nil && n > 0 && n < 1000 {
		s.Attempt = int(n)
	}
	s.URL = webAddress(f.TaskInstance.Log)
}
