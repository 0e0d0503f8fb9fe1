package handlers

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models/store"
	"throughline/views"
)

// guideSteps are the steps before there is an integration.
func guideSteps(chosen bool, back string) []views.GuideStep {
	steps := []views.GuideStep{{Text: "Repositories", Here: !chosen, Done: chosen}, {Text: "Access", Here: chosen}, {Text: "Permissions"}, {Text: "Webhook"}, {Text: "First delivery"}, {Text: "Import"}}
	if chosen {
		steps[0].Path = back
	}
	return steps
}

func settingOf(a integrations.About, name string) integrations.Setting {
	i := slices.IndexFunc(a.Settings, func(s integrations.Setting) bool { return s.Name == name })
	if i < 0 {
		return integrations.Setting{Name: name}
	}
	return a.Settings[i]
}

func fieldOfSetting(s integrations.Setting) views.SettingField {
	f := views.SettingField{Name: s.Name, Label: s.Label, Help: s.Help, Value: s.Default, Secret: s.Secret, Required: s.Required, Long: s.Long, Flag: s.Flag}
	for _, o := range s.Options {
		f.Options = append(f.Options, views.SettingOption(o))
	}
	return f
}

func waysOf(g integrations.Guide, chosen string) (out []views.WayChoice) {
	for i, w := range g.Ways {
		out = append(out, views.WayChoice{Name: w.Name, Title: w.Title, Summary: w.Summary, Chosen: w.Name == chosen || chosen == "" && i == 0})
	}
	return out
}

// wayPage is what the chosen way asks for; nil for one that there is not.
func (h *Handlers) wayPage(c *gin.Context, p views.GuidePage, about integrations.About, g integrations.Guide, name string) *views.WayPage {
	i := slices.IndexFunc(g.Ways, func(w integrations.Way) bool { return w.Name == name })
	if i < 0 {
		return nil
	}
	w := g.Ways[i]
	out := &views.WayPage{Name: w.Name, Title: w.Title, Do: w.Do, Needs: w.Needs, Links: outsides(w.Links), Back: backTo(c, p)}
	for _, name := range w.Settings {
		f := fieldOfSetting(settingOf(about, name))
		f.Value = ""
		if !f.Secret {
			f.Value = strings.TrimSpace(c.PostForm("setting." + name))
		}
		out.Fields = append(out.Fields, f)
	}
	return out
}

func outsides(links []integrations.Link) (out []views.Outside) {
	for _, l := range links {
		out = append(out, views.Outside(l))
	}
	return out
}

// backTo is the choice again, with all that was typed.
func backTo(c *gin.Context, p views.GuidePage) string {
	q := url.Values{"name": {p.Name}}
	for _, f := range p.First {
		q.Set(f.Name, f.Value)
	}
	return "/projects/" + project(c).Key + "/integrations/new/" + p.Source.Name + "?" + q.Encode()
}

// freeName is a name for the integration that the project does not use yet.
func (h *Handlers) freeName(c *gin.Context, source string) (string, error) {
	list, err := h.Store.Integrations(c.Request.Context(), project(c).ID)
	name := strings.ToLower(project(c).Key)
	taken := func(i store.Integration) bool { return i.Source == source && i.Name == name }
	for n := int64(2); slices.ContainsFunc(list, taken); n++ {
		name = strings.ToLower(project(c).Key) + "-" + itoa(n)
	}
	return name, err
}
