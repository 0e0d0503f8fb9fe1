package models

import (
	"slices"
	"time"
)

// DataChange is a change of a dataset that somebody announced, so that those whose
// live models use the data can say what it means for them.
type DataChange struct {
	ID      int64
	Dataset Subject
	Kind    ChangeKind
	Columns []string
	On      time.Time // the day
	Text    string
	By      string
	At      time.Time
	State   ChangeState
	Ended   time.Time // when it was withdrawn, or happened
	Lines   []ChangeLine
}

// ChangeKind is what is going to change.
type ChangeKind string

// ChangeKinds are the kinds of planned changes.
var ChangeKinds = []ChangeKind{"column_removed", "column_renamed", "type_changed", "meaning_changed", "dataset_retired", "other"}

// Word is the kind as pages write it.
func (k ChangeKind) Word() string {
	return map[ChangeKind]string{"column_removed": "column goes", "column_renamed": "column is renamed", "type_changed": "type changes",
		"meaning_changed": "meaning changes", "dataset_retired": "dataset is retired", "other": "other change"}[k]
}

// OfColumns tells whether the kind names columns.
func (k ChangeKind) OfColumns() bool {
	return slices.Contains([]ChangeKind{"column_removed", "column_renamed", "type_changed", "meaning_changed"}, k)
}

// ChangeState is where an announced change stands.
type ChangeState string

// The states of an announced change.
const (
	ChangePlanned   ChangeState = "planned"
	ChangeWithdrawn ChangeState = "withdrawn"
	ChangeHappened  ChangeState = "happened"
)

// ChangeVerdict is an owner's answer to an announced change.
type ChangeVerdict string

// The verdicts, the worst last.
const (
	VerdictSafe    ChangeVerdict = "safe"
	VerdictWork    ChangeVerdict = "needs_work"
	VerdictBlocked ChangeVerdict = "blocked"
)

// Verdicts lists them.
var Verdicts = []ChangeVerdict{VerdictSafe, VerdictWork, VerdictBlocked}

// Word is the verdict as pages write it.
func (v ChangeVerdict) Word() string {
	if v == VerdictWork {
		return "needs work"
	}
	return string(v)
}

// ChangeLine is a live model that a change affects, with who is asked and what
// they answered.
type ChangeLine struct {
	Model       Subject
	Deployments []Subject
	Owners      []Owner
	Answers     []ChangeAnswer // the newest of each person
}

// ChangeAnswer is what one person or bot answered for a model.
type ChangeAnswer struct {
	Model   int64
	Actor   string
	By      string
	Verdict ChangeVerdict
	Text    string
	At      time.Time
}

// Worst is the verdict that counts; empty while nobody answered.
func (l ChangeLine) Worst() (worst ChangeVerdict) {
	for _, a := range l.Answers {
		if slices.Index(Verdicts, a.Verdict) > slices.Index(Verdicts, worst) {
			worst = a.Verdict
		}
	}
	return worst
}

// Silent are the owners who have not answered themselves. A team has answered when
// anybody did.
func (l ChangeLine) Silent() (out []Owner) {
	for _, o := range l.Owners {
		answered := func(a ChangeAnswer) bool {
			return o.Team != "" || o.Account != 0 && a.Actor == Principal{PersonID: o.Account}.Actor()
		}
		if o.Counts() && !slices.ContainsFunc(l.Answers, answered) {
			out = append(out, o)
		}
	}
	return out
}

// Waiting counts the models that nobody answered for.
func (c DataChange) Waiting() (n int) {
	for _, l := range c.Lines {
		if l.Worst() == "" {
			n++
		}
	}
	return n
}

// Worst is the verdict that counts for all models; empty while any of them waits
// and none is blocked.
func (c DataChange) Worst() (worst ChangeVerdict) {
	waits := false
	for _, l := range c.Lines {
		v := l.Worst()
		waits = waits || v == ""
		if slices.Index(Verdicts, v) > slices.Index(Verdicts, worst) {
			worst = v
		}
	}
	if waits && worst != VerdictBlocked {
		return ""
	}
	return worst
}
