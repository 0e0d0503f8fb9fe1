package lookalike

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Permissions are what a token may: "read" or "write" by the name of a
// permission, as GitHub names them for Apps.
type Permissions map[string]string

// Reading are all permissions that an integration can ask for, to read.
var Reading = Permissions{"metadata": "read", "pull_requests": "read", "checks": "read", "actions": "read", "deployments": "read",
	"contents": "read", "statuses": "read", "repository_hooks": "read", "organization_hooks": "read", "issues": "read", "members": "read"}

// Writing are Reading and those to report back and to make webhooks.
var Writing = Permissions{"metadata": "read", "pull_requests": "write", "checks": "write", "actions": "read", "deployments": "read",
	"contents": "read", "statuses": "write", "repository_hooks": "write", "organization_hooks": "write", "issues": "write", "members": "read"}

// Without are the permissions but for some.
func (p Permissions) Without(names ...string) Permissions {
	out := Permissions{}
	for name, level := range p {
		if !slices.Contains(names, name) {
			out[name] = level
		}
	}
	return out
}

func (p Permissions) allow(name, level string) bool {
	return name == "metadata" || name == "" || p[name] == "write" || p[name] == "read" && level == "read"
}

type token struct {
	login     string
	may       Permissions
	repos     []string // all of them when empty
	expires   time.Time
	install   *Installation
	remaining int
}

func (t *token) sees(r *Repo) bool {
	if t.install != nil {
		return t.install.covers(r)
	}
	return len(t.repos) == 0 || slices.ContainsFunc(t.repos, func(name string) bool { return strings.EqualFold(name, r.FullName()) })
}

// Token makes a fine-grained token with these permissions for some repositories,
// or all.
func (s *Server) Token(value string, may Permissions, repos ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	login := "throughline-bot"
	s.user(login)
	s.tokens[value] = &token{login: login, may: may, repos: repos, remaining: s.Limit}
}

// Revoke ends a token.
func (s *Server) Revoke(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, value)
}

// App is a GitHub App.
type App struct {
	s          *Server
	ID         int64
	ClientID   string
	Slug, Name string
	Key        *rsa.PublicKey
	May        Permissions
	Installed  []*Installation
	Hook       *Hook
}

// Installation is an App on an account, for some of its repositories or all.
type Installation struct {
	ID    int64
	App   *App
	Owner *User
	Repos []string
}

// App registers an App with the public half of its key.
func (s *Server) App(slug string, key *rsa.PublicKey, may Permissions) *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &App{s: s, ID: s.id(), Slug: slug, Name: slug, Key: key, May: may}
	a.ClientID = "Iv23li" + s.sha()[:14]
	s.apps = append(s.apps, a)
	return a
}

// Install puts the App on an account.
func (a *App) Install(owner string, repos ...string) *Installation {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	i := &Installation{ID: a.s.id(), App: a, Owner: a.s.user(owner), Repos: repos}
	a.Installed = append(a.Installed, i)
	return i
}

// SetHook gives the App its webhook.
func (a *App) SetHook(address, secret string, events ...string) *Hook {
	h := &Hook{App: a, URL: address, Secret: secret, Events: events}
	a.Hook = h
	a.s.addHook(h)
	return h
}

// on is the installation that covers a repository.
func (a *App) on(r *Repo) *Installation {
	for _, i := range a.Installed {
		if i.covers(r) {
			return i
		}
	}
	return nil
}

func (i *Installation) covers(r *Repo) bool {
	return i.Owner == r.Owner && (len(i.Repos) == 0 || slices.ContainsFunc(i.Repos, func(name string) bool {
		return strings.EqualFold(name, r.FullName()) || strings.EqualFold(name, r.Name)
	}))
}

func (i *Installation) json() object {
	selection := "all"
	if len(i.Repos) > 0 {
		selection = "selected"
	}
	return object{"id": i.ID, "app_id": i.App.ID, "app_slug": i.App.Slug, "account": i.Owner.json(i.App.s), "target_type": i.Owner.Type, "target_id": i.Owner.ID, "repository_selection": selection,
		"permissions": i.App.May, "events": []any{}, "suspended_at": nil, "html_url": i.App.s.Web + "/organizations/" + i.Owner.Login + "/settings/installations/" + text(i.ID)}
}

// signedIn is the App whose key signed a JWT, with what is wrong with it.
func (s *Server) signedIn(word string) (*App, string) {
	parts := strings.Split(word, ".")
	if len(parts) != 3 {
		return nil, "A JSON web token could not be decoded"
	}
	var head struct{ Alg string }
	var claims struct {
		Iss      any
		Iat, Exp float64
	}
	if !unpack(parts[0], &head) || !unpack(parts[1], &claims) || head.Alg != "RS256" {
		return nil, "A JSON web token could not be decoded"
	}
	now := float64(time.Now().Unix())
	switch {
	case claims.Exp > now+600:
		return nil, "'Expiration time' claim ('exp') is too far in the future"
	case claims.Exp <= now:
		return nil, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
	case claims.Iat > now+60:
		return nil, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
	}
	for _, a := range s.apps {
		if a.is(claims.Iss) && a.signed(parts) {
			return a, ""
		}
	}
	return nil, "A JSON web token could not be decoded"
}

func (a *App) is(issuer any) bool {
	switch v := issuer.(type) {
	case float64:
		return int64(v) == a.ID
	case string:
		return v == text(a.ID) || v == a.ClientID
	}
	return false
}

func (a *App) signed(parts []string) bool {
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	return err == nil && rsa.VerifyPKCS1v15(a.Key, crypto.SHA256, sum[:], signature) == nil
}

func unpack(part string, v any) bool {
	plain, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(plain, v) == nil
}

func bearer(r *http.Request) string {
	kind, word, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "bearer") && !strings.EqualFold(kind, "token") {
		return ""
	}
	return word
}

func (t *token) stale() bool { return !t.expires.IsZero() && time.Now().After(t.expires) }
