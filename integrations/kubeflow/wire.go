package kubeflow

import (
	"encoding/json"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// run is a v2beta1Run, as far as it is read.
type run struct {
	ID         string `json:"run_id"`
	Name       string `json:"display_name"`
	Storage    string `json:"storage_state"`
	Experiment string `json:"experiment_id"`
	Version    struct {
		Pipeline string `json:"pipeline_id"`
		ID       string `json:"pipeline_version_id"`
	} `json:"pipeline_version_reference"`
	Spec    json.RawMessage `json:"pipeline_spec"`
	Runtime struct {
		Parameters map[string]any `json:"parameters"`
		Root       string         `json:"pipeline_root"`
	} `json:"runtime_config"`
	Account   string                  `json:"service_account"`
	Created   string                  `json:"created_at"`
	Finished  string                  `json:"finished_at"`
	State     string                  `json:"state"`
	Error     status                  `json:"error"`
	RawTasks  taskDetails             `json:"run_details"`
	Recurring string                  `json:"recurring_run_id"`
	History   []change                `json:"state_history"`
	Plugins   map[string]pluginOutput `json:"plugins_output"`
}

type taskDetails struct {
	Tasks []task `json:"task_details"`
}

// status is a google.rpc.Status.
type status struct {
	Message string `json:"message"`
}

// change is one of a state's changes.
type change struct {
	At    string `json:"update_time"`
	State string `json:"state"`
	Error status `json:"error"`
}

// task is a v2beta1PipelineTaskDetail.
type task struct {
	ID       string `json:"task_id"`
	Name     string `json:"display_name"`
	Created  string `json:"create_time"`
	Started  string `json:"start_time"`
	Ended    string `json:"end_time"`
	Executor struct {
		Failed []string `json:"failed_main_jobs"`
	} `json:"executor_detail"`
	State    string   `json:"state"`
	Error    status   `json:"error"`
	Parent   string   `json:"parent_task_id"` // of the component that it is part of
	Pod      string   `json:"pod_name"`
	History  []change `json:"state_history"`
	Children []struct {
		Task string `json:"task_id"`
		Pod  string `json:"pod_name"`
	} `json:"child_tasks"` // that depend on it
}

type pluginOutput struct {
	Entries map[string]struct{ Value any } `json:"entries"`
}

// text is an entry of a plugin's output.
func (p pluginOutput) text(name string) string {
	s, _ := p.Entries[name].Value.(string)
	return s
}

// state is a RuntimeState in our words. The zero one is left out on the wire.
func state(word string) models.State {
	if word == "" || word == "RUNTIME_STATE_UNSPECIFIED" {
		return models.Queued
	}
	return models.WorkState(strings.ToLower(word))
}

// attempts counts how often the run was begun: it goes on after an end when it is
// retried.
func (r run) attempts() int {
	n, over := 1, false
	for _, c := range r.History {
		is := state(c.State)
		if over && (is == models.Queued || is == models.Running) {
			n++
		}
		over = is.Terminal()
	}
	return n
}

// changed is when the last thing happened in the run.
func (r run) changed() (at time.Time) {
	times := []string{r.Created}
	if state(r.State).Terminal() {
		times = append(times, r.Finished)
	}
	for _, c := range r.History {
		times = append(times, c.At)
	}
	for _, t := range r.RawTasks.Tasks {
		times = append(times, t.Created, t.Started, t.Ended)
		for _, c := range t.History {
			times = append(times, c.At)
		}
	}
	for _, text := range times {
		if t := integrations.Moment(text); t.After(at) {
			at = t
		}
	}
	return at
}

// told is changed, a little later the further the run got: without a history
// there is but one time for all of it.
func (r run) told() time.Time {
	at, is := r.changed(), state(r.State)
	switch {
	case at.IsZero() || is == models.Queued:
		return at
	case is.Terminal():
		return at.Add(2 * time.Millisecond)
	}
	return at.Add(time.Millisecond)
}

// specName is the name in a pipeline's spec, which may lie in another one beside
// the platforms'.
func specName(spec json.RawMessage) string {
	type info struct {
		Info struct{ Name string } `json:"pipelineInfo"`
	}
	var s struct {
		info
		Inner info `json:"pipeline_spec"`
	}
	if json.Unmarshal(spec, &s) != nil {
		return ""
	}
	if s.Info.Name != "" {
		return s.Info.Name
	}
	return s.Inner.Info.Name
}
