package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/second"
	"throughline/models/store"
)

const passphrase = "correct horse battery"

// app sets an authenticator app up in a browser, and returns its secret and the
// recovery codes.
func (b *browser) app() (secret string, codes []string) {
	b.t.Helper()
	page := b.get("/account/second")
	require.Equal(b.t, 200, page.status, page.body)
	require.Contains(b.t, page.body, `src="data:image/png;base64,`)
	secret = strings.ReplaceAll(regexp.MustCompile(`secret-text">([^<]+)<`).FindStringSubmatch(page.body)[1], " ", "")
	pending := regexp.MustCompile(`name="pending" value="([^"]+)"`).FindStringSubmatch(page.body)[1]
	wrong := b.post("/account/second", url.Values{"csrf": {b.csrf}, "pending": {pending}, "code": {"000000"}})
	require.Equal(b.t, 422, wrong.status)
	require.Contains(b.t, wrong.body, pending, "the same picture again")
	done := b.post("/account/second", url.Values{"csrf": {b.csrf}, "pending": {pending}, "code": {code(secret, 0)}})
	require.Equal(b.t, 201, done.status, done.body)
	for _, m := range regexp.MustCompile(`<code>([a-z0-9-]{27})</code>`).FindAllStringSubmatch(done.body, -1) {
		codes = append(codes, m[1])
	}
	require.Len(b.t, codes, second.RecoveryCodes)
	return secret, codes
}

// code is what the app shows, so many steps from now: each works once.
func code(secret string, steps int) string {
	return must(second.Code(secret, time.Now().Add(time.Duration(steps)*30*time.Second)))
}

