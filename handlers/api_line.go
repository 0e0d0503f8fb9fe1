package handlers

import (
	"context"
	"net/http"
	"time"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) lineOperations() []Route {
	return []Route{
		op(http.MethodGet, "/deployments", signedIn(), "List deployments, newest first", h.listDeployments),
		op(http.MethodGet, "/throughline/{environment}/{model}", signedIn(), "Read the line behind what serves a model, with its gaps", h.readThroughline),
	}
}

type deploymentJSON struct {
	SubjectJSON
	Environment string     `json:"environment"`
	Model       string     `json:"model"`
	Version     string     `json:"version"`
	Share       float64    `json:"share"`
	By          string     `json:"by,omitempty"`
	At          *time.Time `json:"at"`
	Gaps        int        `json:"gaps" doc:"Missing links of the line; for live ones of a model"`
}

func (h *Handlers) deploymentJSON(d store.DeploymentRow) deploymentJSON {
	return deploymentJSON{SubjectJSON: h.subjectJSON(d.Subject), Environment: d.Environment, Model: d.Model, Version: d.Version,
		Share: d.Share, By: d.By, At: when(d.At), Gaps: d.Gaps}
}

type deploymentList struct {
	Deployments []deploymentJSON `json:"deployments"`
	Next        string           `json:"next,omitempty"`
}

func (h *Handlers) listDeployments(ctx context.Context, in *struct {
	Paging
	Environment string       `query:"environment"`
	Model       string       `query:"model"`
	Project     string       `query:"project"`
	State       models.State `query:"state"`
}) (*body[deploymentList], error) {
	list, next, err := h.Store.Deployments(ctx, actor(ctx), store.DeploymentFilter{Environment: in.Environment, Model: in.Model,
		Project: in.Project, State: in.State, After: in.After, Limit: in.limit()})
	if err != nil {
		return nil, err
	}
	return reply(deploymentList{Deployments: each(list, h.deploymentJSON), Next: next}), nil
}

// NodeJSON is one subject of a line, with how well its link is established.
type NodeJSON struct {
	SubjectJSON
	Evidence models.Evidence `json:"evidence"`
}

type lineJSON struct {
	Environment  string         `json:"environment"`
	Model        string         `json:"model"`
	Whole        bool           `json:"whole" doc:"No link is missing"`
	Deployment   lineDeployment `json:"deployment"`
	ModelVersion *NodeJSON      `json:"model_version"`
	Run          *NodeJSON      `json:"run"`
	PipelineRun  *NodeJSON      `json:"pipeline_run"`
	Commit       *NodeJSON      `json:"commit"`
	Image        *NodeJSON      `json:"image" doc:"The container image that was deployed, or that the version is packaged in"`
	PullRequests []linePull     `json:"pull_requests"`
	Datasets     []lineDataset  `json:"datasets"`
	ModelCard    *lineCard      `json:"model_card"`
	Owners       []ownerJSON    `json:"owners"`
	Gaps         []gapJSON      `json:"gaps"`
	Warnings     []warningJSON  `json:"warnings" doc:"What is wrong with how the data is held; these are no gaps"`
}

type lineDeployment struct {
	NodeJSON
	Environment string `json:"environment"`
	Model       string `json:"model"`
	Version     string `json:"version"`
}

type linePull struct {
	NodeJSON
	Reviews []reviewJSON `json:"reviews"`
}

type reviewJSON struct {
	By    string     `json:"by"`
	State string     `json:"state"`
	At    *time.Time `json:"at,omitempty"`
}

type lineDataset struct {
	NodeJSON
	Dataset  refJSON         `json:"dataset"`
	Relation models.Relation `json:"relation"`
	Owners   []ownerJSON     `json:"owners"`

	Classification models.Classification `json:"classification,omitempty" doc:"Of the dataset's data"`
}

type lineCard struct {
	Revision int    `json:"revision"`
	Filled   int    `json:"filled" doc:"Sections that say something"`
	Sections int    `json:"sections"`
	URL      string `json:"url"`
}

