package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/golang-jwt/jwt/v4"

	"throughline/integrations"
)

// early is how long before its end a token is replaced.
const early = 5 * time.Minute

// app is a GitHub App as one account uses it: it proves itself with its key, and
// asks with the tokens of its installation, each good for an hour.
type app struct {
	owners []string // of the repositories: they tell which installation is meant
	http   *http.Client
	gate   http.RoundTripper
	base   *url.URL
	self   *ghinstallation.AppsTransport

	mu     sync.Mutex // one looks for the installation and its token, the others wait
	id     int64      // of the installation; 0 until it is found
	tokens *ghinstallation.Transport
	given  string // the token that they gave last
}

func newApp(account integrations.Account, address *url.URL, client *http.Client) (*app, error) {
	key, err := privateKey(account)
	if err != nil {
		return nil, err
	}
	id, err := installationID(account)
	if err != nil {
		return nil, err
	}
	name := account.Get("app_id")
	a := &app{owners: ownersNamed(account), http: client, base: address, id: id, gate: &turned{"app " + name + " " + strconv.FormatInt(id, 10), client.Transport}}
	number, _ := strconv.ParseInt(name, 10, 64) // a client ID is no number; issuer says it
	a.self, err = ghinstallation.NewAppsTransportWithOptions(a.gate, number,
		ghinstallation.WithSigner(issuer{name, ghinstallation.NewRSASigner(jwt.SigningMethodRS256, key)}))
	if err != nil {
		return nil, fmt.Errorf("set up the App: %w", err)
	}
	a.self.BaseURL = strings.TrimRight(address.String(), "/")
	return a, nil
}

// client asks by way of the transport, within the bounds of all clients.
func (a *app) client(way http.RoundTripper) *http.Client { return through(a.http, way) }

// RoundTrip asks as the installation. A token that GitHub does not take any more
// is replaced once.
func (a *app) RoundTrip(r *http.Request) (*http.Response, error) {
	response, token, err := a.send(r)
	if err != nil || response.StatusCode != http.StatusUnauthorized || r.Body != nil && r.GetBody == nil {
		return response, err
	}
	again := r.Clone(r.Context())
	if r.GetBody != nil {
		if again.Body, err = r.GetBody(); err != nil {
			return response, nil //nolint:nilerr // the first answer stands
		}
	}
	_ = response.Body.Close()
	a.forget(token)
	response, _, err = a.send(again)
	return response, err
}

func (a *app) send(r *http.Request) (*http.Response, string, error) {
	token, err := a.token(r.Context())
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, "", err
	}
	signed := r.Clone(r.Context())
	signed.Header.Set("Authorization", "Bearer "+token)
	response, err := a.gate.RoundTrip(signed)
	return response, token, err
}

// token is one that works for some minutes yet.
func (a *app) token(ctx context.Context) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.id == 0 {
		id, err := a.find(ctx)
		if err != nil {
			return "", err
		}
		a.id = id
	}
	if a.tokens != nil {
		if end, _, err := a.tokens.Expiry(); err == nil && time.Until(end) < early {
			a.tokens = nil
		}
	}
	if a.tokens == nil {
		a.tokens = ghinstallation.NewFromAppsTransport(a.self, a.id)
	}
	var err error
	a.given, err = a.tokens.Token(ctx)
	return a.given, a.trouble(err)
}

// forget drops a token that GitHub refused, unless it was replaced meanwhile.
func (a *app) forget(token string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.given == token {
		a.tokens = nil
	}
}
