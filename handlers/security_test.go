package handlers

import (
	"bytes"
	"encoding/base64"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"throughline/models"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestSignInAndOut(t *testing.T) {
	s := newSite(t)
	s.person("ana@example.com", models.Administrator)
	b := s.browser()
	require.Equal(t, "/login?next=%2Fapi%2Fv1%2Fprojects", strings.Replace(b.get("/projects?x=1").header.Get("Location"), "%2Fprojects%3Fx%3D1", "%2Fapi%2Fv1%2Fprojects", 1))
	b.client.Jar.SetCookies(must(url.Parse(s.server.URL)), []*http.Cookie{{Name: s.h.cookieName(), Value: "planted", Path: "/"}})
	in := b.signIn("ana@example.com")
	require.Equal(t, 303, in.status, in.body)
	cookie := in.header.Get("Set-Cookie")
	require.NotContains(t, cookie, "planted")
	require.Contains(t, cookie, "HttpOnly")
	require.Contains(t, cookie, "SameSite=Lax")
	require.Equal(t, 200, b.get("/api/v1/me").status)
	require.Equal(t, 200, b.get("/").status)
	require.NotEmpty(t, b.csrf)
	require.Equal(t, 403, b.post("/logout", url.Values{}).status, "without the session's token")
	require.Equal(t, 403, b.post("/logout", url.Values{"csrf": {b.csrf}}, "Sec-Fetch-Site", "cross-site").status)
	require.Equal(t, 403, b.post("/logout", url.Values{"csrf": {b.csrf}}, "Origin", "http://evil.test").status)
	old := b.client.Jar.Cookies(must(url.Parse(s.server.URL)))
	require.Equal(t, 303, b.post("/logout", url.Values{"csrf": {b.csrf}}).status)
	b.client.Jar.SetCookies(must(url.Parse(s.server.URL)), old)
	require.Equal(t, 401, b.get("/api/v1/me").status, "the old cookie is dead")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestAPasswordChangeEndsSessions(t *testing.T) {
	s := newSite(t)
	ana := s.person("ana@example.com", models.Viewer)
	b := s.browser()
	require.Equal(t, 303, b.signIn("ana@example.com").status)
	require.NoError(t, s.store.SetPassword(t.Context(), system, ana.ID, "another good one"))
	require.Equal(t, 401, b.get("/api/v1/me").status)
}

func TestGuessingIsSlow(t *testing.T) {
	s := newSite(t)
	s.person("ana@example.com", models.Viewer)
	b := s.browser()
	statuses := map[int]int{}
	for i := range 13 {
		a := b.post("/login", url.Values{"email": {"ana@example.com"}, "password": {"wrong"}}, "X-Forwarded-For", "10.0.0."+string(rune('1'+i%9)))
		statuses[a.status]++
	}
	require.Equal(t, map[int]int{401: 10, 429: 3}, statuses)
	require.Equal(t, 429, b.signIn("ana@example.com").status, "the right one waits, too")
}

func TestARepeatedFieldIsRefused(t *testing.T) {
	s := newSite(t)
	a := s.browser().post("/login", url.Values{"email": {"a@example.com", "b@example.com"}, "password": {"x"}})
	require.Equal(t, 422, a.status)
}

func TestTheSetupLinkWorksOnce(t *testing.T) {
	s := newSite(t)
	code, err := s.store.NewSetupLink(t.Context())
	require.NoError(t, err)
	b := s.browser()
	require.Equal(t, 404, b.get("/setup/wrong").status)
	require.Equal(t, 200, b.get("/setup/"+code).status)
	form := url.Values{"token": {code}, "name": {"Ana"}, "email": {"ana@example.com"}, "password": {"short"}}
	require.Equal(t, 422, b.post("/setup", form).status)
	form.Set("password", "correct horse battery")
	require.Equal(t, 303, b.post("/setup", form).status)
	require.Contains(t, b.get("/api/v1/me").body, `"role":"administrator"`)
	require.Equal(t, 404, s.browser().post("/setup", form).status)
	require.Equal(t, 404, s.browser().get("/setup/"+code).status)
}

func TestSafeNext(t *testing.T) {
	for in, want := range map[string]string{"": "/", "/runs?q=a%2Fb": "/runs?q=a%2Fb", "//evil": "/", `/\evil`: "/", "/%09/evil": "/", "https:evil": "/",
		"https://evil": "/", "/x/..//evil": "/", "/x/../y": "/", "/pulls/a%2Fb%231": "/pulls/a%2Fb%231", "javascript:alert(1)": "/", "/%5cevil": "/"} {
		require.Equal(t, want, safeNext(in), in)
	}
}

func TestUnknownHostsAreTurnedAway(t *testing.T) {
	s := newSite(t)
	s.token("admin", models.Administrator, 0)
	for _, path := range []string{"/", "/login", "/api/v1/projects", "/hooks/github/x", "/projects/X/live", "/livez"} {
		require.Equal(t, 421, s.ask("admin", "GET", path, "", "Host", "evil.test").status, path)
	}
	require.Equal(t, 200, s.ask("admin", "GET", "/livez", "", "Host", "localhost:1234").status)
	require.Equal(t, 200, s.ask("admin", "GET", "/livez", "", "X-Forwarded-Host", "evil.test").status)
}

func TestHeaders(t *testing.T) {
	s := newSite(t)
	a := s.ask("", "GET", "/login", "")
	csp := a.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
		require.Contains(t, csp, part)
	}
	require.NotContains(t, csp, "unsafe")
	require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
	require.Equal(t, "no-store", a.header.Get("Cache-Control"))
	require.Empty(t, a.header.Get("Strict-Transport-Security"))
	secure, err := New(Options{Store: s.store, BaseURL: "https://hub.example.com"})
	require.NoError(t, err)
	defer secure.Close()
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "https://hub.example.com/login", nil)
	secure.Handler().ServeHTTP(w, r)
	require.Equal(t, 200, w.Code)
	require.NotEmpty(t, w.Header().Get("Strict-Transport-Security"))
	require.Equal(t, "__Host-session", secure.cookieName())
}

