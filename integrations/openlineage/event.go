package openlineage

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"throughline/models"
)

// event is any of OpenLineage's three: it has a run and a job, a job, or a dataset.
type event struct {
	EventType string `json:"eventType"`
	EventTime string `json:"eventTime"`
	Producer  string `json:"producer"`
	Run       *struct {
		ID     string `json:"runId"`
		Facets facets `json:"facets"`
	} `json:"run"`
	Job     *job      `json:"job"`
	Dataset *dataset  `json:"dataset"`
	Inputs  []dataset `json:"inputs"`
	Outputs []dataset `json:"outputs"`

	at time.Time
}

type job struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Facets    facets `json:"facets"`
}

// label is the job's name with its namespace: the name of a pipeline.
func (j job) label() string {
	return strings.Trim(text(j.Namespace, 200)+"/"+text(j.Name, 200), "/")
}

// mostData limits the inputs, and the outputs, that are taken from one event.
const mostData = 500

// read decodes an event. A value of a type that the spec does not allow is left
// out, and the rest is read: facets of other producers are no reason to lose a run.
func read(body []byte) (e event, err error) {
	var values map[string]json.RawMessage
	if json.Unmarshal(body, &values) != nil || values == nil {
		return e, models.Errorf(models.Invalid, "An event is a JSON object.")
	}
	if err := lenient(body, &e); err != nil {
		return e, models.Errorf(models.Invalid, "The event cannot be read: %w.", err)
	}
	e.EventType = strings.ToUpper(strings.TrimSpace(e.EventType))
	e.at = moment(e.EventTime)
	e.Inputs, e.Outputs = e.Inputs[:min(len(e.Inputs), mostData)], e.Outputs[:min(len(e.Outputs), mostData)]
	return e, nil
}

// lenient is json.Unmarshal that passes over values of other types.
func lenient(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	var other *json.UnmarshalTypeError
	if errors.As(err, &other) {
		return nil
	}
	return err
}

// moment reads a time: RFC 3339, to the nanosecond; without a zone it is UTC.
// The zero time stands for none.
func moment(raw string) time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"} {
		t, err := time.Parse(layout, strings.TrimSpace(raw))
		if err == nil && t.UTC().Year() >= 1970 && t.UTC().Year() <= 9999 {
			return t.UTC()
		}
	}
	return time.Time{}
}

// name is the event as activity shows it: run.complete.
func (e event) name() string {
	switch {
	case e.Run != nil && e.EventType != "":
		return "run." + strings.ToLower(text(e.EventType, 20))
	case e.Run != nil:
		return "run"
	case e.Job != nil:
		return "job"
	case e.Dataset != nil:
		return "dataset"
	}
	return "event"
}

// batch is all that an event says.
func (e event) batch() (models.Batch, error) {
	var out []models.Description
	switch {
	case e.Run != nil:
		if text(e.Run.ID, 200) == "" {
			return models.Batch{}, models.FieldErrorf(models.Invalid, "run.runId", "run.runId is missing.")
		}
		out = append(e.runs(), e.data()...)
	case e.Job != nil:
		out = e.data()
	case e.Dataset != nil:
		out = e.about(*e.Dataset, false)
	}
	return models.Batch{Descriptions: out}, nil
}

// host is where the run took place, if its environment was sent along.
func (e event) host() string {
	if e.Run == nil {
		return ""
	}
	var env struct {
		Variables []struct{ Name, Value string } `json:"environmentVariables"`
	}
	e.Run.Facets.read("environmentVariables", &env)
	for _, v := range env.Variables {
		if v.Name == "HOSTNAME" {
			return text(v.Value, 100)
		}
	}
	return ""
}
