package cloudevents

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"throughline/models"
)

// decodeRun reads run.started, run.metrics and run.finished. state is what the
// event means when it names none; the description's time is the field called
// moment, else the event's own.
func decodeRun(state models.State, moment string) decoder {
	return func(e envelope) (models.Batch, error) {
		o, err := e.object()
		if err != nil {
			return models.Batch{}, err
		}
		d := models.Description{Ref: models.Ref{Kind: models.Run, Key: o.need("run_id")}, Title: o.text("name"), URL: o.web("url")}
		d.Facts = o.texts("experiment", "name", "user", "branch", "artifact_uri")
		d.At = o.span(d.Facts, moment, e.Time)
		d.State, d.Raw = workState(o.text("state"), state)
		o.measures(d.Facts)
		o.points(&d, moment == "")
		o.commit("commit").attach(&d, models.BuiltFrom)
		d.Links = append(d.Links, o.datasets("datasets")...)
		if run := o.key("pipeline_run"); run != "" {
			d.Links = append(d.Links, models.LinkTo{Relation: models.ExecutedIn, To: models.Ref{Kind: models.PipelineRun, Key: run}})
		}
		o.extras(d.Facts)
		return o.batch(d)
	}
}

// batch is what was read, unless a field did not fit.
func (o *object) batch(descriptions ...models.Description) (models.Batch, error) {
	if o.problem != nil {
		return models.Batch{}, o.problem
	}
	return models.Batch{Descriptions: descriptions}, nil
}

// texts are the named fields as facts, each under its own name.
func (o *object) texts(names ...string) map[string]any {
	facts := map[string]any{}
	for _, name := range names {
		if s := o.word(name); s != "" {
			facts[name] = s
		}
	}
	return facts
}

// span puts the times of beginning and end among the facts and picks the one
// called moment; sent, the event's own time, stands in for it.
func (o *object) span(facts map[string]any, moment string, sent time.Time) time.Time {
	at := sent
	for _, name := range []string{"started_at", "ended_at"} {
		t := o.when(name)
		if t.IsZero() {
			continue
		}
		facts[name] = stamp(t)
		if name == moment {
			at = t
		}
	}
	if moment != "" && facts[moment] == nil && !sent.IsZero() {
		facts[moment] = stamp(sent)
	}
	return at
}

// workState is a state with the sender's own word for it.
func workState(raw string, otherwise models.State) (models.State, string) {
	word := strings.ToLower(strings.TrimSpace(raw))
	if word == "" {
		return otherwise, ""
	}
	return models.WorkState(strings.NewReplacer(" ", "_", "-", "_").Replace(word)), raw
}

// measures are the parameters and metrics as facts param.NAME and metric.NAME.
func (o *object) measures(facts map[string]any) {
	params := o.object("params")
	for _, name := range params.names() {
		if value, ok := scalar(params.values[name]); ok {
			facts["param."+name] = value
		} else if given(params.values[name]) {
			facts["param."+name] = compact(params.values[name])
		}
	}
	metrics := o.object("metrics")
	for _, name := range metrics.names() {
		if value, ok := metrics.number(name); ok {
			facts["metric."+name] = value
		}
	}
}

// points are the metrics as points of their history, when the event is about a
// moment of the run: always what run.metrics says, and what names a step.
func (o *object) points(d *models.Description, always bool) {
	step, named := o.step("step")
	if !always && !named {
		return
	}
	metrics := o.object("metrics")
	for _, name := range metrics.names() {
		if value, ok := metrics.number(name); ok {
			d.Points = append(d.Points, models.Metric{Key: name, Point: models.Point{Step: step, Value: value}})
		}
	}
	d.Keep = len(d.Points) > 0
}

// datasets are the dataset versions a run read.
func (o *object) datasets(name string) (links []models.LinkTo) {
	for _, d := range o.list(name) {
		namespace, dataset, digest := d.need("namespace"), d.need("name"), d.need("digest")
		relation := models.TrainedOn
		switch role := d.text("role"); strings.ToLower(role) {
		case "", "training", "train":
		case "evaluation", "eval", "validation", "test", "testing":
			relation = models.EvaluatedOn
		default:
			d.fail("role", "%.40q is neither training nor evaluation.", role)
		}
		key := models.DatasetVersionKey(namespace, dataset, digest)
		links = append(links, models.LinkTo{Relation: relation, To: models.Ref{Kind: models.DatasetVersion, Key: key}})
	}
	return links
}

// commit is what an event says about a commit: its key, or only a sha, which
// alone is a hint because forks share it.
type commit struct{ key, sha string }

// commit reads {"repository","sha"}, "repository@sha" or a bare sha.
func (o *object) commit(name string) commit {
	raw, ok := o.get(name)
	if !ok {
		return commit{}
	}
	var repository, sha string
	if raw[0] == '"' {
		repository, sha, _ = models.SplitCommit(o.text(name))
	} else {
		inner := o.object(name)
		repository, sha = inner.text("repository"), inner.need("sha")
		name += ".sha"
	}
	sha = strings.ToLower(strings.TrimSpace(sha))
	if models.CommitKey("any/repository", sha) == "" {
		o.fail(name, "%.80q is not the sha of a commit.", sha)
		return commit{}
	}
	key := models.CommitKey(repository, sha)
	if hasControl(key) || len(key) > maxKey {
		key = ""
	}
	return commit{key, sha}
}

// attach links a description to the commit, or keeps the bare sha as a hint.
func (c commit) attach(d *models.Description, relation models.Relation) {
	switch {
	case c.key != "":
		d.Links = append(d.Links, models.LinkTo{Relation: relation, To: models.Ref{Kind: models.Commit, Key: c.key}})
	case c.sha != "":
		d.Facts["commit_hint"] = c.sha
	}
}

// compact is a list or object as text without blanks.
func compact(raw json.RawMessage) string {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return ""
	}
	return out.String()
}
