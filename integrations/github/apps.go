package github

import (
	"context"
	"crypto/sha256"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"throughline/integrations"
)

// apps are the Apps in use: what asks for one account shares a token.
type apps struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]*app
}

// appsKept bounds what is remembered; what is forgotten asks for a new token.
const appsKept = 100

// of is the App of an account, new when its settings are.
func (s *apps) of(account integrations.Account, address *url.URL, client *http.Client) (*app, error) {
	key := sha256.Sum256([]byte(strings.Join([]string{address.String(), account.Get("app_id"), account.Get("app_key"),
		account.Get("installation"), strings.Join(ownersNamed(account), ",")}, "\x00")))
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.known[key]; known != nil {
		return known, nil
	}
	made, err := newApp(account, address, client)
	if err != nil {
		return nil, err
	}
	if s.known == nil || len(s.known) >= appsKept {
		s.known = map[[sha256.Size]byte]*app{}
	}
	s.known[key] = made
	return made, nil
}

// ownersNamed are the accounts that the patterns name in full.
func ownersNamed(account integrations.Account) (out []string) {
	for _, pattern := range patterns(account) {
		owner, _, found := strings.Cut(pattern, "/")
		if found && owner != "" && !strings.ContainsAny(owner, `*?[\`) && !slices.Contains(out, owner) {
			out = append(out, owner)
		}
	}
	return out
}

// named are the repositories that the patterns name in full.
func named(account integrations.Account) (out []string) {
	for _, pattern := range patterns(account) {
		if where(account, pattern).Kind == findNamed {
			out = append(out, pattern)
		}
	}
	return out
}

// turned gives requests a turn of their own at the gate: the tokens of an App
// change by the hour, and its limits do not.
type turned struct {
	name string
	next http.RoundTripper
}

type turnName struct{}

// RoundTrip passes the request on.
func (t *turned) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.next.RoundTrip(r.WithContext(context.WithValue(r.Context(), turnName{}, t.name)))
}
