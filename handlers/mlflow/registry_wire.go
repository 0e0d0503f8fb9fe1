package mlflow

import (
	"strconv"

	"throughline/models"
)

// The shapes of model_registry.proto. What is unset is left out.

type registeredWire struct {
	Name        string        `json:"name"`
	Created     int64         `json:"creation_timestamp"`
	Updated     int64         `json:"last_updated_timestamp"`
	Description string        `json:"description,omitempty"`
	Latest      []versionWire `json:"latest_versions,omitempty"`
	Tags        []models.Pair `json:"tags,omitempty"`
	Aliases     []aliasWire   `json:"aliases,omitempty"`
}

type aliasWire struct {
	Alias   string `json:"alias"`
	Version string `json:"version"`
}

type versionWire struct {
	Name        string        `json:"name"`
	Version     string        `json:"version"`
	Created     int64         `json:"creation_timestamp"`
	Updated     int64         `json:"last_updated_timestamp"`
	Stage       string        `json:"current_stage"`
	Description string        `json:"description"`
	Source      string        `json:"source"`
	Run         string        `json:"run_id"`
	Status      string        `json:"status"`
	Tags        []models.Pair `json:"tags,omitempty"`
	RunLink     string        `json:"run_link"`
	Aliases     []string      `json:"aliases,omitempty"`
}

type registeredAnswer struct {
	Model registeredWire `json:"registered_model"`
}

type versionAnswer struct {
	Version versionWire `json:"model_version"`
}

func wireRegistered(m models.RegisteredModel) registeredWire {
	w := registeredWire{Name: m.Name, Created: m.Created, Updated: m.Updated, Description: m.Description, Latest: wireVersions(m.Latest), Tags: m.Tags}
	for _, a := range m.Aliases {
		w.Aliases = append(w.Aliases, aliasWire{a.Name, strconv.FormatInt(a.Version, 10)})
	}
	return w
}

// wireVersion says READY of every version: one is registered at once, or not at all.
func wireVersion(v models.RegisteredVersion) versionWire {
	return versionWire{Name: v.Model, Version: strconv.FormatInt(v.Version, 10), Created: v.Created, Updated: v.Updated, Stage: v.Stage, Description: v.Description,
		Source: v.Source, Run: v.Run, Status: "READY", Tags: v.Tags, RunLink: v.RunLink, Aliases: v.Aliases}
}

func wireVersions(list []models.RegisteredVersion) []versionWire {
	var out []versionWire
	for _, v := range list {
		out = append(out, wireVersion(v))
	}
	return out
}

type loggedWire struct {
	Info loggedInfo `json:"info"`
	Data loggedData `json:"data"`
}

type loggedInfo struct {
	ID         string        `json:"model_id"`
	Experiment string        `json:"experiment_id"`
	Name       string        `json:"name"`
	Created    int64         `json:"creation_timestamp_ms"`
	Updated    int64         `json:"last_updated_timestamp_ms"`
	Artifacts  string        `json:"artifact_uri"`
	Status     string        `json:"status"`
	Type       string        `json:"model_type"`
	SourceRun  string        `json:"source_run_id"`
	Tags       []models.Pair `json:"tags,omitempty"`
}

type loggedData struct {
	Params  []models.Pair      `json:"params,omitempty"`
	Metrics []loggedMetricWire `json:"metrics,omitempty"`
}

type loggedMetricWire struct {
	metricWire
	DatasetName   string `json:"dataset_name,omitempty"`
	DatasetDigest string `json:"dataset_digest,omitempty"`
	Model         string `json:"model_id"`
	Run           string `json:"run_id"`
}

type loggedAnswer struct {
	Model loggedWire `json:"model"`
}

func wireLogged(l models.LoggedModel) loggedWire {
	w := loggedWire{Info: loggedInfo{ID: l.Key, Experiment: l.Experiment, Name: l.Name, Created: l.Created, Updated: l.Updated, Artifacts: l.ArtifactURI,
		Status: l.Status, Type: l.Type, SourceRun: l.SourceRun, Tags: l.Tags}, Data: loggedData{Params: l.Params}}
	for _, m := range l.Metrics {
		w.Data.Metrics = append(w.Data.Metrics, loggedMetricWire{metricWire: wireMetric(m.Key, m.Point), DatasetName: m.DatasetName, DatasetDigest: m.DatasetDigest, Model: l.Key, Run: m.Run})
	}
	return w
}
