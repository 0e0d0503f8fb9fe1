package models

import (
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strings"
)

const mostInputs = 50 // dataset versions linked with one run

// linkInputs links a run with the dataset versions it read, and describes those.
func linkInputs(d *Description, run TrackedRun) (versions []Description) {
	for _, in := range run.Inputs[:min(len(run.Inputs), mostInputs)] {
		v, ok := in.describe(run.Started)
		if !ok {
			continue
		}
		link := LinkTo{Relation: in.Role(), To: v.Ref}
		if !slices.Contains(d.Links, link) {
			d.Links = append(d.Links, link)
			versions = append(versions, v)
		}
	}
	return versions
}

// Role reads the context that the run gave the dataset; training is the common
// one, and what MLflow means when it says nothing.
func (in RunInput) Role() Relation {
	context := ""
	for _, t := range in.Tags {
		if t.Key == "mlflow.data.context" {
			context = strings.ToLower(t.Value)
		}
	}
	for _, prefix := range []string{"eval", "val", "test"} {
		if strings.HasPrefix(context, prefix) {
			return EvaluatedOn
		}
	}
	return TrainedOn
}

// Ref is the dataset version: its name and digest within the namespace of its
// source. MLflow's digests are short, and alone no identity.
func (d RunDataset) Ref() (ref Ref, ok bool) {
	name, digest := cutText(d.Name), cutText(d.Digest)
	namespace, _ := d.place()
	ref = Ref{Kind: DatasetVersion, Key: DatasetVersionKey(namespace, name, digest)}
	return ref, name != "" && digest != "" && len(ref.Key) <= runKeyLimit
}

func (in RunInput) describe(started int64) (Description, bool) {
	ref, ok := in.Dataset.Ref()
	if !ok {
		return Description{}, false
	}
	dataset, digest, _ := SplitDatasetVersion(ref.Key)
	_, place := in.Dataset.place()
	name := cutText(in.Dataset.Name)
	return Description{Ref: ref, At: milliTime(started), Title: name + "@" + digest,
		Facts: map[string]any{"dataset": name, "digest": digest, "source": textOrNone(place),
			"source_type": textOrNone(in.Dataset.SourceType), "rows": in.Dataset.rows()},
		Links: []LinkTo{{Relation: VersionOf, To: Ref{Kind: Dataset, Key: dataset}}}}, true
}

// place reads where a dataset came from: its namespace (the authority of an
// address such as s3://bucket, or mlflow where there is none) and the address.
func (d RunDataset) place() (namespace, place string) {
	var source struct {
		URI, URL, Path string
	}
	if json.Unmarshal([]byte(d.Source), &source) != nil {
		source.URI = d.Source
	}
	for _, t := range []string{source.URI, source.URL, source.Path} {
		if t != "" {
			place = cutText(t)
			break
		}
	}
	u, err := url.Parse(place)
	switch {
	case err == nil && u.Scheme != "" && u.Host != "":
		u.User, u.RawQuery = nil, "" // addresses carry passwords and signatures there
		return strings.ToLower(u.Scheme + "://" + u.Host), u.String()
	case d.SourceType == "hugging_face":
		return "hugging_face", place
	}
	return "mlflow", place
}

// rows reads the number of rows of a dataset's profile; nil when it tells none.
func (d RunDataset) rows() any {
	var p struct {
		Rows *float64 `json:"num_rows"`
	}
	if json.Unmarshal([]byte(d.Profile), &p) != nil || p.Rows == nil || *p.Rows != math.Trunc(*p.Rows) {
		return nil
	}
	return int64(*p.Rows)
}

// numberFact is a number as a fact, or the word for what JSON cannot say. MLflow
// keeps infinities as the greatest numbers.
func numberFact(v float64) any {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case v >= math.MaxFloat64:
		return "Infinity"
	case v <= -math.MaxFloat64:
		return "-Infinity"
	}
	return v
}
