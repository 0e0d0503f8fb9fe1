package registry

import (
	"cmp"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

const maxText = 1000

// place is where an image is kept: the registry's host and the repository in it.
type place struct{ host, repository string }

func (p place) name() string { return integrations.Line(p.host+"/"+p.repository, 500) }

// at is the place of a repository. The registry is called as its address in the
// settings says; hosts in notifications may be those of a network inside.
func at(a integrations.Account, host, repository string) place {
	if base, err := integrations.Base(a.Get("url")); err == nil {
		_, host, _ = strings.Cut(base, "://")
	}
	return place{cmp.Or(integrations.Line(host, 255), "registry"), integrations.Line(strings.Trim(repository, "/"), 255)}
}

// image describes the image with the digest as of a moment; false for no digest.
func (p place) image(digest string, when time.Time) (d models.Description, ok bool) {
	if digest = models.ImageDigest(digest); digest == "" || p.repository == "" {
		return d, false
	}
	return models.Description{Ref: models.Ref{Kind: models.Image, Key: digest}, At: when, Facts: map[string]any{"name." + p.name(): true}}, true
}

// tagged gives an image a tag, and its title by it.
func (p place) tagged(d *models.Description, tag string) {
	if tag = integrations.Line(tag, 128); tag == "" {
		d.Title = p.repository + "@" + models.ShortDigest(d.Ref.Key)
		return
	}
	d.Facts["tag."+p.name()+":"+tag] = true
	d.Title = p.repository + ":" + tag
}

// gone takes the name and the tags of the place off an image.
func (p place) gone(d *models.Description) {
	d.Facts = map[string]any{"name." + p.name(): nil}
	d.Whole = []string{"tag." + p.name() + ":"}
}

// labels are what an image says of itself, by the keys of OCI.
type labels map[string]string

const oci = "org.opencontainers.image."

// under fills in what is said below where nothing is said above.
func (l labels) under(below map[string]string) labels {
	out := labels{}
	for _, from := range []map[string]string{below, l} {
		for name, text := range from {
			if text = strings.TrimSpace(text); text != "" {
				out[name] = text
			}
		}
	}
	return out
}

// describe puts what the labels say on an image: facts, and the commit.
func (l labels) describe(a integrations.Account, d *models.Description) {
	for name, fact := range map[string]string{"version": "version", "title": "title", "description": "description", "licenses": "licenses", "vendor": "vendor",
		"base.name": "base_name", "base.digest": "base_digest"} {
		integrations.Told(d.Facts, fact, integrations.Line(l[oci+name], maxText))
	}
	integrations.Told(d.Facts, "created", integrations.Moment(l[oci+"created"]))
	source := cmp.Or(l[oci+"source"], l["org.label-schema.vcs-url"])
	revision := strings.ToLower(integrations.Line(cmp.Or(l[oci+"revision"], l["org.label-schema.vcs-ref"]), 100))
	integrations.Told(d.Facts, "source", integrations.Line(source, maxText))
	integrations.Told(d.Facts, "revision", revision)
	d.URL = cmp.Or(integrations.Web(l[oci+"url"]), integrations.Web(source))
	for _, repository := range []string{integrations.Line(source, 500), a.Get("repository")} {
		if key := models.CommitKey(repository, revision); key != "" {
			d.Links = append(d.Links, models.LinkTo{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: key}})
			return
		}
	}
	if models.CommitKey("any/repository", revision) != "" {
		d.Facts[models.FactHeadSHA] = revision
	}
}

// The labels by which an image says which version of a model it packs.
const (
	modelLabel   = "dev.throughline.model"
	versionLabel = "dev.throughline.model-version"
)

// packed is the model version that is packaged in an image, if its labels say so.
func (l labels) packed(d models.Description) (v models.Description, ok bool) {
	model, version := integrations.Line(l[modelLabel], 255), integrations.Line(l[versionLabel], 100)
	if model == "" || version == "" || strings.Contains(version, "/") {
		return v, false
	}
	return models.Description{Ref: models.Ref{Kind: models.ModelVersion, Key: models.VersionKey(model, version)}, At: d.At,
		Links: []models.LinkTo{{Relation: models.PackagedIn, To: d.Ref}}}, true
}
