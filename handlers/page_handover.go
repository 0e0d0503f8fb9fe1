package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/views"
)

func (h *Handlers) handoverRoutes() []Route {
	return []Route{
		get("/people/:id/handover", ofPerson(), h.showHandover),
		post("/people/:id/handover", ofPerson(), h.submitHandover),
	}
}

func (h *Handlers) showHandover(c *gin.Context) error {
	return h.handoverPage(c, http.StatusOK, views.HandoverPage{})
}

func (h *Handlers) handoverPage(c *gin.Context, status int, p views.HandoverPage) error {
	ctx, by := c.Request.Context(), h.principal(c)
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	if p.Handover, err = h.Store.Handover(ctx, by, id); err != nil {
		return err
	}
	if p.Teams, err = h.Store.Teams(ctx); err != nil {
		return err
	}
	p.Frame = h.frame(c, "Hand-over of "+p.Handover.Account.Name)
	return render(c, status, views.Handover(p))
}

// submitHandover hands one thing over, or all. "Take over" is to whom asks.
func (h *Handlers) submitHandover(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	owner, err := formNumber(c, "owner")
	if err == nil {
		err = single(c, "to", "owner", "mine")
	}
	to, by := c.PostForm("to"), h.principal(c)
	if c.PostForm("mine") != "" {
		to = by.Email
	}
	if err == nil {
		_, err = h.Store.HandOver(c.Request.Context(), by, id, owner, to)
	}
	if refused(err) {
		return h.handoverPage(c, problemOf(err).Status, views.HandoverPage{Error: err.Error(), To: to})
	}
	return seeUnless(c, err, "/people/"+itoa(id)+"/handover")
}
