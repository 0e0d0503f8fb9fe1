package handlers

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// upstream is a GitHub of one repository: it refuses what its token lacks.
type upstream struct {
	mu      sync.Mutex
	lacks   map[string]bool // the last part of a path
	hooks   []map[string]any
	secrets []string
	auth    []string
}

func newUpstream(t *testing.T) (*upstream, string) {
	u := &upstream{lacks: map[string]bool{}}
	server := httptest.NewServer(u)
	t.Cleanup(server.Close)
	return u, server.URL
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.auth = append(u.auth, r.Header.Get("Authorization"))
	parts := strings.Split(r.URL.Path, "/")
	if u.lacks[parts[len(parts)-1]] {
		http.Error(w, `{"message":"Resource not accessible by personal access token"}`, http.StatusForbidden)
		return
	}
	var hook struct{ Config *struct{ URL, Secret string } }
	_ = json.NewDecoder(r.Body).Decode(&hook)
	switch {
	case r.Method == "GET" && strings.HasSuffix(r.URL.Path, "/hooks"):
		_ = json.NewEncoder(w).Encode(u.hooks)
	case r.Method == "GET":
		_ = json.NewEncoder(w).Encode(map[string]any{"full_name": "acme/fraud", "default_branch": "main"})
	case strings.HasSuffix(r.URL.Path, "/pings"):
		w.WriteHeader(http.StatusNoContent)
	case hook.Config == nil:
		http.Error(w, `{"message":"Validation Failed"}`, http.StatusUnprocessableEntity)
	default:
		u.secrets = append(u.secrets, hook.Config.Secret)
		if r.Method == "POST" {
			u.hooks = append(u.hooks, map[string]any{"id": 1, "config": map[string]any{"url": hook.Config.URL}})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"id": 1})
	}
}

// connected is a site with GitHub connected to project MINE by a token.
func connectedSite(t *testing.T) (*site, *upstream) {
	s := newSite(t)
	s.project("MINE")
	s.token("seed", models.Administrator, 0)
	u, address := newUpstream(t)
	a := s.ask("seed", "POST", "/api/v1/projects/MINE/integrations", `{"source":"github","name":"main","settings":{"token":"t0ken-never-shown","repositories":"acme/fraud","api_url":"`+address+`"}}`)
	require.Equal(t, 201, a.status, a.body)
	return s, u
}

const mainIntegration = "/api/v1/projects/MINE/integrations/github/main"

func TestACheckNamesWhatIsMissing(t *testing.T) {
	s, u := connectedSite(t)
	a := s.ask("seed", "POST", mainIntegration+"/check", "")
	require.Equal(t, 200, a.status, a.body)
	require.EqualValues(t, 0, a.json(t)["missing"])
	u.lacks["deployments"] = true
	a = s.ask("seed", "POST", mainIntegration+"/check", "")
	require.EqualValues(t, 1, a.json(t)["missing"], a.body)
	for _, f := range a.json(t)["findings"].([]any) {
		f := f.(map[string]any)
		require.Equal(t, f["name"] != "Deployments", f["ok"], f)
	}
	require.NotContains(t, a.body, "t0ken")
}

func TestACheckThatCannotBeMadeSaysWhy(t *testing.T) {
	s, u := connectedSite(t)
	u.lacks["fraud"] = true
	a := s.ask("seed", "POST", mainIntegration+"/check", "")
	require.Contains(t, a.body, "acme/fraud")
	require.Equal(t, 201, s.ask("seed", "POST", "/api/v1/projects/MINE/integrations", `{"source":"github","name":"silent"}`).status)
	a = s.ask("seed", "POST", "/api/v1/projects/MINE/integrations/github/silent/check", "")
	require.Equal(t, 200, a.status)
	require.Contains(t, a.json(t)["problem"], "no token")
	require.Equal(t, 201, s.ask("seed", "POST", "/api/v1/projects/MINE/integrations", `{"source":"cloudevents","name":"ce"}`).status)
	require.Equal(t, 422, s.ask("seed", "POST", "/api/v1/projects/MINE/integrations/cloudevents/ce/check", "").status)
}

func TestTheWebhookIsMadeOnceWithASecretOfItsOwn(t *testing.T) {
	s, u := connectedSite(t)
	for _, done := range []string{"created", "updated"} {
		a := s.ask("seed", "POST", mainIntegration+"/webhook", "")
		require.Equal(t, 200, a.status, a.body)
		require.Contains(t, a.body, `"done":"`+done+`"`)
		require.NotContains(t, a.body, u.secrets[0])
	}
	require.Len(t, u.hooks, 1)
	require.Equal(t, s.server.URL+"/hooks/github/main", u.hooks[0]["config"].(map[string]any)["url"])
	require.GreaterOrEqual(t, len(u.secrets[0]), 43, "32 random bytes")
	require.Equal(t, u.secrets[0], u.secrets[1])
	require.Equal(t, 202, s.signed("/hooks/github/main", u.secrets[0], "ping", "p1", `{"zen":"x"}`).status)
}

func TestByHandThereIsANewSecretOnce(t *testing.T) {
	s, u := connectedSite(t)
	u.lacks["hooks"] = true
	a := s.ask("seed", "POST", mainIntegration+"/webhook", "")
	require.Equal(t, 200, a.status, a.body)
	require.Contains(t, a.body, `"refused"`)
	a = s.ask("seed", "POST", mainIntegration+"/webhook", `{"by_hand":true}`)
	require.Equal(t, 200, a.status, a.body)
	secret := a.json(t)["secret"].(string)
	require.NotEmpty(t, a.json(t)["events"])
	require.Equal(t, 202, s.signed("/hooks/github/main", secret, "ping", "p1", `{"zen":"x"}`).status)
	for _, path := range []string{mainIntegration, "/api/v1/audit", "/api/v1/projects/MINE/integrations"} {
		require.NotContains(t, s.ask("seed", "GET", path, "").body, secret, path)
	}
}

func TestSettingsThatCanNeverWorkAreNamed(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.token("seed", models.Administrator, 0)
	a := s.ask("seed", "POST", "/api/v1/projects/MINE/integrations", `{"source":"github","name":"main","settings":{"app_id":"1"}}`)
	require.Equal(t, 422, a.status)
	require.Contains(t, a.body, `"body.settings.app_key"`)
}

// Row 25: the host is where the token goes, as much as the address is.
func TestAnotherHostNameClearsTheSecret(t *testing.T) {
	s, _ := connectedSite(t)
	require.Equal(t, 422, s.ask("seed", "PATCH", mainIntegration, `{"settings":{"host":"git.example.com"}}`).status)
	require.Equal(t, 200, s.ask("seed", "PATCH", mainIntegration, `{"settings":{"host":"GitHub.com"}}`).status)
	require.Equal(t, 200, s.ask("seed", "PATCH", mainIntegration, `{"settings":{"host":"git.example.com","secret":"new"}}`).status)
	all, err := s.store.PollTargets(t.Context())
	require.NoError(t, err)
	require.Empty(t, all[0].Secrets["token"])
}
