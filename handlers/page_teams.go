package handlers

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/views"
)

func (h *Handlers) teamRoutes() []Route {
	return []Route{
		get("/teams", signedIn(), h.showTeams),
		post("/teams", inHub(models.Administrator), h.submitTeam),
		get("/teams/:key", ofTeam(), h.showTeam),
		post("/teams/:key", byLead(), h.submitTeamName),
		post("/teams/:key/delete", inHub(models.Administrator), h.submitTeamEnd),
		post("/teams/:key/members", byLead(), h.submitTeamMember),
		post("/teams/:key/members/:id/remove", byLead(), h.submitTeamLeave),
		post("/teams/:key/invitations", byLead(), h.submitTeamInvitation),
		post("/teams/:key/invitations/:id/revoke", byLead(), h.submitTeamRevocation),
		post("/projects/:key/teams", inProject(models.Administrator), h.submitTeamRole),
		post("/projects/:key/teams/:team/remove", inProject(models.Administrator), h.submitTeamOut),
	}
}

func teamPath(t models.Team) string { return "/teams/" + url.PathEscape(t.Key) }

func (h *Handlers) showTeams(c *gin.Context) error {
	return h.teamsPage(c, http.StatusOK, views.TeamsPage{})
}

func (h *Handlers) teamsPage(c *gin.Context, status int, p views.TeamsPage) error {
	rows, err := h.Store.Teams(c.Request.Context())
	if err != nil {
		return err
	}
	p.Frame, p.Rows = h.frame(c, "Teams"), rows
	return render(c, status, views.Teams(p))
}

func (h *Handlers) submitTeam(c *gin.Context) error {
	t, err := h.Store.CreateTeam(c.Request.Context(), h.principal(c), c.PostForm("key"), c.PostForm("name"))
	if refused(err) {
		return h.teamsPage(c, problemOf(err).Status, views.TeamsPage{Key: c.PostForm("key"), Name: c.PostForm("name"), Error: err.Error()})
	}
	return seeUnless(c, err, teamPath(t))
}

func (h *Handlers) showTeam(c *gin.Context) error {
	return h.teamPage(c, http.StatusOK, views.TeamPage{})
}

func (h *Handlers) teamPage(c *gin.Context, status int, p views.TeamPage) (err error) {
	ctx, by, t := c.Request.Context(), h.principal(c), team(c)
	p.Frame, p.Team = h.frame(c, t.Name), t
	p.Frame.Crumbs = []views.Crumb{{Text: "Teams", Path: "/teams"}, {Text: t.Name}}
	p.MayLead = by.Allows(models.ScopeWrite) && h.Store.MayLead(ctx, by, t) == nil
	if p.Members, err = h.Store.TeamMembers(ctx, t); err != nil {
		return err
	}
	if p.Projects, err = h.Store.TeamProjects(ctx, by, t); err != nil {
		return err
	}
	if p.Owned, err = h.Store.OwnedByTeam(ctx, by, t); err != nil {
		return err
	}
	if p.MayLead {
		if p.Invitations, err = h.Store.Invitations(ctx, invitationsHere(ctx)); err != nil {
			return err
		}
	}
	return render(c, status, views.TeamView(p))
}

// answerTeam goes on to the team, or gives a refused form back.
func (h *Handlers) answerTeam(c *gin.Context, at string, err error) error {
	if refused(err) {
		return h.teamPage(c, problemOf(err).Status, views.TeamPage{Error: err.Error(), At: at, Typed: c.PostForm("email"), Name: c.PostForm("name")})
	}
	return seeUnless(c, err, teamPath(team(c)))
}

func (h *Handlers) submitTeamName(c *gin.Context) error {
	return h.answerTeam(c, "name", h.Store.RenameTeam(c.Request.Context(), h.principal(c), team(c), c.PostForm("name")))
}

func (h *Handlers) submitTeamEnd(c *gin.Context) error {
	t, err := h.Store.Team(c.Request.Context(), c.Param("key"))
	if err != nil {
		return err
	}
	err = h.Store.DeleteTeam(c.Request.Context(), h.principal(c), t)
	h.hub.Recheck()
	return seeUnless(c, err, "/teams")
}

func (h *Handlers) submitTeamMember(c *gin.Context) error {
	account, err := h.accountTyped(c)
	if err == nil {
		err = h.Store.SetTeamMember(c.Request.Context(), h.principal(c), team(c), account.ID, models.Function(c.PostForm("function")), c.PostForm("lead") != "")
		h.hub.Recheck()
	}
	return h.answerTeam(c, "members", err)
}

// accountTyped is the account under the address of a form.
func (h *Handlers) accountTyped(c *gin.Context) (models.Account, error) {
	if err := single(c, "email", "role", "function"); err != nil {
		return models.Account{}, err
	}
	account, err := h.Store.PersonByEmail(c.Request.Context(), c.PostForm("email"))
	if models.CodeOf(err) == models.NotFound {
		err = models.FieldErrorf(models.Unprocessed, "email", "Nobody has an account under %q. Invite them below.", c.PostForm("email"))
	}
	return account, err
}

func (h *Handlers) submitTeamLeave(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	err = h.Store.RemoveTeamMember(c.Request.Context(), h.principal(c), team(c), id)
	h.hub.Recheck()
	return h.answerTeam(c, "members", err)
}

func (h *Handlers) submitTeamRole(c *gin.Context) error {
	ctx := c.Request.Context()
	t, err := h.Store.Team(ctx, c.PostForm("team"))
	if models.CodeOf(err) == models.NotFound {
		err = models.FieldErrorf(models.Unprocessed, "team", "There is no team %q.", c.PostForm("team"))
	}
	if err == nil {
		err = h.Store.SetTeamRole(ctx, h.principal(c), project(c).ID, t, models.Role(c.PostForm("role")), models.Function(c.PostForm("function")))
		h.hub.Recheck()
	}
	return h.answerSettings(c, "teams", err, func(*views.SettingsPage) {})
}

func (h *Handlers) submitTeamOut(c *gin.Context) error {
	t, err := h.Store.Team(c.Request.Context(), c.Param("team"))
	if err == nil {
		err = h.Store.RemoveTeamRole(c.Request.Context(), h.principal(c), project(c).ID, t)
		h.hub.Recheck()
	}
	return h.answerSettings(c, "teams", err, func(*views.SettingsPage) {})
}
