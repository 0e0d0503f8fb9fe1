package handlers

import (
	"flag"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/matrix.tsv anew from what the server answers")

const matrixFile = "testdata/matrix.tsv"

const matrixHead = `# What the server answers each caller on each route: 401, login (a redirect to the sign-in page), 403,
# 404 (the same answer as for what does not exist), or in: let in, whatever comes of it.
# go test ./handlers -run TestRouteMatrix -update writes it anew. Read what changed.
`

// TestRouteMatrix drives every route as every caller against the running server.
// Row 01: the answers are those of the file, and no route is missing there.
func TestRouteMatrix(t *testing.T) {
	s := newSite(t)
	mine, other := s.project("MINE"), s.project("OTHER")
	s.matrixCallers(mine, other)
	s.seed()
	var found matrix
	t.Run("drive", func(t *testing.T) { // ends when its parallel parts have ended
		for _, caller := range callers {
			t.Run(caller, func(t *testing.T) {
				t.Parallel()
				for _, r := range s.h.routes {
					found.put(r, caller, s.as(t).knock(r, caller, s.as(t).pathFor(r), bodyFor(r)))
				}
			})
		}
	})
	lines := found.lines(s.h.routes)
	if *update {
		require.NoError(t, os.WriteFile(matrixFile, []byte(matrixHead+"method\tpath\t"+strings.Join(callers, "\t")+"\n"+strings.Join(lines, "\n")+"\n"), 0o644))
	}
	compareMatrix(t, lines, readMatrix(t))
}

// pathFor is a route's path with a file of its own, which one may delete.
func (s *site) pathFor(r Route) string {
	if r.Rule.Who != OfFile {
		return fill(r)
	}
	return strings.Replace(fill(r), "999999", s.upload("seed", "a.txt", "x"), 1)
}

func bodyFor(r Route) string {
	if r.Class == Page {
		return "name=x"
	}
	return "{}"
}

// matrix is what came back, by route and caller.
type matrix struct {
	mu    sync.Mutex
	cells map[string]answer
}

func (m *matrix) put(r Route, caller string, a answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cells == nil {
		m.cells = map[string]answer{}
	}
	m.cells[r.Method+"\t"+r.Path+"\t"+caller] = a
}

// lines are the file's, ordered by path.
func (m *matrix) lines(routes []Route) (out []string) {
	for _, r := range routes {
		name := r.Method + "\t" + r.Path
		best := m.cells[name+"\tadministrator"]
		line := name
		for _, caller := range callers {
			line += "\t" + cell(r, caller, m.cells[name+"\t"+caller], best)
		}
		out = append(out, line)
	}
	slices.SortFunc(out, func(a, b string) int { return strings.Compare(routeOf(a), routeOf(b)) })
	return out
}

// routeOf is a line's path and method.
func routeOf(line string) string {
	method, rest, _ := strings.Cut(line, "\t")
	path, _, _ := strings.Cut(rest, "\t")
	return path + " " + method
}

// cell is the class of an answer. Whoever is told what an administrator is told,
// that there is no such thing, was let in.
func cell(r Route, caller string, a, best answer) string {
	switch {
	case a.status != http.StatusInternalServerError && wrongPassword(r, caller):
		return "in"
	case a.status == http.StatusUnauthorized:
		return "401"
	case a.status == http.StatusForbidden:
		return "403"
	case a.status == http.StatusNotFound && (best.status != a.status || sentence(best) != sentence(a)):
		return "404"
	case a.status == http.StatusSeeOther && strings.HasPrefix(a.header.Get("Location"), "/login?next="):
		return "login"
	case a.status >= http.StatusInternalServerError && a.status != http.StatusServiceUnavailable:
		return "broken: " + a.body[:min(len(a.body), 300)]
	}
	return "in"
}

// wrongPassword tells whether somebody may be told so, or that they tried too
// often, by the status with which others are refused.
func wrongPassword(r Route, caller string) bool {
	return r.Rule.Who == Public && r.Class != Hook && r.Class != Probe || r.Rule.Who == Person && caller == "viewer-person"
}

var sentences = regexp.MustCompile(`"detail":"[^"]*"|"message":"[^"]*"|class="lead">[^<]*<`)

// sentence is what an error says to a person, as JSON or as a page.
func sentence(a answer) string { return sentences.FindString(a.body) }

func readMatrix(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(matrixFile)
	require.NoError(t, err)
	lines := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "method\t") {
			require.Empty(t, lines[routeOf(line)], "%s stands twice in %s", routeOf(line), matrixFile)
			lines[routeOf(line)] = line
		}
	}
	return lines
}

// compareMatrix says what to paste, and what to take out.
func compareMatrix(t *testing.T, found []string, file map[string]string) {
	t.Helper()
	for _, line := range found {
		if want := file[routeOf(line)]; want == "" {
			t.Errorf("no line for %s in %s; if it is right, add:\n%s", routeOf(line), matrixFile, line)
		} else if want != line {
			t.Errorf("%s:\n%s", routeOf(line), difference(want, line))
		}
		delete(file, routeOf(line))
	}
	for route := range file {
		t.Errorf("%s has a line for %s, which is no route", matrixFile, route)
	}
}

func difference(want, have string) (out string) {
	w, h := strings.Split(want, "\t"), strings.Split(have, "\t")
	for i, caller := range callers {
		if i+2 >= len(w) || w[i+2] != h[i+2] {
			out += caller + ": " + h[i+2] + ", not " + strings.Join(w[min(i+2, len(w)):min(i+3, len(w))], "") + "\n"
		}
	}
	return out
}
