package handlers

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) integrationRoutes() []Route {
	one := "/projects/:key/integrations/:source/:name"
	return append(h.setupRoutes(), []Route{
		get("/projects/:key/integrations", inProject(models.Maintainer), h.showIntegrations),
		get("/projects/:key/integrations/new/:source", inProject(models.Maintainer), h.showConnect),
		post("/projects/:key/integrations/new/:source", inProject(models.Maintainer), h.connect),
		get(one, inProject(models.Maintainer), h.showIntegration),
		post(one, inProject(models.Maintainer), h.submitIntegration),
		post(one+"/delete", inProject(models.Administrator), h.disconnect),
		post(one+"/sync", inProject(models.Maintainer), h.askNow),
		post(one+"/test", inProject(models.Maintainer), h.testIntegration),
		get("/projects/:key/deliveries", inProject(models.Maintainer), h.showDeliveries),
		get("/projects/:key/deliveries/:id", inProject(models.Maintainer), h.showDelivery),
		post("/projects/:key/deliveries/:id/replay", inProject(models.Maintainer), h.submitReplay),
	}...)
}

func (h *Handlers) showIntegrations(c *gin.Context) error {
	list, err := h.Store.Integrations(c.Request.Context(), project(c).ID)
	if err != nil {
		return err
	}
	p := views.IntegrationsPage{Frame: h.settingsFrame(c, "Integrations"), Project: project(c)}
	for _, i := range list {
		p.Rows = append(p.Rows, h.integrationRow(i))
		p.Parked += i.Parked
	}
	for _, s := range h.Sources {
		p.Sources = append(p.Sources, sourceInfo(s))
	}
	return render(c, http.StatusOK, views.Integrations(p))
}

// settingsFrame is the frame of a page among a project's settings.
func (h *Handlers) settingsFrame(c *gin.Context, title string, rest ...views.Crumb) views.Frame {
	f := h.frame(c, title)
	way := append([]views.Crumb{{Text: "Settings", Path: "/projects/" + project(c).Key + "/settings"}}, rest...)
	f.Crumbs = crumbs(project(c), append(way, views.Crumb{Text: title})...)
	return f
}

func sourceInfo(s integrations.Source) views.SourceInfo {
	a := s.About()
	return views.SourceInfo{Name: a.Name, Title: a.Title, Summary: a.Summary}
}

func (h *Handlers) integrationRow(i store.Integration) views.IntegrationRow {
	r := views.IntegrationRow{ID: i.ID, Source: i.Source, Title: i.Source, Name: i.Name, State: i.State, Error: i.Error,
		LastEventAt: i.LastEventAt, PolledAt: i.PolledAt, Parked: i.Parked, BadSignatures: i.BadSignatures, Unmatched: i.Unmatched}
	if i.PausedUntil.After(h.Now()) {
		r.Paused = i.PausedUntil
	}
	if i.LagSeconds != nil {
		r.Lag = time.Duration(*i.LagSeconds * float64(time.Second)).Round(time.Second).String()
	}
	if s, ok := h.sources[i.Source]; ok {
		r.Title = s.About().Title
		_, r.Polls = s.(integrations.Poller)
	}
	return r
}

func (h *Handlers) source(c *gin.Context) (integrations.Source, error) {
	if s, ok := h.sources[c.Param("source")]; ok {
		return s, nil
	}
	return nil, models.Errorf(models.NotFound, "There is no source called %q.", c.Param("source"))
}

func (h *Handlers) showConnect(c *gin.Context) error {
	s, err := h.source(c)
	if err != nil {
		return err
	}
	if guided, ok := s.(integrations.Guided); ok {
		return h.showGuide(c, s, guided)
	}
	p := h.connectPage(c, s)
	p.Name = strings.ToLower(project(c).Key)
	return render(c, http.StatusOK, views.Integration(p))
}

