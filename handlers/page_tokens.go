package handlers

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) showTokens(c *gin.Context) error {
	p, err := h.tokensPage(c)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Tokens(p))
}

func (h *Handlers) tokensPage(c *gin.Context) (views.TokensPage, error) {
	p := views.TokensPage{Frame: h.frame(c, "Tokens"), Path: "/projects/" + project(c).Key + "/tokens"}
	p.Frame.Crumbs = crumbs(project(c), views.Crumb{Text: "Settings", Path: "/projects/" + project(c).Key + "/settings"}, views.Crumb{Text: "Tokens"})
	for _, r := range models.Roles {
		if project(c).Role.AtLeast(r) {
			p.Roles = append(p.Roles, r)
		}
	}
	rows, err := h.Store.Tokens(c.Request.Context(), project(c).ID)
	p.Rows = rows
	return p, err
}

// submitToken shows the new token's value in the answer itself: it is nowhere
// else to be had.
func (h *Handlers) submitToken(c *gin.Context) error {
	t, err := h.tokenForm(c)
	if err != nil {
		return err
	}
	value, token, err := h.Store.CreateToken(c.Request.Context(), h.principal(c), t)
	if err != nil && !refused(err) {
		return err
	}
	p, pageErr := h.tokensPage(c)
	if pageErr != nil {
		return pageErr
	}
	if err != nil {
		p.Name, p.Error = t.Name, err.Error()
		return render(c, problemOf(err).Status, views.Tokens(p))
	}
	p.Created, p.Name = value, token.Name
	c.Header("Cache-Control", "no-store")
	return render(c, http.StatusCreated, views.Tokens(p))
}

func (h *Handlers) tokenForm(c *gin.Context) (store.NewToken, error) {
	t := store.NewToken{Name: c.PostForm("name"), Role: models.Role(c.PostForm("role")), ProjectID: project(c).ID}
	for _, s := range c.PostFormArray("scope") {
		t.Scopes = append(t.Scopes, models.Scope(s))
	}
	days, err := formNumber(c, "days")
	if days > 0 {
		t.ExpiresAt = h.Now().Add(time.Duration(min(days, 3650)) * 24 * time.Hour)
	}
	return t, err
}

func (h *Handlers) submitRevocation(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	err = h.Store.RevokeToken(c.Request.Context(), h.principal(c), project(c).ID, id)
	h.tokens.forget()
	h.hub.Recheck()
	return seeUnless(c, err, "/projects/"+project(c).Key+"/tokens")
}
