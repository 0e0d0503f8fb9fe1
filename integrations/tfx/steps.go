package tfx

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"throughline/models"
)

// node is a node of the pipeline with its newest execution in the run.
type node struct {
	name string
	last execution
	step models.Step
}

// steps are the run's nodes, in the order in which they first came up. Every try of
// a node is an execution; the newest counts.
func (r *run) steps() (out []node) {
	at := map[string]int{}
	for _, e := range r.executions {
		name := r.nodeOf(e)
		i, known := at[name]
		if !known {
			i, at[name], out = len(out), len(out), append(out, node{name: name, step: models.Step{Order: int64(len(out) + 1)}})
		}
		out[i].last = e
		out[i].step.Attempt++
	}
	for i := range out {
		r.fill(&out[i])
	}
	r.edges(out)
	return out
}

// nodeOf is the name of the node that an execution is of.
func (r *run) nodeOf(e execution) string {
	for _, c := range r.contexts[e.ID] {
		if c.Type == "node" {
			return orElse(clean(strings.TrimPrefix(c.Name, r.pipeline+"."), 180), "node")
		}
	}
	for _, name := range []string{e.text("task_name"), e.text("display_name"), e.Name} {
		if name != "" {
			return clean(name, 180)
		}
	}
	return orElse(clean(short(e.Type), 180), "node")
}

// short is the last part of a class's path: Trainer.
func short(class string) string { return class[strings.LastIndexByte(class, '.')+1:] }

func (r *run) fill(n *node) {
	s, e := &n.step, n.last
	s.State, s.Raw = states(e, r.kfp())
	s.Cached = e.State == stateCached || r.kfp() && e.text("cached_execution_id") != ""
	s.Type = clean(short(e.Type), 100)
	s.Started = models.StepTime(millis(e.Created))
	if s.State.Terminal() {
		s.Ended = models.StepTime(millis(max(e.Created, e.Updated)))
	}
	if s.State == models.Failed {
		s.Error = problem(e)
	}
	if s.Attempt == 1 {
		s.Attempt = 0
	}
}

// states is the state of an execution, with the store's word for it. Kubeflow
// writes CANCELED for what was not triggered.
func states(e execution, kfp bool) (models.State, string) {
	switch e.State {
	case stateNew:
		return models.Queued, "NEW"
	case stateRunning:
		return models.Running, "RUNNING"
	case stateComplete:
		return models.Passed, "COMPLETE"
	case stateFailed:
		return models.Failed, "FAILED"
	case stateCached:
		return models.Passed, "CACHED"
	case stateCanceled:
		if kfp {
			return models.Skipped, "CANCELED"
		}
		return models.Cancelled, "CANCELED"
	}
	return models.Unknown, "UNKNOWN"
}

// problem is why an execution failed, in a line (tfx.orchestration.ExecutionResult
// in JSON, under __execution_result__).
func problem(e execution) string {
	var result struct {
		Camel string `json:"resultMessage"`
		Snake string `json:"result_message"`
	}
	raw := e.text("__execution_result__")
	if json.Unmarshal([]byte(raw), &result) == nil {
		raw = orElse(result.Camel, result.Snake)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(raw), "\n")
	return clean(first, 500)
}

// edges says of each node which it waits for: those whose artifacts it reads.
func (r *run) edges(nodes []node) {
	makers := map[int64]string{}
	for _, e := range r.events {
		if e.out() {
			makers[e.Artifact] = r.nodeOf(r.byID[e.Execution])
		}
	}
	after := map[string]map[string]bool{}
	for _, e := range r.events {
		reader := r.nodeOf(r.byID[e.Execution])
		if maker := makers[e.Artifact]; e.in() && maker != "" && maker != reader {
			if after[reader] == nil {
				after[reader] = map[string]bool{}
			}
			after[reader][maker] = true
		}
	}
	for i := range nodes {
		if list := slices.Sorted(maps.Keys(after[nodes[i].name])); len(list) > 0 {
			nodes[i].step.After = list
		}
	}
}
