package handlers

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) homeRoutes() []Route {
	return []Route{
		get("/", signedIn(), h.showHome),
		get("/projects", signedIn(), h.showHome),
		get("/help", signedIn(), h.showHelp),
		get("/projects/:key/activity", inProject(models.Viewer), h.showActivity),
		post("/onboarding", signedIn(), h.closeOnboarding),
	}
}

func (h *Handlers) showHome(c *gin.Context) error {
	ctx, by := c.Request.Context(), h.principal(c)
	live, _, err := h.Store.Deployments(ctx, by, store.DeploymentFilter{State: models.Live, Limit: 20})
	if err != nil {
		return err
	}
	activity, err := h.Store.Activity(ctx, by, store.ActivityFilter{Limit: homeActivity})
	if err != nil {
		return err
	}
	f := h.frame(c, "Home")
	steps, err := h.onboarding(c, f, len(live) > 0)
	if err != nil {
		return err
	}
	asked, err := h.Store.AskedOf(ctx, by)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Home(views.HomePage{Frame: f, Asked: asked, Live: ofModels(live), Activity: ofSubjects(activity), Steps: steps}))
}

// homeActivity is how far the first page looks back.
const homeActivity = 40

// ofSubjects leaves out sign-ins and the like.
func ofSubjects(rows []models.Activity) (out []models.Activity) {
	for _, a := range rows {
		if a.Subject != nil && len(out) < homeActivity/2 {
			out = append(out, a)
		}
	}
	return out
}

// ofModels are the deployments of models, as pages show them.
func ofModels(rows []store.DeploymentRow) []views.DeploymentRow {
	var out []views.DeploymentRow
	for _, r := range rows {
		if r.Model != "" {
			out = append(out, deploymentRow(r))
		}
	}
	return out
}

func deploymentRow(r store.DeploymentRow) views.DeploymentRow {
	return views.DeploymentRow{Subject: r.Subject, Environment: r.Environment, Model: r.Model, Version: r.Version, By: r.By, Gaps: r.Gaps}
}

const onboardingCookie = "onboarding"

// onboarding are the first steps, until all are done or somebody closed the list
// in this browser. Only who may do them sees them.
func (h *Handlers) onboarding(c *gin.Context, f views.Frame, live bool) ([]views.Onboarding, error) {
	if _, err := c.Request.Cookie(onboardingCookie); err == nil || !f.CanAnywhere(models.Maintainer) {
		return nil, nil
	}
	if len(f.Projects) == 0 {
		return []views.Onboarding{{Text: "Create your first project", Path: "/projects/new"}}, nil
	}
	steps, err := h.steps(c.Request.Context(), h.principal(c), f.Projects[0], live)
	for _, s := range steps {
		if !s.Done {
			return steps, err
		}
	}
	return nil, err
}

func (h *Handlers) steps(ctx context.Context, by models.Principal, p models.Project, live bool) ([]views.Onboarding, error) {
	connected, err := h.Store.Integrations(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	sources := map[string]bool{}
	for _, i := range connected {
		sources[i.Source] = true
	}
	runs, _, err := h.Store.Subjects(ctx, by, store.SubjectFilter{Kinds: []models.Kind{models.Run}, Limit: 1})
	if err != nil {
		return nil, err
	}
	tokens, err := h.Store.Tokens(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	in := "/projects/" + p.Key
	return []views.Onboarding{
		{Text: "Connect GitHub", Path: in + "/integrations/new/github", Done: sources["github"]},
		{Text: "Connect MLflow, or let a script post its first run", Path: in + "/integrations/new/mlflow", Done: len(runs) > 0},
		{Text: "Make the first bot token", Path: in + "/tokens", Done: len(tokens) > 0},
		{Text: "See the first model go live", Path: "/deployments", Done: live},
	}, nil
}

func (h *Handlers) closeOnboarding(c *gin.Context) error {
	h.remember(c, onboardingCookie, "closed")
	return see(c, "/")
}

// remember keeps a choice in this browser for a year.
func (h *Handlers) remember(c *gin.Context, name, value string) {
	http.SetCookie(c.Writer, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, // #nosec G124 -- the same
		Secure: h.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (h *Handlers) showHelp(c *gin.Context) error {
	return render(c, http.StatusOK, views.Help(views.HelpPage{Frame: h.frame(c, "Help")}))
}

const activityRows = 60

func (h *Handlers) showActivity(c *gin.Context) error {
	before, err := queryNumber(c, "before")
	if err != nil {
		return err
	}
	rows, err := h.Store.Activity(c.Request.Context(), h.principal(c),
		store.ActivityFilter{Project: project(c).Key, Before: before, Limit: activityRows})
	if err != nil {
		return err
	}
	p := views.ActivityPage{Frame: h.frame(c, "Activity"), Rows: rows}
	p.Frame.Crumbs = crumbs(project(c), views.Crumb{Text: "Activity"})
	if len(rows) == activityRows {
		p.Next = "/projects/" + project(c).Key + "/activity?before=" + itoa(rows[len(rows)-1].Seq)
	}
	return render(c, http.StatusOK, views.Activity(p))
}
