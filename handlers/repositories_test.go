package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func TestRepositoriesTellHowTheyAreKept(t *testing.T) {
	var synced []int64
	b, i := importing(t, &synced)
	require.Contains(t, b.get("/projects/BAR/repositories").body, "Connect GitHub", "an empty list says how it fills")
	require.NotContains(t, b.ask("viewer", "GET", "/projects/BAR/repositories", "").body, "Connect GitHub", "a viewer can not")

	describe := func(name string, pulls int) (out []models.Description) {
		out = []models.Description{{Ref: models.Ref{Kind: models.Repository, Key: "github.com/acme/" + name}, At: time.Now(), Title: "acme/" + name, URL: "https://github.com/acme/" + name}}
		for n := range pulls {
			out = append(out, models.Description{Ref: models.Ref{Kind: models.PullRequest, Key: "acme/" + name + "#" + itoa(int64(n+1))}, At: time.Now(), Title: "Change of " + name, State: models.Open})
		}
		return out
	}
	b.polled(i, "one", models.Batch{Descriptions: append(describe("alpha", 1), describe("beta", 3)...), Repositories: []models.RepositorySync{
		{Repository: "github.com/acme/alpha", State: models.SyncOK, Hook: "ok", SyncedAt: time.Now()},
		{Repository: "github.com/acme/beta", State: models.SyncOK, Hook: "missing", SyncedAt: time.Now()},
		{Repository: "github.com/acme/gamma", State: models.SyncFailing, Error: "The token may not read it. Give it Contents, read-only."}}})

	order := func(query string) (out []string) {
		page := b.get("/projects/BAR/repositories" + query).body
		for _, name := range []string{"alpha", "beta", "gamma"} {
			if at := strings.Index(page, ">acme/"+name+"<"); at >= 0 {
				out = append(out, name)
				for n := len(out) - 1; n > 0 && strings.Index(page, ">acme/"+out[n-1]+"<") > at; n-- {
					out[n-1], out[n] = out[n], out[n-1]
				}
			}
		}
		return out
	}
	require.Equal(t, []string{"alpha", "beta", "gamma"}, order(""))
	require.Equal(t, []string{"gamma", "beta", "alpha"}, order("?sort=trouble"))
	require.Equal(t, []string{"beta", "alpha", "gamma"}, order("?sort=open"))
	require.Equal(t, []string{"gamma"}, order("?state=failing"))
	require.Equal(t, []string{"beta"}, order("?q=BET"))
	require.Contains(t, b.get("/projects/BAR/repositories?q=zzz").body, "Clear the filter")
	page := b.get("/projects/BAR/repositories").body
	for _, words := range []string{"Give it Contents, read-only.", "no webhook", "3 pull requests, 3 open", "up to date"} {
		require.Contains(t, page, words)
	}

	a := b.ask("viewer", "GET", "/api/v1/projects/BAR/repositories?limit=2", "")
	require.Equal(t, http.StatusOK, a.status)
	list := a.json(t)["repositories"].([]any)
	require.Len(t, list, 2)
	require.Equal(t, "github.com/acme/alpha", list[0].(map[string]any)["key"])
	require.NotEmpty(t, list[0].(map[string]any)["last_activity_at"])
	next := a.json(t)["next"].(string)
	list = b.ask("viewer", "GET", "/api/v1/projects/BAR/repositories?limit=2&after="+next, "").json(t)["repositories"].([]any)
	require.Equal(t, "github.com/acme/gamma", list[0].(map[string]any)["key"])

	page = b.ask("viewer", "GET", "/subjects/repository/github.com%2Facme%2Fbeta", "").body
	require.Contains(t, page, "No webhook posts here", "what to do about it")
	require.Contains(t, page, "3 of 3 known")
	require.Contains(t, page, "No live model is built from it")
}

func TestPullRequestsOfOneProject(t *testing.T) {
	s := reviewed(t)
	require.Contains(t, s.ask("viewer", "GET", "/pulls?project=BAR", "").body, "Train churn")
	require.Contains(t, s.ask("viewer", "GET", "/pulls?project=BAR", "").body, "Only of BAR")
	require.NotContains(t, s.ask("stranger", "GET", "/pulls?project=BAR", "").body, "Only of BAR", "a project that one does not see is none")
	require.NotContains(t, s.ask("admin", "GET", "/pulls?project=OTHER", "").body, "Train churn")
}
