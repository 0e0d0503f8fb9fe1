package lookalike

import (
	"crypto/sha1" // #nosec G505 -- git's own names of commits
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Server is one GitHub.
type Server struct {
	URL   string         // where it listens, without a slash at the end
	Web   string         // how its pages' addresses begin: https://github.com
	Send  func(Post) int // takes webhooks in place of HTTP; the status it answers
	Step  time.Duration  // by which every change moves the clock
	Limit int            // requests an hour of tokens made from now on
	// Before is called ahead of each answer, to change the model under a reader.
	Before func(*http.Request)

	mu      sync.Mutex
	clock   time.Time
	random  *rand.Rand // of names and ids
	chance  *rand.Rand // of lies
	weather *rand.Rand // of storms
	lastID  int64
	owners  map[string]*User
	repos   []*Repo
	tokens  map[string]*token
	apps    []*App
	hooks   []*Hook
	posts   []*delivery // all that were to be sent, the oldest first
	waiting []*delivery // on their way in a storm
	lies    Lies
	storm   Storm
	count   Count
	active  atomic.Int32
	mux     *http.ServeMux
	flush   sync.Mutex
}

// New is a GitHub that does not listen yet. Its clock stands twenty hours ago,
// so that all of a test's history is of today.
func New(seed uint64) *Server {
	s := &Server{Web: "https://github.com", Step: 7 * time.Second, Limit: 5000, clock: time.Now().UTC().Add(-20 * time.Hour).Truncate(time.Second),
		random: dice(seed, 1), chance: dice(seed, 2), weather: dice(seed, 3),
		lastID: 1000, owners: map[string]*User{}, tokens: map[string]*token{}}
	s.count.Routes = map[string]int{}
	s.mux = s.routes()
	return s
}

// dice fall the same for the same seed.
func dice(seed, of uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, of)) // #nosec G404 -- plays histories for tests, protects nothing
}

// Start is New on a port of loopback, until the test ends.
func Start(t testing.TB, seed uint64) *Server {
	t.Helper()
	s := New(seed)
	server := httptest.NewServer(s)
	s.URL = server.URL
	t.Cleanup(server.Close)
	return s
}

// Now is the server's time.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock
}

// Advance lets time pass.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.clock.Add(d)
}

// change moves the clock, changes the model and sends the webhooks of it.
func (s *Server) change(do func()) {
	s.mu.Lock()
	s.clock = s.clock.Add(s.Step)
	do()
	s.mu.Unlock()
	s.sendOut()
}

func (s *Server) id() int64 {
	s.lastID += 1 + s.random.Int64N(3)
	return s.lastID
}

// sha is a new object's name.
func (s *Server) sha() string {
	sum := sha1.Sum(fmt.Appendf(nil, "%d %d", s.id(), s.random.Uint64())) // #nosec G401
	return hex.EncodeToString(sum[:])
}

// User is a person, a bot or an organisation.
type User struct {
	ID    int64
	Login string
	Type  string // User, Bot, Organization
}

// User is the person of a login, made when there is none. Logins that end in
// [bot] are bots'; the empty one is nobody, as of a deleted account.
func (s *Server) user(login string) *User {
	if login == "" {
		return nil
	}
	u := s.owners[strings.ToLower(login)]
	if u == nil {
		u = &User{ID: s.id(), Login: login, Type: "User"}
		if strings.HasSuffix(login, "[bot]") {
			u.Type = "Bot"
		}
		s.owners[strings.ToLower(login)] = u
	}
	return u
}

func (u *User) login() string {
	if u == nil {
		return "ghost"
	}
	return u.Login
}

func (u *User) json(s *Server) any {
	if u == nil {
		return nil
	}
	return object{"login": u.Login, "id": u.ID, "node_id": node("U", u.ID), "type": u.Type, "site_admin": false,
		"html_url": s.Web + "/" + u.Login, "url": s.api() + "/users/" + u.Login, "avatar_url": "https://avatars.githubusercontent.com/u/" + text(u.ID)}
}
