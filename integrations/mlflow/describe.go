package mlflow

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

const (
	factLimit = 5000 // bytes of one text
	mostFacts = 1000 // of each sort (parameters, metrics, tags) of one run
)

// tagFact are tags that are told as facts of their own name, or are too noisy.
var tagFact = map[string]string{
	"mlflow.user": "user", "mlflow.runName": "", "mlflow.source.git.branch": "branch",
	"mlflow.parentRunId": "parent_run", "mlflow.note.content": "description",
	"mlflow.log-model.history": "", "mlflow.source.git.diff": "", "mlflow.modelVersions": "", "mlflow.loggedArtifacts": "",
}

func (r *reading) describeExperiment(e experiment) models.Description {
	return models.Description{
		Ref: models.Ref{Kind: models.Experiment, Key: string(e.ID)}, At: r.at,
		Title: clean(text(cmp.Or(r.inSpace(e.Name), string(e.ID)))), URL: r.page("experiments", string(e.ID)),
		Whole: []string{"tag."}, Facts: r.experimentFacts(e),
	}
}

func (r *reading) experimentFacts(e experiment) map[string]any {
	f := map[string]any{}
	for _, t := range firstOf(e.Tags, func(t tag) text { return t.Key }) {
		if t.Key != "mlflow.note.content" {
			f["tag."+clean(t.Key)] = clean(t.Value)
		}
	}
	f["name"], f["artifact_uri"], f["created_at"] = orNone(clean(text(r.inSpace(e.Name)))), orNone(clean(e.Artifacts)), moment(e.Created)
	f["deleted"], f["description"] = deleted(e.Lifecycle), orNone(clean(text(tagOf(e.Tags, "mlflow.note.content"))))
	if r.workspace != "" {
		f["workspace"] = r.workspace
	}
	return f
}

// inSpace is a name as it differs from the same of another workspace.
func (s *server) inSpace(name text) string {
	if s.workspace == "" || s.workspace == ordinary || name == "" {
		return string(name)
	}
	return s.workspace + ": " + string(name)
}

// describeRun is the run, and the dataset versions that it read.
func (r *reading) describeRun(u run) []models.Description {
	info := u.Info
	d := models.Description{
		Ref: models.Ref{Kind: models.Run, Key: string(info.ID)}, At: r.at,
		Title: clean(cmp.Or(info.Name, text(tagOf(u.Data.Tags, "mlflow.runName")), info.ID)),
		URL:   r.page("experiments", string(info.Experiment), "runs", string(info.ID)),
		Facts: r.runFacts(u), Whole: []string{"tag.", "param.", "metric."},
	}
	for _, m := range firstOf(u.Data.Metrics, func(m metric) text { return m.Key }) {
		d.Points = append(d.Points, models.Metric{Key: clean(m.Key), Point: models.Point{Step: int64(m.Step), At: int64(m.At), Value: float64(m.Value)}})
	}
	if info.Status != "" {
		d.State, d.Raw, d.StateAt = models.WorkState(strings.ToLower(string(info.Status))), clean(info.Status), info.Started.time()
	}
	if d.State.Terminal() && info.Ended > 0 {
		d.StateAt = info.Ended.time()
	}
	r.linkCode(&d, u.Data.Tags)
	if id := tagOf(u.Data.Tags, "kfp.pipeline_run_id"); id != "" && len(id) <= keyLimit {
		d.Links = append(d.Links, models.LinkTo{Relation: models.ExecutedIn, To: models.Ref{Kind: models.PipelineRun, Key: clean(text(id))}})
	}
	return append([]models.Description{d}, linkData(&d, u)...)
}

func (r *reading) runFacts(u run) map[string]any {
	info, f := u.Info, map[string]any{}
	if r.workspace != "" {
		f["workspace"] = r.workspace
	}
	for _, name := range []string{"branch", "parent_run", "description", "dirty", "commit_hint"} {
		f[name] = nil // unless a tag says so
	}
	f["user"] = orNone(clean(info.User))
	for _, m := range firstOf(u.Data.Metrics, func(m metric) text { return m.Key }) {
		f["metric."+clean(m.Key)] = m.Value.fact()
	}
	for _, p := range firstOf(u.Data.Params, func(p tag) text { return p.Key }) {
		f["param."+clean(p.Key)] = clean(p.Value)
	}
	tagFacts(f, u.Data.Tags)
	f["experiment"] = orNone(clean(cmp.Or(text(r.names[string(info.Experiment)]), info.Experiment)))
	f["experiment_id"] = orNone(clean(info.Experiment))
	f["name"] = orNone(clean(info.Name))
	f["artifact_uri"] = orNone(clean(info.Artifacts))
	f["started_at"], f["ended_at"] = moment(info.Started), moment(info.Ended)
	f["deleted"] = deleted(info.Lifecycle)
	return f
}

func tagFacts(f map[string]any, tags []tag) {
	for _, t := range firstOf(tags, func(t tag) text { return t.Key }) {
		name, special := tagFact[string(t.Key)]
		switch {
		case t.Key == "mlflow.source.git.dirty":
			f["dirty"] = strings.EqualFold(string(t.Value), "true")
		case !special:
			f["tag."+clean(t.Key)] = clean(t.Value)
		case name != "" && t.Value != "":
			f[name] = clean(t.Value)
		}
	}
}

// linkCode links the commit the run was built from. MLflow often knows no
// repository; then the account's own stands in, or the sha stays a hint.
func (r *reading) linkCode(d *models.Description, tags []tag) {
	sha := cmp.Or(tagOf(tags, "mlflow.source.git.commit"), tagOf(tags, "mlflow.databricks.gitRepoCommit"))
	if sha == "" {
		return
	}
	for _, repository := range []string{tagOf(tags, "mlflow.source.git.repoURL"), tagOf(tags, "mlflow.databricks.gitRepoUrl"),
		projectOf(tags), r.account.Get("repository")} {
		if key := models.CommitKey(clean(text(repository)), sha); key != "" {
			d.Links = append(d.Links, models.LinkTo{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: key}})
			return
		}
	}
	d.Facts["commit_hint"] = clean(text(sha))
}

// projectOf is the repository of a run started by "mlflow run ADDRESS#folder".
func projectOf(tags []tag) string {
	if tagOf(tags, "mlflow.source.type") != "PROJECT" {
		return ""
	}
	address, _, _ := strings.Cut(tagOf(tags, "mlflow.source.name"), "#")
	return address
}

// firstOf are the named elements in the order of their names, not too many.
func firstOf[T any](all []T, name func(T) text) []T {
	all = slices.DeleteFunc(slices.Clone(all), func(v T) bool { return name(v) == "" })
	slices.SortStableFunc(all, func(a, b T) int { return cmp.Compare(name(a), name(b)) })
	return all[:min(len(all), mostFacts)]
}

func clean(t text) string { return integrations.Cut(string(t), factLimit) }

// orNone is a text fact; nil takes back what was said before.
func orNone(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func moment(i integer) any {
	if at := i.time(); !at.IsZero() {
		return at
	}
	return nil
}

func deleted(lifecycle text) any {
	if lifecycle == "deleted" {
		return true
	}
	return nil
}

// rowsOf reads the number of rows of a dataset's profile.
func rowsOf(profile text) any {
	var p struct {
		Rows *integer `json:"num_rows"`
	}
	if json.Unmarshal([]byte(profile), &p) != nil || p.Rows == nil {
		return nil
	}
	return int64(*p.Rows)
}
