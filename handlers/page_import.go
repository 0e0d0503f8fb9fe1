package handlers

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// The import of a source's history: how far it is, and its halt.
func (h *Handlers) importRoutes() []Route {
	one := "/projects/:key/integrations/:source/:name/import"
	return []Route{
		get(one, inProject(models.Maintainer), h.showImport),
		post(one+"/halt", inProject(models.Maintainer), h.steer(h.Store.HaltSync)),
		post(one+"/resume", inProject(models.Maintainer), h.steer(h.Store.ResumeSync)),
		post(one+"/restart", inProject(models.Maintainer), h.steer(h.Store.RestartSync)),
	}
}

// showImport shows how far the import is; the script asks for the part alone.
func (h *Handlers) showImport(c *gin.Context) error {
	p, i, _, err := step[integrations.Poller](c, h, "Import")
	if err != nil {
		return err
	}
	if p.Import, err = h.importPart(c, i, p); err != nil {
		return err
	}
	if part(c) {
		return render(c, http.StatusOK, views.ImportProgress(p.Import))
	}
	return render(c, http.StatusOK, views.Import(p))
}

func (h *Handlers) importPart(c *gin.Context, i store.Integration, p views.ConnectionPage) (out views.ImportPart, err error) {
	path := integrationPath(project(c), i.Source, i.Name)
	out = views.ImportPart{Frame: p.Frame, Path: path + "/import", Source: p.Source.Title, Progress: i.Progress, Halted: i.HaltedAt, State: i.State, Error: i.Error,
		PolledAt: i.PolledAt, Asks: p.Asks || h.Demo && i.Progress.Begun(), Settings: path, Board: boardOf(project(c)), Now: h.Now(),
		Pulls: "/pulls?project=" + project(c).Key, Repositories: "/projects/" + project(c).Key + "/repositories"}
	if i.PausedUntil.After(h.Now()) {
		out.Paused = i.PausedUntil
	}
	syncs, err := h.Store.RepositorySyncs(c.Request.Context(), i.ID)
	for _, r := range syncs {
		out.Known += r.Pulls
		out.Repos++
		if r.State == models.SyncFailing {
			out.Failing++
		}
	}
	return out, err
}

// steer changes the asking of an integration, and has it asked at once where it
// goes on.
func (h *Handlers) steer(change func(context.Context, models.Principal, int64) error) page {
	return func(c *gin.Context) error {
		i, _, err := h.integration(c)
		if err != nil {
			return err
		}
		err = change(c.Request.Context(), h.principal(c), i.ID)
		if err == nil {
			h.Sync(i.ID)
		}
		return seeUnless(c, err, integrationPath(project(c), i.Source, i.Name)+"/import")
	}
}
