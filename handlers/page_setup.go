package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// The later steps of a connection. Each has an address, so that it can be left
// and taken up again.
func (h *Handlers) setupRoutes() []Route {
	one := "/projects/:key/integrations/:source/:name"
	return []Route{
		get(one+"/check", inProject(models.Maintainer), h.showCheck),
		post(one+"/check", inProject(models.Maintainer), h.submitCheck),
		get(one+"/webhook", inProject(models.Maintainer), h.showWebhook),
		post(one+"/webhook", inProject(models.Maintainer), h.submitWebhook),
		get(one+"/first", inProject(models.Maintainer), h.showFirst),
	}
}

// step reads the integration of the address with its source as T; to a source
// without the capability there is no such page.
func step[T any](c *gin.Context, h *Handlers, here string) (p views.ConnectionPage, i store.Integration, source T, err error) {
	i, s, err := h.integration(c)
	if err != nil {
		return p, i, source, err
	}
	source, ok := s.(T)
	if !ok {
		return p, i, source, models.Errorf(models.NotFound, "There is nothing at this address.")
	}
	p, err = h.connectionPage(c, i, s, here)
	return p, i, source, err
}

func (h *Handlers) connectionPage(c *gin.Context, i store.Integration, s integrations.Source, here string) (p views.ConnectionPage, err error) {
	ctx := c.Request.Context()
	known, err := h.Store.IntegrationFor(ctx, i.Source, i.Name)
	if err != nil {
		return p, err
	}
	p = views.ConnectionPage{Project: project(c), Source: sourceInfo(s), Name: i.Name}
	if prober, ok := s.(integrations.Prober); ok {
		p.Asks = prober.Asks(account(known))
	}
	_, p.Hooks = s.(integrations.Hooker)
	if p.Setup, err = h.Store.Setup(ctx, i.ID); err != nil {
		return p, err
	}
	p.Imported = i.Progress.Begun() && !i.Progress.Running()
	path := integrationPath(project(c), i.Source, i.Name)
	p.Frame = h.settingsFrame(c, here, views.Crumb{Text: "Integrations", Path: "/projects/" + project(c).Key + "/integrations"}, views.Crumb{Text: i.Name, Path: path})
	p.Steps = laterSteps(path, here, p, !i.LastEventAt.IsZero())
	return p, nil
}

// laterSteps are the steps of an integration that there is.
func laterSteps(path, here string, p views.ConnectionPage, heard bool) []views.GuideStep {
	steps := []views.GuideStep{{Text: "Repositories", Path: path, Done: true}, {Text: "Access", Path: path, Done: true},
		{Text: "Permissions", Path: path + "/check", Done: !p.Setup.CheckedAt.IsZero() && p.Setup.Problem == "" && p.Setup.Missing() == 0},
		{Text: "Webhook", Path: path + "/webhook", Done: p.Setup.Hooked() || heard},
		{Text: "First delivery", Path: path + "/first", Done: heard}, {Text: "Import", Path: path + "/import", Done: p.Imported}}
	for n := range steps {
		steps[n].Here = steps[n].Text == here
	}
	return steps
}

func (h *Handlers) showCheck(c *gin.Context) error {
	p, _, _, err := step[integrations.Prober](c, h, "Permissions")
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Permissions(p))
}

func (h *Handlers) submitCheck(c *gin.Context) error {
	i, s, err := h.integration(c)
	if err != nil {
		return err
	}
	prober, ok := s.(integrations.Prober)
	if !ok {
		return models.Errorf(models.NotFound, "There is nothing at this address.")
	}
	_, err = h.probe(c.Request.Context(), h.principal(c), i, prober)
	return seeUnless(c, err, integrationPath(project(c), i.Source, i.Name)+"/check")
}
