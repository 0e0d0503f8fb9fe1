package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

const (
	mergeSHA = "0123456789abcdef0123456789abcdef01234567"
	pullBody = `{"action":"closed","number":7,"pull_request":{"id":1,"number":7,"state":"closed","merged":true,"draft":false,"title":"Train churn","html_url":"https://github.com/acme/churn/pull/7",
"merged_at":"2026-11-20T10:00:00Z","updated_at":"2026-11-20T10:00:00Z","created_at":"2026-11-19T10:00:00Z","merge_commit_sha":"` + mergeSHA + `",
"user":{"login":"ana"},"head":{"ref":"train","sha":"1123456789abcdef0123456789abcdef01234567"},"base":{"ref":"main","repo":{"full_name":"acme/churn"}}},
"repository":{"id":5,"name":"churn","full_name":"acme/churn","html_url":"https://github.com/acme/churn"},"sender":{"login":"ana"}}`
	reviewBody = `{"action":"submitted","review":{"id":3,"user":{"login":"ben"},"state":"approved","submitted_at":"2026-11-20T09:00:00Z","commit_id":"1123456789abcdef0123456789abcdef01234567","html_url":"https://github.com/acme/churn/pull/7#r3"},
"pull_request":{"id":1,"number":7,"state":"open","draft":false,"title":"Train churn","html_url":"https://github.com/acme/churn/pull/7","updated_at":"2026-11-20T09:00:00Z","created_at":"2026-11-19T10:00:00Z",
"user":{"login":"ana"},"head":{"ref":"train","sha":"1123456789abcdef0123456789abcdef01234567"},"base":{"ref":"main","repo":{"full_name":"acme/churn"}}},
"repository":{"id":5,"name":"churn","full_name":"acme/churn","html_url":"https://github.com/acme/churn"},"sender":{"login":"ben"}}`
	runData = `{"run_id":"r1","experiment":"churn","name":"first","state":"finished","metrics":{"auc":0.91},"commit":{"repository":"acme/churn","sha":"` + mergeSHA + `"},
"datasets":[{"namespace":"s3","name":"clicks","digest":"sha256:aa","role":"training"}]}`
)

// The line of decisions.md §5, call by call.
func TestAWholeLineByCalls(t *testing.T) {
	s := newSite(t)
	s.token("admin", models.Administrator, 0)
	steps := []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/api/v1/projects", `{"key":"BAR","name":"Bar"}`, 201},
		{"POST", "/api/v1/projects", `{"key":"BAR","name":"Bar"}`, 409},
		{"POST", "/api/v1/projects/BAR/integrations", `{"source":"github","name":"bar","settings":{"secret":"s"}}`, 201},
		{"POST", "/api/v1/projects/BAR/integrations", `{"source":"github","name":"bar","settings":{"secret":"s"}}`, 409},
		{"POST", "/api/v1/projects/BAR/integrations", `{"source":"cloudevents","name":"bar"}`, 201},
		{"GET", "/api/v1/throughline/production/churn", "", 404},
	}
	for _, step := range steps {
		a := s.ask("admin", step.method, step.path, step.body)
		require.Equal(t, step.status, a.status, "%s %s: %s", step.method, step.path, a.body)
	}
	require.Equal(t, 202, s.signed("/hooks/github/bar", "s", "pull_request", "d1", pullBody).status)
	require.Equal(t, 202, s.signed("/hooks/github/bar", "s", "pull_request_review", "d2", reviewBody).status)
	again := s.signed("/hooks/github/bar", "s", "pull_request", "d1", pullBody)
	require.Equal(t, 200, again.status)
	require.Equal(t, true, again.json(t)["duplicate"])
	post := func(id, kind, data string) {
		a := s.ask("admin", "POST", "/hooks/cloudevents/bar", cloudEvent(id, kind, data), "Content-Type", "application/cloudevents+json")
		require.Equal(t, 202, a.status, a.body)
		require.Contains(t, a.body, `"state":"applied"`)
	}
	post("e1", "run.finished", runData)
	post("e2", "model_version.registered", `{"model":"churn","version":"3","run_id":"r1"}`)
	card := s.ask("admin", "PUT", "/api/v1/models/churn/card", "---\nlicense: mit\n---\n# Churn\n\n## Intended use\nLetters.\n", "Content-Type", "text/markdown")
	require.Equal(t, 200, card.status, card.body)
	require.EqualValues(t, 1, card.json(t)["revision"])
	post("e3", "deployment", `{"id":"dep1","environment":"production","model":"churn","version":"3","state":"live","at":"2026-11-21T10:00:00Z","by":"bot"}`)

	open := s.ask("admin", "GET", "/api/v1/throughline/production/churn", "").json(t)
	var missing []string
	for _, g := range open["gaps"].([]any) {
		missing = append(missing, g.(map[string]any)["missing"].(string))
	}
	require.ElementsMatch(t, []string{"owner_model", "owner_dataset"}, missing)

	owner := `{"owners":[{"person":"dana@example.com","as":"owner"}]}`
	require.Equal(t, 200, s.ask("admin", "PUT", "/api/v1/subjects/model/churn/owners", owner).status)
	require.Equal(t, 200, s.ask("admin", "PUT", "/api/v1/subjects/dataset/s3%2Fclicks/owners", owner).status)
	whole := s.ask("admin", "GET", "/api/v1/throughline/production/churn", "")
	require.Contains(t, whole.body, `"gaps":[]`)
	line := whole.json(t)
	require.Equal(t, "churn/3", line["model_version"].(map[string]any)["key"])
	require.Equal(t, "r1", line["run"].(map[string]any)["key"])
	pull := line["pull_requests"].([]any)[0].(map[string]any)
	require.Equal(t, "acme/churn#7", pull["key"])
	require.Equal(t, s.server.URL+"/pulls/acme%2Fchurn%237", pull["url"])
	require.Len(t, line["owners"], 2)

	link := s.ask("admin", "POST", "/api/v1/links", `{"from":{"kind":"run","key":"r1"},"to":{"kind":"pull_request","key":"acme/churn#7"},"relation":"mentions"}`)
	require.Equal(t, 201, link.status, link.body)
	s.afterTheLine()
}

