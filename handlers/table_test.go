package handlers

import (
	"testing"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
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
var publicRoutes = map[string]string{
	"GET /livez":  "a probe",
	"GET /health": "a probe of MLflow clients", "GET /version": "a probe of MLflow clients", "GET /api/3.0/mlflow/server-info": "the same for everybody", "GET /readyz": "a probe", "GET /metrics": "asks for an administrator by itself",
	"GET /login": "signing in", "POST /login": "signing in", "GET /login/second": "signing in", "POST /login/second": "signing in",
	"POST /login/second/ask": "signing in", "POST /login/passkey": "signing in", "POST /login/passkey/ask": "signing in",
	"GET /login/oidc": "signing in", "GET /login/oidc/callback": "the state, once, in its browser, is the key",
	"GET /login/github": "signing in", "GET /login/github/callback": "the state, once, in its browser, is the key",
	"GET /reset/:code": "the code is the key", "POST /reset": "the code is the key", "GET /setup/:code": "the code is the key", "POST /setup": "the code is the key",
	"GET /invite/:code": "the code is the key", "POST /invite/:code": "the code is the key",
	"POST /hooks/:source/:name": "asks for a token or a signature by itself", "OPTIONS /hooks/:source/:name": "says the same of every address",
	"POST /hooks/:source/:name/*path": "asks for a token or a signature by itself",
	"GET /api/openapi.json":           "the same for everybody", "GET /api/docs": "the same for everybody", "GET /static/*path": "the same for everybody",
}

func TestOnlyTheseRoutesArePublic(t *testing.T) {
	s := newSite(t)
	open := map[string]bool{}
	for _, r := range s.h.routes {
		if name := r.Method + " " + r.Path; r.Rule.Who == Public {
			open[name] = true
			require.Contains(t, publicRoutes, name, "%s is public", name)
		}
	}
	for name := range publicRoutes {
		require.True(t, open[name], "%s is public no more", name)
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
