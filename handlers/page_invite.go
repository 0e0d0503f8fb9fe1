package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) inviteRoutes() []Route {
	return []Route{
		get("/invite/:code", public(), h.showInvite),
		post("/invite/:code", public(), h.acceptInvite),
	}
}

// offered is the open invitation of the address. A code that nobody ever made
// counts as a guess, and who guesses too often is sent away.
func (h *Handlers) offered(c *gin.Context) (models.Invitation, error) {
	keys := []string{"invite " + peer(c.Request)}
	if h.logins.spent(keys) {
		return models.Invitation{}, errTooOften
	}
	offer, known, err := h.Store.OpenInvitation(c.Request.Context(), c.Param("code"))
	if !known && models.CodeOf(err) == models.NotFound {
		h.logins.take(keys)
	}
	return offer, err
}

func (h *Handlers) showInvite(c *gin.Context) error {
	offer, err := h.offered(c)
	if err != nil {
		return h.refuseInvite(c, http.StatusNotFound, err)
	}
	return render(c, http.StatusOK, views.Invite(h.invitePage(c, offer)))
}

func (h *Handlers) invitePage(c *gin.Context, offer models.Invitation) views.InvitePage {
	return views.InvitePage{Frame: h.frame(c, "Invitation"), Code: c.Param("code"), Offer: offer, Email: offer.Email}
}

// refuseInvite answers the same for every code that opens nothing.
func (h *Handlers) refuseInvite(c *gin.Context, status int, err error) error {
	switch code := models.CodeOf(err); {
	case errors.Is(err, errTooOften):
		status = http.StatusTooManyRequests
		c.Header("Retry-After", "60")
	case code != models.NotFound && code != models.Conflict:
		return err
	}
	return h.errorPage(c, problem{Title: "Invitation", Status: status, Detail: err.Error()})
}

// acceptInvite takes the offer with the account that is signed in, or makes one.
func (h *Handlers) acceptInvite(c *gin.Context) error {
	offer, err := h.offered(c)
	if err != nil {
		return h.refuseInvite(c, http.StatusConflict, err)
	}
	next := "/"
	if offer.Project != "" {
		next = "/projects/" + offer.Project + "/board"
	}
	if by := h.principal(c); !by.Anonymous() {
		_, err = h.Store.Accept(c.Request.Context(), by, c.Param("code"))
		h.hub.Recheck()
		return h.answerInvite(c, offer, err, func() error { return see(c, next) })
	}
	account, err := h.join(c, offer)
	return h.answerInvite(c, offer, err, func() error { return h.enter(c, account, models.ViaPassword, next) })
}

// join makes the account. The address that the invitation is for is not asked.
func (h *Handlers) join(c *gin.Context, offer models.Invitation) (account models.Account, err error) {
	if err := single(c, "email", "name", "password"); err != nil {
		return account, err
	}
	p := store.NewPerson{Email: c.PostForm("email"), Name: c.PostForm("name"), Password: c.PostForm("password")}
	if offer.Email != "" {
		p.Email = offer.Email
	}
	err = h.turn(c.Request.Context(), func() error {
		account, _, err = h.Store.Join(c.Request.Context(), c.Param("code"), p)
		return err
	})
	return account, err
}

// turn waits for one of the few turns to hash a password.
func (h *Handlers) turn(ctx context.Context, do func() error) error {
	select {
	case h.hashing <- struct{}{}:
		defer func() { <-h.hashing }()
		return do()
	case <-ctx.Done():
		return models.Errorf(models.Busy, "Too many people are signing in; try again in a moment.")
	}
}

// answerInvite goes on, or gives the form back; when the invitation itself is
// gone by now, there is no form any more.
func (h *Handlers) answerInvite(c *gin.Context, offer models.Invitation, err error, on func() error) error {
	if err == nil {
		return on()
	}
	if err.Error() == store.NoInvitation {
		return h.refuseInvite(c, http.StatusConflict, err)
	}
	if !refused(err) {
		return err
	}
	p := h.invitePage(c, offer)
	p.Name, p.Error = c.PostForm("name"), err.Error()
	if offer.Email == "" {
		p.Email = c.PostForm("email")
	}
	return render(c, problemOf(err).Status, views.Invite(p))
}
