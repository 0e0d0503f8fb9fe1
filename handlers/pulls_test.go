package handlers

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// reviewed is a site with a pull request, a run of it, and an older version live.
func reviewed(t *testing.T) *site {
	s := newSite(t)
	s.token("admin", models.Administrator, 0)
	bar := s.project("BAR")
	s.token("viewer", models.Viewer, bar.ID)
	s.token("stranger", models.Viewer, s.project("OTHER").ID)
	for _, body := range []string{`{"source":"github","name":"bar","settings":{"secret":"s"}}`, `{"source":"cloudevents","name":"bar"}`} {
		require.Equal(t, 201, s.ask("admin", "POST", "/api/v1/projects/BAR/integrations", body).status)
	}
	require.Equal(t, 202, s.signed("/hooks/github/bar", "s", "pull_request", "d1", pullBody).status)
	require.Equal(t, 202, s.signed("/hooks/github/bar", "s", "pull_request_review", "d2", reviewBody).status)
	return s
}

func (s *site) tells(id, kind, data string) {
	s.t.Helper()
	a := s.ask("admin", "POST", "/hooks/cloudevents/bar", cloudEvent(id, kind, data), "Content-Type", ceType)
	require.Equal(s.t, 202, a.status, a.body)
}

const (
	pullPage = "/pulls/acme%2Fchurn%237"
	pullPath = "/api/v1/subjects/pull_request/acme%2Fchurn%237"
)

func TestAPullRequestIsReviewedFromItsPage(t *testing.T) {
	s := reviewed(t)
	page := s.ask("viewer", "GET", pullPage, "").body
	require.Contains(t, page, "No run names a commit of this pull request.", "says how to make it appear")
	require.Contains(t, page, "approved")
	require.Contains(t, page, "No check has reported")

	s.tells("e0", "run.finished", `{"run_id":"r0","experiment":"churn","name":"before","state":"finished","metrics":{"auc":0.9,"log_loss":0.3},"params":{"depth":"3"}}`)
	s.tells("e1", "run.finished", strings.Replace(runData, `"auc":0.91`, `"auc":0.91,"log_loss":0.35`, 1))
	page = s.ask("viewer", "GET", pullPage, "").body
	require.Contains(t, page, "there is nothing to compare with")
	require.Contains(t, s.ask("viewer", "GET", pullPath+"/compare", "").body, `"champion":null`)

	s.tells("e2", "model_version.registered", `{"model":"churn","version":"2","run_id":"r0"}`)
	s.tells("e3", "deployment", `{"id":"d","environment":"production","model":"churn","version":"2","state":"live","at":"2026-11-21T10:00:00Z"}`)
	page = s.ask("viewer", "GET", pullPage, "").body
	require.Contains(t, page, "first is better than churn v2 in auc, and worse in log_loss.")
	require.Contains(t, page, "churn v2, live in production")

	require.Contains(t, page, "No live model is built from acme/churn", "churn v2 names no commit")

	a := s.ask("viewer", "GET", pullPath+"/compare", "")
	require.Equal(t, http.StatusOK, a.status, a.body)
	one := a.json(t)["comparisons"].([]any)[0].(map[string]any)
	require.Equal(t, "production", one["champion"].(map[string]any)["environment"])
	auc := one["metrics"].([]any)[0].(map[string]any)
	require.Equal(t, "auc", auc["name"])
	require.Equal(t, "better", auc["runs"].([]any)[0].(map[string]any)["verdict"])
	require.Equal(t, http.StatusNotFound, s.ask("stranger", "GET", pullPath+"/compare", "").status)
	require.Equal(t, http.StatusUnprocessableEntity, s.ask("viewer", "GET", "/api/v1/subjects/run/r1/compare", "").status)
}

func TestAPullRequestTellsWhatItAffects(t *testing.T) {
	s := reviewed(t)
	s.tells("e1", "run.finished", runData)
	s.tells("e2", "model_version.registered", `{"model":"churn","version":"3","run_id":"r1"}`)
	s.tells("e3", "deployment", `{"id":"d","environment":"production","model":"churn","version":"3","state":"live","at":"2026-11-21T10:00:00Z"}`)
	page := s.ask("viewer", "GET", pullPage, "").body
	require.Contains(t, page, "churn v3 in production")
	require.Contains(t, page, "gaps")
	require.Contains(t, page, "churn v3 was trained from this pull request.")
}

func TestChecksThatFailedComeFirst(t *testing.T) {
	s := reviewed(t)
	for id, conclusion := range map[string]string{"1": "success", "2": "failure", "3": "skipped"} {
		body := `{"action":"completed","check_run":{"id":` + id + `,"name":"check-` + id + `","head_sha":"1123456789abcdef0123456789abcdef01234567","status":"completed","conclusion":"` + conclusion + `",
"started_at":"2026-11-20T08:00:00Z","completed_at":"2026-11-20T08:03:00Z","details_url":"https://ci.example.com/` + id + `","check_suite":{"id":1}},
"repository":{"id":5,"name":"churn","full_name":"acme/churn","html_url":"https://github.com/acme/churn"},"sender":{"login":"ana"}}`
		require.Equal(t, 202, s.signed("/hooks/github/bar", "s", "check_run", "c"+id, body).status)
	}
	page := s.ask("viewer", "GET", pullPage, "").body
	require.Contains(t, page, "1 failed, 2 passed")
	require.Less(t, strings.Index(page, "check-2"), strings.Index(page, "check-1"))
	require.Contains(t, page, `href="https://ci.example.com/2"`)
}
