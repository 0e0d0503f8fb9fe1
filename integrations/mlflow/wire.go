package mlflow

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// The shapes of MLflow's REST API (protocol buffers as JSON). Every field is
// read leniently: a number as text, a text as number, or nonsense, spoils that
// field only.

type experiment struct {
	ID        text      `json:"experiment_id"`
	Name      text      `json:"name"`
	Lifecycle text      `json:"lifecycle_stage"`
	Artifacts text      `json:"artifact_location"`
	Created   integer   `json:"creation_time"`
	Updated   integer   `json:"last_update_time"`
	Tags      list[tag] `json:"tags"`
}

type run struct {
	Info struct {
		ID         text    `json:"run_id"`
		UUID       text    `json:"run_uuid"`
		Name       text    `json:"run_name"`
		Experiment text    `json:"experiment_id"`
		User       text    `json:"user_id"`
		Status     text    `json:"status"`
		Started    integer `json:"start_time"`
		Ended      integer `json:"end_time"`
		Artifacts  text    `json:"artifact_uri"`
		Lifecycle  text    `json:"lifecycle_stage"`
	} `json:"info"`
	Data struct {
		Metrics list[metric] `json:"metrics"`
		Params  list[tag]    `json:"params"`
		Tags    list[tag]    `json:"tags"`
	} `json:"data"`
	Inputs struct {
		Datasets list[input] `json:"dataset_inputs"`
	} `json:"inputs"`
}

type tag struct {
	Key   text `json:"key"`
	Value text `json:"value"`
}

type metric struct {
	Key   text    `json:"key"`
	Value number  `json:"value"`
	Step  integer `json:"step"`
	At    integer `json:"timestamp"`
}

type input struct {
	Tags    list[tag] `json:"tags"`
	Dataset struct {
		Name       text `json:"name"`
		Digest     text `json:"digest"`
		SourceType text `json:"source_type"`
		Source     text `json:"source"`
		Profile    text `json:"profile"`
	} `json:"dataset"`
}

type registeredModel struct {
	Name        text        `json:"name"`
	Created     integer     `json:"creation_timestamp"`
	Updated     integer     `json:"last_updated_timestamp"`
	Description text        `json:"description"`
	Tags        list[tag]   `json:"tags"`
	Aliases     list[alias] `json:"aliases"`
}

type alias struct {
	Alias   text `json:"alias"`
	Version text `json:"version"`
}

type modelVersion struct {
	Name        text      `json:"name"`
	Version     text      `json:"version"`
	Created     integer   `json:"creation_timestamp"`
	Updated     integer   `json:"last_updated_timestamp"`
	Stage       text      `json:"current_stage"`
	Description text      `json:"description"`
	Source      text      `json:"source"`
	RunID       text      `json:"run_id"`
	Status      text      `json:"status"`
	Message     text      `json:"status_message"`
	User        text      `json:"user_id"`
	Tags        list[tag] `json:"tags"`
}

// list drops elements that are not of its type.
type list[T any] []T

// UnmarshalJSON is json.Unmarshaler.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	var raw []json.RawMessage
	if json.Unmarshal(data, &raw) != nil {
		return nil
	}
	for _, r := range raw {
		var v T
		if json.Unmarshal(r, &v) == nil && string(r) != "null" {
			*l = append(*l, v)
		}
	}
	return nil
}

// text takes numbers and booleans as they are written.
type text string

// UnmarshalJSON is json.Unmarshaler.
func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	switch {
	case json.Unmarshal(data, &s) == nil:
		*t = text(s)
	case bytes.ContainsAny(data[:1], "-0123456789tf"):
		*t = text(data)
	}
	return nil
}

// integer is an int64 as a number or, as protocol buffers write it, as text.
type integer int64

// UnmarshalJSON is json.Unmarshaler.
func (i *integer) UnmarshalJSON(data []byte) error {
	s := strings.Trim(string(data), `"`)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		*i = integer(n)
	} else if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<62 {
		*i = integer(f)
	}
	return nil
}

// time is the moment of Unix milliseconds; zero for none, and for what is no
// moment of this calendar.
func (i integer) time() time.Time {
	if i <= 0 || i > 253402300799999 {
		return time.Time{}
	}
	return time.UnixMilli(int64(i)).UTC()
}

// number is a double; NaN and the infinities are text in JSON.
type number float64

// UnmarshalJSON is json.Unmarshaler.
func (n *number) UnmarshalJSON(data []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(data), `"`), 64)
	if err != nil {
		f = math.NaN()
	}
	*n = number(f)
	return nil
}

// fact is the value as a fact: a JSON number, or the word for what JSON cannot
// say. MLflow's own store keeps infinities as the largest double.
func (n number) fact() any {
	f := float64(n)
	switch {
	case math.IsNaN(f):
		return "NaN"
	case f >= math.MaxFloat64:
		return "Infinity"
	case f <= -math.MaxFloat64:
		return "-Infinity"
	}
	return f
}

func tagOf(tags []tag, key string) string {
	for _, t := range tags {
		if string(t.Key) == key {
			return string(t.Value)
		}
	}
	return ""
}
