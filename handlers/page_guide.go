package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// showGuide is the first steps of a connection: what is asked of everybody, then
// the way that was chosen. Nothing secret is in its address.
func (h *Handlers) showGuide(c *gin.Context, s integrations.Source, g integrations.Guided) error {
	typed := func(name string) string { return strings.TrimSpace(c.Query(name)) }
	way := typed("way")
	p, err := h.guidePage(c, s, g, way, typed)
	if err != nil {
		return err
	}
	if way == "" || !ownWords(c, s.About(), p.First) {
		p.Way, p.Steps = nil, guideSteps(false, "")
		return render(c, http.StatusOK, views.Guide(p))
	}
	settings := map[string]string{}
	for _, f := range p.First {
		settings[f.Name] = f.Value
	}
	if err := valid(s, settings, nil, nil); err != nil {
		return h.refuseGuide(c, p, err)
	}
	return render(c, http.StatusOK, views.Guide(p))
}

// ownWords tells whether a host that is not the usual one was entered here: a link
// from elsewhere must not name the host that a token is going to be sent to.
func ownWords(c *gin.Context, a integrations.About, first []views.SettingField) bool {
	site := c.GetHeader("Sec-Fetch-Site")
	return site == "" || site == "same-origin" || !slices.ContainsFunc(first, func(f views.SettingField) bool {
		s := settingOf(a, f.Name)
		return s.Host && moves(s, "", f.Value)
	})
}

// guidePage is the page with what was typed: in the address, or in a form that
// comes back.
func (h *Handlers) guidePage(c *gin.Context, s integrations.Source, g integrations.Guided, way string, typed func(string) string) (p views.GuidePage, err error) {
	about := s.About()
	p = views.GuidePage{Project: project(c), Source: sourceInfo(s), Name: typed("name")}
	p.Frame = h.connectPage(c, s).Frame
	if p.Name == "" {
		if p.Name, err = h.freeName(c, about.Name); err != nil {
			return p, err
		}
	}
	settings := map[string]string{}
	for _, name := range g.Guide(integrations.Account{}, "").First {
		f := fieldOfSetting(settingOf(about, name))
		if f.Value = typed(name); f.Value == "" {
			f.Value = settingOf(about, name).Default
		}
		settings[name], p.First = f.Value, append(p.First, f)
	}
	guide := g.Guide(integrations.Account{Settings: settings}, h.hookURL(store.Integration{Source: about.Name, Name: p.Name}))
	p.Ways = waysOf(guide, way)
	p.Way = h.wayPage(c, p, about, guide, way)
	p.Steps = guideSteps(p.Way != nil, backTo(c, p))
	return p, nil
}

// refuseGuide gives the step back that the refusal is about, with what was typed.
func (h *Handlers) refuseGuide(c *gin.Context, p views.GuidePage, err error) error {
	p.Error, p.Field = err.Error(), strings.TrimPrefix(fieldOf(err), "settings.")
	if p.Field == "name" || slices.ContainsFunc(p.First, func(f views.SettingField) bool { return f.Name == p.Field }) {
		p.Way = nil
		p.Steps = guideSteps(false, "")
	}
	return render(c, problemOf(err).Status, views.Guide(p))
}

// afterConnecting checks what a new integration may do, and leads to what it found.
func (h *Handlers) afterConnecting(c *gin.Context, i store.Integration, s integrations.Source) error {
	path := integrationPath(project(c), i.Source, i.Name)
	if _, guided := s.(integrations.Guided); !guided {
		return see(c, path)
	}
	known, err := h.Store.IntegrationFor(c.Request.Context(), i.Source, i.Name)
	if err != nil {
		return err
	}
	prober, ok := s.(integrations.Prober)
	if !ok || !prober.Asks(account(known)) {
		return see(c, path+"/webhook")
	}
	if _, err := h.probe(c.Request.Context(), models.Principal{}, i, prober); err != nil {
		return err
	}
	return see(c, path+"/check")
}
