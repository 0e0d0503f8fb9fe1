package lookalike

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// raw is JSON as it is.
type raw = json.RawMessage

// ask is one request on its way to its answer.
type ask struct {
	*Server
	w      http.ResponseWriter
	r      *http.Request
	prefix string // /api/v3 on an Enterprise Server
	token  *token
	app    *App
	repo   *Repo
	status int
}

// refusal is an error as GitHub says it.
type refusal struct {
	status  int
	message string
	header  http.Header
	errors  []any
}

func (e refusal) Error() string { return e.message }

var notFound = refusal{status: http.StatusNotFound, message: "Not Found"}

// Count is what was asked since the last Recount.
type Count struct {
	Total       int
	Conditional int            // asked with If-None-Match
	NotModified int            // answered 304
	MostAtOnce  int            // requests under way at a time
	Routes      map[string]int // by method and pattern: "GET /repos/{owner}/{repo}/pulls"
	Log         []string       // every request: "GET /repos/acme/fraud/pulls?page=2 200"
}

// Count tells what was asked since the last Recount.
func (s *Server) Count() Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.count
	out.Routes = map[string]int{}
	for route, n := range s.count.Routes {
		out.Routes[route] = n
	}
	return out
}

// Recount begins counting anew.
func (s *Server) Recount() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count = Count{Routes: map[string]int{}}
}

// ServeHTTP answers REST, at the root as api.github.com does and below /api/v3 as
// Enterprise Servers do.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.enter(r)
	noted := &noting{ResponseWriter: w, leave: func() { s.active.Add(-1) }}
	defer noted.once.Do(noted.leave)
	if s.Before != nil {
		s.Before(r)
	}
	s.mu.Lock()
	lie := s.lie(r)
	s.mu.Unlock()
	if lie(noted, r) {
		return
	}
	s.mux.ServeHTTP(noted, s.bare(r))
	s.sendOut()
}

func (s *Server) enter(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count.Total++
	s.count.MostAtOnce = max(s.count.MostAtOnce, int(s.active.Add(1)))
	if r.Header.Get("If-None-Match") != "" {
		s.count.Conditional++
	}
	s.count.Log = append(s.count.Log, r.Method+" "+r.URL.RequestURI())
}

// noting ends the counting of a request under way: when its answer begins, the
// asker may go on.
type noting struct {
	http.ResponseWriter
	once  sync.Once
	leave func()
}

// Unwrap is for those who flush.
func (n *noting) Unwrap() http.ResponseWriter { return n.ResponseWriter }

func (n *noting) WriteHeader(status int) {
	n.once.Do(n.leave)
	n.ResponseWriter.WriteHeader(status)
}

// bare takes the prefix of Enterprise Servers off, and finds what is asked for by
// a repository's number, as after a redirect.
func (s *Server) bare(r *http.Request) *http.Request {
	path := r.URL.EscapedPath()
	rest, enterprise := strings.CutPrefix(path, "/api/v3")
	if after, numbered := strings.CutPrefix(rest, "/repositories/"); numbered {
		id, tail, _ := strings.Cut(after, "/")
		s.mu.Lock()
		for _, repo := range s.repos {
			if text(repo.ID) == id && !repo.Deleted {
				rest = strings.TrimSuffix("/repos/"+repo.FullName()+"/"+tail, "/")
			}
		}
		s.mu.Unlock()
	}
	out := r.Clone(r.Context())
	if u, err := url.ParseRequestURI(rest); err == nil {
		u.RawQuery = r.URL.RawQuery
		out.URL = u
	}
	if enterprise {
		out.Header.Set("X-Prefix", "/api/v3")
	}
	return out
}

// answered wraps a route: who asks, what they may, and the answer or refusal.
func (s *Server) answered(row route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.count.Routes[row.pattern]++
		a := &ask{Server: s, w: w, r: r, prefix: r.Header.Get("X-Prefix"), status: http.StatusOK}
		value, err := a.enter(row)
		if err == nil {
			value, err = row.do(a)
		}
		a.write(value, err)
	}
}

