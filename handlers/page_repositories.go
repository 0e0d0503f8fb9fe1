package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

func (h *Handlers) repositoryRoutes() []Route {
	return []Route{get("/projects/:key/repositories", inProject(models.Viewer), h.showRepositories)}
}

const repositoriesShown = 100

// showRepositories lists a project's repositories and how their truth is kept.
func (h *Handlers) showRepositories(c *gin.Context) error {
	list, err := h.Store.Repositories(c.Request.Context(), h.principal(c), project(c).ID)
	if err != nil {
		return err
	}
	p := views.RepositoriesPage{Frame: h.frame(c, "Repositories"), Project: project(c), Total: len(list), Text: strings.TrimSpace(c.Query("q")), State: models.SyncState(c.Query("state")), Sort: c.Query("sort")}
	p.Frame.Crumbs = crumbs(project(c), views.Crumb{Text: "Repositories"})
	p.MayConnect = project(c).Role.AtLeast(models.Maintainer)
	for _, r := range list {
		p.Failing += oneIf(r.Sync.State == models.SyncFailing)
	}
	list = slices.DeleteFunc(list, func(r store.Repository) bool {
		return p.State != "" && r.Sync.State != p.State || !strings.Contains(strings.ToLower(r.Sync.Repository), strings.ToLower(p.Text))
	})
	after, err := keyCursor(c.Query("after"))
	if err != nil {
		return err
	}
	p.Sort = sortRepositories(list, p.Sort)
	for _, r := range list[1+slices.IndexFunc(list, func(r store.Repository) bool { return after != "" && r.Sync.Repository == after }):] {
		if len(p.Rows) == repositoriesShown {
			p.Next = keyMark(p.Rows[len(p.Rows)-1].Key)
			break
		}
		p.Rows = append(p.Rows, repositoryRow(r))
	}
	return render(c, http.StatusOK, views.Repositories(p))
}

// sortRepositories orders a list that is by name already, and returns the order.
func sortRepositories(list []store.Repository, order string) string {
	orders := map[string]func(a, b store.Repository) int{
		"trouble":  func(a, b store.Repository) int { return trouble(b.Sync) - trouble(a.Sync) },
		"activity": func(a, b store.Repository) int { return b.ActiveAt.Compare(a.ActiveAt) },
		"synced":   func(a, b store.Repository) int { return a.Sync.SyncedAt.Compare(b.Sync.SyncedAt) },
		"open":     func(a, b store.Repository) int { return b.Open - a.Open },
	}
	by, known := orders[order]
	if !known {
		return ""
	}
	slices.SortStableFunc(list, by)
	return order
}

// trouble is how much a repository's sync needs somebody.
func trouble(r models.RepositorySync) int {
	return 4*oneIf(r.State == models.SyncFailing) + 2*oneIf(r.Hook == "failing") + oneIf(r.Hook == "missing")
}

func repositoryRow(r store.Repository) views.RepositoryRow {
	out := views.RepositoryRow{Key: r.Sync.Repository, URL: r.Subject.URL, Integration: r.Sync.Integration, State: r.Sync.State, Error: r.Sync.Error,
		Hook: r.Sync.Hook, SyncedAt: r.Sync.SyncedAt, Pulls: r.Pulls, Open: r.Open, ActiveAt: r.ActiveAt, Owners: r.Owners}
	if r.Subject.ID != 0 {
		out.Path = r.Subject.Ref.Path()
	}
	return out
}

func oneIf(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
