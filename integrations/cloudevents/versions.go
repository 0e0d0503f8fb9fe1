package cloudevents

import "throughline/models"

// decodeModelVersion reads model_version.registered. Its datasets are the run's
// when it names a run.
func decodeModelVersion(e envelope) (models.Batch, error) {
	o, err := e.object()
	if err != nil {
		return models.Batch{}, err
	}
	model, version := o.need("model"), o.version("version")
	if version == "" {
		o.fail("version", "is missing.")
	}
	d := models.Description{Ref: models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(model, version)}, At: e.Time, State: models.Registered, URL: o.web("url")}
	d.Facts = o.texts("description", "stage")
	d.Facts["model"], d.Facts["version"] = model, version
	o.measures(d.Facts)
	run, datasets := o.key("run_id"), o.datasets("datasets")
	out := []models.Description{d}
	out[0].Links = append(out[0].Links, models.LinkTo{Relation: models.VersionOf, To: models.Ref{Kind: models.Model, Key: model}})
	switch {
	case run != "":
		trained := models.Ref{Kind: models.Run, Key: run}
		out[0].Links = append(out[0].Links, models.LinkTo{Relation: models.ProducedBy, To: trained})
		if len(datasets) > 0 {
			out = append(out, models.Description{Ref: trained, At: e.Time, Links: datasets})
		}
	default:
		out[0].Links = append(out[0].Links, datasets...)
	}
	o.commit("commit").attach(&out[0], models.BuiltFrom)
	o.extras(out[0].Facts)
	return o.batch(out...)
}
