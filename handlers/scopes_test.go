package handlers

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

// Row 05: what each scope lets a bot tell.
func TestScopesCoverTheirEventsOnly(t *testing.T) {
	s := newSite(t)
	mine, other := s.project("MINE"), s.project("OTHER")
	s.seed()
	for _, scope := range models.Scopes {
		s.token(string(scope), models.Contributor, mine.ID, scope)
	}
	s.token("elsewhere", models.Contributor, other.ID, models.ScopeEvents)
	for name, event := range map[string]struct{ kind, data, may string }{
		"a run":                   {"run.started", `{"run_id":"s1","name":"n"}`, "events:write runs:write"},
		"metrics":                 {"run.metrics", `{"run_id":"s1","metrics":{"auc":0.5}}`, "events:write runs:write"},
		"a version with its run":  {"model_version.registered", `{"model":"churn","version":"9","run_id":"s1"}`, "events:write runs:write"},
		"a version without a run": {"model_version.registered", `{"model":"churn","version":"8"}`, "events:write"},
		"a deployment":            {"deployment", `{"id":"sd","environment":"dev","model":"churn","version":"3","state":"live","at":"2026-11-21T10:00:00Z"}`, "events:write deployments:write"},
		"a pipeline run":          {"pipeline_run.started", `{"id":"p1","pipeline":"train","state":"running"}`, "events:write"},
	} {
		for _, scope := range models.Scopes {
			a := s.ask(string(scope), "POST", "/hooks/cloudevents/mine", cloudEvent(name+string(scope), event.kind, event.data), "Content-Type", ceType)
			if strings.Contains(" "+event.may+" ", " "+string(scope)+" ") {
				require.Equal(t, 202, a.status, "%s with %s: %s", name, scope, a.body)
				continue
			}
			require.Equal(t, 403, a.status, "%s with %s: %s", name, scope, a.body)
		}
		require.Equal(t, 404, s.ask("elsewhere", "POST", "/hooks/cloudevents/mine", cloudEvent(name+"x", event.kind, event.data), "Content-Type", ceType).status)
	}
}

// A rotated token has two values for a while, never three.
func TestTokensRotate(t *testing.T) {
	s := newSite(t)
	mine := s.project("MINE")
	s.token("admin", models.Administrator, 0)
	s.token("maintainer", models.Maintainer, mine.ID)
	first := s.token("bot", models.Contributor, mine.ID)
	id := s.ask("admin", "GET", "/api/v1/projects/MINE/tokens", "").json(t)["tokens"].([]any)[0].(map[string]any)["id"].(float64)
	rotate := func(caller, body string) answer {
		return s.ask(caller, "POST", "/api/v1/projects/MINE/tokens/"+itoa(int64(id))+"/rotate", body)
	}
	works := func(value string) int {
		s.tokens["shown"] = value
		return s.ask("shown", "GET", "/api/v1/projects", "").status
	}
	a := rotate("maintainer", `{}`)
	require.Equal(t, 201, a.status, a.body)
	second := a.json(t)["token"].(string)
	require.Equal(t, []int{200, 200}, []int{works(first), works(second)})
	third := rotate("maintainer", `{"overlap_hours":1}`).json(t)["token"].(string)
	require.Equal(t, []int{401, 200, 200}, []int{works(first), works(second), works(third)})
	fourth := rotate("maintainer", `{"overlap_hours":0}`).json(t)["token"].(string)
	require.Equal(t, []int{401, 401, 200}, []int{works(second), works(third), works(fourth)})
	require.Equal(t, 422, rotate("maintainer", `{"overlap_hours":100000}`).status)
	listed := s.ask("admin", "GET", "/api/v1/projects/MINE/tokens", "").body
	for _, value := range []string{first, second, third, fourth} {
		require.NotContains(t, listed, value)
	}
	require.Equal(t, 204, s.ask("admin", "DELETE", "/api/v1/projects/MINE/tokens/"+itoa(int64(id)), "").status)
	require.Equal(t, 401, works(fourth))
	require.Equal(t, 404, rotate("admin", `{}`).status, "what is revoked stays so")
}

