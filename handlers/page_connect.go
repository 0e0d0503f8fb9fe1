package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/handlers/signin"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// beginConnect sends a person to a provider to connect an account there. It is a
// form with the session's token, so that no other site can begin it, and its
// answer a page that goes on by itself: a form may not be led to another site.
func (h *Handlers) beginConnect(c *gin.Context, p signin.Provider) error {
	by := h.principal(c)
	f := signin.NewFlow(p.Key(), "/account", h.Now())
	f.Person, f.Session, f.Again = by.PersonID, by.Session, true
	address, err := h.begin(c, p, f)
	if models.CodeOf(err) == models.Busy && err != nil {
		return h.accountPage(c, http.StatusServiceUnavailable, err.Error())
	}
	if err != nil {
		return err
	}
	c.Header("Refresh", "0; url="+address)
	return render(c, http.StatusOK, views.GoOn(views.GoOnPage{Frame: h.accountFrame(c, "Connect "+p.Name()), Name: p.Name(), Address: address}))
}

// finishConnect joins the identity to the account whose session began it, if that
// is still the one that asks.
func (h *Handlers) finishConnect(c *gin.Context, p signin.Provider, f signin.Flow, id signin.Identity, err error) error {
	by := h.principal(c)
	if by.PersonID != f.Person || by.Session != f.Session {
		return models.Errorf(models.Forbidden, "You are not signed in any more as whoever began this. Sign in, and connect %s again.", p.Name())
	}
	if err == nil {
		err = h.Store.Connect(c.Request.Context(), by, newIdentity(id))
	}
	switch models.CodeOf(err) {
	case models.Forbidden, models.Unprocessed, models.Conflict, models.Busy:
		if err != nil {
			return h.accountPage(c, problemOf(err).Status, err.Error())
		}
	}
	return seeUnless(c, err, "/account")
}

func (h *Handlers) disconnectIdentity(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	err = h.Store.Disconnect(c.Request.Context(), h.principal(c), id, store.WaysIn{Password: !h.NoPasswordLogin, Issuers: h.issuers()})
	if refused(err) {
		return h.accountPage(c, problemOf(err).Status, err.Error())
	}
	return seeUnless(c, err, "/account")
}

// connections are a person's identities, and the providers without one.
func (h *Handlers) connections(c *gin.Context) (list []views.Connection, err error) {
	identities, err := h.Store.Identities(c.Request.Context(), h.principal(c).PersonID)
	if err != nil {
		return nil, err
	}
	for _, p := range h.Providers {
		connection := views.Connection{Provider: views.Provider{Key: p.Key(), Name: p.Name(), Issuer: p.Issuer()}}
		for _, i := range identities {
			if i.Issuer == p.Issuer() {
				connection.Identities = append(connection.Identities, i)
			}
		}
		list = append(list, connection)
	}
	return list, nil
}
