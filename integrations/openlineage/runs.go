package openlineage

import (
	"strings"

	"throughline/models"
)

// identity names a run of another event.
type identity struct {
	Run struct {
		ID string `json:"runId"`
	} `json:"run"`
	Job job `json:"job"`
}

func (i identity) key() string { return runKey(i.Run.ID) }

// parentage is the run facet "parent".
type parentage struct {
	identity
	Root identity `json:"root"`
}

// runKey is the key of a pipeline run: the id of the run, in lower case.
func runKey(id string) string { return strings.ToLower(text(id, 200)) }

func (e event) key() string { return runKey(e.Run.ID) }

// runs are the pipeline run that the event is about: the run itself, or the one
// that it is a step of.
func (e event) runs() []models.Description {
	var p parentage
	e.Run.Facets.read("parent", &p)
	above, of := p.Root.key(), p.Root.Job
	if above == "" || above == e.key() {
		above, of = p.key(), p.Job
	}
	if above == "" || above == e.key() {
		return []models.Description{e.own()}
	}
	return e.step(above, of, p)
}

// own is a run that is no part of another.
func (e event) own() models.Description {
	d := models.Description{Ref: models.Ref{Kind: models.PipelineRun, Key: e.key()}, At: e.at, Facts: map[string]any{}}
	e.named(&d, e.job())
	put(d.Facts, models.FactSystem, e.system())
	if state := stateOf(e.EventType); state != "" {
		d.State, d.Raw = state, text(e.EventType, 50)
	}
	e.times(d.Facts)
	put(d.Facts, models.FactError, e.problem())
	e.code(&d)
	e.mentionsOf(d.Facts)
	d.Owners = owners(e.job().Facets)
	e.flow(&d)
	e.Run.Facets.rest(d.Facts, "parent", "nominalTime", "errorMessage")
	e.job().Facets.rest(d.Facts, "ownership", "sourceCodeLocation", "documentation", "sourceCode")
	return d
}

func (e event) job() job {
	if e.Job == nil {
		return job{}
	}
	return *e.Job
}

// named gives a pipeline run the name of its job.
func (e event) named(d *models.Description, j job) {
	put(d.Facts, models.FactPipeline, j.label())
	d.Title = text(j.Name, 300)
}

// stateOf is the state that an event type leaves a run in; OTHER says nothing of it.
func stateOf(eventType string) models.State {
	switch eventType {
	case "START", "RUNNING":
		return models.Running
	case "COMPLETE":
		return models.Passed
	case "FAIL":
		return models.Failed
	case "ABORT":
		return models.Cancelled
	}
	return ""
}

func (e event) ended() bool { return stateOf(e.EventType).Terminal() }

// times are the moments that the event tells of.
func (e event) times(facts map[string]any) {
	if e.EventType == "START" {
		put(facts, models.FactStartedAt, models.StepTime(e.at))
	}
	if e.ended() {
		put(facts, models.FactEndedAt, models.StepTime(e.at))
	}
	var nominal struct{ NominalStartTime, NominalEndTime string }
	e.Run.Facets.read("nominalTime", &nominal)
	put(facts, "nominal_start", models.StepTime(moment(nominal.NominalStartTime)))
	put(facts, "nominal_end", models.StepTime(moment(nominal.NominalEndTime)))
}

// problem is why the run failed, in a line.
func (e event) problem() string {
	var f struct{ Message string }
	e.Run.Facets.read("errorMessage", &f)
	return line(f.Message)
}

// mentionsOf is what Airflow says of its own run, beside the standard's facets.
func (e event) mentionsOf(facts map[string]any) {
	var f struct {
		DagRun struct {
			ID   string `json:"run_id"`
			Type string `json:"run_type"`
		} `json:"dagRun"`
	}
	if e.Run.Facets.read("airflowDagRun", &f) || e.Run.Facets.read("airflow", &f) {
		put(facts, models.FactNumber, text(f.DagRun.ID, 200))
		put(facts, models.FactTrigger, text(f.DagRun.Type, 50))
	}
	var doc struct{ Description string }
	if e.job().Facets.read("documentation", &doc) {
		put(facts, "description", text(doc.Description, 2000))
	}
}
