package github

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"

	"throughline/integrations"
)

// permitting is a GitHub that knows who may do what: one token with permissions,
// and one App with an installation.
type permitting struct {
	mu       sync.Mutex
	grants   map[string]string // permission → read or write
	scopes   *string           // of a classic token
	app      string
	key      *rsa.PublicKey
	installs []map[string]any
	events   []string
	lasts    time.Duration // of the installation's tokens
	minted   int
	valid    map[string]time.Time
	hooks    map[string][]map[string]any // by the path of their owner
	hookURL  string                      // of the App
	secrets  []string                    // that webhooks were made with
	pings    int
	requests []string
	busy     bool   // refuses for the sake of its limits
	slower   string // a part of paths that it answers so, without a word of the limit
}

func newPermitting(t *testing.T) (*permitting, integrations.Account) {
	g := &permitting{grants: map[string]string{}, lasts: time.Hour, valid: map[string]time.Time{}, hooks: map[string][]map[string]any{}, events: hookEvents()}
	for _, p := range permissions {
		g.grants[p.key] = "read"
	}
	g.grants["repository_hooks"] = "write"
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return g, integrations.Account{ID: 1, Name: "main", Settings: map[string]string{"token": "t0ken", "secret": "s3cret", "api_url": server.URL, "repositories": "acme/fraud"}}
}

// asApp makes the account the App's.
func (g *permitting) asApp(t *testing.T, account integrations.Account) integrations.Account {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	g.app, g.key = "4711", &key.PublicKey
	g.installs = []map[string]any{{"id": 7, "account": map[string]any{"login": "Acme"}}}
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	delete(account.Settings, "token")
	account.Settings["app_id"], account.Settings["app_key"] = g.app, strings.ReplaceAll(string(text), "\n", "\r\n")
	return account
}

