package github

import (
	"cmp"
	"encoding/json"
	"strings"

	"throughline/models"
)

// packageEvent tells of a version of a package: "package", or "registry_package" on
// servers that call it so. Container images are what concerns us.
type packageEvent struct {
	Package  *publishedPackage `json:"package"`
	Registry *publishedPackage `json:"registry_package"`
}

type publishedPackage struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Type      string `json:"package_type"`
	UpdatedAt moment `json:"updated_at"`
	Version   struct {
		Version   string          `json:"version"`
		URL       string          `json:"html_url"`
		Address   string          `json:"package_url"` // "ghcr.io/acme/fraud:1.4.2"
		CreatedAt moment          `json:"created_at"`
		UpdatedAt moment          `json:"updated_at"`
		Container json.RawMessage `json:"container_metadata"`
	} `json:"package_version"`
}

// container is what GitHub says of an image; the words of its labels are strings in
// most payloads and missing in some.
type container struct {
	Tag struct {
		Name   string `json:"name"`
		Digest string `json:"digest"`
	} `json:"tag"`
	Labels struct {
		Revision string         `json:"revision"`
		Source   string         `json:"source"`
		All      map[string]any `json:"all_labels"`
	} `json:"labels"`
}

func (c container) label(name, otherwise string) string {
	said, _ := c.Labels.All["org.opencontainers.image."+name].(string)
	return line(cmp.Or(said, otherwise))
}

// packageEvent describes an image that was pushed to GitHub's registry.
func (p post) packageEvent() ([]models.Description, error) {
	event, err := read[packageEvent](p)
	if err != nil {
		return nil, err
	}
	published := cmp.Or(event.Package, event.Registry)
	if published == nil || !strings.EqualFold(published.Type, "container") {
		return nil, nil
	}
	var c container
	_ = json.Unmarshal(published.Version.Container, &c) // an empty object, null or a text in some payloads
	digest := models.ImageDigest(cmp.Or(c.Tag.Digest, published.Version.Version))
	if digest == "" {
		return nil, nil // a push without a digest says of nothing what it is
	}
	return []models.Description{p.image(*published, c, digest)}, nil
}

func (p post) image(published publishedPackage, c container, digest string) models.Description {
	v := published.Version
	at := v.UpdatedAt.utc()
	for _, otherwise := range []moment{v.CreatedAt, published.UpdatedAt} {
		if at.IsZero() {
			at = otherwise.utc()
		}
	}
	name := p.registry(published)
	d := models.Description{Ref: models.Ref{Kind: models.Image, Key: digest}, At: at, URL: webAddress(v.URL), Title: line(published.Name) + "@" + models.ShortDigest(digest), Facts: map[string]any{"name." + name: true}}
	if tag := line(c.Tag.Name); tag != "" {
		d.Title, d.Facts["tag."+name+":"+tag] = line(published.Name)+":"+tag, true
	}
	source, revision := c.label("source", c.Labels.Source), c.label("revision", c.Labels.Revision)
	f := facts(d.Facts)
	f.text("source", source)
	f.text("revision", revision)
	f.text("version", c.label("version", ""))
	if key := models.CommitKey(cmp.Or(models.RepositoryKey(source), p.repositoryKey()), revision); key != "" {
		d.Links = []models.LinkTo{{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: key}}}
	}
	return d
}

// registry is where the image is kept, without its tag: as GitHub says, or as its
// registries are called.
func (p post) registry(published publishedPackage) string {
	host, rest, ok := strings.Cut(line(published.Version.Address), "/")
	if name, _, _ := strings.Cut(rest, ":"); ok && strings.Contains(host, ".") && name != "" {
		name, _, _ = strings.Cut(name, "@")
		return strings.ToLower(host + "/" + name)
	}
	host = "containers." + p.host
	if p.host == "github.com" {
		host = "ghcr.io"
	}
	owner, _, _ := strings.Cut(p.repo.FullName, "/")
	return strings.ToLower(host + "/" + cmp.Or(line(published.Namespace), owner) + "/" + line(published.Name))
}
