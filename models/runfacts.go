package models

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The bounds of what a run's subject holds of its run; the tables hold all.
const (
	runFactLimit = 5000 // bytes of one text
	mostRunFacts = 1000 // of each sort (parameters, metrics, tags)
)

// RunAsSubject is a run on its way to boards, links and gaps.
type RunAsSubject struct {
	Run        TrackedRun
	Experiment string    // its name
	Repository string    // where runs are built from when only a commit is known, or empty
	At         time.Time // of this description
	Page       string    // the upstream's page of it, or empty
	Deleted    bool      // by the upstream: said even when it is not
}

// Descriptions are the run, and the dataset versions that it read.
func (r RunAsSubject) Descriptions() []Description {
	run := r.Run
	d := Description{Ref: Ref{Kind: Run, Key: run.Key}, At: r.At, URL: r.Page, Facts: r.facts(),
		Title: cutText(cmp.Or(run.Name, run.Tag("mlflow.runName"), run.Key))}
	if run.Status != "" {
		d.State, d.Raw, d.StateAt = WorkState(strings.ToLower(run.Status)), run.Status, milliTime(run.Started)
	}
	if d.State.Terminal() && run.Ended > 0 {
		d.StateAt = milliTime(run.Ended)
	}
	r.linkCode(&d)
	if id := run.Tag("kfp.pipeline_run_id"); id != "" && len(id) <= runKeyLimit {
		d.Links = append(d.Links, LinkTo{Relation: ExecutedIn, To: Ref{Kind: PipelineRun, Key: id}})
	}
	versions := linkInputs(&d, run)
	return append([]Description{d}, versions...)
}

// runKeyLimit bounds keys that a run names.
const runKeyLimit = 900

// tagFacts are tags that are told as facts of their own name, or are too noisy.
var tagFacts = map[string]string{
	"mlflow.user": "user", "mlflow.runName": "", "mlflow.source.git.branch": "branch",
	"mlflow.parentRunId": "parent_run", "mlflow.note.content": "description",
	"mlflow.log-model.history": "", "mlflow.source.git.diff": "", "mlflow.modelVersions": "", "mlflow.loggedArtifacts": "",
}

func (r RunAsSubject) facts() map[string]any {
	run, f := r.Run, map[string]any{}
	f["user"] = textOrNone(run.User)
	for _, m := range someOf(run.Metrics) {
		f["metric."+cutText(m.Key)] = numberFact(m.Value)
	}
	for _, p := range someOf(run.Params) {
		f["param."+cutText(p.Key)] = cutText(p.Value)
	}
	for _, t := range someOf(run.Tags) {
		tagFact(f, t)
	}
	f["experiment"], f["experiment_id"] = textOrNone(cmp.Or(r.Experiment, run.ExperimentKey)), textOrNone(run.ExperimentKey)
	f["name"], f["artifact_uri"] = textOrNone(run.Name), textOrNone(run.ArtifactURI)
	f["started_at"], f["ended_at"] = timeOrNone(run.Started), timeOrNone(run.Ended)
	f["deleted"] = nil
	if run.Lifecycle == LifecycleDeleted {
		f["deleted"] = true
	}
	return f
}

func tagFact(f map[string]any, t Pair) {
	name, special := tagFacts[t.Key]
	switch {
	case t.Key == "mlflow.source.git.dirty":
		f["dirty"] = strings.EqualFold(t.Value, "true")
	case !special:
		f["tag."+cutText(t.Key)] = cutText(t.Value)
	case name != "" && t.Value != "":
		f[name] = cutText(t.Value)
	}
}

// linkCode links the commit the run was built from. MLflow often knows no
// repository; then the given one stands in, or the sha stays a hint.
func (r RunAsSubject) linkCode(d *Description) {
	run := r.Run
	sha := cmp.Or(run.Tag("mlflow.source.git.commit"), run.Tag("mlflow.databricks.gitRepoCommit"))
	if sha == "" {
		return
	}
	for _, repository := range []string{run.Tag("mlflow.source.git.repoURL"), run.Tag("mlflow.databricks.gitRepoUrl"), projectAddress(run), r.Repository} {
		if key := CommitKey(cutText(repository), sha); key != "" {
			d.Links = append(d.Links, LinkTo{Relation: BuiltFrom, To: Ref{Kind: Commit, Key: key}})
			return
		}
	}
	d.Facts["commit_hint"] = cutText(sha)
}

// projectAddress is the repository of a run started by "mlflow run ADDRESS#folder".
func projectAddress(run TrackedRun) string {
	if run.Tag("mlflow.source.type") != "PROJECT" {
		return ""
	}
	address, _, _ := strings.Cut(run.Tag("mlflow.source.name"), "#")
	return address
}

// someOf are the first of a sorted list, not too many.
func someOf[T any](all []T) []T { return all[:min(len(all), mostRunFacts)] }

func cutText(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	if len(s) <= runFactLimit {
		return s
	}
	return strings.ToValidUTF8(s[:runFactLimit-3], "") + "…"
}

// textOrNone is a text fact; nil takes back what was said before.
func textOrNone(s string) any {
	if s == "" {
		return nil
	}
	return cutText(s)
}

func milliTime(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func timeOrNone(ms int64) any {
	if at := milliTime(ms); !at.IsZero() {
		return at
	}
	return nil
}

// SortPairs orders parameters or tags by key.
func SortPairs(list []Pair) {
	slices.SortStableFunc(list, func(a, b Pair) int { return strings.Compare(a.Key, b.Key) })
}
