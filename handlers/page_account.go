package handlers

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/passwords"
	"throughline/views"
)

func (h *Handlers) accountRoutes() []Route {
	return slices.Concat(h.passkeyRoutes(), h.secondRoutes(), h.peopleRoutes(), []Route{
		setUp(post("/theme", signedIn(), h.setTheme)),
		setUp(get("/account", aPerson(), h.showAccount)),
		setUp(post("/account/password", aPerson(), h.changePassword)),
		setUp(get("/account/prove", aPerson(), h.showProve)),
		setUp(post("/account/prove", aPerson(), h.prove)),
		setUp(ask("/account/prove/ask", aPerson(), h.askProof)),
		setUp(post("/account/sessions/:id/end", aPerson(), h.endSession)),
		setUp(post("/account/sessions/end", aPerson(), h.endSessions)),
	})
}

func (h *Handlers) setTheme(c *gin.Context) error {
	theme := c.PostForm("theme")
	if theme != "light" && theme != "dark" {
		theme = "system"
	}
	h.remember(c, "theme", theme)
	return see(c, safeNext(c.PostForm("next")))
}

func (h *Handlers) showAccount(c *gin.Context) error { return h.accountPage(c, http.StatusOK, "") }

func (h *Handlers) accountPage(c *gin.Context, status int, problem string) error {
	ctx, by := c.Request.Context(), h.principal(c)
	p := views.AccountPage{Frame: h.frame(c, "My account"), Error: problem, Rule: by.NeedsSecond}
	var err error
	if p.Factors, err = h.Store.Factors(ctx, by.PersonID); err != nil {
		return err
	}
	if p.Sessions, err = h.Store.Sessions(ctx, by); err != nil {
		return err
	}
	if p.Connections, err = h.connections(c); err != nil {
		return err
	}
	return render(c, status, views.Account(p))
}

// accountFrame is the frame of a page below the account's.
func (h *Handlers) accountFrame(c *gin.Context, title string) views.Frame {
	f := h.frame(c, title)
	f.Crumbs = []views.Crumb{{Text: "My account", Path: "/account"}, {Text: title}}
	return f
}

// changePassword asks for the present one, then signs this browser in anew: the
// change ends every session.
func (h *Handlers) changePassword(c *gin.Context) error {
	ctx, by := c.Request.Context(), h.principal(c)
	account, err := h.authenticate(c, by.Email)
	if errors.Is(err, errTooOften) {
		return h.accountPage(c, http.StatusTooManyRequests, err.Error())
	}
	if models.CodeOf(err) == models.Unauthorised {
		return h.accountPage(c, http.StatusUnprocessableEntity, "The present password is another one.")
	}
	if err == nil {
		err = passwords.Check(c.PostForm("new"), passwords.LeastOnPages, account.Name, account.Email)
	}
	if err == nil {
		err = h.Store.SetPassword(ctx, by, account.ID, c.PostForm("new"))
	}
	if refused(err) {
		return h.accountPage(c, problemOf(err).Status, err.Error())
	}
	if err != nil {
		return err
	}
	h.hub.Recheck()
	return seeUnless(c, h.startSession(c, account, models.ViaPassword, by.Strong), "/account")
}

func (h *Handlers) endSession(c *gin.Context) error {
	err := h.Store.EndOneSession(c.Request.Context(), h.principal(c), c.Param("id"))
	h.hub.Recheck()
	return seeUnless(c, err, "/account")
}

func (h *Handlers) endSessions(c *gin.Context) error {
	by := h.principal(c)
	err := h.Store.EndSessions(c.Request.Context(), by, by.PersonID)
	h.hub.Recheck()
	return seeUnless(c, err, "/account")
}