func (g *permitting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.requests = append(g.requests, r.Method+" "+r.URL.Path)
	if g.busy {
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
		refuse(w, http.StatusForbidden, "")
		return
	}
	if g.slower != "" && strings.Contains(r.URL.Path, g.slower) {
		w.Header().Set("Retry-After", "3600")
		refuse(w, http.StatusForbidden, "")
		return
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if strings.HasPrefix(r.URL.Path, "/app") {
		g.serveApp(w, r, token)
		return
	}
	if end, ok := g.valid[token]; token != "t0ken" && (!ok || end.Before(time.Now())) {
		refuse(w, http.StatusUnauthorized, "")
		return
	}
	g.serveRepositories(w, r)
}

func refuse(w http.ResponseWriter, status int, accepted string) {
	if accepted != "" {
		w.Header().Set("X-Accepted-GitHub-Permissions", accepted)
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"message":"Resource not accessible by personal access token"}`))
}

func (g *permitting) serveApp(w http.ResponseWriter, r *http.Request, token string) {
	claims := new(jwt.RegisteredClaims)
	_, err := jwt.ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) { return g.key, nil }, jwt.WithValidMethods([]string{"RS256"}))
	if err != nil || claims.Issuer != g.app || claims.IssuedAt.After(time.Now().Add(-50*time.Second)) || time.Until(claims.ExpiresAt.Time) > 10*time.Minute {
		refuse(w, http.StatusUnauthorized, "")
		return
	}
	switch path := r.Method + " " + r.URL.Path; path {
	case "GET /app/installations":
		say(w, g.installs)
	case "POST /app/installations/7/access_tokens":
		g.minted++
		token := fmt.Sprintf("ghs_%d", g.minted)
		g.valid[token] = time.Now().Add(g.lasts)
		w.WriteHeader(http.StatusCreated)
		say(w, map[string]any{"token": token, "expires_at": g.valid[token].UTC().Format(time.RFC3339)})
	case "GET /app/installations/7":
		say(w, map[string]any{"id": 7, "account": map[string]any{"login": "Acme"}, "permissions": g.grants, "events": g.events})
	case "GET /app/hook/config":
		say(w, map[string]any{"url": g.hookURL})
	case "PATCH /app/hook/config":
		config := map[string]string{}
		_ = json.NewDecoder(r.Body).Decode(&config)
		g.hookURL, g.secrets = config["url"], append(g.secrets, config["secret"])
		say(w, config)
	default:
		refuse(w, http.StatusNotFound, "")
	}
}

func say(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }

// needs is the permission that a request below a repository needs.
func permissionOf(method, path string) (key, level string) {
	level = map[bool]string{true: "read", false: "write"}[method == "GET"]
	for part, key := range map[string]string{"/pulls": "pull_requests", "/check-runs": "checks", "/status": "statuses", "/actions": "actions",
		"/deployments": "deployments", "/hooks": "repository_hooks"} {
		if strings.Contains(path, part) {
			return key, level
		}
	}
	if strings.HasSuffix(path, "/commits") {
		return "contents", level
	}
	return "metadata", level
}

func (g *permitting) serveRepositories(w http.ResponseWriter, r *http.Request) {
	if g.scopes != nil {
		w.Header().Set("X-OAuth-Scopes", *g.scopes)
	}
	path, org := strings.CutPrefix(r.URL.Path, "/orgs/acme")
	if org {
		path = "/repos/acme" + path
	}
	key, level := permissionOf(r.Method, path)
	if org && key == "repository_hooks" {
		key = "organization_hooks"
	}
	if strings.HasPrefix(r.URL.Path, "/repos/other") || g.scopes == nil && !enough(g.grants[key], level) {
		refuse(w, http.StatusForbidden, key+"="+level)
		return
	}
	if strings.Contains(r.URL.Path, "/hooks") {
		g.serveHooks(w, r)
		return
	}
	switch {
	case r.Method == "POST":
		refuse(w, http.StatusUnprocessableEntity, "")
	case r.URL.Path == "/orgs/acme/repos" || r.URL.Path == "/installation/repositories":
		list := []any{map[string]any{"full_name": "acme/fraud", "default_branch": "main"}, map[string]any{"full_name": "acme/churn", "default_branch": "main"}}
		if r.URL.Path == "/installation/repositories" {
			say(w, map[string]any{"repositories": list})
			return
		}
		say(w, list)
	case strings.Count(r.URL.Path, "/") == 3:
		say(w, map[string]any{"full_name": strings.TrimPrefix(r.URL.Path, "/repos/"), "default_branch": "main", "private": true})
	default:
		say(w, map[string]any{})
	}
}

func (g *permitting) serveHooks(w http.ResponseWriter, r *http.Request) {
	owner, rest, _ := strings.Cut(r.URL.Path, "/hooks")
	var sent struct {
		Name   string
		Config *struct{ URL, Secret string }
		Events []string
	}
	if r.Method != "GET" {
		_ = json.NewDecoder(r.Body).Decode(&sent)
	}
	switch {
	case r.Method == "GET":
		say(w, g.hooks[owner])
	case strings.HasSuffix(rest, "/pings"):
		g.pings++
		w.WriteHeader(http.StatusNoContent)
	case sent.Config == nil:
		refuse(w, http.StatusUnprocessableEntity, "")
	default:
		g.secrets = append(g.secrets, sent.Config.Secret)
		hook := map[string]any{"id": len(g.hooks[owner]) + 1, "config": map[string]any{"url": sent.Config.URL}, "events": sent.Events}
		if r.Method == "PATCH" {
			g.hooks[owner] = slices.DeleteFunc(g.hooks[owner], func(h map[string]any) bool { return "/"+fmt.Sprint(h["id"]) == rest })
		}
		g.hooks[owner] = append(g.hooks[owner], hook)
		w.WriteHeader(map[string]int{"POST": 201, "PATCH": 200}[r.Method])
		say(w, hook)
	}
}
