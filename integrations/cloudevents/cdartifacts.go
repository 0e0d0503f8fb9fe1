package cloudevents

import (
	"strings"

	"throughline/models"
)

// cdArtifact is a container image or a model version, where the package URL is one.
// Packages of other kinds are nobody's subject here.
func cdArtifact(c cdEvent) []models.Description {
	p := parsePURL(c.id)
	d := models.Description{At: c.at, Facts: map[string]any{}}
	model, version := p.model()
	switch digest := p.digest(); {
	case digest != "":
		d.Ref = models.Ref{Kind: models.Image, Key: digest}
		d.Title = p.name + "@" + models.ShortDigest(digest)
	case model != "" && version != "" && c.predicate != "downloaded":
		d.Ref = models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(model, version)}
		d.Facts["model"], d.Facts["version"], d.State = model, version, models.Registered
		d.Links = []models.LinkTo{{Relation: models.VersionOf, To: models.Ref{Kind: models.Model, Key: model}}}
	default:
		return nil
	}
	if !c.artifact(&d, p) {
		return nil
	}
	return []models.Description{d}
}

// artifact says what happened to it; false for what leaves no trace.
func (c cdEvent) artifact(d *models.Description, p purl) bool {
	image := d.Ref.Kind == models.Image
	switch c.predicate {
	case "packaged":
		c.origin(d)
	case "signed":
		d.Facts["signed_at"] = stamp(c.at)
	case "published":
		if name := p.place(); image && name != "" {
			d.Facts["name."+name] = true
		}
		c.origin(d)
	case "deleted":
		d.State = ""
		if name := p.place(); image && name != "" {
			d.Facts["name."+name] = nil
		}
		d.Facts["deleted_at"] = stamp(c.at)
	default:
		return false
	}
	return !c.at.IsZero()
}

// origin is what an artifact was made from: the commit and the pipeline run that the
// custom data names, and its bill of materials.
func (c cdEvent) origin(d *models.Description) {
	if bill := c.content.object("sbom").web("uri"); bill != "" {
		d.Facts["sbom"] = bill
	}
	c.custom.commit("commit").attach(d, models.BuiltFrom)
	if run := c.custom.key("pipeline_run"); run != "" {
		d.Links = append(d.Links, models.LinkTo{Relation: models.ProducedBy, To: models.Ref{Kind: models.PipelineRun, Key: run}})
	}
}

// place is where an image is kept: "ghcr.io/acme/fraud", by the package URL's
// qualifier repository_url; empty without one.
func (p purl) place() string {
	host := strings.TrimPrefix(strings.TrimPrefix(strings.TrimRight(p.repository, "/"), "https://"), "http://")
	if host == "" || p.name == "" || strings.HasSuffix(host, "/"+p.name) {
		return host
	}
	return host + "/" + p.name
}
