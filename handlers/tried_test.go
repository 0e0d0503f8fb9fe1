package handlers

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/integrations"
	"throughline/integrations/jenkins"
	"throughline/models"
)

// TestAnIntegrationIsTested: what the upstream answers and what arrives is said, in
// words that say what to do, without the secret and without changing anything.
func TestAnIntegrationIsTested(t *testing.T) {
	wrong := false
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); wrong || password != "hush-hush" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = w.Write([]byte(`{"jobs":[{"name":"train"}]}`))
	}))
	defer upstream.Close()
	s := newSite(t, func(o *Options) {
		o.Sources = append([]integrations.Source{jenkins.New(upstream.Client())}, o.Sources...)
	})
	p := s.project("MINE")
	s.seed()
	_, err := s.store.CreateIntegration(context.Background(), models.Principal{TokenID: 1, Name: "t", Hub: models.Administrator}, p.ID, "jenkins", "ci",
		map[string]string{"url": upstream.URL, "user": "reader"}, map[string]string{"token": "hush-hush"})
	require.NoError(t, err)
	before, err := s.store.Seq(context.Background())
	require.NoError(t, err)
	a := s.ask("seed", "POST", "/api/v1/projects/MINE/integrations/jenkins/ci/test", "")
	require.Equal(t, 200, a.status, a.body)
	require.Contains(t, a.body, `"ok":true`)
	require.Contains(t, a.body, "Jenkins answers")
	require.Contains(t, a.body, "/hooks/jenkins/ci")
	wrong = true
	a = s.ask("seed", "POST", "/api/v1/projects/MINE/integrations/jenkins/ci/test", "")
	require.Contains(t, a.body, `"ok":false`)
	require.Contains(t, a.body, "does not accept the credentials")
	require.NotContains(t, a.body, "hush-hush")
	a = s.ask("seed", "POST", "/api/v1/projects/MINE/integrations/cloudevents/mine/test", "")
	require.Contains(t, a.body, "Posts arrive")
	after, err := s.store.Seq(context.Background())
	require.NoError(t, err)
	require.Equal(t, before, after, "a test left something")
}
