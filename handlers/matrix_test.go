package handlers

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

// TestEveryRouteHasARule: what the engine answers is what the table says.
func TestEveryRouteHasARule(t *testing.T) {
	s := newSite(t)
	table := map[string]Route{}
	for _, r := range s.h.routes {
		table[r.Method+" "+r.Path] = r
	}
	for _, r := range s.h.engine.Routes() {
		route, ok := table[r.Method+" "+r.Path]
		require.True(t, ok, "%s %s is in the engine but not in the table", r.Method, r.Path)
		require.NotEmpty(t, route.Rule.Who)
	}
	require.Len(t, s.h.engine.Routes(), len(table))
}

// What is public, and why: everything else answers nobody with 401.
var publicRoutes = map[string]bool{"GET /livez": true, "GET /readyz": true, "GET /metrics": true, "GET /login": true, "POST /login": true,
	"GET /login/second": true, "POST /login/second": true, "POST /login/second/ask": true, "POST /login/passkey": true, "POST /login/passkey/ask": true,
	"GET /reset/:code": true, "POST /reset": true,
	"GET /setup/:code": true, "POST /setup": true, "POST /hooks/:source/:name": true, "OPTIONS /hooks/:source/:name": true,
	"GET /api/openapi.json": true, "GET /api/docs": true, "GET /static/*path": true, "POST /theme": true, "GET /help": true}

func TestOnlyTheseRoutesArePublic(t *testing.T) {
	s := newSite(t)
	for _, r := range s.h.routes {
		if r.Rule.Who == Public {
			require.True(t, publicRoutes[r.Method+" "+r.Path] || r.Class == Static, "%s %s is public", r.Method, r.Path)
		}
	}
}

func TestARouteWithoutARuleIsRefused(t *testing.T) {
	s := newSite(t)
	h := &Handlers{engine: gin.New(), api: s.h.api}
	nothing := func(*gin.Context) error { return nil }
	for name, r := range map[string]Route{
		"no rule":    {Method: "GET", Path: "/x", Class: Page, Handler: nothing},
		"no class":   {Method: "GET", Path: "/x", Rule: public(), Handler: nothing},
		"no handler": {Method: "GET", Path: "/x", Class: Page, Rule: public()},
		"no subject": {Method: "GET", Path: "/x", Class: Page, Rule: Rule{Who: OfSubject}, Handler: nothing},
	} {
		require.Error(t, h.register([]Route{r}), name)
	}
	one := Route{Method: "GET", Path: "/x", Class: Page, Rule: public(), Handler: nothing}
	require.ErrorContains(t, h.register([]Route{one, one}), "twice")
}

// callers of the matrix. Each holds at most what its name says.
func (s *site) matrixCallers(mine, other models.Project) {
	ctx := context.Background()
	s.token("stranger", models.Viewer, other.ID)
	s.token("viewer", models.Viewer, mine.ID)
	s.token("contributor", models.Contributor, mine.ID)
	s.token("maintainer", models.Maintainer, mine.ID)
	s.token("administrator", models.Administrator, 0)
	s.token("reader", models.Administrator, 0, models.ScopeRead)
	value, revoked, err := s.store.CreateToken(ctx, system, store.NewToken{Name: "revoked", Role: models.Administrator})
	require.NoError(s.t, err)
	require.NoError(s.t, s.store.RevokeToken(ctx, system, 0, revoked.ID))
	s.tokens["revoked"] = value
	s.tokens["unknown"] = "tl_nobody"
}

var holds = map[string]models.Role{"viewer": models.Viewer, "contributor": models.Contributor, "maintainer": models.Maintainer, "administrator": models.Administrator}

// refusal is the status that the table's rule means for a caller; 0: let in.
func refusalOf(r Route, caller string) int {
	if r.Rule.Who == Public {
		return 0
	}
	switch caller {
	case "", "revoked", "unknown":
		return http.StatusUnauthorized
	}
	if r.Rule.Who == Person {
		return http.StatusForbidden // all the others are tokens
	}
	switch caller {
	case "reader":
		if r.Scope != models.ScopeRead && r.Scope != "" {
			return http.StatusForbidden
		}
		return 0
	case "stranger":
		return strangerRefusal(r)
	}
	need, have := r.Rule.Role, holds[caller]
	if r.Rule.Who == OfHub && caller != "administrator" {
		have = models.Nobody
	}
	if need != models.Nobody && !have.AtLeast(need) {
		return http.StatusForbidden
	}
	return 0
}

func strangerRefusal(r Route) int {
	switch r.Rule.Who {
	case OfProject, OfSubject:
		return http.StatusNotFound
	case OfHub:
		return http.StatusForbidden
	case Somewhere:
		if !models.Viewer.AtLeast(r.Rule.Role) {
			return http.StatusForbidden
		}
	}
	return 0
}

var parameters = regexp.MustCompile(`[:*]([a-z]+)`)

// fill names, in a route's path, things of the project "mine". A number is one
// that nothing has, so that whoever is let in changes nothing.
func fill(r Route) string {
	subject := map[string]string{"/runs/": "r1", "/pulls/": "acme%2Fchurn%237", "/deployments/": "dep1", "/models/": "churn", "/commits/": "github.com%2Facme%2Fchurn%40" + mergeSHA}
	return parameters.ReplaceAllStringFunc(r.Path, func(p string) string {
		switch name := p[1:]; name {
		case "key":
			if strings.Contains(r.Path, "/projects/") {
				return "MINE"
			}
			for prefix, key := range subject {
				if strings.HasPrefix(r.Path, prefix) {
					return key
				}
			}
			return "churn"
		case "kind", "model":
			return map[string]string{"kind": "model", "model": "churn"}[name]
		case "source":
			return "github"
		case "namespace":
			return "s3"
		case "name":
			if strings.Contains(r.Path, "/datasets/") {
				return "clicks"
			}
			if strings.Contains(r.Path, "/integrations/") {
				return "none"
			}
			return "churn"
		case "version":
			return "3"
		case "environment":
			return "production"
		}
		return "999999"
	})
}

