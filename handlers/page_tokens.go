package handlers

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) tokenRoutes() []Route {
	in := inProject(models.Maintainer)
	hub := inHub(models.Administrator)
	return []Route{
		get("/projects/:key/tokens", in, h.showTokens),
		post("/projects/:key/tokens", in, h.submitToken),
		post("/projects/:key/tokens/:id/revoke", in, h.submitRevocation),
		post("/projects/:key/tokens/:id/rotate", in, h.submitRotation),
		fresh(get("/tokens", hub, h.showTokens)),
		fresh(post("/tokens", hub, h.submitToken)),
		post("/tokens/:id/revoke", hub, h.submitRevocation),
		fresh(post("/tokens/:id/rotate", hub, h.submitRotation)),
	}
}

// tokensOf is the project whose tokens a page is about, the zero Project for all of
// the hub, and the page's address.
func tokensOf(c *gin.Context) (models.Project, string) {
	found, ok := c.Get(projectKey)
	if !ok {
		return models.Project{}, "/tokens"
	}
	p := found.(models.Project)
	return p, "/projects/" + p.Key + "/tokens"
}

func (h *Handlers) showTokens(c *gin.Context) error {
	return h.answerTokens(c, http.StatusOK, func(*views.TokensPage) {})
}

// answerTokens is the page with what a form adds to it.
func (h *Handlers) answerTokens(c *gin.Context, status int, add func(*views.TokensPage)) error {
	in, path := tokensOf(c)
	p := views.TokensPage{Frame: h.frame(c, "Tokens"), Path: path}
	if in.ID != 0 {
		p.Frame.Crumbs = crumbs(in, views.Crumb{Text: "Settings", Path: "/projects/" + in.Key + "/settings"}, views.Crumb{Text: "Tokens"})
	}
	held := h.principal(c).RoleIn(in.ID)
	for _, r := range models.Roles {
		if held.AtLeast(r) {
			p.Roles = append(p.Roles, r)
		}
	}
	rows, err := h.Store.Tokens(c.Request.Context(), in.ID)
	if err != nil {
		return err
	}
	p.Rows = rows
	add(&p)
	return render(c, status, views.Tokens(p))
}

// answerValue shows a new value in the answer itself, which is nowhere else to be
// had, or why there is none.
func (h *Handlers) answerValue(c *gin.Context, name, value string, token models.Token, err error) error {
	if err != nil && !refused(err) {
		return err
	}
	if err != nil {
		return h.answerTokens(c, problemOf(err).Status, func(p *views.TokensPage) { p.Name, p.Error = name, err.Error() })
	}
	return h.answerTokens(c, http.StatusCreated, func(p *views.TokensPage) { p.Created, p.Made = value, token })
}

func (h *Handlers) submitToken(c *gin.Context) error {
	t, err := h.tokenForm(c)
	if err != nil {
		return err
	}
	value, token, err := h.Store.CreateToken(c.Request.Context(), h.principal(c), t)
	return h.answerValue(c, t.Name, value, token, err)
}

func (h *Handlers) tokenForm(c *gin.Context) (store.NewToken, error) {
	in, _ := tokensOf(c)
	t := store.NewToken{Name: c.PostForm("name"), Role: models.Role(c.PostForm("role")), ProjectID: in.ID}
	for _, s := range c.PostFormArray("scope") {
		t.Scopes = append(t.Scopes, models.Scope(s))
	}
	days, err := formNumber(c, "days")
	if days > 0 {
		t.ExpiresAt = h.Now().Add(time.Duration(min(days, 3650)) * 24 * time.Hour)
	}
	return t, err
}

func (h *Handlers) submitRotation(c *gin.Context) error {
	in, _ := tokensOf(c)
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	hours, err := formNumber(c, "hours")
	if err != nil {
		return err
	}
	value, token, err := h.Store.RotateToken(c.Request.Context(), h.principal(c), in.ID, id, time.Duration(hours)*time.Hour)
	h.tokens.forget()
	return h.answerValue(c, "", value, token, err)
}

func (h *Handlers) submitRevocation(c *gin.Context) error {
	in, path := tokensOf(c)
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	err = h.Store.RevokeToken(c.Request.Context(), h.principal(c), in.ID, id)
	h.tokens.forget()
	h.hub.Recheck()
	return seeUnless(c, err, path)
}
