package cloudevents

import (
	"strings"
	"time"

	"throughline/models"
)

// cdType cuts "dev.cdevents.pipelinerun.started.0.3.0" into its subject and
// predicate. Custom types, "dev.cdeventsx.TOOL-SUBJECT.PREDICATE.VERSION", are
// read as what they are named for.
func cdType(eventType string) (subject, predicate string, custom, ok bool) {
	rest, standard := strings.CutPrefix(eventType, "dev.cdevents.")
	if !standard {
		if rest, custom = strings.CutPrefix(eventType, "dev.cdeventsx."); !custom {
			return "", "", false, false
		}
		tool := strings.IndexByte(rest, '-')
		rest = rest[tool+1:]
	}
	parts := strings.SplitN(rest, ".", 3)
	if len(parts) < 2 || parts[0] == "" || parts[1] == "" {
		return "", "", false, false
	}
	return strings.ToLower(parts[0]), strings.ToLower(parts[1]), custom, true
}

// forgiving ignores a custom event that does not have the usual shape: its tool
// owes us none.
func forgiving(decode decoder) decoder {
	return func(e envelope) (models.Batch, error) {
		batch, err := decode(e)
		if err != nil {
			return models.Batch{}, nil
		}
		return batch, nil
	}
}

// cdEvent is a CDEvent of any version of the specification; 0.4 and before have
// a url where 0.5 has a uri.
type cdEvent struct {
	predicate                string
	at                       time.Time
	id                       string // of the subject
	subject, content, custom *object
}

// cdSubjects are the subjects of CDEvents that are understood. Tickets, approvals
// and outputs of tests are kept and say nothing of the line from a model to its code.
var cdSubjects = map[string]func(cdEvent) []models.Description{"pipelinerun": cdPipelineRun, "build": cdBuild, "taskrun": cdTaskRun, "change": cdChange, "service": cdService,
	"artifact": cdArtifact, "testcaserun": cdTestCaseRun, "testsuiterun": cdTestSuiteRun, "incident": cdIncident, "environment": cdEnvironment, "repository": cdRepository, "branch": cdBranch}

// decodeCDEvent maps the subjects that we know; the others are ignored.
func decodeCDEvent(e envelope) (models.Batch, error) {
	kind, predicate, _, _ := cdType(e.Type)
	decode := cdSubjects[kind]
	if decode == nil {
		return models.Batch{}, nil
	}
	o, err := e.object()
	if err != nil {
		return models.Batch{}, err
	}
	c := cdEvent{predicate: predicate, subject: o.object("subject"), custom: o.within("customData")}
	if c.at = o.object("context").when("timestamp"); c.at.IsZero() {
		c.at = e.Time
	}
	c.id, c.content = c.subject.need("id"), c.subject.object("content")
	if isObject(o.values["customData"]) {
		c.custom = o.object("customData")
	}
	return o.batch(decode(c)...)
}

func (c cdEvent) url() string {
	if address := c.content.web("uri"); address != "" {
		return address
	}
	return c.content.web("url")
}

// state is where work stands by its predicate and, at the end, its outcome.
func (c cdEvent) state() (state models.State, raw string) {
	switch c.predicate {
	case "queued":
		return models.Queued, c.predicate
	case "started":
		return models.Running, c.predicate
	case "skipped":
		return models.Skipped, c.predicate
	case "finished":
		if outcome := c.content.text("outcome"); outcome != "" {
			return workState(outcome, models.Unknown)
		}
		if c.content.text("errors") != "" {
			return models.Failed, c.predicate
		}
		return models.Passed, c.predicate
	}
	return "", c.predicate
}

// work is what pipeline runs and builds have in common.
func (c cdEvent) work(key string, facts map[string]any) []models.Description {
	d := models.Description{Ref: models.Ref{Kind: models.PipelineRun, Key: key}, At: c.at, URL: c.url(), Facts: facts}
	d.State, d.Raw = c.state()
	switch {
	case d.State == "":
		return nil
	case c.predicate == "started" && !c.at.IsZero():
		facts["started_at"] = stamp(c.at)
	case c.predicate == "finished" && !c.at.IsZero():
		facts["ended_at"] = stamp(c.at)
	}
	if text := c.content.text("errors"); text != "" {
		facts[models.FactError] = text
	}
	d.Title = pipelineTitle(facts)
	c.custom.commit("commit").attach(&d, models.BuiltFrom)
	return []models.Description{d}
}

func cdPipelineRun(c cdEvent) []models.Description {
	facts := map[string]any{}
	if name := c.content.text("pipelineName"); name != "" {
		facts["pipeline"] = name
	}
	return c.work(c.id, facts)
}

// cdBuild keeps builds apart from pipeline runs that have the same id.
func cdBuild(c cdEvent) []models.Description {
	facts := map[string]any{}
	artifact := c.content.text("artifactId")
	if artifact != "" {
		facts["artifact"] = artifact
	}
	out := c.work("build/"+c.id, facts)
	if len(out) > 0 && len(out[0].Links) == 0 {
		parsePURL(artifact).commit().attach(&out[0], models.BuiltFrom)
	}
	return out
}

// cdTaskRun is a step of the pipeline run that it names.
func cdTaskRun(c cdEvent) []models.Description {
	run := c.content.object("pipelineRun").key("id")
	s := models.Step{URL: c.url()}
	s.State, s.Raw = c.state()
	if run == "" || s.State == "" {
		return nil
	}
	s.Started, s.Ended = c.moments()
	name := c.content.key("taskName")
	if name == "" {
		name = c.id
	}
	return []models.Description{{Ref: models.Ref{Kind: models.PipelineRun, Key: run}, At: c.at, Facts: map[string]any{"step." + name: s}}}
}
