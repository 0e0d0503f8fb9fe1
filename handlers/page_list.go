package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) listRoutes() []Route {
	return []Route{
		get("/pulls", signedIn(), h.list("Pull requests", models.PullRequest, "Connect GitHub in a project's settings, and its pull requests stand here.")),
		get("/runs", signedIn(), h.showRuns),
		get("/p/:key", inProject(models.Viewer), h.showSpace), // MLFLOW_TRACKING_URI, opened in a browser
		get("/p/:key/", inProject(models.Viewer), h.showSpace),
		get("/runs/export", signedIn(), h.exportRuns),
		get("/models", signedIn(), h.showModels),
		get("/datasets", signedIn(), h.showDatasets),
		get("/search", signedIn(), h.search),
		get("/deployments", signedIn(), h.showDeployments),
	}
}

// list is the page of the subjects of one kind, the newest first.
func (h *Handlers) list(heading string, kind models.Kind, empty string) page {
	return func(c *gin.Context) error {
		p := views.ListPage{Frame: h.frame(c, heading), Heading: heading, Path: c.Request.URL.Path, States: models.StatesOf(kind), Empty: empty}
		return h.answerList(c, p, []models.Kind{kind})
	}
}

// showModels lists the models with where each is live.
func (h *Handlers) showModels(c *gin.Context) error {
	live, _, err := h.Store.Deployments(c.Request.Context(), h.principal(c), store.DeploymentFilter{State: models.Live, Limit: 200})
	if err != nil {
		return err
	}
	p := views.ListPage{Frame: h.frame(c, "Models"), Heading: "Models", Path: "/models", Live: map[string][]views.DeploymentRow{},
		Empty: "A model appears with its first registered version or its model card."}
	for _, r := range ofModels(live) {
		p.Live[r.Model] = append(p.Live[r.Model], r)
	}
	return h.answerList(c, p, []models.Kind{models.Model})
}

// showDatasets lists the datasets with what is said of their data.
func (h *Handlers) showDatasets(c *gin.Context) error {
	p := views.ListPage{Frame: h.frame(c, "Datasets"), Heading: "Datasets", Path: "/datasets", Classes: models.Classifications,
		Empty: "A dataset appears with the first run that was trained on it."}
	if class := models.Classification(c.Query("classification")); slices.Contains(models.Classifications, class) {
		p.Class = class
	}
	return h.answerList(c, p, []models.Kind{models.Dataset})
}

func (h *Handlers) answerList(c *gin.Context, p views.ListPage, kinds []models.Kind) error {
	p.Text, p.State, p.Best = strings.TrimSpace(c.Query("q")), models.State(c.Query("state")), c.Query("best") != ""
	if key := c.Query("project"); key != "" {
		if one, err := h.Store.Project(c.Request.Context(), h.principal(c), key); err == nil {
			p.Project = one.Key
		}
	}
	p.Filtered = p.Project != "" || p.Text != "" || p.State != "" || p.Kind != "" || p.Class != ""
	rows, next, err := h.Store.Subjects(c.Request.Context(), h.principal(c), store.SubjectFilter{Kinds: kinds, Text: p.Text,
		State: p.State, Classification: p.Class, Project: p.Project, Best: p.Best, After: c.Query("after")})
	if err != nil {
		return err
	}
	p.Rows, p.Next = rows, next
	if len(p.Classes) > 0 {
		if err := h.addDataStates(c, p.Rows); err != nil {
			return err
		}
		if p.Governance, err = h.Store.GovernanceOf(c.Request.Context(), ids(rows)); err != nil {
			return err
		}
	}
	return render(c, http.StatusOK, views.List(p))
}

// addDataStates says where datasets stand.
func (h *Handlers) addDataStates(c *gin.Context, rows []models.Subject) error {
	states, err := h.Store.DataStates(c.Request.Context(), ids(rows))
	for i, s := range rows {
		if state, known := states[s.ID]; known {
			rows[i].State = state
		}
	}
	return err
}

// search looks through every kind; a pasted upstream address leads to our page of it.
func (h *Handlers) search(c *gin.Context) error {
	text := strings.TrimSpace(c.Query("q"))
	if strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://") {
		if found, err := h.Store.FindURL(c.Request.Context(), h.principal(c), text); err == nil {
			return see(c, found.Ref.Path())
		}
	}
	p := views.ListPage{Frame: h.frame(c, "Search"), Heading: "Search", Path: "/search", Kinds: models.Kinds, Empty: "Nothing is known yet."}
	p.Frame.Search = text
	var kinds []models.Kind
	if kind := models.Kind(c.Query("kind")); kind.Known() {
		p.Kind, kinds = kind, []models.Kind{kind}
	}
	return h.answerList(c, p, kinds)
}

func (h *Handlers) showDeployments(c *gin.Context) error {
	ctx, by := c.Request.Context(), h.principal(c)
	f := views.DeploymentFilter{Environment: c.Query("environment"), Model: c.Query("model"), State: models.State(c.Query("state"))}
	rows, next, err := h.Store.Deployments(ctx, by, store.DeploymentFilter{Environment: f.Environment, Model: f.Model, State: f.State, After: c.Query("after")})
	if err != nil {
		return err
	}
	live, _, err := h.Store.Deployments(ctx, by, store.DeploymentFilter{State: models.Live, Limit: 200})
	if err != nil {
		return err
	}
	p := views.DeploymentsPage{Frame: h.frame(c, "Deployments"), Filter: f, Next: next}
	for _, r := range rows {
		p.Rows = append(p.Rows, deploymentRow(r))
	}
	fillMatrix(&p, ofModels(live))
	return render(c, http.StatusOK, views.Deployments(p))
}

// fillMatrix sets what is live into cells; of two in one cell the newer shows.
func fillMatrix(p *views.DeploymentsPage, live []views.DeploymentRow) {
	p.Cells = map[[2]string]views.DeploymentRow{}
	for _, r := range live {
		cell := [2]string{r.Environment, r.Model}
		if _, taken := p.Cells[cell]; !taken {
			p.Cells[cell] = r
		}
		if !slices.Contains(p.Environments, r.Environment) {
			p.Environments = append(p.Environments, r.Environment)
		}
		if !slices.Contains(p.Models, r.Model) {
			p.Models = append(p.Models, r.Model)
		}
	}
	slices.Sort(p.Environments)
	slices.Sort(p.Models)
}

func ids(list []models.Subject) []int64 {
	out := make([]int64, len(list))
	for i, s := range list {
		out[i] = s.ID
	}
	return out
}
