package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// What databases, regular expressions and templates have obeyed elsewhere.
var hostileQueries = []string{
	`' OR '1'='1`, `' OR 1=1--`, `") OR ("1"="1`, `1; DROP TABLE subjects`, `1 UNION SELECT hash FROM tokens`, `id=2`, `1=1`, `name) UNION SELECT 1--`,
	`'; SELECT pg_sleep(10)--`, `randomblob(1000000000)`, `%' ESCAPE '`, `LIKE '%%%'`, strings.Repeat("%_", 190), `(a+)+$`, `^(([a-z])+.)+[A-Z]([a-z])+$`,
	`"unbalanced`, `a OR b AND NOT (c`, `NEAR(a b, 1)`, `title:*`, `*`, `-`, `a:* & !b`, `{{.}}`, `${7*7}`, `\`, "\x00", "a\x00b", "\xff\xfe", "\u202e", `../../etc/passwd`,
	strings.Repeat("a ", 199), `-1`, `99999999999999999999`, `0x10`, `1e9`, `NaN`, `[]`, `{"$gt":""}`,
}

// Rows 46 and 47: whatever stands in a parameter is text to look for or is
// refused. It is never obeyed, never dear, and shows nobody another project's things.
func TestHostileQueriesAreTextAndCheap(t *testing.T) {
	s := newSite(t)
	mine, other := s.project("MINE"), s.project("OTHER")
	s.seed()
	s.token("viewer", models.Viewer, mine.ID)
	s.token("foreign", models.Viewer, other.ID)
	asked := 0
	for path, names := range s.parametersOfLists() {
		for _, name := range names {
			for _, q := range hostileQueries {
				s.askHostile(path+"?"+name+"="+url.QueryEscape(q), "foreign")
				asked++
			}
			s.askHostile(path+"?"+name+"="+strings.Repeat("x", 20_000), "viewer")
		}
	}
	require.Greater(t, asked, 20*len(hostileQueries))
}

// parametersOfLists are the parameters of every address that takes any: those of
// the API by its own description, those of pages by name.
func (s *site) parametersOfLists() map[string][]string {
	out := map[string][]string{"/runs": {"q", "state", "after", "best"}, "/search": {"q", "kind", "state", "after"}, "/deployments": {"environment", "model", "state", "after"},
		"/models": {"q", "after"}, "/datasets": {"q", "after"}, "/projects/OTHER/board": {"q", "kind", "owner", "state"}}
	for path, item := range s.h.api.OpenAPI().Paths {
		if item.Get == nil {
			continue
		}
		for _, p := range item.Get.Parameters {
			if p.In == "query" {
				real := strings.NewReplacer("{key}", "OTHER", "{kind}", "run", "{id}", "1").Replace(path)
				out[real] = append(out[real], p.Name)
			}
		}
	}
	return out
}

func (s *site) askHostile(path, caller string) {
	s.t.Helper()
	began := time.Now()
	a := s.ask(caller, http.MethodGet, path, "")
	require.Less(s.t, a.status, 500, path)
	require.Less(s.t, time.Since(began), 5*time.Second, path) // a sleep or a runaway expression, not slowness
	for _, secret := range []string{"r1", "churn", "acme"} {
		if caller == "foreign" && strings.Contains(a.body, secret) {
			require.NotContains(s.t, strings.ReplaceAll(a.body, path, ""), `"`+secret, path)
		}
	}
}

// Row 46: a page has at most 200 entries, whatever is asked for.
func TestPagesAreBounded(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.seed()
	for i := range 230 {
		s.tell("bounded"+itoa(int64(i)), "run-"+itoa(int64(i)))
	}
	list := s.ask("seed", "GET", "/api/v1/subjects?kind=run&limit=1000000", "").json(t)["subjects"].([]any)
	require.Len(t, list, 200)
	require.Equal(t, 422, s.ask("seed", "GET", "/api/v1/subjects?limit=0", "").status)
}

// Row 29: what a request says comes back escaped in pages, and as JSON elsewhere.
func TestNothingIsReflected(t *testing.T) {
	s := newSite(t)
	s.person("ana@example.com", models.Administrator)
	s.project("MINE")
	s.token("admin", models.Administrator, 0)
	b := s.browser()
	require.Equal(t, 303, b.signIn("ana@example.com").status)
	evil := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	for _, path := range []string{"/search?q=", "/runs?q=", "/runs?state=", "/login?next=", "/deployments?model=", "/projects/MINE/board?q=", "/nothing/", "/runs/", "/models/", "/throughline/production/"} {
		a := b.get(path + url.PathEscape(evil))
		require.NotContains(t, a.body, "<script>alert", path)
		require.NotContains(t, a.body, "<img src=x", path)
	}
	for _, path := range []string{"/api/v1/subjects/run/", "/api/v1/nothing/", "/hooks/github/", "/api/v1/projects/"} {
		a := s.ask("admin", "GET", path+url.PathEscape(evil), "", "Accept", "text/html", "Content-Type", "text/html")
		require.Contains(t, a.header.Get("Content-Type"), "json", path)
		require.NotContains(t, a.body, "<script>", path)
	}
	planted := s.ask("admin", "GET", "/nothing", "", "Accept", "text/html", "User-Agent", evil, "Referer", evil, "X-Request-Id", evil)
	require.NotContains(t, planted.body+planted.header.Get("X-Request-Id"), "<script>")
}

// Row 54: what browsers are told, on every kind of answer.
func TestEveryAnswerTellsBrowsersWhatWeNeverDo(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.token("admin", models.Administrator, 0)
	for _, path := range []string{"/", "/login", "/nothing", "/api/v1/projects", "/api/openapi.json", "/api/docs", "/livez", "/static/app.css", "/static/none", "/hooks/none/none", "/projects/MINE/board"} {
		a := s.ask("admin", "GET", path, "")
		policy := a.header.Get("Content-Security-Policy")
		require.Contains(t, policy, "frame-ancestors 'none'", path)
		require.Contains(t, policy, "default-src 'none'", path)
		require.NotContains(t, policy, "unsafe", path)
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"), path)
		require.Equal(t, "same-origin", a.header.Get("Referrer-Policy"), path)
		require.Empty(t, a.header.Get("Access-Control-Allow-Origin"), path)
		require.Empty(t, a.header.Get("Server")+a.header.Get("X-Powered-By"), path)
	}
}
