package handlers

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// Row 02: ids of one project under the address of another are not there, for
// whoever holds the other.
func TestIdsOfAnotherProjectAreNotThere(t *testing.T) {
	s := newSite(t)
	mine, other := s.project("MINE"), s.project("OTHER")
	s.seed()
	s.unhurried()
	s.token("holder", models.Administrator, other.ID)
	w := &writer{site: s, project: mine, made: new(int)}
	card, bot, member, delivery := w.card("%d"), w.bot("%d", mine.ID), w.member("%d"), w.delivery("%d")
	for _, r := range s.h.routes {
		if !strings.Contains(r.Path, "/projects/:key/") || strings.HasSuffix(r.Path, "/:source") {
			continue
		}
		id := map[string]string{"cards": card, "tokens": bot, "members": member, "deliveries": delivery}
		for noun, of := range id {
			if !strings.Contains(r.Path, "/"+noun+"/:id") || r.Method == http.MethodPut {
				continue
			}
			path := strings.NewReplacer(":key", "OTHER", ":id", of).Replace(r.Path)
			before := s.state()
			body := "column=Done"
			if r.Class == API {
				body = "{}"
			}
			if r.Class == API && strings.HasSuffix(path, "/move") {
				body = `{"column":"Done"}`
			}
			a := s.knock(r, "holder", path, body)
			require.Equal(t, 404, a.status, "%s %s: %s", r.Method, path, a.body)
			after := s.state()
			for _, table := range []string{"cards", "tokens", "memberships", "deliveries"} {
				require.Equal(t, before[table], after[table], path)
			}
		}
		if strings.Contains(r.Path, "/integrations/:source/:name") {
			path := strings.NewReplacer(":key", "OTHER", ":source", "github", ":name", "mine").Replace(r.Path)
			require.Equal(t, 404, s.knock(r, "holder", path, map[bool]string{true: `{"settings":{}}`, false: ""}[r.Class == API && r.Method == "PATCH"]).status, path)
		}
	}
}

// Row 05: a token in an address, or in a cookie, opens nothing; a reading one as
// the password of Basic writes nothing.
func TestTokensOnlyInTheHeader(t *testing.T) {
	s := newSite(t)
	s.unhurried()
	s.project("MINE")
	s.seed()
	s.token("reader", models.Administrator, 0, models.ScopeRead)
	for _, r := range s.h.routes {
		if r.Rule.Who == Public {
			continue
		}
		path := fill(r)
		for _, name := range []string{"token", "access_token", "api_key", "authorization"} {
			a := s.knock(r, "", path+"?"+name+"="+s.tokens["seed"], bodyFor(r))
			require.True(t, a.status == 401 || a.status == 303 && strings.HasPrefix(a.header.Get("Location"), "/login?next="), "%s %s: %d", name, path, a.status)
		}
		request := s.request(r, "", path, bodyFor(r))
		request.AddCookie(&http.Cookie{Name: s.h.cookieName(), Value: s.tokens["seed"]})
		a := s.send(request)
		require.True(t, a.status == 401 || a.status == 303, "cookie %s: %d", path, a.status)
		if !safe(r.Method) && !slices.Contains(postedSearches, r.Method+" "+r.Path) {
			request := s.request(r, "", path, bodyFor(r))
			request.Header.Set("Authorization", basic("x", s.tokens["reader"]))
			require.Contains(t, []int{403, 404}, s.send(request).status, "basic %s", path)
		}
	}
}

// Row 10: a body that says more than an operation asks for is refused by the name
// of what it adds, and nothing happens.
func TestBodiesSayNoMoreThanTheyAreAsked(t *testing.T) {
	s := newSite(t)
	w := &writer{site: s, project: s.project("MINE"), made: new(int)}
	s.seed()
	s.people["boss"] = s.person("boss@example.com", models.Administrator)
	tried := 0
	for _, r := range s.h.routes {
		valid := validWrites[r.Method+" "+r.Path]
		if r.Class != API || valid == nil || r.operation == nil {
			continue
		}
		path, body := valid(w)
		if !strings.HasPrefix(body, "{") {
			continue
		}
		for name, value := range map[string]string{"role": `"administrator"`, "owner_id": "1", "project_id": "1", "approved_by": `"x"`, "created_at": `"2020-01-01T00:00:00Z"`, "id": "1", "hub_role": `"administrator"`} {
			if strings.Contains(body, `"`+name+`"`) || name == "role" && strings.Contains(r.Path, "people") {
				continue
			}
			more := strings.Replace(body, "{", `{"`+name+`":`+value+`,`, 1)
			more = strings.Replace(more, ",}", "}", 1)
			before := s.state()
			a := s.knock(r, "seed", path, more)
			require.Equal(t, 422, a.status, "%s %s %s: %s", r.Method, path, more, a.body)
			require.Contains(t, a.body, "body."+name, path)
			require.Equal(t, before, s.state(), "%s %s", path, more)
			tried++
		}
	}
	require.Greater(t, tried, 80)
}

