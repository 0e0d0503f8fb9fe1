package cloudevents

import (
	"net/url"
	"regexp"
	"strings"

	"throughline/models"
)

// cdService is a deployment when the event names a model: in its custom data, or
// by an artifact that is one; an image by its digest does as well, and is then one
// deployment whatever image it runs. A service may serve several versions one after
// another, so each version in an environment is a deployment of its own. After a
// roll-back the artifact is the one that runs again.
func cdService(c cdEvent) []models.Description {
	model, version := c.custom.key("model"), c.custom.version("version")
	artifact := parsePURL(c.content.text("artifactId"))
	if model == "" {
		model, version = artifact.model()
	}
	if model == "" && c.digest() == "" && c.predicate != "removed" {
		return nil
	}
	if model != "" && version == "" {
		c.custom.fail("version", "is missing.")
	}
	where := c.content.object("environment")
	environment := where.need("id")
	d := models.Description{At: c.at, URL: c.url(), Raw: c.predicate, State: serviceState(c.predicate)}
	if d.State == "" {
		return nil
	}
	d.Ref = models.Ref{Kind: models.Deployment, Key: c.id + "@" + environment}
	if model != "" {
		d.Ref.Key += "/" + models.VersionKey(model, version)
	} else {
		d.Title = c.id + " in " + environment
	}
	c.deployment(&d, environment, model, version)
	return []models.Description{d, environmentOf(environment, where.text("name"), c.at)}
}

func (c cdEvent) deployment(d *models.Description, environment, model, version string) {
	d.Facts = c.custom.texts("by", "image_digest")
	c.custom.share(d.Facts)
	place(d, environment, model, version)
	sent := c.custom.commit("commit")
	if sent.sha != "" {
		d.Facts["sha"] = sent.sha
	}
	sent.attach(d, models.Deploys)
	d.Links = append(d.Links, models.ImageLinks(models.Deploys, c.digest())...)
}

// digest is that of the image which runs: in the custom data, or by the artifact.
func (c cdEvent) digest() string {
	if digest := c.custom.text("image_digest"); digest != "" {
		return digest
	}
	return parsePURL(c.content.text("artifactId")).digest()
}

func serviceState(predicate string) models.State {
	switch predicate {
	case "deployed", "upgraded", "rolledback", "published":
		return models.Live
	case "removed":
		return models.Removed
	}
	return ""
}

// purl is a package URL, as CDEvents name artifacts: pkg:KIND/NAME@VERSION.
type purl struct {
	kind, name, version string
	repository          string // where it is kept, if the qualifier repository_url says so
}

func parsePURL(s string) purl {
	rest, ok := strings.CutPrefix(s, "pkg:")
	if !ok || len(s) > 2*maxKey || hasControl(s) {
		return purl{}
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, qualifiers, _ := strings.Cut(rest, "?")
	version := ""
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest, version = rest[:i], rest[i+1:]
	}
	kind, name, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
	return purl{kind: strings.ToLower(kind), name: unescape(strings.Trim(name, "/")), version: unescape(version), repository: qualifier(qualifiers, "repository_url")}
}

// qualifier is the value of one of a package URL's qualifiers.
func qualifier(all, name string) string {
	for pair := range strings.SplitSeq(all, "&") {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return unescape(value)
		}
	}
	return ""
}

// unescape decodes percent signs; what would not be a key is empty.
func unescape(s string) string {
	decoded, err := url.PathUnescape(s)
	if err != nil || hasControl(decoded) || strings.ToValidUTF8(decoded, "") != decoded {
		return ""
	}
	return decoded
}

// model is the model version that the package is, if it is one.
func (p purl) model() (name, version string) {
	switch p.kind {
	case "mlmodel", "mlflow", "huggingface":
		if !strings.Contains(p.version, "/") {
			return p.name, p.version
		}
	}
	return "", ""
}

// digest is that of the image which the package is, if it is one.
func (p purl) digest() string {
	switch p.kind {
	case "oci", "docker":
		return models.ImageDigest(p.version)
	}
	return ""
}

var wholeSha = regexp.MustCompile(`^[0-9a-f]{20,64}$`)

// commit is the commit that the package was built from, where its name is a
// repository and its version a sha.
func (p purl) commit() commit {
	repository := p.name
	switch p.kind {
	case "github":
		repository = "github.com/" + p.name
	case "golang":
	default:
		return commit{}
	}
	if key := models.CommitKey(repository, p.version); key != "" && wholeSha.MatchString(p.version) {
		return commit{key: key, sha: p.version}
	}
	return commit{}
}
