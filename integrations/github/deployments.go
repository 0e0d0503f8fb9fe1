package github

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/models"
)

type deploymentEvent struct {
	Deployment  gogithub.Deployment `json:"deployment"`
	WorkflowRun struct {
		ID int64 `json:"id"`
	} `json:"workflow_run"`
	Status *gogithub.DeploymentStatus `json:"deployment_status"`
}

// deploymentEvent describes a new deployment: pending until a status tells more.
func (p post) deploymentEvent() ([]models.Description, error) {
	event, err := read[deploymentEvent](p)
	if err != nil {
		return nil, err
	}
	d, err := p.deployment(event, event.Deployment.GetEnvironment())
	if err != nil {
		return nil, err
	}
	d.State, d.Raw = models.Pending, "created"
	return p.withCommit(d, event.Deployment.GetSHA()), nil
}

// deploymentStatusEvent describes the deployment as one of its statuses leaves it.
func (p post) deploymentStatusEvent() ([]models.Description, error) {
	event, err := read[deploymentEvent](p)
	if err != nil {
		return nil, err
	}
	status := event.Status
	if status == nil || when(status.CreatedAt).IsZero() {
		return nil, p.lacks("status with a time")
	}
	environment := status.GetEnvironment()
	if environment == "" {
		environment = event.Deployment.GetEnvironment()
	}
	d, err := p.deployment(event, environment)
	if err != nil {
		return nil, err
	}
	d.At, d.Attempt = when(status.CreatedAt), int(status.GetID())
	d.State, d.Raw = deploymentState(status.GetState()), line(status.GetState())
	statusFacts(d.Facts, status)
	return p.withCommit(d, event.Deployment.GetSHA()), nil
}

// deploymentState reads the word of a status; "inactive" says that another
// deployment took the place.
func deploymentState(word string) models.State {
	switch strings.ToLower(word) {
	case "success":
		return models.Live
	case "inactive":
		return models.Superseded
	case "error", "failure":
		return models.Failed
	}
	return models.Pending
}

func statusFacts(f facts, s *gogithub.DeploymentStatus) {
	f.text("status_description", s.GetDescription())
	f.text("log_url", webAddress(s.GetLogURL()))
	f.text("environment_url", webAddress(s.GetEnvironmentURL()))
}

// deployment is what every event about a deployment says of it.
func (p post) deployment(event deploymentEvent, environment string) (models.Description, error) {
	deployed := &event.Deployment
	at := when(deployed.CreatedAt)
	if deployed.GetID() <= 0 || at.IsZero() || line(environment) == "" {
		return models.Description{}, p.lacks("deployment with an id, an environment and a time")
	}
	named := release(deployed.Payload)
	d := models.Description{At: at, Facts: p.deploymentFacts(deployed, named, environment), URL: p.deploymentURL(environment),
		Ref:   models.Ref{Kind: models.Deployment, Key: strconv.FormatInt(deployed.GetID(), 10)},
		Links: p.linkTo(models.Deploys, deployed.GetSHA())}
	d.Title = line(environment) + ": " + line(deployed.GetRef())
	if key := named.key(); key != "" {
		d.Title = line(environment) + ": " + named.Model + " " + string(named.Version)
		d.Links = []models.LinkTo{{Relation: models.Deploys, To: models.Ref{Kind: models.ModelVersion, Key: key}, Evidence: models.Verified}}
	}
	d.Links = append(d.Links, models.ImageLinks(models.Deploys, named.ImageDigest)...)
	if run := event.WorkflowRun.ID; run > 0 {
		d.Links = append(d.Links, models.LinkTo{Relation: models.PlacedBy, To: pipelineRun(run), Evidence: models.Verified})
	}
	return d, nil
}

// deploymentFacts tells the environment in lower case, because GitHub does not
// tell "Production" and "production" apart.
func (p post) deploymentFacts(d *gogithub.Deployment, named released, environment string) facts {
	f := facts{"repository": p.repositoryKey(), "at": stamp(when(d.CreatedAt))}
	f.text("environment", strings.ToLower(environment))
	f.text("sha", strings.ToLower(d.GetSHA()))
	f.text("ref", d.GetRef())
	f.text("by", d.GetCreator().GetLogin())
	f.text("description", d.GetDescription())
	f.text("image_digest", named.ImageDigest)
	if named.key() != "" {
		f["model"], f["version"] = named.Model, string(named.Version)
	}
	if named.Share > 0 && named.Share <= 1 {
		f["share"] = named.Share
	}
	return f
}

func (p post) deploymentURL(environment string) string {
	if p.repo.HTMLURL == "" {
		return ""
	}
	return webAddress(p.repo.HTMLURL + "/deployments/" + url.PathEscape(line(environment)))
}

// withCommit adds the deployed commit with its address.
func (p post) withCommit(d models.Description, sha string) []models.Description {
	return append([]models.Description{d}, p.stubs(p.linkTo(models.Deploys, sha), d.At)...)
}

// released is the model version that a deployment's payload may name.
type released struct {
	Model       string  `json:"model"`
	Version     version `json:"version"`
	Share       float64 `json:"share"`
	ImageDigest string  `json:"image_digest"`
}

func (r released) key() string {
	if r.Model == "" || r.Version == "" || strings.Contains(string(r.Version), "/") {
		return ""
	}
	return models.VersionKey(r.Model, string(r.Version))
}

// version may be written as text or as a number.
type version string

// UnmarshalJSON reads "3" and 3 alike.
func (v *version) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) == nil {
		*v = version(line(word))
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(text, &number); err != nil {
		return err
	}
	*v = version(line(number.String()))
	return nil
}

// release reads a payload: an object, or the JSON of one as text. What is
// neither names nothing; GitHub lets people write anything there.
func release(payload json.RawMessage) (r released) {
	var text string
	if json.Unmarshal(payload, &text) == nil {
		payload = json.RawMessage(text)
	}
	if json.Unmarshal(payload, &r) != nil {
		return released{}
	}
	r.Model = strings.Trim(line(r.Model), "/ ")
	return r
}