// Row 39: another site's page writes nothing with our cookie, whatever it calls
// what it sends.
func TestNothingIsWrittenForAnotherSite(t *testing.T) {
	s := newSite(t)
	s.person("ana@example.com", models.Administrator)
	b := s.browser()
	require.Equal(t, 303, b.signIn("ana@example.com").status)
	b.get("/")
	for name, headers := range map[string][]string{
		"a form": {"Content-Type", "application/x-www-form-urlencoded"}, "text": {"Content-Type", "text/plain"},
		"no type": {"Content-Type", ""}, "JSON": {"Content-Type", "application/json"},
		"cross-site": {"Content-Type", "text/plain", "Sec-Fetch-Site", "cross-site", "X-CSRF-Token", b.csrf},
		"same-site":  {"Content-Type", "application/json", "Sec-Fetch-Site", "same-site", "X-CSRF-Token", b.csrf},
		"evil":       {"Content-Type", "application/json", "Origin", "http://evil.test", "X-CSRF-Token", b.csrf},
		"null":       {"Content-Type", "application/json", "Origin", "null", "X-CSRF-Token", b.csrf},
	} {
		for _, path := range []string{"/api/v1/projects", "/projects", "/logout", "/theme"} {
			a := b.raw("POST", path, `{"key":"EVIL","name":"x"}`, headers...)
			require.Equal(t, 403, a.status, "%s %s", name, path)
		}
	}
	for _, header := range []string{"X-Http-Method-Override", "X-Method-Override", "X-Http-Method"} {
		a := b.raw("GET", "/api/v1/projects?_method=POST", "", header, "POST")
		require.Equal(t, 200, a.status)
	}
	require.Equal(t, 200, b.get("/api/v1/me").status, "still signed in")
	require.Contains(t, b.get("/api/v1/projects").body, `"projects":[]`)
}

func (b *browser) raw(method, path, body string, header ...string) answer {
	r, err := http.NewRequest(method, b.server.URL+path, strings.NewReader(body))
	require.NoError(b.t, err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.read(b.client.Do(r))
}

// Row 45: headers that say who is signed in are of no effect, and the operator is
// told once.
func TestNobodyIsBelievedByHeader(t *testing.T) {
	s := newSite(t)
	var logs bytes.Buffer
	s.h.Log = slog.New(slog.NewJSONHandler(&logs, nil))
	s.person("admin@example.com", models.Administrator)
	for _, name := range claims {
		for range 2 {
			require.Equal(t, 401, s.ask("", "GET", "/api/v1/me", "", name, "admin@example.com").status, name)
		}
	}
	require.Equal(t, 1, strings.Count(logs.String(), "who is signed in is ignored"))
	require.NotContains(t, logs.String(), "admin@example.com")
}

// Row 52: no page of ours is kept by a cache between us and the reader.
func TestPrivatePagesAreNotKept(t *testing.T) {
	s := newSite(t)
	s.unhurried()
	mine, other := s.project("MINE"), s.project("OTHER")
	s.matrixCallers(mine, other)
	s.seed()
	for _, r := range s.h.routes {
		if r.Class == Static || r.Class == Live || r.Method != http.MethodGet {
			continue
		}
		for _, caller := range []string{"viewer", "stranger", "nobody"} {
			a := s.knock(r, caller, fill(r), "")
			require.Equal(t, "no-store", a.header.Get("Cache-Control"), "%s %s", caller, fill(r))
			require.Contains(t, a.header.Get("Vary"), "Cookie, Authorization", fill(r))
		}
	}
	require.Equal(t, 404, s.ask("viewer", "GET", "/runs/r1/x.css", "").status)
}

// Row 53: an account that is there and one that is not answer a wrong password alike.
func TestSigningInTellsNotWhoIsHere(t *testing.T) {
	s := newSite(t)
	s.person("ana@example.com", models.Viewer)
	there := s.browser().post("/login", url.Values{"email": {"ana@example.com"}, "password": {"wrong"}})
	absent := s.browser().post("/login", url.Values{"email": {"eva@example.com"}, "password": {"wrong"}})
	require.Equal(t, there.status, absent.status)
	require.Equal(t, strings.ReplaceAll(there.body, "ana@", "eva@"), absent.body)
	require.Equal(t, plainHeader(there.header), plainHeader(absent.header))
}