// TestRouteMatrix drives every route as every caller. Whoever may not is refused
// as the table says; nobody who may is told otherwise.
func TestRouteMatrix(t *testing.T) {
	s := newSite(t)
	mine, other := s.project("MINE"), s.project("OTHER")
	s.matrixCallers(mine, other)
	s.seed()
	for _, r := range s.h.routes {
		if r.Class == Live {
			continue // live_test.go: an upgrade is no plain answer
		}
		for _, caller := range []string{"", "unknown", "revoked", "stranger", "viewer", "contributor", "maintainer", "administrator", "reader"} {
			s.drive(r, caller)
		}
	}
}

func (s *site) drive(r Route, caller string) {
	body := ""
	if r.Method != http.MethodGet {
		body = "{}"
	}
	path := fill(r)
	a := s.ask(caller, r.Method, path, body)
	want := refusalOf(r, caller)
	told := caller + " " + r.Method + " " + path + " → " + a.body[:min(len(a.body), 600)]
	switch {
	case r.Rule.Who == Public:
		require.NotEqual(s.t, http.StatusInternalServerError, a.status, told)
	case want == 0:
		require.NotContains(s.t, []int{http.StatusUnauthorized, http.StatusInternalServerError}, a.status, told)
		if caller == "administrator" && r.Class != Hook {
			require.NotEqual(s.t, http.StatusForbidden, a.status, told)
		}
	case want == http.StatusUnauthorized && r.Class == Page && r.Method == http.MethodGet:
		require.Equal(s.t, http.StatusSeeOther, a.status, told)
		require.Contains(s.t, a.header.Get("Location"), "/login?next=", told)
	default:
		require.Equal(s.t, want, a.status, told)
	}
}

// seed brings the things of the line into project MINE.
func (s *site) seed() {
	s.token("seed", models.Administrator, 0)
	for _, body := range []string{`{"source":"github","name":"mine","settings":{"secret":"s"}}`, `{"source":"cloudevents","name":"mine"}`} {
		require.Equal(s.t, 201, s.ask("seed", "POST", "/api/v1/projects/MINE/integrations", body).status)
	}
	require.Equal(s.t, 202, s.signed("/hooks/github/mine", "s", "pull_request", "d1", pullBody).status)
	for kind, data := range map[string]string{"run.finished": runData, "model_version.registered": `{"model":"churn","version":"3","run_id":"r1"}`,
		"deployment": `{"id":"dep1","environment":"production","model":"churn","version":"3","state":"live","at":"2026-11-21T10:00:00Z"}`} {
		a := s.ask("seed", "POST", "/hooks/cloudevents/mine", cloudEvent(kind, kind, data), "Content-Type", "application/cloudevents+json")
		require.Equal(s.t, 202, a.status, a.body)
	}
}

// A disabled account and one that was removed are out at once.
func TestDisabledAndRemovedAreOut(t *testing.T) {
	s := newSite(t)
	ctx := context.Background()
	p := s.project("MINE")
	s.person("admin@example.com", models.Administrator)
	ana := s.person("ana@example.com", models.Nobody)
	require.NoError(t, s.store.SetMember(ctx, system, p.ID, ana.ID, models.Viewer))
	b := s.browser()
	require.Equal(t, 303, b.signIn("ana@example.com").status)
	require.Equal(t, 200, b.get("/api/v1/projects/MINE").status)
	require.NoError(t, s.store.RemoveMember(ctx, system, p.ID, ana.ID))
	gone, absent := b.get("/api/v1/projects/MINE"), b.get("/api/v1/projects/NONE")
	require.Equal(t, 404, gone.status)
	require.Equal(t, strip(absent.body, "NONE"), strip(gone.body, "MINE"), "invisible answers like absent")
	require.NoError(t, s.store.SetDisabled(ctx, system, ana.ID, true))
	require.Equal(t, 401, b.get("/api/v1/projects").status)
	require.Equal(t, 401, s.browser().signIn("ana@example.com").status)
}

var requestID = regexp.MustCompile(`urn:request:[0-9a-f]+`)

func strip(body, key string) string {
	return strings.ReplaceAll(requestID.ReplaceAllString(body, ""), key, "KEY")
}

// An authenticated refused write leaves one row of activity; a stranger's leaves none.
func TestRefusalsAreRecorded(t *testing.T) {
	s := newSite(t)
	p := s.project("MINE")
	s.token("viewer", models.Viewer, p.ID)
	before, err := s.store.Seq(context.Background())
	require.NoError(t, err)
	require.Equal(t, 403, s.ask("viewer", "PATCH", "/api/v1/projects/MINE", `{"name":"x"}`).status)
	require.Equal(t, 401, s.ask("", "PATCH", "/api/v1/projects/MINE", `{"name":"x"}`).status)
	after, err := s.store.Seq(context.Background())
	require.NoError(t, err)
	require.Equal(t, before+1, after)
}

func TestATokenExpires(t *testing.T) {
	s := newSite(t)
	value, _, err := s.store.CreateToken(context.Background(), system, store.NewToken{Name: "short", Role: models.Viewer, ExpiresAt: time.Now().Add(300 * time.Millisecond)})
	require.NoError(t, err)
	s.tokens["short"] = value
	require.Equal(t, 200, s.ask("short", "GET", "/api/v1/projects", "").status)
	require.Eventually(t, func() bool { return s.ask("short", "GET", "/api/v1/projects", "").status == 401 }, 5*time.Second, 100*time.Millisecond)
}
