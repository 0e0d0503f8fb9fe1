package mlflow

import (
	"fmt"
	"unicode/utf8"

	"throughline/models"
	"throughline/models/store"
)

// The limits of datasets (mlflow/utils/validation.py).
const (
	maxDatasets       = 1000
	maxDatasetName    = 500
	maxDatasetDigest  = 36
	maxDatasetSchema  = 1048575
	maxDatasetSource  = 65535
	maxDatasetProfile = 16777215
	maxInputTagKey    = 255
	maxInputTagValue  = 500
)

func (a *API) logInputs(c *Call) (any, error) {
	var in struct {
		runID
		Datasets []inputWire   `json:"datasets"`
		Models   []modelIDWire `json:"models"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	if len(in.Datasets) > maxDatasets || len(in.Models) > maxDatasets {
		return nil, models.Errorf(models.Invalid, "A run can take at most %d datasets, and as many models, in one call.", maxDatasets)
	}
	var l store.Logged
	for n, d := range in.Datasets {
		if err := d.valid(n); err != nil {
			return nil, err
		}
		l.Inputs = append(l.Inputs, models.RunInput{Dataset: models.RunDataset(d.Dataset), Tags: d.Tags})
	}
	for _, m := range in.Models {
		if m.Model == "" || len(m.Model) > maxKey {
			return nil, missing("models.model_id")
		}
		l.Used = append(l.Used, models.RunModel{Model: m.Model, Input: true})
	}
	return a.log(c, in.runID, l)
}

func (in inputWire) valid(n int) error {
	d := in.Dataset
	for _, f := range []struct {
		name, value string
		most        int
		needed      bool
	}{{"name", d.Name, maxDatasetName, true}, {"digest", d.Digest, maxDatasetDigest, true}, {"source_type", d.SourceType, maxKey, true}, {"source", d.Source, maxDatasetSource, true},
		{"schema", d.Schema, maxDatasetSchema, false}, {"profile", d.Profile, maxDatasetProfile, false}} {
		where := fmt.Sprintf("datasets[%d].dataset.%s", n, f.name)
		if f.needed && f.value == "" {
			return missing(where)
		}
		if utf8.RuneCountInString(f.value) > f.most {
			return models.Errorf(models.Invalid, "'%s' exceeds the maximum length of %d characters", where, f.most)
		}
	}
	for i, t := range in.Tags {
		if utf8.RuneCountInString(t.Key) > maxInputTagKey || utf8.RuneCountInString(t.Value) > maxInputTagValue {
			return models.Errorf(models.Invalid, "'datasets[%d].tags[%d]' exceeds the maximum length of %d characters for a key, %d for a value", n, i, maxInputTagKey, maxInputTagValue)
		}
	}
	return nil
}