func (b *browser) submit(path string, pairs ...string) answer {
	b.t.Helper()
	form := url.Values{"csrf": {b.csrf}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.post(path, form)
}

// cookies are the names and values that the browser holds.
func (b *browser) cookies() map[string]string {
	held := map[string]string{}
	for _, c := range b.client.Jar.Cookies(must(url.Parse(b.server.URL))) {
		held[c.Name] = c.Value
	}
	return held
}

func TestSigningInTakesTheSecondStep(t *testing.T) {
	s := newSite(t)
	s.person("boss@example.com", models.Administrator)
	s.person("ana@example.com", models.Viewer)
	first := s.browser()
	first.signIn("ana@example.com")
	before := first.cookies()[s.h.cookieName()]
	secret, codes := first.app()
	require.NotEqual(t, before, first.cookies()[s.h.cookieName()], "Row 42: setting it up changes the session's secret")

	b := s.browser()
	in := b.signIn("ana@example.com")
	require.Equal(t, "/login/second", in.header.Get("Location"))
	require.NotContains(t, b.cookies(), s.h.cookieName(), "no session yet")
	for _, path := range []string{"/api/v1/me", "/api/v1/projects", "/api/v1/people"} {
		require.Equal(t, 401, b.get(path).status, "half signed in opens nothing: "+path)
	}
	require.Equal(t, "/login?next=%2Faccount", b.get("/account").header.Get("Location"))
	require.Contains(t, b.get("/login/second").body, "authenticator app")
	require.Equal(t, 401, b.submit("/login/second", "code", "123456").status)
	half := b.cookies()[s.h.secondCookie()]
	ok := b.submit("/login/second", "code", code(secret, 1))
	require.Equal(t, 303, ok.status, ok.body)
	require.Equal(t, "/", ok.header.Get("Location"))
	require.Equal(t, 200, b.get("/api/v1/me").status)
	require.NotEqual(t, half, b.cookies()[s.h.cookieName()], "Row 42: a new id at each step")
	require.NotContains(t, b.cookies(), s.h.secondCookie())

	again := s.browser()
	again.signIn("ana@example.com")
	require.Equal(t, 401, again.submit("/login/second", "code", code(secret, 1)).status, "a code works once")
	require.Equal(t, 303, again.submit("/login/second", "code", codes[0]).status)
}

func TestFiveWrongCodesStartAgain(t *testing.T) {
	s := newSite(t)
	s.person("ana@example.com", models.Viewer)
	first := s.browser()
	first.signIn("ana@example.com")
	_, codes := first.app()
	b := s.browser()
	b.signIn("ana@example.com")
	for i := range 4 {
		a := b.submit("/login/second", "code", "00000"+string(rune('0'+i)))
		require.Equal(t, 401, a.status)
		require.Contains(t, a.body, "Second step")
	}
	require.Contains(t, b.submit("/login/second", "code", "000009").body, "Sign in", "the fifth")
	require.Equal(t, 401, b.submit("/login/second", "code", codes[0]).status, "even the right one")
	for range 10 {
		b.signIn("ana@example.com")
		b.submit("/login/second", "code", "111111")
	}
	b.signIn("ana@example.com")
	require.Equal(t, 429, b.submit("/login/second", "code", codes[0]).status, "new steps do not give new tries for ever")
}

// Row 37: the hub comes to ask for a second factor while a board is open.
func TestWhoLacksTheSecondFactorMaySetItUpOnly(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.token("admin", models.Administrator, 0)
	s.person("ana@example.com", models.Contributor)
	b := s.browser()
	b.signIn("ana@example.com")
	header := http.Header{"Cookie": {s.h.cookieName() + "=" + b.cookies()[s.h.cookieName()]}, "Origin": {s.server.URL}}
	conn, _, err := s.watch("/projects/MINE/live", header)
	require.NoError(t, err)
	_, err = next(t, conn)
	require.NoError(t, err)
	put := s.ask("admin", "PUT", "/api/v1/hub/second-factor", `{"everybody":false,"roles":["contributor"]}`)
	require.Equal(t, 200, put.status, put.body)
	started := time.Now()
	_, err = next(t, conn)
	require.Equal(t, websocket.StatusCode(4403), websocket.CloseStatus(err))
	require.Less(t, time.Since(started), 5*time.Second)
	_, status, _ := s.watch("/projects/MINE/live", header)
	require.Equal(t, 403, status)

	for _, path := range []string{"/", "/projects/MINE/board", "/people", "/search?q=x"} {
		require.Equal(t, "/account/second", b.get(path).header.Get("Location"), path)
	}
	refused := b.get("/api/v1/projects")
	require.Equal(t, 403, refused.status)
	require.Contains(t, refused.body, "This hub asks for a second factor.")
	require.NotContains(t, b.get("/api/docs").body, "MINE", "public pages show such a person nothing either")
	require.Equal(t, 200, b.get("/account").status)
	b.app()
	require.Equal(t, 200, b.get("/projects/MINE/board").status)
	require.Equal(t, 303, b.submit("/account/second/off").status)
	require.Equal(t, "/account/second", b.get("/").header.Get("Location"), "turned off, it is missing again")
}

// Row 37 and 08: signed out elsewhere, an open board closes.
func TestSignedOutElsewhereClosesTheBoard(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	ana := s.person("ana@example.com", models.Viewer)
	s.token("admin", models.Administrator, 0)
	for name, end := range map[string]func(b *browser){
		"one":        func(b *browser) { b.submit("/account/sessions/" + s.other(b) + "/end") },
		"everywhere": func(b *browser) { b.submit("/account/sessions/end") },
		"by API": func(b *browser) {
			r, _ := http.NewRequest("DELETE", s.server.URL+"/api/v1/me/sessions", nil)
			r.Header.Set("X-CSRF-Token", b.csrf)
			require.Equal(t, 204, s.read(b.client.Do(r)).status)
		},
		"by an administrator": func(*browser) {
			require.Equal(t, 204, s.ask("admin", "DELETE", "/api/v1/people/"+itoa(ana.ID)+"/sessions", "").status)
		},
	} {
		away, here := s.browser(), s.browser()
		away.signIn("ana@example.com")
		here.signIn("ana@example.com")
		here.get("/account")
		conn, _, err := s.watch("/projects/MINE/live", http.Header{"Cookie": {s.h.cookieName() + "=" + away.cookies()[s.h.cookieName()]}, "Origin": {s.server.URL}})
		require.NoError(t, err)
		_, err = next(t, conn)
		require.NoError(t, err)
		end(here)
		started := time.Now()
		_, err = next(t, conn)
		require.Equal(t, websocket.StatusCode(4403), websocket.CloseStatus(err), name)
		require.Less(t, time.Since(started), 5*time.Second, name)
		require.Equal(t, 401, away.get("/api/v1/me").status, name)
		require.NoError(t, s.store.EndSessions(t.Context(), models.Principal{PersonID: ana.ID}, ana.ID))
	}
}

// other is a session of the browser's person that is not its own.
func (s *site) other(b *browser) string {
	s.t.Helper()
	for _, one := range b.get("/api/v1/me/sessions").json(s.t)["sessions"].([]any) {
		if row := one.(map[string]any); row["current"] == false {
			return row["id"].(string)
		}
	}
	s.t.Fatal("there is no other session")
	return ""
}

func TestSessionsShowNothingThatOpensThem(t *testing.T) {
	s := newSite(t)
	s.person("ana@example.com", models.Viewer)
	b := s.browser()
	b.signIn("ana@example.com")
	cookie := b.cookies()[s.h.cookieName()]
	for _, path := range []string{"/account", "/api/v1/me/sessions"} {
		text := b.get(path).body
		require.NotContains(t, text, cookie)
		require.NotContains(t, text, hashed(cookie))
	}
	row := b.get("/api/v1/me/sessions").json(t)["sessions"].([]any)[0].(map[string]any)
	require.Equal(t, "password", row["via"])
	require.Equal(t, true, row["current"])
	s.token("bot", models.Administrator, 0)
	require.Equal(t, 403, s.ask("bot", "GET", "/api/v1/me/sessions", "").status, "a token has no account")
}

func TestWhatLocksOutAsksForARecentProof(t *testing.T) {
	clock, pass := movable()
	s := newSiteWith(t, func(o *Options, st *store.Options) { o.Now, st.Now = clock, clock })
	s.person("boss@example.com", models.Administrator)
	dana := s.person("dana@example.com", models.Viewer)
	b := s.browser()
	b.signIn("boss@example.com")
	b.get("/people")
	require.Equal(t, 200, b.get("/account/second").status, "signing in is proof for ten minutes")
	pass(proofLife + time.Second)
	for _, path := range []string{"/account/second", "/account/passkeys"} {
		require.Equal(t, "/account/prove?next="+url.QueryEscape(path), b.get(path).header.Get("Location"))
	}
	b.get("/people")
	for _, path := range []string{"/people/" + itoa(dana.ID) + "/close", "/people/" + itoa(dana.ID) + "/reset", "/people/second-factor",
		"/account/second", "/account/second/codes", "/account/second/off", "/account/passkeys", "/account/passkeys/1/remove"} {
		a := b.post(path, url.Values{"csrf": {b.csrf}}, "Referer", s.server.URL+"/people")
		require.Equal(t, "/account/prove?next=%2Fpeople", a.header.Get("Location"), path)
	}
	account, err := s.store.PersonByEmail(t.Context(), "dana@example.com")
	require.NoError(t, err)
	require.False(t, account.Disabled)

	cookie := b.cookies()[s.h.cookieName()]
	require.Equal(t, 401, b.submit("/account/prove", "password", "wrong", "next", "/people").status)
	ok := b.submit("/account/prove", "password", passphrase, "next", "/people")
	require.Equal(t, "/people", ok.header.Get("Location"), ok.body)
	require.NotEqual(t, cookie, b.cookies()[s.h.cookieName()], "Row 42")
	require.Equal(t, 303, b.submit("/people/"+itoa(dana.ID)+"/close").status)
	require.Equal(t, "/", b.submit("/account/prove", "password", passphrase, "next", "//evil.test").header.Get("Location"))
}

func TestAResetLinkSetsOneNewPassword(t *testing.T) {
	s := newSite(t)
	s.person("boss@example.com", models.Administrator)
	ana := s.person("ana@example.com", models.Viewer)
	anas := s.browser()
	anas.signIn("ana@example.com")
	secret, _ := anas.app()
	boss := s.browser()
	boss.signIn("boss@example.com")
	boss.get("/people")
	made := boss.submit("/people/" + itoa(ana.ID) + "/reset")
	require.Equal(t, 201, made.status)
	path := regexp.MustCompile(`/reset/[\w-]+`).FindString(made.body)
	require.NotContains(t, boss.get("/people").body, path, "shown once")

	b := s.browser()
	require.Contains(t, b.get(path).body, "ana@example.com")
	link := strings.TrimPrefix(path, "/reset/")
	for password, problem := range map[string]string{"short one": "12 to 256", "throughline1": "less than 12"} {
		a := b.submit("/reset", "code", link, "password", password)
		require.Equal(t, 422, a.status)
		require.Contains(t, a.body, problem)
	}
	done := b.submit("/reset", "code", link, "password", "quite another sentence")
	require.Equal(t, "/login/second", done.header.Get("Location"), "the second factor still stands")
	require.Equal(t, 303, b.submit("/login/second", "code", code(secret, 1)).status)
	require.Equal(t, 401, anas.get("/api/v1/me").status, "the old sessions are over")
	require.Equal(t, 404, b.get(path).status, "used")
	require.Equal(t, 404, b.submit("/reset", "code", link, "password", "and a third sentence").status)
}

func TestAPasswordIsTakenAsItIsTyped(t *testing.T) {
	s := newSite(t)
	s.person("ana@example.com", models.Viewer)
	b := s.browser()
	b.signIn("ana@example.com")
	b.get("/account")
	for _, bad := range []string{"elevenchars", "throughline1!", strings.Repeat("x", 257)} {
		require.Equal(t, 422, b.submit("/account/password", "password", passphrase, "new", bad).status, bad)
	}
	spaced := "  ünïcode with spaces  "
	require.Equal(t, 303, b.submit("/account/password", "password", passphrase, "new", spaced).status)
	_, err := s.store.Authenticate(t.Context(), "ana@example.com", spaced)
	require.NoError(t, err)
	_, err = s.store.Authenticate(t.Context(), "ana@example.com", strings.TrimSpace(spaced))
	require.Error(t, err, "nothing is trimmed")
	require.NotContains(t, b.get("/login").body, "onpaste")
}
