package mlflow

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"throughline/models"
)

const mostDatasets = 50 // of one run

// linkData links a run with the dataset versions it read, and describes those.
func linkData(d *models.Description, u run) (versions []models.Description) {
	for _, in := range u.Inputs.Datasets[:min(len(u.Inputs.Datasets), mostDatasets)] {
		v, ok := describeDataset(in, u.Info.Started)
		if !ok {
			continue
		}
		link := models.LinkTo{Relation: role(in.Tags), To: v.Ref}
		if !slices.Contains(d.Links, link) {
			d.Links = append(d.Links, link)
			versions = append(versions, v)
		}
	}
	return versions
}

// role reads the context that the run gave the dataset; training is the common
// one, and what MLflow means when it says nothing.
func role(tags []tag) models.Relation {
	switch context := strings.ToLower(tagOf(tags, "mlflow.data.context")); {
	case strings.HasPrefix(context, "eval"), strings.HasPrefix(context, "val"), strings.HasPrefix(context, "test"):
		return models.EvaluatedOn
	}
	return models.TrainedOn
}

// describeDataset is a dataset version by its name and digest within the
// namespace of its source: MLflow's digests are short, and alone no identity.
func describeDataset(in input, at integer) (models.Description, bool) {
	name, digest := clean(in.Dataset.Name), clean(in.Dataset.Digest)
	if name == "" || digest == "" {
		return models.Description{}, false
	}
	namespace, place := placeOf(in)
	dataset := models.Ref{Kind: models.Dataset, Key: models.DatasetKey(namespace, name)}
	version := models.Ref{Kind: models.DatasetVersion, Key: models.DatasetVersionKey(namespace, name, digest)}
	if len(version.Key) > keyLimit {
		return models.Description{}, false
	}
	return models.Description{
		Ref:   version,
		At:    at.time(),
		Title: name + "@" + digest,
		Facts: map[string]any{"dataset": name, "digest": digest, "source": orNone(place),
			"source_type": orNone(clean(in.Dataset.SourceType)), "rows": rowsOf(in.Dataset.Profile)},
		Links: []models.LinkTo{{Relation: models.VersionOf, To: dataset}},
	}, true
}

// placeOf reads where a dataset came from: its namespace (the authority of an
// address such as s3://bucket, or mlflow where there is none) and the address.
func placeOf(in input) (namespace, place string) {
	var source struct {
		URI  text `json:"uri"`
		URL  text `json:"url"`
		Path text `json:"path"`
	}
	if json.Unmarshal([]byte(in.Dataset.Source), &source) != nil {
		source.URI = in.Dataset.Source
	}
	for _, t := range []text{source.URI, source.URL, source.Path} {
		if t != "" {
			place = clean(t)
			break
		}
	}
	u, err := url.Parse(place)
	switch {
	case err == nil && u.Scheme != "" && u.Host != "":
		u.User, u.RawQuery = nil, "" // addresses carry passwords and signatures there
		return strings.ToLower(u.Scheme + "://" + u.Host), u.String()
	case in.Dataset.SourceType == "hugging_face":
		return "hugging_face", place
	}
	return "mlflow", place
}
