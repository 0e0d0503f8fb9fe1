package models

import (
	"cmp"
	"math"
	"strconv"
)

// The words of MLflow that experiments, runs and their calls use.
const (
	LifecycleActive  = "active"
	LifecycleDeleted = "deleted"

	RunRunning   = "RUNNING"
	RunScheduled = "SCHEDULED"
	RunFinished  = "FINISHED"
	RunFailed    = "FAILED"
	RunKilled    = "KILLED"
)

// RunStatuses are the words a run's status may have.
var RunStatuses = []string{RunRunning, RunScheduled, RunFinished, RunFailed, RunKilled}

// Pair is a parameter or a tag.
type Pair struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// TrackedExperiment is an experiment as the tracking API keeps it.
type TrackedExperiment struct {
	ID               int64  // ours
	Integration      int64  // the space or the mirrored server that it is of
	Key              string // MLflow's experiment_id
	Name             string
	ArtifactLocation string
	Lifecycle        string
	Created, Updated int64 // Unix milliseconds
	Tags             []Pair
}

// TrackedRun is a run with all that was logged to it, but not the history of its
// metrics.
type TrackedRun struct {
	ID            int64 // of its subject
	Integration   int64
	Key           string // MLflow's run_id
	Experiment    int64  // TrackedExperiment.ID …
	ExperimentKey string // … and its Key …
	Name          string
	User          string // as the client claims
	Actor, ByName string // who logged it, proved: Principal.Actor, and a token's name
	Status        string // one of RunStatuses, or the source's own word
	Lifecycle     string
	Started       int64 // Unix milliseconds, 0: unknown
	Ended         int64 // 0: has not ended; a resumed run has its first end
	ArtifactURI   string
	LoggedAt      int64    // the last call that logged anything, by our clock
	Params, Tags  []Pair   // by key
	Metrics       []Metric // the latest value of each, by key
	Inputs        []RunInput
	Models        []RunModel // logged models that it made or read
}

// Tag is the value of a tag, empty when there is none.
func (r TrackedRun) Tag(key string) string {
	for _, t := range r.Tags {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}

// Point is one value of a metric. At is the client's time in Unix milliseconds.
// Infinities are kept as the greatest numbers, as MLflow does; NaN is NaN.
type Point struct {
	Step, At int64
	Value    float64
}

// Metric is a point with the metric's name.
type Metric struct {
	Key string
	Point
}

// Later tells whether p is the latest of two points: greatest by step, then time,
// then value, where NaN counts as 0 (MLflow, sqlalchemy_store.py, _compare_metrics).
func (p Point) Later(o Point) bool {
	return cmp.Or(cmp.Compare(p.Step, o.Step), cmp.Compare(p.At, o.At), cmp.Compare(p.Ordinal(), o.Ordinal())) > 0
}

// Ordinal is the value as it is ordered and stored: 0 where it is not a number.
func (p Point) Ordinal() float64 {
	if math.IsNaN(p.Value) {
		return 0
	}
	return p.Value
}

// Same tells whether two points are one: the client sent it twice.
func (p Point) Same(o Point) bool {
	return p.Step == o.Step && p.At == o.At && (p.Value == o.Value || math.IsNaN(p.Value) && math.IsNaN(o.Value))
}

// RunDataset is a dataset as a run names it.
type RunDataset struct {
	Name, Digest       string
	SourceType, Source string // Source is JSON by the client
	Schema, Profile    string // JSON by the client
}

// RunInput is a dataset that a run read, with the tags of that use.
type RunInput struct {
	Dataset RunDataset
	Tags    []Pair // mlflow.data.context: training, evaluation …
}

// PlainNumber writes a metric's value as people read it: at most six digits that
// count, and the words for what is no number.
func PlainNumber(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case v >= math.MaxFloat64:
		return "∞"
	case v <= -math.MaxFloat64:
		return "−∞"
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}
