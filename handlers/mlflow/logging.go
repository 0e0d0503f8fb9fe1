package mlflow

import (
	"encoding/json"
	"fmt"
	"net/http"

	"throughline/models"
	"throughline/models/store"
)

func (a *API) loggingRoutes() []Route {
	return []Route{
		write(http.MethodPost, "runs/log-batch", a.logBatch),
		write(http.MethodPost, "runs/log-metric", a.logMetric),
		write(http.MethodPost, "runs/log-parameter", a.logParam),
		write(http.MethodPost, "runs/set-tag", a.setTag),
		write(http.MethodPost, "runs/delete-tag", a.deleteTag),
		write(http.MethodPost, "runs/log-inputs", a.logInputs),
		write(http.MethodPost, "runs/log-model", a.logModel),
	}
}

// metricIn is a metric as clients send it.
type metricIn struct {
	Key           string   `json:"key"`
	Value         *number  `json:"value"`
	At            *integer `json:"timestamp"`
	Step          integer  `json:"step"`
	Model         string   `json:"model_id"`
	DatasetName   string   `json:"dataset_name"`
	DatasetDigest string   `json:"dataset_digest"`
}

// add puts a metric into what is logged. where is the field it stands in.
func (m metricIn) add(l *store.Logged, where string) error {
	switch {
	case m.Value == nil:
		return missing(where + "value")
	case m.At == nil:
		return missing(where + "timestamp")
	case *m.At < 0:
		return models.Errorf(models.Invalid, "Invalid value %d for parameter '%stimestamp' supplied: metric '%s' (value=%s). Timestamp must be a nonnegative long (64-bit integer) ", *m.At, where, short(m.Key), m.Value)
	}
	if err := validName(where+"name", m.Key); err != nil {
		return err
	}
	metric := models.Metric{Key: m.Key, Point: models.Point{Step: int64(m.Step), At: int64(*m.At), Value: float64(*m.Value)}}
	l.Metrics = append(l.Metrics, metric)
	if m.Model != "" {
		l.Models = append(l.Models, store.ModelMetric{Metric: metric, Model: m.Model, DatasetName: m.DatasetName, DatasetDigest: m.DatasetDigest})
	}
	return nil
}

func (a *API) logMetric(c *Call) (any, error) {
	var in struct {
		runID
		metricIn
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	var l store.Logged
	if err := in.add(&l, ""); err != nil {
		return nil, err
	}
	return a.log(c, in.runID, l)
}

func (a *API) log(c *Call, run runID, l store.Logged) (any, error) {
	if err := run.named(); err != nil {
		return nil, err
	}
	return empty{}, a.Store.Log(c, c.By, c.Space, run.key(), l)
}

func (a *API) logBatch(c *Call) (any, error) {
	in, err := c.readBatch()
	if err != nil {
		return nil, err
	}
	l := store.Logged{Metrics: make([]models.Metric, 0, len(in.Metrics))}
	for n, m := range in.Metrics {
		if err := m.add(&l, fmt.Sprintf("metrics[%d].", n)); err != nil {
			return nil, err
		}
	}
	if l.Params, err = validParams(in.Params, "params[#].key"); err != nil {
		return nil, err
	}
	if l.Tags, err = validTags(in.Tags, "tags[#].key"); err != nil {
		return nil, err
	}
	return a.log(c, in.runID, l)
}

// limited refuses batches that are too large, in MLflow's words.
func (in batchIn) limited(size int) error {
	if size > maxBatchBytes {
		return models.Errorf(models.Invalid, "Batched logging API requests must be at most %d bytes, got a request of size %d.", maxBatchBytes, size)
	}
	for _, l := range []struct {
		what        string
		most, count int
	}{{"metrics", maxMetrics, len(in.Metrics)}, {"params", maxPairs, len(in.Params)}, {"tags", maxPairs, len(in.Tags)},
		{"metrics, params, and tags", maxTogether, len(in.Metrics) + len(in.Params) + len(in.Tags)}} {
		if l.count > l.most {
			return models.Errorf(models.Invalid, "A batch logging request can contain at most %d %s. Got %d %s. Please split up %s across multiple requests and try again.", l.most, l.what, l.count, l.what, l.what)
		}
	}
	return nil
}

func (a *API) logParam(c *Call) (any, error) {
	var in struct {
		runID
		models.Pair
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	params, err := validParams([]models.Pair{in.Pair}, "key")
	if err != nil {
		return nil, err
	}
	return a.log(c, in.runID, store.Logged{Params: params, Single: true})
}

// validParams checks parameters; where is the field of each (numbered).
func validParams(list []models.Pair, where string) ([]models.Pair, error) {
	seen := map[string]bool{}
	for n := range list {
		if err := validName(numbered(where, n), list[n].Key); err != nil {
			return nil, err
		}
		if seen[list[n].Key] {
			return nil, models.Errorf(models.Invalid, "Duplicate parameter keys have been submitted: ['%s']. Please ensure the request contains only one param value per param key.", short(list[n].Key))
		}
		seen[list[n].Key] = true
		list[n].Value = cut(list[n].Value, maxParamValue)
	}
	return list, nil
}

func validTags(list []models.Pair, where string) ([]models.Pair, error) {
	for n := range list {
		if err := validName(numbered(where, n), list[n].Key); err != nil {
			return nil, err
		}
		list[n].Value = cut(list[n].Value, maxTagValue)
	}
	return list, nil
}

func (a *API) setTag(c *Call) (any, error) {
	var in struct {
		runID
		models.Pair
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	tags, err := validTags([]models.Pair{in.Pair}, "key")
	if err != nil {
		return nil, err
	}
	return a.log(c, in.runID, store.Logged{Tags: tags})
}

func (a *API) deleteTag(c *Call) (any, error) {
	var in struct {
		runID
		Key string `json:"key"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	return a.log(c, in.runID, store.Logged{Remove: []string{in.Key}})
}

// historyTag holds the models that clients before 3.0 logged to a run, as JSON.
const historyTag = "mlflow.log-model.history"

// logModel is how clients before 3.0 tell of a model among a run's artifacts.
func (a *API) logModel(c *Call) (any, error) {
	var in struct {
		runID
		Model string `json:"model_json"`
	}
	if err := c.readRun(&in, &in.runID); err != nil {
		return nil, err
	}
	var model map[string]any
	if err := json.Unmarshal([]byte(in.Model), &model); err != nil || model["artifact_path"] == nil {
		return nil, models.Errorf(models.Invalid, "Malformed model info: 'model_json' must be the JSON of an MLmodel with its artifact_path.")
	}
	return empty{}, a.Store.AppendTag(c, c.By, c.Space, in.key(), historyTag, json.RawMessage(in.Model))
}
