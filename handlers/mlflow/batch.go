package mlflow

import (
	"encoding/json"

	"github.com/bytedance/sonic"

	"throughline/models"
)

// batchIn is the body of log-batch.
type batchIn struct {
	runID
	Metrics []metricIn    `json:"metrics"`
	Params  []models.Pair `json:"params"`
	Tags    []models.Pair `json:"tags"`
}

// readBatch decodes the hot call. Most bodies hold numbers as numbers, which a fast
// decoder reads without a method call for each; any other body is read the long way.
func (c *Call) readBatch() (in batchIn, err error) {
	text, err := c.text()
	if err != nil {
		return in, err
	}
	if in, err = fastBatch(text); err != nil {
		in = batchIn{}
		if err := json.Unmarshal(text, &in); err != nil {
			return in, models.Errorf(models.Invalid, "The request could not be read as JSON: %w", err)
		}
	}
	return in, in.limited(len(text))
}

// plainBatch is batchIn where every number is one.
type plainBatch struct {
	runID
	Metrics []struct {
		Key           string   `json:"key"`
		Value         *float64 `json:"value"`
		At            *int64   `json:"timestamp"`
		Step          int64    `json:"step"`
		Model         string   `json:"model_id"`
		DatasetName   string   `json:"dataset_name"`
		DatasetDigest string   `json:"dataset_digest"`
	} `json:"metrics"`
	Params []models.Pair `json:"params"`
	Tags   []models.Pair `json:"tags"`
}

// strictly decodes as the standard library does.
var strictly = sonic.ConfigStd

func fastBatch(text []byte) (in batchIn, err error) {
	var plain plainBatch
	if err := strictly.Unmarshal(text, &plain); err != nil {
		return in, err
	}
	in = batchIn{runID: plain.runID, Metrics: make([]metricIn, len(plain.Metrics)), Params: plain.Params, Tags: plain.Tags}
	for n, m := range plain.Metrics {
		in.Metrics[n] = metricIn{Key: m.Key, Value: (*number)(m.Value), At: (*integer)(m.At), Step: integer(m.Step), Model: m.Model,
			DatasetName: m.DatasetName, DatasetDigest: m.DatasetDigest}
	}
	return in, nil
}
