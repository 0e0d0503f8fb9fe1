package cloudevents

import (
	"strings"
	"time"

	"throughline/models"
)

// decodeDeployment reads deployment.v1: a model version, or else a commit, put
// into an environment.
func decodeDeployment(e envelope) (models.Batch, error) {
	o, err := e.object()
	if err != nil {
		return models.Batch{}, err
	}
	d := models.Description{Ref: models.Ref{Kind: models.Deployment, Key: o.need("id")}, URL: o.web("url"), At: o.when("at")}
	if d.At.IsZero() {
		d.At = e.Time
	}
	d.Raw = o.text("state")
	d.State = o.deploymentState("state", d.Raw)
	d.Facts = o.texts("by", "image_digest", "description")
	environment := o.need("environment")
	o.placed(&d, environment)
	o.extras(d.Facts)
	return o.batch(d, environmentOf(environment, "", d.At))
}

// placed says what the deployment put where.
func (o *object) placed(d *models.Description, environment string) {
	model, version := o.key("model"), o.version("version")
	c := o.commit("commit")
	if model == "" && c.key == "" {
		o.fail("model", "is missing, and there is no commit with its repository either.")
	}
	if model != "" && version == "" {
		o.fail("version", "is missing.")
	}
	o.share(d.Facts)
	place(d, environment, model, version)
	if c.sha != "" {
		d.Facts["sha"] = c.sha
	}
	c.attach(d, models.Deploys)
	d.Links = append(d.Links, models.ImageLinks(models.Deploys, text(d.Facts, "image_digest"))...)
}

// text is a fact that is a text, or empty.
func text(facts map[string]any, name string) string {
	s, _ := facts[name].(string)
	return s
}

// place puts the facts and the link of a deployed model version on d.
func place(d *models.Description, environment, model, version string) {
	d.Facts["environment"] = environment
	if !d.At.IsZero() {
		d.Facts["at"] = stamp(d.At)
	}
	if model == "" {
		return
	}
	d.Title = model + " " + version + " in " + environment
	d.Facts["model"], d.Facts["version"] = model, version
	key := models.VersionKey(model, version)
	d.Links = append(d.Links, models.LinkTo{Relation: models.Deploys, To: models.Ref{Kind: models.ModelVersion, Key: key}})
}

// share is the part of the traffic, above 0 and up to 1.
func (o *object) share(facts map[string]any) {
	share, ok := o.number("share")
	if !ok {
		return
	}
	if share <= 0 || share > 1 {
		o.fail("share", "must be above 0 and at most 1.")
	}
	facts["share"] = share
}

func environmentOf(key, title string, at time.Time) models.Description {
	if title == "" {
		title = key
	}
	return models.Description{Ref: models.Ref{Kind: models.Environment, Key: key}, At: at, Title: title}
}

// deploymentState reads our words for a deployment's state and the common ones
// of other systems. It has no default: what nobody said is live is not.
func (o *object) deploymentState(name, raw string) models.State {
	word := strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(strings.TrimSpace(raw)))
	switch word {
	case "":
		o.fail(name, "is missing.")
	case "live", "success", "succeeded", "successful", "deployed", "active", "serving", "healthy", "completed", "finished":
		return models.Live
	case "pending", "queued", "in_progress", "running", "waiting", "requested", "started", "deploying", "created":
		return models.Pending
	case "superseded", "inactive", "replaced":
		return models.Superseded
	case "failed", "failure", "error":
		return models.Failed
	case "rolled_back", "rolledback", "rollback":
		return models.RolledBack
	case "removed", "deleted", "destroyed", "stopped", "undeployed":
		return models.Removed
	default:
		o.fail(name, "%.40q is none of pending, live, superseded, failed, rolled_back, removed.", raw)
	}
	return ""
}
