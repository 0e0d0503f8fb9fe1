package handlers

import (
	"errors"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) accountRoutes() []Route {
	return []Route{
		post("/theme", signedIn(), h.setTheme),
		get("/account", signedIn(), h.showAccount),
		post("/account/password", signedIn(), h.changePassword),
		get("/people", inHub(models.Administrator), h.showPeople),
		post("/people", inHub(models.Administrator), h.createPerson),
		post("/people/:id/role", inHub(models.Administrator), h.setHubRole),
		post("/people/:id/close", inHub(models.Administrator), h.setDisabled(true)),
		post("/people/:id/open", inHub(models.Administrator), h.setDisabled(false)),
	}
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
	return render(c, status, views.Account(views.AccountPage{Frame: h.frame(c, "My account"), Error: problem}))
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
		err = h.Store.SetPassword(ctx, by, account.ID, c.PostForm("new"))
	}
	if refused(err) {
		return h.accountPage(c, problemOf(err).Status, err.Error())
	}
	if err != nil {
		return err
	}
	h.hub.Recheck()
	return seeUnless(c, h.startSession(c, account), "/account")
}

func (h *Handlers) showPeople(c *gin.Context) error {
	return h.peoplePage(c, http.StatusOK, views.PeoplePage{})
}

func (h *Handlers) peoplePage(c *gin.Context, status int, p views.PeoplePage) error {
	rows, err := h.Store.People(c.Request.Context())
	if err != nil {
		return err
	}
	p.Frame, p.Rows = h.frame(c, "People"), rows
	return render(c, status, views.People(p))
}

// answerPeople goes on to the list, or shows why a form was refused.
func (h *Handlers) answerPeople(c *gin.Context, err error) error {
	if refused(err) {
		return h.peoplePage(c, problemOf(err).Status, views.PeoplePage{Name: c.PostForm("name"), Email: c.PostForm("email"), Error: err.Error()})
	}
	return seeUnless(c, err, "/people")
}

func (h *Handlers) createPerson(c *gin.Context) error {
	_, err := h.Store.CreatePerson(c.Request.Context(), h.principal(c), store.NewPerson{Email: c.PostForm("email"),
		Name: strings.TrimSpace(c.PostForm("name")), Password: c.PostForm("password"), Hub: models.Role(c.PostForm("role"))})
	return h.answerPeople(c, err)
}

func (h *Handlers) setHubRole(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	err = h.Store.SetHubRole(c.Request.Context(), h.principal(c), id, models.Role(c.PostForm("role")))
	h.hub.Recheck()
	return h.answerPeople(c, err)
}

func (h *Handlers) setDisabled(disabled bool) page {
	return func(c *gin.Context) error {
		id, err := number(c, "id")
		if err != nil {
			return err
		}
		err = h.Store.SetDisabled(c.Request.Context(), h.principal(c), id, disabled)
		h.hub.Recheck()
		return h.answerPeople(c, err)
	}
}