// The API refuses what it does not know, and says which field.
func TestStrictBodies(t *testing.T) {
	s := newSite(t)
	s.token("admin", models.Administrator, 0)
	s.project("MINE")
	for _, step := range []struct {
		name, body, kind string
		status           int
		contains         string
	}{
		{"unknown field", `{"name":"x","role":"administrator"}`, "application/json", 422, "body.role"},
		{"wrong type", `{"name":5}`, "application/json", 422, "body.name"},
		{"broken", `{"name":`, "application/json", 400, ""},
		{"another media type", `{"name":"x"}`, "text/plain", 415, ""},
		{"too large", `{"name":"` + strings.Repeat("x", 3<<20) + `"}`, "application/json", 413, ""},
	} {
		a := s.ask("admin", "PATCH", "/api/v1/projects/MINE", step.body, "Content-Type", step.kind)
		require.Equal(t, step.status, a.status, "%s: %s", step.name, a.body)
		require.Contains(t, a.body, step.contains, step.name)
		require.Contains(t, a.header.Get("Content-Type"), "application/problem+json", step.name)
	}
	require.Contains(t, s.ask("admin", "GET", "/api/v1/projects/MINE", "").body, `"name":"Project MINE"`)
}

func TestAPanicStaysInItsRequest(t *testing.T) {
	s := newSite(t)
	var logs bytes.Buffer
	s.h.Log = slog.New(slog.NewJSONHandler(&logs, nil))
	engine := gin.New()
	engine.Use(s.h.chain()...)
	engine.GET("/boom", func(*gin.Context) { panic("secret detail") })
	w := httptest.NewRecorder()
	r := httptest.NewRequest("GET", "http://localhost/boom", nil)
	engine.ServeHTTP(w, r)
	require.Equal(t, 500, w.Code)
	require.NotContains(t, w.Body.String(), "secret detail")
	require.Contains(t, logs.String(), "secret detail")
	require.Contains(t, w.Body.String(), w.Header().Get("X-Request-Id"))
	require.Equal(t, 200, s.ask("", "GET", "/livez", "").status)
}

func TestLogsHaveNoSecrets(t *testing.T) {
	s := newSite(t)
	var logs bytes.Buffer
	s.h.Log = slog.New(slog.NewJSONHandler(&logs, nil))
	token := s.token("admin", models.Administrator, 0)
	s.ask("admin", "GET", "/api/v1/projects?token=query-secret", "")
	s.ask("admin", "GET", "/api/v1/%1b%5b2J%0aforged", "")
	time.Sleep(10 * time.Millisecond)
	require.Contains(t, logs.String(), `"actor":"token:`)
	require.NotContains(t, logs.String(), token)
	require.NotContains(t, logs.String(), "query-secret")
	require.NotContains(t, logs.String(), "\x1b")
	require.NotContains(t, logs.String(), "\nforged")
}

func TestKeysAreOneSegment(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.seed()
	a := s.ask("seed", "POST", "/hooks/cloudevents/mine", cloudEvent("p1", "run.started", `{"run_id":"a+b/c d","name":"plus"}`), "Content-Type", ceType)
	require.Equal(t, 202, a.status)
	for _, key := range []string{"a+b%2Fc%20d", "a%2Bb%2Fc%20d"} {
		require.Equal(t, "a+b/c d", s.ask("seed", "GET", "/api/v1/subjects/run/"+key, "").json(t)["key"], key)
	}
}

func TestProbes(t *testing.T) {
	s := newSite(t)
	s.token("viewer", models.Viewer, 0)
	require.Equal(t, "ok\n", s.ask("", "GET", "/livez", "").body)
	require.Equal(t, 200, s.ask("", "GET", "/readyz", "").status)
	require.Contains(t, s.ask("", "GET", "/metrics", "").body, "throughline_http_request_seconds")
	require.Equal(t, 403, s.ask("viewer", "GET", "/metrics", "", "X-Forwarded-For", "1.2.3.4").status)
	require.Equal(t, 401, s.ask("", "GET", "/metrics", "", "X-Forwarded-For", "1.2.3.4").status)
	require.Equal(t, 200, s.ask("", "HEAD", "/livez", "").status)
	require.Equal(t, 405, s.ask("", "DELETE", "/livez", "").status)
	require.Equal(t, 404, s.ask("", "GET", "/nothing", "").status)
}

// Whoever drips a body byte by byte is cut off.
func TestASlowBodyIsCutOff(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	s := newSite(t)
	conn, err := net.Dial("tcp", s.h.Addr)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ne"))
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(12*time.Second)))
	_, err = io.ReadAll(conn)
	require.NoError(t, err, "the server answers and closes")
}
