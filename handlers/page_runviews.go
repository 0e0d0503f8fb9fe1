package handlers

import (
	"net/url"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/views"
)

func (h *Handlers) runViewRoutes() []Route {
	return []Route{
		post("/runs/views", aPerson(), h.submitRunView),
		post("/runs/views/:id/delete", aPerson(), h.deleteRunView),
	}
}

// viewed are the parameters of the list of runs that a view keeps.
var viewed = []string{"q", "project", "experiment", "deleted", "sort", "columns"}

// plainQuery keeps of a query what the list of runs knows.
func plainQuery(text string) string {
	asked, _ := url.ParseQuery(text) // what can not be read is left out
	kept := url.Values{}
	for _, name := range viewed {
		if v := asked.Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	return kept.Encode()
}

func (h *Handlers) submitRunView(c *gin.Context) error {
	ctx, by := c.Request.Context(), h.principal(c)
	query := plainQuery(c.PostForm("query"))
	var share models.Project
	if key := c.PostForm("share"); key != "" {
		var err error
		if share, err = h.Store.Project(ctx, by, key); err != nil {
			return err
		}
	}
	if err := h.Store.SaveRunView(ctx, by, c.PostForm("name"), query, share); err != nil {
		return err
	}
	return see(c, "/runs?"+query)
}

func (h *Handlers) deleteRunView(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	if err := h.Store.DeleteRunView(c.Request.Context(), h.principal(c), id); err != nil {
		return err
	}
	return see(c, "/runs")
}

// addRunViews adds the saved views to the list of runs, and where one may be shared.
func (h *Handlers) addRunViews(c *gin.Context, p *views.RunsPage) error {
	by := h.principal(c)
	list, err := h.Store.RunViews(c.Request.Context(), by)
	if err != nil {
		return err
	}
	for _, v := range list {
		p.Views = append(p.Views, views.SavedView{ID: v.ID, Name: v.Name, Path: "/runs?" + v.Query, Project: v.Project, Mine: v.Mine})
	}
	if by.PersonID == 0 {
		return nil
	}
	p.MaySave = true
	projects, err := h.Store.Projects(c.Request.Context(), by)
	for _, one := range projects {
		if one.Role.AtLeast(models.Contributor) {
			p.Shares = append(p.Shares, one.Key)
		}
	}
	return err
}
