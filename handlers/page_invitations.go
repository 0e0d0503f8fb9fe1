package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) invitationRoutes() []Route {
	return []Route{
		fresh(post("/invitations", inHub(models.Administrator), h.submitInvitation)),
		post("/invitations/:id/revoke", inHub(models.Administrator), h.submitHubRevocation),
		post("/projects/:key/invitations", inProject(models.Maintainer), h.submitProjectInvitation),
		post("/projects/:key/invitations/:id/revoke", inProject(models.Maintainer), h.submitProjectRevocation),
	}
}

// invite makes an invitation of a form and returns its link, to be shown in the
// answer itself: it is nowhere else to be had.
func (h *Handlers) invite(c *gin.Context) (link string, err error) {
	if err := single(c, "email", "role", "function", "hub_role", "project", "team"); err != nil {
		return "", err
	}
	ctx := c.Request.Context()
	n := store.NewInvitation{Email: c.PostForm("email"), Role: models.Role(c.PostForm("role")), Hub: models.Role(c.PostForm("hub_role")),
		Function: models.Function(c.PostForm("function"))}
	if c.PostForm("project") == "" && request(ctx).project.ID == 0 {
		n.Role = models.Nobody // a form always sends a role, the project may be "none"
	}
	if err := h.invitationTo(ctx, &n, c.PostForm("project"), c.PostForm("team")); err != nil {
		return "", err
	}
	code, _, err := h.Store.Invite(ctx, h.principal(c), n)
	return h.inviteLink(code), err
}

func (h *Handlers) submitInvitation(c *gin.Context) error {
	link, err := h.invite(c)
	if err != nil && !refused(err) {
		return err
	}
	if err != nil {
		return h.peoplePage(c, problemOf(err).Status, views.PeoplePage{Email: c.PostForm("email"), Error: err.Error()})
	}
	return h.peoplePage(c, http.StatusCreated, views.PeoplePage{Link: link})
}

func (h *Handlers) submitProjectInvitation(c *gin.Context) error {
	link, err := h.invite(c)
	if err != nil {
		return h.answerSettings(c, "invite", err, func(p *views.SettingsPage) { p.Typed = c.PostForm("email") })
	}
	p, err := h.settingsPage(c)
	if err != nil {
		return err
	}
	p.Link, p.At = link, "invite"
	return render(c, http.StatusCreated, views.Settings(p))
}

func (h *Handlers) submitTeamInvitation(c *gin.Context) error {
	link, err := h.invite(c)
	if err != nil {
		return h.answerTeam(c, "invite", err)
	}
	return h.teamPage(c, http.StatusCreated, views.TeamPage{Link: link, At: "invite"})
}

// revoke ends an invitation of the route's project or team, or any.
func (h *Handlers) revoke(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	return h.Store.RevokeInvitation(c.Request.Context(), h.principal(c), invitationsHere(c.Request.Context()), id)
}

func (h *Handlers) submitHubRevocation(c *gin.Context) error {
	return seeUnless(c, h.revoke(c), "/people")
}

func (h *Handlers) submitProjectRevocation(c *gin.Context) error {
	return seeUnless(c, h.revoke(c), "/projects/"+project(c).Key+"/settings#members")
}

func (h *Handlers) submitTeamRevocation(c *gin.Context) error {
	return seeUnless(c, h.revoke(c), teamPath(team(c)))
}
