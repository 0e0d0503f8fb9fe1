package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"golang.org/x/oauth2"
)

// GitHubOptions say which GitHub people sign in at.
type GitHubOptions struct {
	URL                    string // https://github.com, or an Enterprise Server
	ClientID, ClientSecret string
	Redirect               string
	AllowNew               []string
	Client                 *http.Client
}

// GitHub is github.com or an Enterprise Server.
type GitHub struct {
	o      GitHubOptions
	api    string
	config oauth2.Config
}

// NewGitHub makes a provider; nothing is asked yet.
func NewGitHub(o GitHubOptions) *GitHub {
	o.URL = strings.TrimSuffix(o.URL, "/")
	g := &GitHub{o: o, api: GitHubAPI(o.URL)}
	g.config = oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, RedirectURL: o.Redirect, Scopes: []string{"user:email"},
		Endpoint: oauth2.Endpoint{AuthURL: o.URL + "/login/oauth/authorize", TokenURL: o.URL + "/login/oauth/access_token", AuthStyle: oauth2.AuthStyleInParams}}
	return g
}

// GitHubAPI is where the API of a GitHub is.
func GitHubAPI(base string) string {
	if base == "https://github.com" {
		return "https://api.github.com"
	}
	return base + "/api/v3"
}

// Key is Provider's.
func (g *GitHub) Key() string { return "github" }

// Name is Provider's.
func (g *GitHub) Name() string { return "GitHub" }

// Issuer is Provider's.
func (g *GitHub) Issuer() string { return g.o.URL }

// MayJoin is Provider's.
func (g *GitHub) MayJoin(id Identity) bool { return domains(g.o.AllowNew).admit(id) }

// Begin is Provider's.
func (g *GitHub) Begin(_ context.Context, f Flow) (string, error) {
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(f.Verifier)}
	if f.Again {
		options = append(options, oauth2.SetAuthURLParam("prompt", "select_account"))
	}
	return g.config.AuthCodeURL(f.State, options...), nil
}

// Finish is Provider's.
func (g *GitHub) Finish(ctx context.Context, f Flow, back url.Values) (Identity, error) {
	if err := cancelled(g.Name(), back); err != nil {
		return Identity{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, g.o.Client), exchangeTime)
	defer cancel()
	token, err := g.config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return Identity{}, exchangeError(g.Name(), err)
	}
	return g.identity(ctx, token)
}

func (g *GitHub) identity(ctx context.Context, token *oauth2.Token) (Identity, error) {
	var user struct {
		ID    int64  `json:"id"`
		Login string `json:"login"`
		Name  string `json:"name"`
	}
	if err := g.get(ctx, token, "/user", &user); err != nil {
		return Identity{}, err
	}
	if user.ID <= 0 || user.Login == "" {
		return Identity{}, senseless(g.Name(), "the number of your account")
	}
	id := Identity{Issuer: g.o.URL, Subject: strconv.FormatInt(user.ID, 10), Login: user.Login, Name: user.Name}
	var list []struct {
		Email             string `json:"email"`
		Primary, Verified bool
	}
	if err := g.get(ctx, token, "/user/emails", &list); err != nil {
		return id, nil // without an address: it is only shown, and for new accounts
	}
	for _, e := range list {
		if e.Primary {
			id.Email, id.Verified = e.Email, e.Verified
		}
	}
	return id, nil
}

func (g *GitHub) get(ctx context.Context, token *oauth2.Token, path string, to any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.api+path, nil)
	if err != nil {
		return fmt.Errorf("ask GitHub: %w", err)
	}
	r.Header.Set("Accept", "application/vnd.github+json")
	r.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	token.SetAuthHeader(r)
	answer, err := g.o.Client.Do(r)
	if err != nil {
		return silent(g.Name(), err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return deny(g.Name(), fmt.Errorf("%s answers %d", path, answer.StatusCode))
	}
	if err := json.NewDecoder(answer.Body).Decode(to); err != nil {
		return deny(g.Name(), errors.New(path+" makes no sense"))
	}
	return nil
}
