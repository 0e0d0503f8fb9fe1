package openlineage

import (
	"throughline/models"
)

// dataset is one as events name it, as an input, an output or by itself.
type dataset struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Facets    facets `json:"facets"`
	Input     facets `json:"inputFacets"`
	Output    facets `json:"outputFacets"`
}

// version is what the facet "version" says, empty where nobody counts versions.
func (d dataset) version() string {
	var f struct {
		Version string `json:"datasetVersion"`
	}
	d.Facets.read("version", &f)
	return text(f.Version, 2000)
}

// made is the version that a run which ends well leaves behind: the upstream's own,
// or one named after the run.
func (e event) made(d dataset) string {
	if e.Run == nil || e.EventType != "COMPLETE" {
		return ""
	}
	if v := d.version(); v != "" {
		return v
	}
	return "run:" + e.key()
}

// refOf is the version of a dataset, or the dataset where the version is not known.
func (e event) refOf(d dataset, version string) models.Ref {
	key := e.keyOf(d.Namespace, d.Name)
	if key == "" || version == "" {
		return refTo(models.Dataset, key)
	}
	return refTo(models.DatasetVersion, versionKey(key, version))
}

// flow links a pipeline run to what it read and wrote. Until a run ends well it
// has made no version that anybody could name.
func (e event) flow(d *models.Description) {
	for _, in := range e.Inputs {
		if to := e.refOf(in, in.version()); to.Key != "" {
			d.Links = append(d.Links, models.LinkTo{Relation: models.Reads, To: to})
			if raw := bare(in.Input["subset"]); raw != "" && len(raw) <= largestFacet && len(to.Key) < 250 {
				d.Facts["subset."+to.Key] = raw
			}
		}
	}
	for _, out := range e.Outputs {
		if to := e.refOf(out, e.made(out)); to.Key != "" {
			d.Links = append(d.Links, models.LinkTo{Relation: models.Writes, To: to})
		}
	}
}

// data are the datasets of the event, and their versions.
func (e event) data() (out []models.Description) {
	judged := e.testsByRun()
	for _, in := range e.Inputs {
		list := e.about(in, false)
		if n := len(list); n > 0 {
			list[n-1].Quality = append(list[n-1].Quality, judged...)
		}
		out = append(out, list...)
	}
	for _, d := range e.Outputs {
		out = append(out, e.about(d, true)...)
	}
	return out
}

// about describes one dataset and its version where there is one, which is the
// last of the list; made tells whether the event is about its being written.
func (e event) about(d dataset, made bool) []models.Description {
	key := e.keyOf(d.Namespace, d.Name)
	if key == "" {
		return nil
	}
	whole := models.Description{Ref: refTo(models.Dataset, key), At: e.at, Title: text(d.Name, 300), Facts: map[string]any{}, Owners: owners(d.Facets)}
	version, from := d.version(), []dataset(nil)
	if made {
		version, from = e.made(d), e.Inputs
	}
	e.describe(&whole, d)
	e.derive(&whole, d, from)
	out := append(e.alike(&whole, d), whole)
	if version == "" {
		out[len(out)-1].Quality = e.checks(d)
		return out
	}
	v := e.state(d, versionKey(key, version))
	if made {
		e.wrote(&v, d, key)
	}
	return append(out, v)
}

// state is one version of a dataset.
func (e event) state(d dataset, key string) models.Description {
	v := models.Description{Ref: refTo(models.DatasetVersion, key), At: e.at, State: models.Fresh, Facts: map[string]any{}, Quality: e.checks(d)}
	put(v.Facts, "version", text(d.version(), 500))
	schema(v.Facts, d.Facets)
	statistics(v.Facts, d)
	return v
}

// wrote is what the run that made a version says of it.
func (e event) wrote(v *models.Description, d dataset, dataset string) {
	put(v.Facts, "written_at", models.StepTime(e.at))
	d.Output.rest(v.Facts, "outputStatistics", "dataQualityAssertions", "dataQualityMetrics")
	for _, in := range e.Inputs {
		if to := e.refOf(in, in.version()); to.Key != "" && to.Key != v.Ref.Key && to.Key != dataset {
			v.Links = append(v.Links, models.LinkTo{Relation: models.DerivedFrom, To: to})
		}
	}
}

// derive links a dataset to the datasets that it is made from: the inputs, and
// those that its columns come from.
func (e event) derive(whole *models.Description, d dataset, from []dataset) {
	seen := map[string]bool{whole.Ref.Key: true}
	add := func(key string) {
		if key != "" && !seen[key] {
			seen[key] = true
			whole.Links = append(whole.Links, models.LinkTo{Relation: models.DerivedFrom, To: refTo(models.Dataset, key)})
		}
	}
	for _, in := range from {
		add(e.keyOf(in.Namespace, in.Name))
	}
	for _, key := range e.columns(whole.Facts, d) {
		add(key)
	}
}