type gapJSON struct {
	Missing  models.GapKind `json:"missing"`
	Subject  refJSON        `json:"subject"`
	Since    *time.Time     `json:"since"`
	ClosesBy closingJSON    `json:"closes_by"`
}

type closingJSON struct {
	Who string `json:"who"`
	How string `json:"how"`
	URL string `json:"url"`
}

func (h *Handlers) readThroughline(ctx context.Context, in *struct {
	Environment string `path:"environment"`
	Model       string `path:"model"`
}) (*body[lineJSON], error) {
	t, err := h.Store.Throughline(ctx, actor(ctx), in.Environment, in.Model)
	if err != nil {
		return nil, err
	}
	return reply(h.lineJSON(t)), nil
}

func (h *Handlers) lineJSON(t models.Throughline) lineJSON {
	out := lineJSON{Environment: t.Environment, Model: t.Model, Whole: t.Whole(), ModelVersion: h.node(t, t.Version), Run: h.node(t, t.Run),
		PipelineRun: h.node(t, t.PipelineRun), Commit: h.node(t, t.Commit), Image: h.node(t, t.Image), Owners: []ownerJSON{}, Gaps: each(t.Gaps, h.gapJSON), Warnings: each(t.Warnings(h.Now()), warningOf)}
	out.Deployment = lineDeployment{NodeJSON: *h.node(t, &t.Deployment), Environment: t.Environment, Model: t.Model, Version: t.Deployment.Text("version")}
	out.PullRequests = each(t.PullRequests, func(p models.PullRequestLine) linePull {
		return linePull{NodeJSON: *h.node(t, &p.Subject), Reviews: each(p.Reviews, func(r models.Review) reviewJSON {
			return reviewJSON{By: r.By, State: r.State, At: when(r.At)}
		})}
	})
	out.Datasets = each(t.Datasets, func(d models.DatasetLine) lineDataset {
		return lineDataset{NodeJSON: *h.node(t, &d.Version), Dataset: refOf(d.Dataset), Relation: d.Relation, Owners: each(d.Owners, ownerOf),
			Classification: d.Governance.Classification}
	})
	if t.Card != nil {
		model := models.Ref{Kind: models.Model, Key: t.Model}
		out.ModelCard = &lineCard{Revision: t.Card.Number, Filled: t.Card.Filled(), Sections: len(t.Card.Sections), URL: h.link(model.Path())}
	}
	out.Owners = lineOwners(t)
	return out
}

// lineOwners are the owners of the model and of each dataset, each dataset once.
func lineOwners(t models.Throughline) []ownerJSON {
	out := []ownerJSON{}
	add := func(of models.Ref, owners []models.Owner) {
		for _, o := range owners {
			one := ownerOf(o)
			ref := refOf(of)
			one.Subject = &ref
			out = append(out, one)
		}
	}
	add(models.Ref{Kind: models.Model, Key: t.Model}, t.ModelOwners)
	seen := map[models.Ref]bool{}
	for _, d := range t.Datasets {
		if !seen[d.Dataset] {
			seen[d.Dataset] = true
			add(d.Dataset, d.Owners)
		}
	}
	return out
}

func (h *Handlers) node(t models.Throughline, s *models.Subject) *NodeJSON {
	if s == nil {
		return nil
	}
	return &NodeJSON{SubjectJSON: h.subjectJSON(*s), Evidence: evidence(t, *s)}
}

// evidence is that of the link which brings a subject into the line: to it from
// the deployment's side, or from it for a pull request and the deployment.
func evidence(t models.Throughline, s models.Subject) models.Evidence {
	best := models.Declared
	for _, l := range t.Links {
		far := l.To
		if s.Ref.Kind == models.PullRequest || s.Ref.Kind == models.Deployment {
			far = l.From
		}
		if far.ID == s.ID && l.Evidence == models.Verified {
			best = models.Verified
		}
	}
	return best
}

func (h *Handlers) gapJSON(g models.Gap) gapJSON {
	return gapJSON{Missing: g.Missing, Subject: refOf(g.Subject), Since: when(g.Since),
		ClosesBy: closingJSON{Who: g.ClosesBy.Who, How: g.ClosesBy.How, URL: h.link(g.ClosesBy.URL)}}
}
