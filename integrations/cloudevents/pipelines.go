package cloudevents

import (
	"fmt"

	"throughline/models"
)

// decodePipelineRun reads pipeline_run.started and pipeline_run.finished.
func decodePipelineRun(state models.State, moment string) decoder {
	return func(e envelope) (models.Batch, error) {
		o, err := e.object()
		if err != nil {
			return models.Batch{}, err
		}
		d := models.Description{Ref: models.Ref{Kind: models.PipelineRun, Key: o.need("id")}, URL: o.web("url"), Attempt: o.count("attempt")}
		d.Facts = o.texts(models.FactPipeline, models.FactSystem, models.FactNumber, models.FactBranch, models.FactTrigger, models.FactActor, models.FactError, models.FactSummary)
		if address := o.web(models.FactLogURL); address != "" {
			d.Facts[models.FactLogURL] = address
		}
		if t := o.when(models.FactQueuedAt); !t.IsZero() {
			d.Facts[models.FactQueuedAt] = stamp(t)
		}
		d.Title = pipelineTitle(d.Facts)
		if d.Attempt > 0 {
			d.Facts["attempt"] = d.Attempt
		}
		d.At = o.span(d.Facts, moment, e.Time)
		d.State, d.Raw = workState(o.text("state"), state)
		o.steps(d.Facts)
		c := o.commit("commit")
		c.attach(&d, models.BuiltFrom)
		if c.sha != "" {
			d.Facts["head_sha"] = c.sha
		}
		o.extras(d.Facts)
		return o.batch(d)
	}
}

// pipelineTitle is "train #12".
func pipelineTitle(facts map[string]any) string {
	name, _ := facts["pipeline"].(string)
	if number, ok := facts["number"].(string); ok && name != "" {
		return name + " #" + number
	}
	return name
}

// steps puts each step among the facts; the second of one name is "NAME (2)".
func (o *object) steps(facts map[string]any) {
	for i, s := range o.list("steps") {
		name := s.need("name")
		out := models.Step{URL: s.web("log_url"), Order: int64(i + 1), Title: s.text("title"), Error: s.text("error"), Type: s.text("type"),
			After: s.strings("after"), Attempt: s.count("attempt"), Cached: s.flag("cached")}
		if out.URL == "" {
			out.URL = s.web("url")
		}
		out.State, out.Raw = workState(s.text("state"), models.Unknown)
		out.Started, out.Ended = s.moment("started_at"), s.moment("ended_at")
		facts[freeName(facts, models.StepFact+name)] = out
	}
}

// moment is a time as a step holds it, empty when it is not given.
func (o *object) moment(name string) string {
	if t := o.when(name); !t.IsZero() {
		return stamp(t)
	}
	return ""
}

// freeName is name, numbered when a fact has it already.
func freeName(facts map[string]any, name string) string {
	free := name
	for n := 2; facts[free] != nil; n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	return free
}
