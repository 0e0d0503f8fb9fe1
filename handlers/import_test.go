package handlers

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

const (
	importPath    = "/projects/BAR/integrations/github/bar/import"
	importAPIPath = "/api/v1/projects/BAR/integrations/github/bar"
)

// importing is a site whose GitHub integration can be asked, and who maintains it.
func importing(t *testing.T, synced *[]int64) (*browser, store.Integration) {
	s := newSite(t, func(o *Options) { o.Sync = func(id int64) { *synced = append(*synced, id) } })
	bar := s.project("BAR")
	s.token("viewer", models.Viewer, bar.ID)
	i, err := s.store.CreateIntegration(t.Context(), system, bar.ID, "github", "bar", map[string]string{"repositories": "acme/*"}, map[string]string{"secret": "s", "token": "github_pat_x"})
	require.NoError(t, err)
	s.person("max@example.com", models.Administrator)
	b := s.browser()
	b.signIn("max@example.com")
	b.get("/")
	return b, i
}

// polled keeps what a poll says, and returns the integration after it.
func (s *site) polled(i store.Integration, cursor string, b models.Batch) store.Integration {
	s.t.Helper()
	b.Cursor = cursor
	require.NoError(s.t, s.store.ApplyPoll(s.t.Context(), i, i.Cursor, b))
	i, err := s.store.Integration(s.t.Context(), i.ProjectID, i.Source, i.Name)
	require.NoError(s.t, err)
	return i
}

func TestAnImportIsFollowedOnItsPage(t *testing.T) {
	var synced []int64
	b, i := importing(t, &synced)
	require.Contains(t, b.get(importPath).body, "The import begins in a moment.")

	progress := &models.Progress{StartedAt: time.Now().Add(-time.Minute), Busy: 9 * time.Second, Requests: 30, Stages: []models.Stage{{Name: "Repositories", Done: 2, Total: 2}, {Name: "Pull requests"}}}
	pull := models.Description{Ref: models.Ref{Kind: models.PullRequest, Key: "acme/fraud#7"}, At: time.Now(), Title: "Seven", State: models.Open}
	i = b.polled(i, "one", models.Batch{Progress: progress, Descriptions: []models.Description{pull},
		Repositories: []models.RepositorySync{{Repository: "github.com/acme/fraud", State: models.SyncImporting}, {Repository: "github.com/acme/other", State: models.SyncFailing, Error: "The token may not read it."}}})
	page := b.get(importPath).body
	require.Contains(t, page, "You may leave this page")
	require.Contains(t, page, "1 pull request so far", "what is known can be used")
	require.Contains(t, page, "1 of 2 repositories can not be read")
	require.NotContains(t, page, " left", "too early to say")

	progress.Stages[1], progress.Busy = models.Stage{Name: "Pull requests", Done: 500, Total: 1000}, 20*time.Second
	i = b.polled(i, "two", models.Batch{Progress: progress})
	page = b.get(importPath).body
	require.Contains(t, page, `<progress max="100" value="50"`)
	require.Contains(t, page, `data-said="Importing, 50 percent"`)
	require.Contains(t, page, "about 20 s left")

	require.NoError(t, b.store.PollFailed(t.Context(), i.ID, "GitHub's limit of requests is used up.", time.Now().Add(time.Hour)))
	page = b.get(importPath).body
	require.Contains(t, page, "Paused by GitHub&#39;s limit until ")
	require.NoError(t, b.store.PollFailed(t.Context(), i.ID, "GitHub answers 401. Enter a new token.", time.Time{}))
	require.Contains(t, b.get(importPath).body, "The import stands still.")
	require.Contains(t, b.get("/projects/BAR/integrations/github/bar").body, "The import stands still.", "its integration's page says it too")

	progress.EndedAt = time.Now()
	b.polled(i, "three", models.Batch{Progress: progress})
	require.Contains(t, b.get(importPath).body, "Imported, and kept up to date.")
}

func TestAnImportIsHaltedResumedAndBegunAnew(t *testing.T) {
	var synced []int64
	b, i := importing(t, &synced)
	i = b.polled(i, "one", models.Batch{Progress: &models.Progress{StartedAt: time.Now(), Requests: 3, Stages: []models.Stage{{Name: "Pull requests", Done: 1, Total: 4}}}})
	b.token("admin", models.Administrator, 0)

	send := func(what string) {
		require.Equal(t, http.StatusSeeOther, b.post(importPath+"/"+what, url.Values{"csrf": {b.csrf}}).status)
	}
	send("halt")
	require.Contains(t, b.get(importPath).body, "Halted. Nothing is asked")
	require.NotNil(t, b.ask("admin", http.MethodGet, importAPIPath, "").json(t)["halted_at"])
	synced = nil
	send("resume")
	require.Equal(t, []int64{i.ID}, synced, "it is asked at once")
	require.Contains(t, b.get(importPath).body, "Importing from GitHub.")
	a := b.ask("admin", http.MethodGet, importAPIPath, "").json(t)
	require.Nil(t, a["halted_at"])
	require.InDelta(t, 0.25, a["progress"].(map[string]any)["share"], 0.001)
	send("restart")
	require.Contains(t, b.get(importPath).body, "The import begins in a moment.")
	require.Nil(t, b.ask("admin", http.MethodGet, importAPIPath, "").json(t)["progress"])

	for _, what := range []string{"halt", "resume", "restart"} {
		require.Equal(t, http.StatusForbidden, b.ask("viewer", http.MethodPost, importAPIPath+"/"+what, "").status, "a viewer steers nothing")
	}
}

// The health of an integration, as tools outside read it.
func TestHealthSaysNothingBeforeTheFirstEvent(t *testing.T) {
	s := newSite(t)
	s.token("admin", models.Administrator, 0)
	s.project("BAR")
	for _, body := range []string{`{"source":"github","name":"bar","settings":{"secret":"s"}}`, `{"source":"cloudevents","name":"bar"}`, `{"source":"modelcard","name":"bar"}`} {
		require.Equal(t, 201, s.ask("admin", "POST", "/api/v1/projects/BAR/integrations", body).status)
	}
	for _, source := range []string{"github", "cloudevents", "modelcard"} {
		health := s.ask("admin", "GET", "/api/v1/projects/BAR/integrations/"+source+"/bar", "").json(t)
		require.Equal(t, "waiting", health["state"])
		for _, field := range []string{"last_event_at", "lag_seconds"} {
			value, there := health[field]
			require.True(t, there, "%s has %s", source, field)
			require.Nil(t, value, "%s: %s is null, not zero", source, field)
		}
		for _, field := range []string{"parked", "bad_signatures", "unmatched"} {
			require.EqualValues(t, 0, health[field], "%s: %s", source, field)
		}
	}

	require.Equal(t, 401, s.signed("/hooks/github/bar", "wrong", "pull_request", "d0", pullBody).status)
	require.Equal(t, 202, s.signed("/hooks/github/bar", "s", "pull_request", "d1", pullBody).status)
	health := s.ask("admin", "GET", importAPIPath, "").json(t)
	require.Equal(t, "ok", health["state"])
	require.EqualValues(t, 1, health["bad_signatures"])
	at, err := time.Parse(time.RFC3339, health["last_event_at"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, time.Now(), at, time.Minute)
	require.InDelta(t, time.Since(time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)).Seconds(), health["lag_seconds"], 60, "from the event's own time to its receipt")
	require.EqualValues(t, 0, health["parked"])
}
