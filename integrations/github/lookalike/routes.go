package lookalike

import (
	"net/http"
	"slices"
	"strings"
)

// route is one thing that can be asked, with the permission it takes.
type route struct {
	pattern    string
	permission string // empty: none but to be known; "app": the App itself
	level      string
	do         func(*ask) (any, error)
}

func (s *Server) routes() *http.ServeMux {
	return s.muxOf(s.muxOf(nil, commentRoutes), repoRoutes, pullRoutes, checkRoutes, workRoutes, contentRoutes, hookRoutes, appRoutes)
}

// muxOf tries first, then the tables.
func (s *Server) muxOf(first *http.ServeMux, tables ...[]route) *http.ServeMux {
	mux := http.NewServeMux()
	for _, row := range slices.Concat(tables...) {
		answer := s.answered(row)
		mux.HandleFunc(row.pattern, answer)
	}
	if first == nil {
		return mux
	}
	unknown := s.answered(route{pattern: "anything else", do: func(*ask) (any, error) { return nil, notFound }})
	out := http.NewServeMux()
	out.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		for _, m := range []*http.ServeMux{first, mux} {
			if _, pattern := m.Handler(r); pattern != "" {
				m.ServeHTTP(w, r)
				return
			}
		}
		unknown(w, r)
	})
	return out
}

// enter finds out who asks and whether they may.
func (a *ask) enter(row route) (any, error) {
	word := bearer(a.r)
	if row.permission == "app" {
		app, wrong := a.signedIn(word)
		if app == nil {
			return nil, refusal{status: http.StatusUnauthorized, message: wrong}
		}
		a.app = app
		return nil, nil
	}
	if a.token = a.tokens[word]; a.token == nil || a.token.stale() {
		a.token = nil
		return nil, refusal{status: http.StatusUnauthorized, message: "Bad credentials"}
	}
	a.token.remaining--
	if a.r.PathValue("repo") != "" {
		if err := a.find(); err != nil {
			return nil, err
		}
	}
	return nil, a.may(row.permission, row.level)
}

// may refuses what the token has no permission for.
func (a *ask) may(permission, level string) error {
	if a.token.may.allow(permission, level) {
		return nil
	}
	who := "personal access token"
	if a.token.install != nil {
		who = "integration"
	}
	return refusal{status: http.StatusForbidden, message: "Resource not accessible by " + who,
		header: http.Header{"X-Accepted-Github-Permissions": {permission + "=" + level}}}
}

// find looks up the repository of the address. One that the token does not reach
// is not there; one with a new name is elsewhere.
func (a *ask) find() error {
	name := a.r.PathValue("owner") + "/" + a.r.PathValue("repo")
	if a.repo = a.named(name); a.repo != nil && a.token.sees(a.repo) {
		return nil
	}
	moved := a.moved(name)
	if a.repo != nil || moved == nil || !a.token.sees(moved) {
		return notFound
	}
	rest := strings.SplitN(a.r.URL.EscapedPath(), "/", 5)
	to := "http://" + a.r.Host + a.prefix + "/repositories/" + text(moved.ID)
	if len(rest) == 5 {
		to += "/" + rest[4]
	}
	if a.r.URL.RawQuery != "" {
		to += "?" + a.r.URL.RawQuery
	}
	return refusal{status: http.StatusMovedPermanently, message: "Moved Permanently", header: http.Header{"Location": {to}}}
}
