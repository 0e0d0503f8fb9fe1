package handlers

import (
	"net"
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models/store"
	"throughline/views"
)

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
