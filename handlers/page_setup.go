package handlers

import (
	"net"
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

func (h *Handlers) showWebhook(c *gin.Context) error {
	p, i, source, err := step[integrations.Hooker](c, h, "Webhook")
	if err != nil {
		return err
	}
	return h.webhookPage(c, http.StatusOK, p, i, source)
}

func (h *Handlers) webhookPage(c *gin.Context, status int, p views.ConnectionPage, i store.Integration, source integrations.Hooker) error {
	known, err := h.Store.IntegrationFor(c.Request.Context(), i.Source, i.Name)
	if err != nil {
		return err
	}
	hand := source.ByHand(account(known))
	p.Hand = views.HandPage{Address: h.hookURL(i), Kind: hand.Kind, Makes: hand.Makes, Events: hand.Events, Pages: outsides(hand.Pages),
		Secret: p.Hand.Secret, Unreachable: local(h.base.Hostname())}
	return render(c, status, views.Webhook(p))
}

// local tells whether a host is this machine, as it calls itself.
func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}

// submitWebhook has the webhook made, or shows a new secret for one made by hand,
// in the answer itself: it is nowhere else to be had.
func (h *Handlers) submitWebhook(c *gin.Context) error {
	p, i, source, err := step[integrations.Hooker](c, h, "Webhook")
	if err != nil {
		return err
	}
	ctx, by := c.Request.Context(), h.principal(c)
	if c.PostForm("how") == "hand" {
		p.Hand.Secret, err = h.renewSecret(ctx, by, i, source.ByHand(integrations.Account{}).Setting)
		if err != nil {
			return err
		}
		return h.webhookPage(c, http.StatusCreated, p, i, source)
	}
	_, err = h.hook(ctx, by, i, source)
	if refused(err) {
		p.Error = err.Error()
		return h.webhookPage(c, problemOf(err).Status, p, i, source)
	}
	return seeUnless(c, err, integrationPath(project(c), i.Source, i.Name)+"/webhook")
}

const firstRows = 5

// showFirst waits for the first delivery; the script asks for the part alone.
func (h *Handlers) showFirst(c *gin.Context) error {
	p, i, _, err := step[integrations.Hooker](c, h, "First delivery")
	if err != nil {
		return err
	}
	rows, err := h.Store.Deliveries(c.Request.Context(), project(c).ID, store.DeliveryFilter{IntegrationID: i.ID, Limit: firstRows + 1})
	if err != nil {
		return err
	}
	path := integrationPath(project(c), i.Source, i.Name)
	p.First = views.FirstPart{Path: path + "/first", Source: p.Source.Title, Bad: i.BadSignatures, Earlier: len(rows) > firstRows,
		Settings: path, Webhook: path + "/webhook", Next: boardOf(project(c)), NextText: "See the board"}
	if p.Asks {
		p.First.Next, p.First.NextText = path+"/import", "See the import"
	}
	for _, d := range rows[:min(len(rows), firstRows)] {
		p.First.Rows = append(p.First.Rows, deliveryRow(d))
	}
	if part(c) {
		return render(c, http.StatusOK, views.FirstDelivery(p.First))
	}
	return render(c, http.StatusOK, views.First(p))
}
