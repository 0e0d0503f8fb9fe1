package handlers

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// Our own API reads JSON without guessing.
func TestAmbiguousJSONIsRefused(t *testing.T) {
	s := newSite(t)
	s.token("admin", models.Administrator, 0)
	s.project("MINE")
	for body, want := range map[string]struct {
		status int
		says   string
	}{
		`{"name":"a","name":"b"}`:                   {400, `\"name\" stands twice`},
		`{"name":"a","description":"x","NAME":"b"}`: {400, `\"NAME\" stands twice`},
		`{"NAME":"a"}`:                              {422, "body.NAME"},
		`{"name":"a"}{"name":"b"}`:                  {400, "byte 13"},
		`{"name":"a"} x`:                            {400, "byte 14"},
		`{"name":`:                                  {400, "byte 8"},
		`{"name":"a",}`:                             {400, "byte 13"},
		``:                                          {400, "required"},
		`null`:                                      {422, ""},
		`[]`:                                        {422, ""},
		strings.Repeat("[", 100_000):                {400, "byte"},
	} {
		a := s.ask("admin", "PATCH", "/api/v1/projects/MINE", body, "Content-Type", "application/json")
		require.Equal(t, want.status, a.status, "%.60s: %s", body, a.body)
		require.Contains(t, a.body, want.says, "%.60s", body)
	}
	require.Contains(t, s.ask("admin", "GET", "/api/v1/projects/MINE", "").body, `"name":"Project MINE"`)
	nested := `{"owners":[{"person":"a","person":"b","as":"owner"}]}`
	s.seed()
	require.Contains(t, s.ask("admin", "PUT", "/api/v1/subjects/model/churn/owners", nested).body, `\"person\" stands twice`)
}

func TestARepeatedParameterIsRefused(t *testing.T) {
	s := newSite(t)
	s.token("admin", models.Administrator, 0)
	s.project("MINE")
	for path, want := range map[string]int{
		"/api/v1/subjects?project=MINE&project=OTHER": 422, "/api/v1/projects?limit=1&limit=2": 422, "/api/v1/activity?after=1&after=2": 422,
		"/search?q=a&q=b": 422, "/projects/MINE/board?kind=run&kind=model": 200, "/api/v1/projects/NONE?a=1&a=2": 404,
	} {
		require.Equal(t, want, s.ask("admin", "GET", path, "").status, path)
	}
}

// A cursor that is none of ours is said to be wrong, on every list.
func TestAStrangeCursorIsRefused(t *testing.T) {
	s := newSite(t)
	s.token("admin", models.Administrator, 0)
	s.project("MINE")
	s.seed()
	for _, r := range s.h.routes {
		item := s.h.api.OpenAPI().Paths[braced(r.Path)]
		if item == nil || item.Get == nil || r.Rule.Who == Person || r.Method != "GET" || !strings.Contains(s.parameters(item.Get), " after ") {
			continue
		}
		a := s.ask("admin", "GET", fill(r)+"?after=nonsense", "")
		require.Contains(t, []int{400, 404, 422}, a.status, "%s: %s", fill(r), a.body)
	}
	for _, key := range []string{"AAA", "BBB"} {
		s.project(key)
	}
	first := s.ask("admin", "GET", "/api/v1/projects?limit=2", "").json(t)
	rest := s.ask("admin", "GET", "/api/v1/projects?limit=2&after="+first["next"].(string), "")
	require.Contains(t, rest.body, `"key":"MINE"`)
	require.NotContains(t, rest.body, `"key":"BBB"`)
}
