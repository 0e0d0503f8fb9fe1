package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) peopleRoutes() []Route {
	admin := inHub(models.Administrator)
	return []Route{
		get("/people", admin, h.showPeople),
		fresh(post("/people/second-factor", admin, h.setSecondFactorRule)),
		fresh(post("/people/:id/role", admin, h.setHubRole)),
		fresh(post("/people/:id/close", admin, h.setDisabled(true))),
		fresh(post("/people/:id/open", admin, h.setDisabled(false))),
		fresh(post("/people/:id/reset", admin, h.makeResetLink)),
		post("/people/:id/sign-out", admin, h.signOutPerson),
	}
}

func (h *Handlers) showPeople(c *gin.Context) error {
	return h.peoplePage(c, http.StatusOK, views.PeoplePage{})
}

func (h *Handlers) peoplePage(c *gin.Context, status int, p views.PeoplePage) error {
	rows, err := h.Store.People(c.Request.Context())
	if err != nil {
		return err
	}
	if p.Invitations, err = h.Store.Invitations(c.Request.Context(), store.InvitationsFor{}); err != nil {
		return err
	}
	if p.Teams, err = h.Store.Teams(c.Request.Context()); err != nil {
		return err
	}
	p.Frame, p.Rows = h.frame(c, "People"), rows
	if p.Second, err = h.Store.WithSecondFactor(c.Request.Context()); err != nil {
		return err
	}
	if p.Rule, err = h.Store.SecondFactorRule(c.Request.Context()); err != nil {
		return err
	}
	return render(c, status, views.People(p))
}

// answerPeople goes on to the list, or shows why a form was refused.
func (h *Handlers) answerPeople(c *gin.Context, err error) error {
	if refused(err) {
		return h.peoplePage(c, problemOf(err).Status, views.PeoplePage{Error: err.Error()})
	}
	return seeUnless(c, err, "/people")
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