func (h *Handlers) connectPage(c *gin.Context, s integrations.Source) views.IntegrationPage {
	p := views.IntegrationPage{Project: project(c), Source: sourceInfo(s)}
	p.Frame = h.settingsFrame(c, "Connect "+p.Source.Title, views.Crumb{Text: "Integrations", Path: "/projects/" + project(c).Key + "/integrations"})
	for _, f := range s.About().Settings {
		p.Fields = append(p.Fields, fieldOfSetting(f))
	}
	return p
}

func (h *Handlers) connect(c *gin.Context) error {
	s, err := h.source(c)
	if err != nil {
		return err
	}
	name := strings.TrimSpace(c.PostForm("name"))
	settings, secrets, err := h.settingsForm(c, s.About(), nil)
	if err == nil {
		err = valid(s, settings, secrets, nil)
	}
	var i store.Integration
	if err == nil {
		i, err = h.Store.CreateIntegration(c.Request.Context(), h.principal(c), project(c).ID, s.About().Name, name, settings, secrets)
	}
	if err == nil {
		defer h.Sync(i.ID) // once the check is through: both would wait for each other
		return h.afterConnecting(c, i, s)
	}
	return h.refuseConnection(c, s, name, err)
}

// refuseConnection gives the form of a new integration back.
func (h *Handlers) refuseConnection(c *gin.Context, s integrations.Source, name string, err error) error {
	if !refused(err) {
		return err
	}
	if guided, ok := s.(integrations.Guided); ok {
		p, pageErr := h.guidePage(c, s, guided, c.PostForm("way"), func(field string) string {
			return strings.TrimSpace(c.PostForm(map[bool]string{true: "name", false: "setting." + field}[field == "name"]))
		})
		if pageErr != nil {
			return pageErr
		}
		return h.refuseGuide(c, p, err)
	}
	p := h.connectPage(c, s)
	p.Name = name
	return h.refuseIntegration(c, p, err)
}

// refuseIntegration gives the form back with what was typed, secrets left out.
func (h *Handlers) refuseIntegration(c *gin.Context, p views.IntegrationPage, err error) error {
	p.Error, p.Field = err.Error(), strings.TrimPrefix(fieldOf(err), "settings.")
	for i, f := range p.Fields {
		if !f.Secret {
			p.Fields[i].Value = c.PostForm("setting." + f.Name)
		}
	}
	return render(c, problemOf(err).Status, views.Integration(p))
}

// settingsForm reads the fields that a source asks for. A secret that is stored
// and left empty stays as it is, unless an address moves to another host: it was
// given for the host before.
func (h *Handlers) settingsForm(c *gin.Context, a integrations.About, old *store.Integration) (settings, secrets map[string]string, err error) {
	settings, secrets = map[string]string{}, map[string]string{}
	moved := false
	for _, f := range a.Settings {
		value := strings.TrimSpace(c.PostForm("setting." + f.Name))
		moved = moved || old != nil && moves(f, old.Settings[f.Name], value)
		switch {
		case value == "" && f.Made && old == nil:
			value = newSecret()
		case value == "" && f.Secret && old != nil:
			continue
		case value == "" && f.Required:
			return nil, nil, models.FieldErrorf(models.Unprocessed, f.Name, "%s is needed.", f.Label)
		case !f.Takes(value):
			return nil, nil, models.FieldErrorf(models.Unprocessed, f.Name, "%s: choose one of the values.", f.Label)
		case value != "" && f.URL:
			if err := h.CheckURL(c.Request.Context(), value); err != nil {
				return nil, nil, models.FieldErrorf(models.Unprocessed, f.Name, "%s: %w", f.Label, err)
			}
		}
		if f.Secret {
			secrets[f.Name] = value
		} else {
			settings[f.Name] = value
		}
	}
	if moved {
		err = forgetSecrets(a, secrets)
	}
	return settings, secrets, err
}

func integrationPath(p models.Project, source, name string) string {
	return "/projects/" + p.Key + "/integrations/" + source + "/" + name
}
