package handlers

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

// callers are the columns of the matrix. Each holds what its name says and no
// more; those without "elsewhere" hold it in the project MINE, the stranger, who
// views, and the two elsewhere in OTHER.
var callers = []string{"nobody", "unknown", "revoked", "expired", "disabled", "stranger", "contributor-elsewhere", "maintainer-elsewhere",
	"viewer", "viewer-person", "contributor", "maintainer", "project-administrator", "administrator", "reader", "events-only"}

// matrixCallers makes them all.
func (s *site) matrixCallers(mine, other models.Project) {
	s.token("stranger", models.Viewer, other.ID)
	s.token("contributor-elsewhere", models.Contributor, other.ID)
	s.token("maintainer-elsewhere", models.Maintainer, other.ID)
	s.token("viewer", models.Viewer, mine.ID)
	s.token("contributor", models.Contributor, mine.ID)
	s.token("maintainer", models.Maintainer, mine.ID)
	s.token("project-administrator", models.Administrator, mine.ID)
	s.token("administrator", models.Administrator, 0)
	s.token("reader", models.Administrator, 0, models.ScopeRead)
	s.token("events-only", models.Contributor, mine.ID, models.ScopeEvents)
	s.people["viewer-person"] = s.person("viewer@example.com", models.Nobody)
	require.NoError(s.t, s.store.SetMember(context.Background(), system, mine.ID, s.people["viewer-person"].ID, models.Viewer))
	_, err := s.store.CreateTeam(context.Background(), system, "menders", "Menders")
	require.NoError(s.t, err)
	s.shutOut()
}

// shutOut makes those whom nothing opens, though all were administrators once.
func (s *site) shutOut() {
	ctx := context.Background()
	s.tokens["unknown"] = "tl_nobody"
	value, revoked, err := s.store.CreateToken(ctx, system, store.NewToken{Name: "revoked", Role: models.Administrator})
	require.NoError(s.t, err)
	require.NoError(s.t, s.store.RevokeToken(ctx, system, 0, revoked.ID))
	s.tokens["revoked"] = value
	s.tokens["expired"], _, err = s.store.CreateToken(ctx, system, store.NewToken{Name: "expired", Role: models.Administrator, ExpiresAt: time.Now().Add(20 * time.Millisecond)})
	require.NoError(s.t, err)
	require.Eventually(s.t, func() bool {
		_, err := s.store.PrincipalByToken(ctx, s.tokens["expired"])
		return err != nil
	}, 5*time.Second, 5*time.Millisecond)
	s.person("another@example.com", models.Administrator)
	disabled := s.person("disabled@example.com", models.Administrator)
	s.cookies["disabled"], err = s.store.NewSession(ctx, disabled, "test")
	require.NoError(s.t, err)
	require.NoError(s.t, s.store.SetDisabled(ctx, system, disabled.ID, true))
}

// seat gives a request the credentials of a caller. A person comes with a session
// of this moment, because some routes end it.
func (s *site) seat(r *http.Request, caller string) {
	s.t.Helper()
	if token := s.tokens[caller]; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
		return
	}
	cookie := s.cookies[caller]
	if person, ok := s.people[caller]; ok {
		var err error
		cookie, err = s.store.NewSession(context.Background(), person, "test")
		require.NoError(s.t, err)
		session, err := s.store.PrincipalBySession(context.Background(), cookie)
		require.NoError(s.t, err)
		r.Header.Set("X-CSRF-Token", session.CSRF)
	}
	if cookie != "" {
		r.AddCookie(&http.Cookie{Name: s.h.cookieName(), Value: cookie})
		r.Header.Set("Origin", s.server.URL)
	}
}

// knock sends a route's request as a caller.
func (s *site) knock(r Route, caller, path, body string) answer {
	s.t.Helper()
	return s.send(s.request(r, caller, path, body))
}

// request is a form, JSON, an event or the upgrade to a websocket, whatever the
// route is there for.
func (s *site) request(r Route, caller, path, body string) *http.Request {
	s.t.Helper()
	if r.Method == http.MethodGet {
		body = ""
	}
	request, err := http.NewRequest(r.Method, s.server.URL+path, strings.NewReader(body))
	require.NoError(s.t, err)
	request.Header.Set("Content-Type", map[Class]string{Page: "application/x-www-form-urlencoded", Hook: ceType}[r.Class])
	if r.Class == API {
		request.Header.Set("Content-Type", "application/json")
	}
	if r.Class == Probe { // not from this machine: the metrics look closer
		request.Header.Set("X-Forwarded-For", "192.0.2.1")
	}
	if r.Class == Live {
		for name, value := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg=="} {
			request.Header.Set(name, value)
		}
	}
	s.seat(request, caller)
	return request
}

func (s *site) send(request *http.Request) answer {
	s.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err == nil && response.StatusCode == http.StatusSwitchingProtocols {
		require.NoError(s.t, response.Body.Close())
		return answer{status: response.StatusCode, header: response.Header}
	}
	return s.read(response, err)
}

// as is the same site, reporting to another test.
func (s *site) as(t *testing.T) *site {
	again := *s
	again.t = t
	return &again
}
