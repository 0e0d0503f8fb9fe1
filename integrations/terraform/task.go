package terraform

import (
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// task is what a run task says beside its run. Its access token is not among it.
type task struct {
	ResultID  string `json:"task_result_id"`
	Stage     string `json:"stage"`
	Callback  string `json:"task_result_callback_url"`
	RunAppURL string `json:"run_app_url"`
	Repo      string `json:"vcs_repo_url"`
	Branch    string `json:"vcs_branch"`
	CommitURL string `json:"vcs_commit_url"`
}

// taskEvent reads a run task: the run goes on, and here is its commit, which
// notifications do not tell.
func (p post) taskEvent(a integrations.Account, e *integrations.Event) {
	e.Name = "task." + integrations.Line(p.Stage, 60)
	e.ID = "task " + integrations.Line(p.ResultID, maxName)
	p.run.URL = p.RunAppURL
	d, ok := p.run.begin()
	if e.Ignored = !ok || !wanted(a, p.Workspace); e.Ignored {
		return // among others the question whether anybody is there
	}
	e.Poke = true
	at := integrations.Moment(p.CreatedAt)
	if !at.IsZero() {
		at = at.Add(time.Millisecond) // after it was created
	}
	d.At, d.StateAt, d.State, d.Raw = at, at, models.Running, integrations.Line(p.Stage, 60)
	integrations.Told(d.Facts, models.FactBranch, integrations.Line(p.Branch, maxName))
	built(&d, p.Repo, p.CommitURL[strings.LastIndexByte(p.CommitURL, '/')+1:])
	e.Batch.Descriptions = []models.Description{d}
}

// built links the commit of a run; without a repository the sha alone is kept.
func built(d *models.Description, repository, sha string) {
	if k := models.CommitKey(integrations.Line(repository, 500), sha); k != "" {
		d.Links = append(d.Links, models.LinkTo{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: k}})
	} else if models.CommitKey("any/repository", sha) != "" {
		d.Facts[models.FactHeadSHA] = strings.ToLower(sha)
	}
}
