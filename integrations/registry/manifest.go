package registry

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"throughline/integrations"
	"throughline/models"
)

// manifest is a manifest or an index, of OCI or of Docker: each has its own part.
type manifest struct {
	Config      *ocispec.Descriptor  `json:"config"`
	Layers      []ocispec.Descriptor `json:"layers"`
	Manifests   []ocispec.Descriptor `json:"manifests"`
	Annotations map[string]string    `json:"annotations"`
}

// childrenAtMost are read of an index.
const childrenAtMost = 20

// tell describes the image that a tag names, with those of its platforms.
func (r *round) tell(ctx context.Context, l look, what ocispec.Descriptor) error {
	p := at(r.account, "", l.repository)
	d, ok := p.image(string(what.Digest), r.now().UTC())
	if !ok {
		return nil
	}
	p.tagged(&d, l.tag)
	if r.cur.read(l.repository, what.Digest.Encoded()) { // under another tag: all but the tag is known
		r.batch.Descriptions = append(r.batch.Descriptions, d)
		return nil
	}
	said, children, err := r.open(ctx, l, what, &d)
	if err != nil {
		if passing(err) {
			return err
		}
		r.problem("%s cannot be read: %v", l.key(), words(err))
		r.batch.Descriptions = append(r.batch.Descriptions, d)
		return nil
	}
	said.describe(r.account, &d)
	r.batch.Descriptions = append(append(r.batch.Descriptions, d), children...)
	if v, packed := said.packed(d); packed {
		r.batch.Descriptions = append(r.batch.Descriptions, v)
	}
	return nil
}

// open reads a manifest and what it says of the image; of an index, also its
// children, of which the first speaks where the index is silent.
func (r *round) open(ctx context.Context, l look, what ocispec.Descriptor, d *models.Description) (said labels, children []models.Description, err error) {
	m, err := r.manifest(ctx, l, what, d)
	if err != nil {
		return nil, nil, err
	}
	if m.Manifests != nil {
		return r.platforms(ctx, l, m, d)
	}
	said, err = r.config(ctx, l, m, d)
	return said, nil, err
}

func (r *round) manifest(ctx context.Context, l look, what ocispec.Descriptor, d *models.Description) (m manifest, err error) {
	r.images++
	integrations.Told(d.Facts, "media_type", integrations.Line(what.MediaType, 200))
	return m, read(ctx, l.repo, what, &m)
}

// config is what a manifest and the configuration below it say of the image.
func (r *round) config(ctx context.Context, l look, m manifest, d *models.Description) (labels, error) {
	said := labels(m.Annotations).under(nil)
	if m.Config == nil || len(m.Layers) == 0 {
		return said, nil
	}
	size := m.Config.Size
	for _, layer := range m.Layers {
		size += max(layer.Size, 0)
	}
	d.Facts["bytes"] = size
	var c ocispec.Image
	if err := read(ctx, l.repo.Blobs(), *m.Config, &c); err != nil {
		return nil, err
	}
	integrations.Told(d.Facts, "platform", platform(&c.Platform))
	if said = said.under(c.Config.Labels); c.Created != nil && said[oci+"created"] == "" {
		said[oci+"created"] = c.Created.UTC().Format(time.RFC3339)
	}
	return said, nil
}

// platforms describes the children of an index, without attestations.
func (r *round) platforms(ctx context.Context, l look, m manifest, d *models.Description) (said labels, children []models.Description, err error) {
	said = labels(m.Annotations).under(nil)
	names := map[string]bool{}
	for _, child := range m.Manifests[:min(len(m.Manifests), childrenAtMost)] {
		if child.Annotations["vnd.docker.reference.digest"] != "" || platform(child.Platform) == "unknown/unknown" {
			continue
		}
		one, below, err := r.child(ctx, l, child, *d)
		switch {
		case absent(err):
			continue // an index may name what was never pushed
		case err != nil:
			return nil, nil, err
		}
		below = labels(m.Annotations).under(below)
		below.describe(r.account, &one)
		said = said.under(below)
		names[platform(child.Platform)] = true
		children = append(children, one)
	}
	integrations.Told(d.Facts, "platforms", integrations.Line(strings.Join(slices.Sorted(maps.Keys(names)), ", "), maxText))
	return said, children, nil
}

// child reads one image of an index.
func (r *round) child(ctx context.Context, l look, what ocispec.Descriptor, index models.Description) (d models.Description, said labels, err error) {
	d, ok := at(r.account, "", l.repository).image(string(what.Digest), index.At)
	if !ok {
		return d, nil, models.Errorf(models.Unprocessed, "The index names an image without a digest.")
	}
	m, err := r.manifest(ctx, l, what, &d)
	if err != nil {
		return d, nil, err
	}
	d.Title = integrations.Line(index.Title+" "+platform(what.Platform), maxText)
	d.Facts["index."+index.Ref.Key] = true
	said, err = r.config(ctx, l, m, &d)
	return d, said, err
}

// platform is "linux/arm64/v8"; empty where nothing is said.
func platform(p *ocispec.Platform) string {
	if p == nil {
		return ""
	}
	return integrations.Line(strings.Trim(p.OS+"/"+p.Architecture+"/"+p.Variant, "/"), 100)
}
