package handlers

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) lineRoutes() []Route {
	return []Route{
		get("/throughline", signedIn(), h.showLines),
		get("/throughline/:environment/:name", ofSubject(models.Viewer, modelParam), h.showLine),
		post("/throughline/:environment/:name/close", ofSubject(models.Contributor, modelParam), h.closeGap),
	}
}

func (h *Handlers) showLines(c *gin.Context) error {
	rows, _, err := h.Store.Deployments(c.Request.Context(), h.principal(c), store.DeploymentFilter{State: models.Live, Limit: 200})
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Lines(views.LinesPage{Frame: h.frame(c, "Throughlines"), Rows: ofModels(rows)}))
}

func (h *Handlers) showLine(c *gin.Context) error {
	p, err := h.linePage(c)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Line(p))
}

func (h *Handlers) linePage(c *gin.Context) (p views.LinePage, err error) {
	ctx, by, environment, model := c.Request.Context(), h.principal(c), c.Param("environment"), c.Param("name")
	if p.Line, err = h.Store.Throughline(ctx, by, environment, model); err != nil {
		return p, err
	}
	if p.MayWrite = h.Store.MayWrite(ctx, by, subject(c).ID, models.Contributor) == nil; p.MayWrite {
		if p.Choices, err = h.ownerChoices(c, subject(c).ID); err != nil {
			return p, err
		}
	}
	p.Frame = h.frame(c, model+" in "+environment)
	if in, err := h.visibleProjects(c, subject(c).ID); err == nil && len(in) > 0 {
		p.Frame.Project = &in[0]
	}
	p.Frame.Crumbs = []views.Crumb{{Text: "Throughlines", Path: "/throughline"}, {Text: environment}, {Text: model}}
	return p, nil
}

// closeGap links or assigns what a throughline lacks.
func (h *Handlers) closeGap(c *gin.Context) error {
	missing, value := models.GapKind(c.PostForm("missing")), c.PostForm("value")
	at := models.Ref{Kind: models.Kind(c.PostForm("kind")), Key: c.PostForm("key")}
	err := h.fillGap(c, missing, at, value)
	if err == nil {
		return see(c, "/throughline/"+url.PathEscape(c.Param("environment"))+"/"+url.PathEscape(c.Param("name"))+"#gaps")
	}
	if !refused(err) && models.CodeOf(err) != models.NotFound {
		return err
	}
	p, pageErr := h.linePage(c)
	if pageErr != nil {
		return pageErr
	}
	p.Error, p.ErrorAt, p.Typed = err.Error(), missing, value
	return render(c, problemOf(err).Status, views.Line(p))
}

func (h *Handlers) fillGap(c *gin.Context, missing models.GapKind, at models.Ref, value string) error {
	switch missing {
	case models.GapOwnerModel, models.GapOwnerDataset:
		return h.addOwner(c, at, value)
	case models.GapRun:
		return h.linkUp(c, at, h.typedRef(c, models.Run, value), models.ProducedBy)
	case models.GapCommit:
		return h.linkUp(c, at, h.typedRef(c, models.Commit, value), models.BuiltFrom)
	case models.GapDataset:
		return h.linkUp(c, at, h.typedRef(c, models.DatasetVersion, value), models.TrainedOn)
	case models.GapPullRequest:
		return h.linkUp(c, h.typedRef(c, models.PullRequest, value), at, models.Contains)
	}
	return models.Errorf(models.Unprocessed, "This gap is closed elsewhere.")
}

func (h *Handlers) linkUp(c *gin.Context, from, to models.Ref, relation models.Relation) error {
	_, err := h.Store.AddLink(c.Request.Context(), h.principal(c), from, to, relation)
	return err
}

// addOwner assigns one more owner and keeps those that people assigned before.
func (h *Handlers) addOwner(c *gin.Context, at models.Ref, person string) error {
	found, err := h.Store.Find(c.Request.Context(), h.principal(c), at)
	if err != nil {
		return err
	}
	owners, err := h.Store.Owners(c.Request.Context(), found.ID)
	if err != nil {
		return err
	}
	claims := []models.OwnerClaim{{Person: person, As: "owner"}}
	for _, o := range owners {
		if o.Evidence == models.Verified && o.Counts() { // those that a source declares stay by themselves; who left is replaced
			claims = append(claims, models.OwnerClaim{Person: o.Person, As: o.As})
		}
	}
	_, err = h.Store.SetOwners(c.Request.Context(), h.principal(c), found.Ref, claims)
	return err
}
