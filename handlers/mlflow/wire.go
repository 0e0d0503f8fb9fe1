package mlflow

import (
	"throughline/models"
)

// The shapes of service.proto. What is unset is left out.

type experimentWire struct {
	ID        string        `json:"experiment_id"`
	Name      string        `json:"name"`
	Artifacts string        `json:"artifact_location"`
	Lifecycle string        `json:"lifecycle_stage"`
	Updated   int64         `json:"last_update_time"`
	Created   int64         `json:"creation_time"`
	Tags      []models.Pair `json:"tags,omitempty"`
}

func wireExperiment(e models.TrackedExperiment) experimentWire {
	return experimentWire{ID: e.Key, Name: e.Name, Artifacts: e.ArtifactLocation, Lifecycle: e.Lifecycle, Updated: e.Updated, Created: e.Created, Tags: e.Tags}
}

type runWire struct {
	Info    runInfo  `json:"info"`
	Data    runData  `json:"data"`
	Inputs  inputs   `json:"inputs"`
	Outputs *outputs `json:"outputs,omitempty"`
}

type runInfo struct {
	UUID       string `json:"run_uuid"`
	Experiment string `json:"experiment_id"`
	Name       string `json:"run_name,omitempty"`
	User       string `json:"user_id,omitempty"`
	Status     string `json:"status"`
	Started    int64  `json:"start_time"`
	Ended      int64  `json:"end_time,omitempty"`
	Artifacts  string `json:"artifact_uri"`
	Lifecycle  string `json:"lifecycle_stage"`
	ID         string `json:"run_id"`
}

type runData struct {
	Metrics []metricWire  `json:"metrics,omitempty"`
	Params  []models.Pair `json:"params,omitempty"`
	Tags    []models.Pair `json:"tags,omitempty"`
}

type metricWire struct {
	Key   string `json:"key"`
	Value number `json:"value"`
	At    int64  `json:"timestamp"`
	Step  int64  `json:"step"`
}

type inputs struct {
	Datasets []inputWire   `json:"dataset_inputs,omitempty"`
	Models   []modelIDWire `json:"model_inputs,omitempty"`
}

type outputs struct {
	Models []modelOutputWire `json:"model_outputs,omitempty"`
}

type modelIDWire struct {
	Model string `json:"model_id"`
}

type modelOutputWire struct {
	Model string `json:"model_id"`
	Step  int64  `json:"step"`
}

type inputWire struct {
	Tags    []models.Pair `json:"tags,omitempty"`
	Dataset datasetWire   `json:"dataset"`
}

type datasetWire struct {
	Name       string `json:"name"`
	Digest     string `json:"digest"`
	SourceType string `json:"source_type"`
	Source     string `json:"source"`
	Schema     string `json:"schema,omitempty"`
	Profile    string `json:"profile,omitempty"`
}

func wireInfo(r models.TrackedRun) runInfo {
	return runInfo{UUID: r.Key, Experiment: r.ExperimentKey, Name: r.Name, User: r.User, Status: r.Status, Started: r.Started, Ended: r.Ended,
		Artifacts: r.ArtifactURI, Lifecycle: r.Lifecycle, ID: r.Key}
}

func wireRun(r models.TrackedRun) runWire {
	w := runWire{Info: wireInfo(r), Data: runData{Params: r.Params, Tags: r.Tags}, Outputs: &outputs{}}
	for _, m := range r.Metrics {
		w.Data.Metrics = append(w.Data.Metrics, wireMetric(m.Key, m.Point))
	}
	for _, in := range r.Inputs {
		w.Inputs.Datasets = append(w.Inputs.Datasets, inputWire{Tags: in.Tags, Dataset: datasetWire(in.Dataset)})
	}
	for _, m := range r.Models {
		if m.Input {
			w.Inputs.Models = append(w.Inputs.Models, modelIDWire{m.Model})
			continue
		}
		w.Outputs.Models = append(w.Outputs.Models, modelOutputWire{m.Model, m.Step})
	}
	return w
}

func wireMetric(key string, p models.Point) metricWire {
	return metricWire{Key: key, Value: number(p.Value), At: p.At, Step: p.Step}
}
