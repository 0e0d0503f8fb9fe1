package handlers

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) settingsRoutes() []Route {
	return []Route{
		get("/projects/new", inHub(models.Maintainer), h.showNewProject),
		post("/projects", inHub(models.Maintainer), h.submitProject),
		get("/projects/:key/settings", inProject(models.Maintainer), h.showSettings),
		post("/projects/:key/settings", inProject(models.Maintainer), h.submitSettings),
		post("/projects/:key/settings/board", inProject(models.Maintainer), h.submitBoard),
		post("/projects/:key/members", inProject(models.Maintainer), h.submitMember),
		post("/projects/:key/members/:id/remove", inProject(models.Maintainer), h.submitLeave),
	}
}

func (h *Handlers) showNewProject(c *gin.Context) error {
	return render(c, http.StatusOK, views.NewProject(views.ProjectPage{Frame: h.frame(c, "New project")}))
}

func (h *Handlers) submitProject(c *gin.Context) error {
	key, name := strings.TrimSpace(c.PostForm("key")), strings.TrimSpace(c.PostForm("name"))
	p, err := h.Store.CreateProject(c.Request.Context(), h.principal(c), key, name)
	if refused(err) {
		return render(c, problemOf(err).Status, views.NewProject(views.ProjectPage{Frame: h.frame(c, "New project"), Key: key, Name: name, Error: err.Error()}))
	}
	return seeUnless(c, err, boardOf(p))
}

func (h *Handlers) showSettings(c *gin.Context) error {
	p, err := h.settingsPage(c)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Settings(p))
}

func (h *Handlers) settingsPage(c *gin.Context) (views.SettingsPage, error) {
	p := views.SettingsPage{Frame: h.frame(c, "Settings"), Project: project(c)}
	p.Frame.Crumbs = crumbs(project(c), views.Crumb{Text: "Settings"})
	board, err := h.Store.BoardSettings(c.Request.Context(), project(c).ID)
	if err != nil {
		return p, err
	}
	for _, column := range board.Columns {
		p.Columns = append(p.Columns, views.ColumnSetting(column))
	}
	p.Rules = board.Rules
	return p, h.peopleOf(c, &p)
}

// peopleOf adds who is in the project, who is invited and who left with something.
func (h *Handlers) peopleOf(c *gin.Context, p *views.SettingsPage) (err error) {
	ctx, id := c.Request.Context(), project(c).ID
	if p.Members, err = h.Store.Members(ctx, id); err != nil {
		return err
	}
	if p.Teams, err = h.Store.ProjectTeams(ctx, id); err != nil {
		return err
	}
	if p.AllTeams, err = h.Store.Teams(ctx); err != nil {
		return err
	}
	if p.Invitations, err = h.Store.Invitations(ctx, store.InvitationsFor{Project: id}); err != nil {
		return err
	}
	p.Leavers, err = h.Store.Leavers(ctx, id)
	return err
}

// answerSettings goes on to the settings, or gives a refused form back with what
// was typed: fill lays it over what is stored.
func (h *Handlers) answerSettings(c *gin.Context, form string, err error, fill func(*views.SettingsPage)) error {
	if !refused(err) {
		return seeUnless(c, err, "/projects/"+project(c).Key+"/settings")
	}
	p, pageErr := h.settingsPage(c)
	if pageErr != nil {
		return pageErr
	}
	p.Error, p.At = err.Error(), form
	fill(&p)
	return render(c, problemOf(err).Status, views.Settings(p))
}

func (h *Handlers) submitSettings(c *gin.Context) error {
	p := project(c)
	p.Name, p.Description = strings.TrimSpace(c.PostForm("name")), strings.TrimSpace(c.PostForm("description"))
	err := h.Store.UpdateProject(c.Request.Context(), h.principal(c), p)
	return h.answerSettings(c, "project", err, func(page *views.SettingsPage) { page.Project = p })
}

func (h *Handlers) submitBoard(c *gin.Context) error {
	b, err := boardForm(c)
	if err == nil {
		err = h.Store.SaveBoardSettings(c.Request.Context(), h.principal(c), project(c).ID, b)
	}
	return h.answerSettings(c, "board", err, func(page *views.SettingsPage) {
		page.Columns, page.Rules = nil, b.Rules
		for _, column := range b.Columns {
			page.Columns = append(page.Columns, views.ColumnSetting(column))
		}
	})
}

// boardForm reads columns and rules; rows without a name or a kind are left out.
func boardForm(c *gin.Context) (b store.BoardSettings, err error) {
	ids, names, limits := c.PostFormArray("column_id"), c.PostFormArray("column_name"), c.PostFormArray("column_limit")
	for i, name := range names {
		if strings.TrimSpace(name) == "" || i >= len(ids) || i >= len(limits) {
			continue
		}
		id, idErr := readNumber("column_id", ids[i])
		limit, limitErr := readNumber("column_limit", strings.TrimSpace(limits[i]))
		if err == nil {
			err = firstError(idErr, limitErr)
		}
		b.Columns = append(b.Columns, store.ColumnSetting{ID: id, Name: strings.TrimSpace(name), Limit: int(min(limit, 1_000_000))})
	}
	b.Rules = rulesForm(c)
	return b, err
}

func rulesForm(c *gin.Context) (rules []models.Rule) {
	states, checks, columns := c.PostFormArray("rule_states"), c.PostFormArray("rule_checks"), c.PostFormArray("rule_column")
	for i, kind := range c.PostFormArray("rule_kind") {
		if kind == "" || i >= len(states) || i >= len(checks) || i >= len(columns) {
			continue
		}
		rules = append(rules, models.Rule{Kind: models.Kind(kind), States: statesOf(states[i]), Checks: models.State(checks[i]), Column: columns[i]})
	}
	return rules
}

// statesOf reads states as people write them: "draft, open".
func statesOf(text string) (out []models.State) {
	for _, w := range strings.Split(text, ",") {
		if w = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(w)), " ", "_"); w != "" {
			out = append(out, models.State(strings.ReplaceAll(w, "sign-off", "sign_off")))
		}
	}
	return out
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *Handlers) submitMember(c *gin.Context) error {
	person, err := h.accountTyped(c)
	if err == nil {
		function := models.Function(c.PostForm("function"))
		err = h.Store.SetMemberAs(c.Request.Context(), h.principal(c), project(c).ID, person.ID, models.Role(c.PostForm("role")), &function)
		h.hub.Recheck()
	}
	return h.answerSettings(c, "members", err, func(p *views.SettingsPage) { p.Typed = c.PostForm("email") })
}

func (h *Handlers) submitLeave(c *gin.Context) error {
	id, err := number(c, "id")
	if err != nil {
		return err
	}
	err = h.Store.RemoveMember(c.Request.Context(), h.principal(c), project(c).ID, id)
	h.hub.Recheck()
	return h.answerSettings(c, "members", err, func(*views.SettingsPage) {})
}
