package models

import (
	"slices"
	"time"
)

// PipelineLine is a pipeline run in a list.
type PipelineLine struct {
	Subject Subject
	PipelineFacts
	Source string        // of its integration
	Cause  string        // what it is grouped by when it failed
	Commit string        // key of the commit it was built from, or empty
	Claim  *Claim        // who looks at it
	Before []PipelineBar // the last runs of its pipeline, the oldest first
}

// PipelineBar is one of the last runs of a pipeline.
type PipelineBar struct {
	Key     string
	Number  string
	State   State
	Started time.Time
	Took    time.Duration // 0: not known
}

// fewest is how many runs must have passed before anybody can say how long is usual.
const fewest = 3

// Usual is the median of how long the runs that passed took; 0 while too few did.
func Usual(bars []PipelineBar) time.Duration {
	var took []time.Duration
	for _, b := range bars {
		if b.State == Passed && b.Took > 0 {
			took = append(took, b.Took)
		}
	}
	if len(took) < fewest {
		return 0
	}
	slices.Sort(took)
	if n := len(took); n%2 == 0 {
		return (took[n/2-1] + took[n/2]) / 2
	}
	return took[len(took)/2]
}

// FailureGroup are pipelines whose last run failed for one cause.
type FailureGroup struct {
	Cause string
	Lines []PipelineLine // the newest first
}

// Open are those that nobody looks at.
func (g FailureGroup) Open() (out []PipelineLine) {
	for _, l := range g.Lines {
		if l.Claim == nil {
			out = append(out, l)
		}
	}
	return out
}

// GroupFailures puts failures of one cause together, the largest group first; what
// nobody said the cause of stands alone.
func GroupFailures(lines []PipelineLine) (out []FailureGroup) {
	at := map[string]int{}
	for _, l := range lines {
		i, known := at[l.Cause]
		if l.Cause == "" || !known {
			i, at[l.Cause] = len(out), len(out)
			out = append(out, FailureGroup{Cause: l.Cause})
		}
		out[i].Lines = append(out[i].Lines, l)
	}
	slices.SortStableFunc(out, func(a, b FailureGroup) int { return len(b.Lines) - len(a.Lines) })
	return out
}
