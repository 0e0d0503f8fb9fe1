package handlers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/integrations"
	"throughline/integrations/cloudevents"
	"throughline/integrations/github"
	"throughline/integrations/modelcard"
	"throughline/models"
	"throughline/models/store"
)

// site is the whole engine on a real store, with the callers of the tests.
type site struct {
	data   string // the folder of the database
	t      *testing.T
	h      *Handlers
	store  *store.Store
	server *httptest.Server

	tokens  map[string]string         // caller → token
	cookies map[string]string         // caller → session
	people  map[string]models.Account // caller → whose sessions are made as needed
}

var system = models.Principal{Name: "test"}

func newSite(t *testing.T, change ...func(*Options)) *site {
	t.Helper()
	return newSiteWith(t, func(o *Options, _ *store.Options) {
		for _, c := range change {
			c(o)
		}
	})
}

// newSiteWith is newSite with other options of the store, too.
func newSiteWith(t *testing.T, change func(*Options, *store.Options)) *site {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	kept := store.Options{DataDir: filepath.Join(t.TempDir(), "data"), MaxFile: 1 << 20}
	o := Options{Addr: server.Listener.Addr().String(), Version: "test",
		Sources:  []integrations.Source{github.New(http.DefaultClient), cloudevents.Source{}, modelcard.Source{}},
		CheckURL: func(context.Context, string) error { return nil }}
	change(&o, &kept)
	s, err := store.Open(context.Background(), kept)
	require.NoError(t, err)
	o.Store = s
	h, err := New(o)
	require.NoError(t, err)
	server.Config.Handler = h.Handler()
	server.Start()
	ctx, stop := context.WithCancel(context.Background())
	background := make(chan struct{})
	go func() { s.Run(ctx); close(background) }() // search follows; ends with the test
	t.Cleanup(func() {
		stop()
		<-background
		h.Close()
		server.Close()
		require.NoError(t, s.Close())
	})
	return &site{t: t, h: h, store: s, data: kept.DataDir, server: server, tokens: map[string]string{}, cookies: map[string]string{}, people: map[string]models.Account{}}
}

// token makes a caller with a role, hub-wide or in one project, and scopes.
func (s *site) token(caller string, role models.Role, project int64, scopes ...models.Scope) string {
	s.t.Helper()
	value, _, err := s.store.CreateToken(context.Background(), system, store.NewToken{Name: caller, Role: role, ProjectID: project, Scopes: scopes})
	require.NoError(s.t, err)
	s.tokens[caller] = value
	return value
}

func (s *site) project(key string) models.Project {
	s.t.Helper()
	p, err := s.store.CreateProject(context.Background(), system, key, "Project "+key)
	require.NoError(s.t, err)
	return p
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	require.NoError(t, json.Unmarshal([]byte(a.body), &out), a.body)
	return out
}

// ask sends a request as a caller; "" is nobody.
func (s *site) ask(caller, method, path, body string, header ...string) answer {
	s.t.Helper()
	r, err := http.NewRequest(method, s.server.URL+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if strings.HasPrefix(body, "{") {
		r.Header.Set("Content-Type", "application/json")
	}
	if caller != "" {
		r.Header.Set("Authorization", "Bearer "+s.tokens[caller])
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s.read(client.Do(r))
}

func (s *site) read(response *http.Response, err error) answer {
	s.t.Helper()
	require.NoError(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return answer{status: response.StatusCode, header: response.Header, body: string(text)}
}

// signed is a GitHub webhook with its signature.
func (s *site) signed(path, secret, event, id, body string) answer {
	s.t.Helper()
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return s.ask("", http.MethodPost, path, body, "X-GitHub-Event", event, "X-GitHub-Delivery", id,
		"X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
}

// cloudEvent is one structured CloudEvent.
func cloudEvent(id, kind, data string) string {
	return `{"specversion":"1.0","source":"test","id":"` + id + `","type":"dev.throughline.` + kind + `.v1","time":"` +
		time.Now().UTC().Format(time.RFC3339) + `","data":` + data + `}`
}

// browser is a person with cookies.
type browser struct {
	*site
	client *http.Client
	csrf   string
}

var csrfField = regexp.MustCompile(`name="csrf" (?:value|content)="([^"]*)"`)

func (s *site) person(email string, role models.Role) models.Account {
	s.t.Helper()
	a, err := s.store.CreatePerson(context.Background(), system, store.NewPerson{Email: email, Password: "correct horse battery", Hub: role})
	require.NoError(s.t, err)
	return a
}

func (s *site) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(s.t, err)
	return &browser{site: s, client: &http.Client{Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	a := b.read(b.client.Get(b.server.URL + path))
	if m := csrfField.FindStringSubmatch(a.body); m != nil {
		b.csrf = m[1]
	}
	return a
}

func (b *browser) post(path string, form url.Values, header ...string) answer {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.server.URL+path, strings.NewReader(form.Encode()))
	require.NoError(b.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.read(b.client.Do(r))
}

func (b *browser) signIn(email string) answer {
	b.t.Helper()
	b.get("/login")
	return b.post("/login", url.Values{"email": {email}, "password": {"correct horse battery"}, "next": {"/"}})
}

// movable is a clock that a test lets pass, while the site reads it.
func movable() (clock func() time.Time, pass func(time.Duration)) {
	var later atomic.Int64
	return func() time.Time { return time.Now().Add(time.Duration(later.Load())) }, func(d time.Duration) { later.Add(int64(d)) }
}
