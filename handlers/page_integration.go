package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func fieldOf(err error) string {
	var e *models.Error
	if errors.As(err, &e) {
		return e.Field
	}
	return ""
}

// integration is the one that the address names, with its source.
func (h *Handlers) integration(c *gin.Context) (store.Integration, integrations.Source, error) {
	s, err := h.source(c)
	if err != nil {
		return store.Integration{}, nil, err
	}
	i, err := h.Store.Integration(c.Request.Context(), project(c).ID, c.Param("source"), c.Param("name"))
	return i, s, err
}

func (h *Handlers) showIntegration(c *gin.Context) error {
	i, s, err := h.integration(c)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Integration(h.integrationPage(c, i, s)))
}

func (h *Handlers) integrationPage(c *gin.Context, i store.Integration, s integrations.Source) views.IntegrationPage {
	p := h.connectPage(c, s)
	p.ID, p.Name, p.Here, p.Address = i.ID, i.Name, i.Here, h.BaseURL
	if p.Here {
		p.Source.Summary = "What scripts log to this project, without any server in between."
	}
	p.Frame.Title = p.Source.Title + " " + i.Name
	p.Frame.Crumbs[len(p.Frame.Crumbs)-1].Text = i.Name
	row := h.integrationRow(i)
	p.Health, p.Polls = &row, row.Polls
	_, p.Checks = s.(integrations.Prober)
	_, p.Hooks = s.(integrations.Hooker)
	known, err := h.Store.IntegrationFor(c.Request.Context(), i.Source, i.Name)
	for n, f := range p.Fields {
		if p.Fields[n].Value = i.Settings[f.Name]; f.Secret {
			p.Fields[n].Value, p.Fields[n].Kept = "", err != nil || known.Secrets[f.Name] != ""
		}
	}
	h.addReports(c, &p, known, s)
	if _, receives := s.(integrations.Receiver); receives {
		p.HookURL = h.hookURL(i)
		p.Curl, p.Notes = tryLine(s.About(), p.HookURL)
	}
	h.addImport(c, &p, i, s, known)
	return p
}

// addImport adds how far the import is, for a source that there is something to
// ask with.
func (h *Handlers) addImport(c *gin.Context, p *views.IntegrationPage, i store.Integration, s integrations.Source, known store.Integration) {
	prober, asks := s.(integrations.Prober)
	if _, polls := s.(integrations.Poller); !polls || !asks {
		return
	}
	part, err := h.importPart(c, i, views.ConnectionPage{Frame: p.Frame, Source: p.Source, Asks: prober.Asks(account(known))})
	if err == nil && part.Asks {
		p.Import = &part
	}
}

// hookURL is where an integration's upstream posts.
func (h *Handlers) hookURL(i store.Integration) string {
	return h.base.JoinPath("hooks", url.PathEscape(i.Source), url.PathEscape(i.Name)).String()
}

// tryLine is a line that posts one event, and what else is to be known.
func tryLine(a integrations.About, hook string) (curl string, notes []string) {
	switch {
	case a.Name == "github":
		return "", nil // its page of the webhook has all of it
	case a.Auth == integrations.BySignature:
		return "", []string{"Every post is checked against the secret below."}
	case a.Name == "cloudevents":
		return "curl -X POST " + hook + " \\\n  -H 'Authorization: Bearer TOKEN' -H 'Content-Type: application/cloudevents+json' \\\n  -d '" + sampleEvent + "'",
			[]string{"TOKEN is a token of this project with the scope events:write."}
	}
	if a.Name == "modelcard" {
		return "curl -X POST " + hook + " \\\n  -H 'Authorization: Bearer TOKEN' --data-binary @README.md",
			[]string{"TOKEN is a token of this project with the scope events:write."}
	}
	scheme, rest, _ := strings.Cut(hook, "://")
	return "", []string{a.Title + " proves itself with a token of this project that has the scope events:write: in the header Authorization: Bearer TOKEN, or, where it sends none, as the password in the address: " + scheme + "://bot:TOKEN@" + rest + "."}
}

const sampleEvent = `{"specversion":"1.0","type":"dev.throughline.run.started.v1","source":"my-laptop","id":"1","data":{"run_id":"first-run","experiment":"trial","name":"first run","user":"me"}}`

func (h *Handlers) submitIntegration(c *gin.Context) error {
	i, s, err := h.integration(c)
	if err != nil {
		return err
	}
	settings, secrets, err := h.settingsForm(c, s.About(), &i)
	if err == nil {
		err = h.validChange(c.Request.Context(), s, i, settings, secrets)
	}
	if err == nil {
		err = h.Store.UpdateIntegration(c.Request.Context(), h.principal(c), i.ID, settings, secrets)
	}
	if refused(err) {
		return h.refuseIntegration(c, h.integrationPage(c, i, s), err)
	}
	if err == nil {
		h.Sync(i.ID)
	}
	return seeUnless(c, err, integrationPath(project(c), i.Source, i.Name))
}

func (h *Handlers) disconnect(c *gin.Context) error {
	i, _, err := h.integration(c)
	if err != nil {
		return err
	}
	return seeUnless(c, h.Store.DeleteIntegration(c.Request.Context(), h.principal(c), i.ID), "/projects/"+project(c).Key+"/integrations")
}

func (h *Handlers) askNow(c *gin.Context) error {
	i, _, err := h.integration(c)
	if err != nil {
		return err
	}
	h.Sync(i.ID)
	return see(c, integrationPath(project(c), i.Source, i.Name))
}
