package handlers

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) privacyRoutes() []Route {
	administrator := inHub(models.Administrator)
	return []Route{
		get("/account/export", aPerson(), h.exportMe),
		get("/people/:id", administrator, h.showPerson),
		get("/people/:id/export", administrator, h.exportPerson),
		fresh(post("/people/:id/anonymise", administrator, h.submitAnonymise)),
		get("/settings/retention", administrator, h.showRetention),
		post("/settings/retention", administrator, h.submitRetention),
		post("/settings/retention/run", administrator, h.submitCleaning),
	}
}

// exportMe is a person's own export.
func (h *Handlers) exportMe(c *gin.Context) error {
	a, err := h.Store.Person(c.Request.Context(), h.principal(c).PersonID)
	if err != nil {
		return err
	}
	return h.export(c, a)
}

func (h *Handlers) person(c *gin.Context) (models.Account, error) {
	id, err := number(c, "id")
	if err != nil {
		return models.Account{}, err
	}
	return h.Store.Person(c.Request.Context(), id)
}

func (h *Handlers) exportPerson(c *gin.Context) error {
	a, err := h.person(c)
	if err != nil {
		return err
	}
	return h.export(c, a)
}

// export streams a person's data as a file.
func (h *Handlers) export(c *gin.Context, a models.Account) error {
	exportHeaders(c.Writer.Header().Set, a)
	c.Status(http.StatusOK)
	return h.Store.ExportPerson(c.Request.Context(), h.principal(c), a, logins(c.Query("logins")), c.Writer)
}

func exportHeaders(set func(name, value string), a models.Account) {
	set("Content-Type", "application/json")
	set("Content-Disposition", `attachment; filename="person-`+itoa(a.ID)+`.json"`)
	set("Cache-Control", "no-store")
}

// logins reads logins with commas or spaces between them.
func logins(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' })
}

func (h *Handlers) showPerson(c *gin.Context) error {
	a, err := h.person(c)
	if err != nil {
		return err
	}
	return h.personPage(c, http.StatusOK, a, views.PersonPage{})
}

func (h *Handlers) personPage(c *gin.Context, status int, a models.Account, p views.PersonPage) error {
	p.Frame, p.Person, p.Gone = h.frame(c, a.Name), a, store.Anonymised(a)
	p.Frame.Crumbs = []views.Crumb{{Text: "People", Path: "/people"}, {Text: a.Name}}
	return render(c, status, views.Person(p))
}

// submitAnonymise counts where a person stands, or makes them nobody.
func (h *Handlers) submitAnonymise(c *gin.Context) error {
	a, err := h.person(c)
	if err != nil {
		return err
	}
	p := views.PersonPage{Logins: strings.TrimSpace(c.PostForm("logins")), Confirm: c.PostForm("confirm")}
	if c.PostForm("do") == "count" {
		plan, err := h.Store.Anonymise(c.Request.Context(), h.principal(c), a.Email, logins(p.Logins), true)
		if err != nil {
			return err
		}
		p.Found = plan.Found
		return h.personPage(c, http.StatusOK, a, p)
	}
	if _, err = h.anonymise(c.Request.Context(), h.principal(c), a, p.Confirm, logins(p.Logins)); refused(err) {
		p.Error = err.Error()
		return h.personPage(c, problemOf(err).Status, a, p)
	}
	return seeUnless(c, err, "/people/"+itoa(a.ID))
}
