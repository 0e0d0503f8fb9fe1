package models

import (
	"cmp"
	"encoding/json"
	"math"
	"strings"
)

// runStatus are the words of MLflow for states that sources declare.
var runStatus = map[State]string{Running: RunRunning, Queued: RunScheduled, Passed: RunFinished, Warning: RunFinished,
	Failed: RunFailed, Cancelled: RunKilled}

// tagOfFact are the tags behind facts that have names of their own.
var tagOfFact = map[string]string{"user": "mlflow.user", "name": "mlflow.runName", "branch": "mlflow.source.git.branch",
	"parent_run": "mlflow.parentRunId", "description": "mlflow.note.content", "dirty": "mlflow.source.git.dirty"}

// RunOfFacts reads a run's own columns from its subject's facts.
func RunOfFacts(f Facts) TrackedRun {
	r := TrackedRun{Name: cmp.Or(f.String("name"), f.String(FactTitle)), User: f.String("user"), Lifecycle: lifecycleOf(f),
		ArtifactURI: f.String("artifact_uri"), Started: f.Millis("started_at"), Ended: f.Millis("ended_at")}
	state := f.State()
	r.Status = cmp.Or(runStatus[state.State], strings.ToUpper(string(state.State)))
	return r
}

// ExperimentOfFacts reads the experiment that a run's facts name. Where they name
// none, it is the one that every tracking server has.
func ExperimentOfFacts(f Facts) TrackedExperiment {
	name := cmp.Or(f.String("experiment"), f.String("experiment_id"), "Default")
	return TrackedExperiment{Key: cmp.Or(f.String("experiment_id"), name), Name: name, Lifecycle: LifecycleActive}
}

func lifecycleOf(f Facts) string {
	if f.True("deleted") {
		return LifecycleDeleted
	}
	return LifecycleActive
}

// PairOfFact is the parameter or tag that a fact stands for; ok tells whether the
// run has it still.
func PairOfFact(f Facts, name string) (sort string, p Pair, ok bool) {
	sort, key, cut := strings.Cut(name, ".")
	if tag, special := tagOfFact[name]; special {
		sort, key, cut = "tag", tag, true
	}
	if !cut || key == "" || sort != "tag" && sort != "param" {
		return "", Pair{}, false
	}
	value, ok := plainText(f[name].Value)
	return sort, Pair{Key: key, Value: value}, ok
}

// MetricOfFact is the metric that a fact stands for; ok tells whether the run has
// it still.
func MetricOfFact(f Facts, name string) (m Metric, is, ok bool) {
	key, is := strings.CutPrefix(name, "metric.")
	if !is || key == "" {
		return m, false, false
	}
	m = Metric{Key: key, Point: Point{At: f[name].Rank.At}}
	var word string
	if json.Unmarshal(f[name].Value, &m.Value) == nil && string(f[name].Value) != "null" {
		return m, true, true
	}
	_ = json.Unmarshal(f[name].Value, &word)
	m.Value, ok = numberWords[word], word != ""
	return m, true, ok
}

// numberWords are numbers that JSON cannot say, as numberFact writes them.
var numberWords = map[string]float64{"NaN": math.NaN(), "Infinity": math.MaxFloat64, "-Infinity": -math.MaxFloat64}

// plainText is a fact as the text of a parameter or a tag.
func plainText(raw json.RawMessage) (string, bool) {
	var v any
	if json.Unmarshal(raw, &v) != nil || v == nil {
		return "", false
	}
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return map[bool]string{true: "True", false: "False"}[v], true
	}
	return string(raw), true
}