// Nobody gains by rotating what is more than they hold.
func TestAGreaterTokenIsNotRotated(t *testing.T) {
	s := newSite(t)
	mine := s.project("MINE")
	s.token("maintainer", models.Maintainer, mine.ID)
	s.token("chief", models.Administrator, mine.ID)
	id := s.ask("maintainer", "GET", "/api/v1/projects/MINE/tokens", "").json(t)["tokens"].([]any)[0].(map[string]any)["id"].(float64)
	require.Equal(t, 403, s.ask("maintainer", "POST", "/api/v1/projects/MINE/tokens/"+itoa(int64(id))+"/rotate", `{}`).status)
	require.Equal(t, 200, s.ask("chief", "GET", "/api/v1/projects", "").status)
}

// Row 09: nobody gets a longer life from a token than it has itself.
func TestATokenDoesNotOutliveItsMaker(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	soon, later := time.Now().Add(time.Hour).UTC(), time.Now().Add(48*time.Hour).UTC()
	make := func(name string, expires time.Time) string {
		value, _, err := s.store.CreateToken(t.Context(), models.Principal{Name: "test"}, store.NewToken{Name: name, Role: models.Administrator, ExpiresAt: expires})
		require.NoError(t, err)
		return value
	}
	s.tokens["short"] = make("short", soon)
	make("forever", time.Time{})
	create := func(expires string) int {
		return s.ask("short", "POST", "/api/v1/tokens", `{"name":"child","role":"viewer"`+expires+`}`).status
	}
	require.Equal(t, 403, create(``))
	require.Equal(t, 403, create(`,"expires_at":"`+later.Format(time.RFC3339)+`"`))
	require.Equal(t, 201, create(`,"expires_at":"`+soon.Add(-time.Minute).Format(time.RFC3339)+`"`))
	all, err := s.store.Tokens(t.Context(), 0)
	require.NoError(t, err)
	for _, token := range all {
		want := map[string]int{"short": 201, "forever": 403}[token.Name]
		if want != 0 {
			require.Equal(t, want, s.ask("short", "POST", "/api/v1/tokens/"+itoa(token.ID)+"/rotate", `{"overlap_hours":1}`).status, token.Name)
		}
	}
}

// Row 25: a secret was given for a host; another host gets none, by page or API.
func TestAnotherHostClearsTheSecret(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.person("ana@example.com", models.Administrator)
	s.token("admin", models.Administrator, 0)
	b := s.browser()
	require.Equal(t, 303, b.signIn("ana@example.com").status)
	make := func(name string) {
		a := s.ask("admin", "POST", "/api/v1/projects/MINE/integrations", `{"source":"github","name":"`+name+`","settings":{"secret":"s","token":"t","api_url":"https://one.example.com/"}}`)
		require.Equal(t, 201, a.status, a.body)
	}
	secret := func(name string) string {
		all, err := s.store.PollTargets(t.Context()) // as the poller has them, not from memory
		require.NoError(t, err)
		for _, i := range all {
			if i.Name == name {
				return i.Secrets["token"]
			}
		}
		return "there is none of the name"
	}
	make("page")
	make("api")
	require.Equal(t, "t", secret("page"))
	b.get("/projects/MINE/integrations/github/page")
	form := url.Values{"csrf": {b.csrf}, "setting.api_url": {"https://two.example.com/"}}
	require.Contains(t, b.post("/projects/MINE/integrations/github/page", form).body, "another host")
	require.Equal(t, "t", secret("page"), "a refused form changes nothing")
	form.Set("setting.secret", "s2")
	require.Equal(t, 303, b.post("/projects/MINE/integrations/github/page", form).status)
	require.Empty(t, secret("page"))
	require.Equal(t, 200, s.ask("admin", "PATCH", "/api/v1/projects/MINE/integrations/github/api", `{"settings":{"secret":"s2","api_url":"https://two.example.com/"}}`).status)
	require.Empty(t, secret("api"))
}