// afterTheLine reads the same things by every other call.
func (s *site) afterTheLine() {
	t := s.t
	require.Eventually(t, func() bool { // search follows within a second
		return strings.Contains(s.ask("admin", http.MethodGet, "/api/v1/subjects?q=first", "").body, "r1")
	}, 5*time.Second, 20*time.Millisecond)
	for _, step := range []struct {
		path     string
		contains []string
		lacks    []string
	}{
		{"/api/v1/projects", []string{`"projects":[{"key":"BAR"`}, nil},
		{"/api/v1/projects/BAR/board", []string{`"seq":`, `"columns":[{"id":`, `"placed_by":{`, `"key":"acme/churn#7"`}, nil},
		{"/api/v1/projects/BAR/integrations/github/bar", []string{`"state":"ok"`, `"bad_signatures":0`, `"parked":0`, `"unmatched":`, `"lag_seconds":`}, []string{`"secret":"s"`}},
		{"/api/v1/projects/BAR/deliveries", []string{`"event":"pull_request.closed"`}, []string{`"body"`}},
		{"/api/v1/subjects?kind=run&q=first", []string{`"key":"r1"`}, []string{`"key":"churn/3"`}},
		{"/api/v1/subjects/pull_request/acme%2Fchurn%237", []string{`"state":"merged"`, `"facts":{`, `"review.ben"`, `"merged_as"`}, nil},
		{"/api/v1/subjects/run/r1/activity", []string{`"activity":[{"seq":`}, nil},
		{"/api/v1/activity?limit=2", []string{`"next":"`}, nil},
		{"/api/v1/links?relation=mentions", []string{`"relation":"mentions"`}, []string{`"produced_by"`}},
		{"/api/v1/deployments", []string{`"environment":"production"`, `"model":"churn"`, `"version":"3"`, `"gaps":0`}, nil},
		{"/api/v1/models", []string{`"models":[{"kind":"model","key":"churn"`}, nil},
		{"/api/v1/models/churn/card", []string{`"revision":1`, `# Churn`}, nil},
		{"/api/v1/me", []string{`"role":"administrator"`}, []string{s.tokens["admin"]}},
		{"/api/v1/tokens", []string{`"last4":`}, []string{s.tokens["admin"]}},
		{"/api/openapi.json", []string{`"openapi":"3.1.0"`, `/api/v1/throughline/{environment}/{model}`}, nil},
		{"/api/docs", []string{"<h1>API</h1>", "/api/v1/projects/{key}/board"}, []string{"https://unpkg.com", "<style"}},
	} {
		a := s.ask("admin", http.MethodGet, step.path, "")
		require.Equal(t, 200, a.status, "%s: %s", step.path, a.body)
		for _, text := range step.contains {
			require.Contains(t, a.body, text, step.path)
		}
		for _, text := range step.lacks {
			require.NotContains(t, a.body, text, step.path)
		}
	}
}
