package tfx

import "context"

// store is a metadata store that can be read, all of it as of one moment where the
// store can do that.
type store interface {
	// changed are executions that changed, or whose artifacts did, after a place, in
	// the order of change; at most n.
	changed(ctx context.Context, since mark, n int) ([]change, error)
	// contexts are those of executions, by the execution's id.
	contexts(ctx context.Context, executions []int64) (map[int64][]grouping, error)
	// executions are those within a context, the newest n of them.
	executions(ctx context.Context, grouping int64, n int) ([]execution, error)
	// events are those of executions.
	events(ctx context.Context, executions []int64) ([]event, error)
	artifacts(ctx context.Context, ids []int64) ([]artifact, error)
	close()
}

// change is an execution with the time of its, or its artifacts', last change.
type change struct{ mark }

// thing is what executions, artifacts and contexts have in common.
type thing struct {
	ID               int64
	Type             string // the type's name: Examples
	Name             string
	Created, Updated int64 // Unix milliseconds
	State            int64
	Properties       map[string]any // custom ones too: string, int64, float64, bool, or what a struct holds
}

// text is a property as text.
func (t thing) text(name string) string { return plain(t.Properties[name]) }

type (
	execution struct{ thing }
	artifact  struct {
		thing
		URI string
	}
	// grouping is a context of ML Metadata: a pipeline, a run of it, a node.
	grouping struct{ thing }
)

// event joins an execution with an artifact it read or made.
type event struct {
	Artifact, Execution, Type, At int64
	Key                           string // the channel: examples
}

// The types of events (metadata_store.proto, Event.Type).
const (
	declaredOutput, declaredInput, input, output, internalInput, internalOutput, pendingOutput = 1, 2, 3, 4, 5, 6, 7
)

func (e event) in() bool  { return e.Type == input || e.Type == declaredInput }
func (e event) out() bool { return e.Type == output || e.Type == declaredOutput }

// The states of executions (metadata_store.proto, Execution.State).
const (
	stateNew, stateRunning, stateComplete, stateFailed, stateCached, stateCanceled = 1, 2, 3, 4, 5, 6
)
