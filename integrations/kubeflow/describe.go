package kubeflow

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

const (
	maxText   = 1000
	maxName   = 300
	maxParams = 100
)

// version is what is known of the pipeline of a run.
type version struct {
	Pipeline string `json:"p,omitempty"` // its name
	Name     string `json:"v,omitempty"`
	Code     string `json:"c,omitempty"` // code_source_url
}

// describe says what a run is; false for one without a key.
func (r run) describe(a integrations.Account, page string, v version) (d models.Description, ok bool) {
	if r.ID = integrations.Line(r.ID, maxName); r.ID == "" {
		return d, false
	}
	d = models.Description{Ref: models.Ref{Kind: models.PipelineRun, Key: r.ID}, At: r.told(), Attempt: r.attempts(),
		Title: cmp.Or(integrations.Line(r.Name, maxName), r.ID), URL: page + "/#/runs/details/" + url.PathEscape(r.ID),
		State: state(r.State), Raw: integrations.Line(r.State, 60), Facts: map[string]any{}}
	if n := len(r.History); n > 0 && r.History[n-1].State == r.State {
		d.StateAt = integrations.Moment(r.History[n-1].At)
	}
	r.facts(a, d, v)
	r.tasks(&d)
	r.code(a, &d, v)
	if id := integrations.Line(r.Plugins["mlflow"].text("root_run_id"), maxName); id != "" {
		d.Facts["mlflow_run"] = id
		integrations.Told(d.Facts, "mlflow_run_url", integrations.Web(r.Plugins["mlflow"].text("run_url")))
		d.Links = append(d.Links, models.LinkTo{Relation: models.Mentions, To: models.Ref{Kind: models.Run, Key: id}})
	}
	return d, true
}

func (r run) facts(a integrations.Account, d models.Description, v version) {
	f := d.Facts
	name := integrations.Line(cmp.Or(v.Pipeline, specName(r.Spec), "runs without a pipeline"), maxName)
	if a.Get("namespace") != "" {
		name = a.Get("namespace") + "/" + name
	}
	f[models.FactPipeline], f[models.FactAttempt] = name, d.Attempt
	integrations.Told(f, "pipeline_version", integrations.Line(v.Name, maxName))
	integrations.Told(f, "experiment_id", integrations.Line(r.Experiment, maxName))
	integrations.Told(f, "service_account", integrations.Line(r.Account, maxName))
	integrations.Told(f, models.FactStartedAt, integrations.Moment(r.Created))
	if d.State.Terminal() {
		integrations.Told(f, models.FactEndedAt, integrations.Moment(r.Finished))
	}
	if r.Recurring != "" {
		f[models.FactTrigger], f["recurring_run"] = "schedule", integrations.Line(r.Recurring, maxName)
	}
	if r.Storage == "ARCHIVED" {
		f["archived"] = true
	}
	r.params(f)
}

// params are the parameters, without those that sound like a secret.
func (r run) params(f map[string]any) {
	names := slices.Sorted(maps.Keys(r.Runtime.Parameters))
	for _, name := range names[:min(len(names), maxParams)] {
		short := integrations.Line(name, maxName)
		if short == "" || integrations.Secretive(name) {
			continue
		}
		switch v := r.Runtime.Parameters[name].(type) {
		case nil:
		case string:
			f[models.ParamFact+short] = integrations.Cut(v, maxText)
		case float64, bool:
			f[models.ParamFact+short] = v
		default:
			text, _ := json.Marshal(v) // what was read as JSON
			f[models.ParamFact+short] = integrations.Cut(string(text), maxText)
		}
	}
}

// wholeSHA is a commit's whole sha in an address or a name.
var wholeSHA = regexp.MustCompile(`\b[0-9a-f]{40}\b`)

// code finds the commit, which Kubeflow does not know: in the address of the
// version's code, in a parameter, in the version's name.
func (r run) code(a integrations.Account, d *models.Description, v version) {
	integrations.Told(d.Facts, "code_source_url", integrations.Web(v.Code))
	repository := a.Get("repository")
	sha := wholeSHA.FindString(v.Code)
	if sha != "" {
		repository = cmp.Or(repositoryOf(v.Code), repository)
	}
	for _, name := range []string{"git_commit", "git_sha", "commit_sha"} {
		value, _ := r.Runtime.Parameters[name].(string)
		if sha == "" && models.CommitKey("any/repository", value) != "" {
			sha = strings.ToLower(strings.TrimSpace(value))
		}
	}
	sha = cmp.Or(sha, wholeSHA.FindString(v.Name))
	if k := models.CommitKey(integrations.Line(repository, 500), sha); k != "" {
		d.Links = append(d.Links, models.LinkTo{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: k}})
	} else if sha != "" {
		d.Facts[models.FactHeadSHA] = sha
	}
}

// repositoryOf is the repository of an address of code: what comes before
// /tree/, /blob/ or /commit/ at the common forges.
func repositoryOf(address string) string {
	for _, mark := range []string{"/-/", "/tree/", "/blob/", "/commit/", "/raw/", "@"} {
		if before, _, ok := strings.Cut(address, mark); ok && strings.Contains(before, "//") {
			return models.RepositoryKey(integrations.Line(before, 500))
		}
	}
	return ""
}
