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
		d.Facts = o.texts("pipeline", "number", "branch", "event", "actor")
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

// step is the fact step.NAME of a pipeline run.
type step struct {
	State   models.State `json:"state"`
	Raw     string       `json:"raw,omitempty"`
	Started string       `json:"started_at,omitempty"`
	Ended   string       `json:"ended_at,omitempty"`
	URL     string       `json:"url,omitempty"`
	Order   int          `json:"order"`
}

// steps puts each step among the facts; the second of one name is "NAME (2)".
func (o *object) steps(facts map[string]any) {
	for i, s := range o.list("steps") {
		name := s.need("name")
		out := step{URL: s.web("log_url"), Order: i + 1}
		if out.URL == "" {
			out.URL = s.web("url")
		}
		out.State, out.Raw = workState(s.text("state"), models.Unknown)
		if t := s.when("started_at"); !t.IsZero() {
			out.Started = stamp(t)
		}
		if t := s.when("ended_at"); !t.IsZero() {
			out.Ended = stamp(t)
		}
		facts[freeName(facts, "step."+name)] = out
	}
}

// freeName is name, numbered when a fact has it already.
func freeName(facts map[string]any, name string) string {
	free := name
	for n := 2; facts[free] != nil; n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	return free
}
