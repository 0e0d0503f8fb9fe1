package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/passwords"
	"throughline/views"
)

// makeResetLink shows, this once, the link by which a person chooses a new
// password.
func (h *Handlers) makeResetLink(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	code, until, err := h.Store.NewResetLink(c.Request.Context(), h.principal(c), id)
	if err != nil {
		return err
	}
	return h.peoplePage(c, http.StatusCreated, views.PeoplePage{Reset: h.link("/reset/" + code), ResetFor: id, ResetUntil: until})
}

func (h *Handlers) showReset(c *gin.Context) error {
	person, err := h.Store.ResetPerson(c.Request.Context(), c.Param("code"))
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Reset(views.ResetPage{Frame: h.frame(c, "New password"), Code: c.Param("code"), Email: person.Email}))
}

// reset sets the password; an account with a second factor is asked for it.
func (h *Handlers) reset(c *gin.Context) error {
	ctx, code, password := c.Request.Context(), c.PostForm("code"), c.PostForm("password")
	person, err := h.Store.ResetPerson(ctx, code)
	if err != nil {
		return err
	}
	if err = passwords.Check(password, passwords.LeastOnPages, person.Name, person.Email); err == nil {
		person, err = h.Store.UseResetLink(ctx, code, password)
	}
	if models.CodeOf(err) == models.Unprocessed && err != nil {
		return render(c, http.StatusUnprocessableEntity, views.Reset(views.ResetPage{Frame: h.frame(c, "New password"), Code: code,
			Email: person.Email, Error: err.Error()}))
	}
	if err != nil {
		return err
	}
	h.hub.Recheck()
	return h.enter(c, person, models.ViaReset, "/")
}

func (h *Handlers) signOutPerson(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	err = h.Store.EndSessions(c.Request.Context(), h.principal(c), id)
	h.hub.Recheck()
	return seeUnless(c, err, "/people")
}

// setSecondFactorRule says who must have a second factor.
func (h *Handlers) setSecondFactorRule(c *gin.Context) error {
	rule := models.SecondFactorRule{Everybody: c.PostForm("who") == "everybody"}
	if c.PostForm("who") == "roles" {
		for _, role := range c.PostFormArray("role") {
			rule.Roles = append(rule.Roles, models.Role(role))
		}
	}
	err := h.Store.SetSecondFactorRule(c.Request.Context(), h.principal(c), rule)
	h.hub.Recheck()
	return h.answerPeople(c, err)
}