func (a *ask) write(value any, err error) {
	header := a.w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("X-GitHub-Request-Id", a.sha()[:8])
	if refused, is := err.(refusal); is {
		for name, values := range refused.header {
			header[name] = values
		}
		a.rates()
		a.w.WriteHeader(refused.status)
		_, _ = a.w.Write(encode(trouble(refused)))
		return
	}
	if a.status == http.StatusNoContent {
		a.rates()
		a.w.WriteHeader(a.status)
		return
	}
	a.tagged(encode(value))
}

func trouble(e refusal) object {
	out := object{"message": e.message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(e.status)}
	if e.errors != nil {
		out["errors"] = e.errors
	}
	return out
}

// tagged writes a body, or that it is the one that the asker has.
func (a *ask) tagged(body []byte) {
	sum := sha256.Sum256(body)
	tag := `W/"` + hex.EncodeToString(sum[:]) + `"`
	if a.r.Method == http.MethodGet {
		a.w.Header().Set("ETag", tag)
		a.w.Header().Set("Cache-Control", "private, max-age=60, s-maxage=60")
	}
	if a.r.Method == http.MethodGet && a.r.Header.Get("If-None-Match") == tag {
		a.count.NotModified++
		if a.token != nil {
			a.token.remaining++ // costs nothing
		}
		a.rates()
		a.w.WriteHeader(http.StatusNotModified)
		return
	}
	a.rates()
	a.w.WriteHeader(a.status)
	_, _ = a.w.Write(body)
}

// rates tells of the hourly limit.
func (a *ask) rates() {
	remaining := a.Limit
	if a.token != nil {
		remaining = a.token.remaining
	}
	header := a.w.Header()
	header.Set("X-RateLimit-Limit", strconv.Itoa(a.Limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(max(1, remaining)))
	header.Set("X-RateLimit-Used", strconv.Itoa(a.Limit-remaining))
	header.Set("X-RateLimit-Reset", text(time.Now().Add(time.Hour).Unix()))
	header.Set("X-RateLimit-Resource", "core")
}

func (a *ask) number(name string, otherwise int) int {
	n, err := strconv.Atoi(a.r.URL.Query().Get(name))
	if err != nil || n < 1 {
		return otherwise
	}
	return n
}

// page is the part of a list that was asked for; the others are linked.
func (a *ask) page(list []any) []any {
	size, page := min(100, a.number("per_page", 30)), a.number("page", 1)
	last := max(1, (len(list)+size-1)/size)
	var links []string
	add := func(to int, rel string) { links = append(links, a.link("page", strconv.Itoa(to), rel)) }
	if page > 1 {
		add(page-1, "prev")
	}
	if page < last {
		add(page+1, "next")
		add(last, "last")
	}
	if page > 1 {
		add(1, "first")
	}
	if len(links) > 0 {
		a.w.Header().Set("Link", strings.Join(links, ", "))
	}
	from := min(len(list), (page-1)*size)
	return list[from:min(len(list), from+size)]
}

func (a *ask) link(name, value, rel string) string {
	query := a.r.URL.Query()
	query.Set(name, value)
	return fmt.Sprintf(`<http://%s%s%s?%s>; rel="%s"`, a.r.Host, a.prefix, a.r.URL.EscapedPath(), query.Encode(), rel)
}

// field is a page of a list in a field, with the number of all.
func (a *ask) field(name string, list []any) object {
	return object{"total_count": len(list), name: a.page(list)}
}

// body reads what was posted.
func (a *ask) body(v any) error {
	if err := json.NewDecoder(a.r.Body).Decode(v); err != nil {
		return refusal{status: http.StatusBadRequest, message: "Problems parsing JSON"}
	}
	return nil
}

func invalid(resource, field string) error {
	return refusal{status: http.StatusUnprocessableEntity, message: "Validation Failed", errors: []any{object{"resource": resource, "field": field, "code": "missing_field"}}}
}
