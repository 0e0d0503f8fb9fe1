package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// OIDCOptions say which OpenID provider people sign in at.
type OIDCOptions struct {
	Issuer, ClientID string
	ClientSecret     string // empty: a public client, by PKCE alone
	Title            string // on the button; default the issuer's host
	Redirect         string // our callback's address
	AllowNew         []string
	Client           *http.Client // the guarded one
	Now              func() time.Time
}

// OIDC is an OpenID provider. It is asked for its addresses when somebody first
// signs in, and again until it answers.
type OIDC struct {
	o     OIDCOptions
	mu    sync.Mutex
	found *discovered
	tried time.Time
	err   error
}

type discovered struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	config   oauth2.Config
	says     metadata
}

// metadata is what we read of the provider's description besides its addresses.
type metadata struct {
	Auth   []string `json:"token_endpoint_auth_methods_supported"`
	SaysIs bool     `json:"authorization_response_iss_parameter_supported"`
}

// How long the description of a provider is good for, and how soon one that did
// not answer is asked again.
const (
	discoveryLife  = time.Hour
	discoveryAgain = 5 * time.Second
	exchangeTime   = 15 * time.Second
)

// NewOIDC makes a provider; nothing is asked yet.
func NewOIDC(o OIDCOptions) *OIDC {
	if u, err := url.Parse(o.Issuer); err == nil && o.Title == "" {
		o.Title = u.Host
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &OIDC{o: o}
}

// Key is Provider's.
func (p *OIDC) Key() string { return "oidc" }

// Name is Provider's.
func (p *OIDC) Name() string { return p.o.Title }

// Issuer is Provider's.
func (p *OIDC) Issuer() string { return p.o.Issuer }

// MayJoin is Provider's.
func (p *OIDC) MayJoin(id Identity) bool { return domains(p.o.AllowNew).admit(id) }

// Begin is Provider's.
func (p *OIDC) Begin(ctx context.Context, f Flow) (string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", silent(p.Name(), err)
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)}
	if f.Again {
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	return d.config.AuthCodeURL(f.State, options...), nil
}

func (p *OIDC) discover(ctx context.Context) (*discovered, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	age := p.o.Now().Sub(p.tried)
	if p.found != nil && age < discoveryLife || p.err != nil && age < discoveryAgain {
		return p.found, p.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exchangeTime)
	defer cancel()
	found, err := p.look(oidc.ClientContext(ctx, p.o.Client))
	p.tried = p.o.Now()
	if err == nil {
		p.found = found
	}
	p.err = err
	if p.found != nil { // what was true an hour ago will do
		p.err = nil
	}
	return p.found, p.err
}

func (p *OIDC) look(ctx context.Context) (*discovered, error) {
	provider, err := oidc.NewProvider(ctx, p.o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the provider for its addresses: %w", err)
	}
	d := &discovered{provider: provider, verifier: provider.VerifierContext(context.WithoutCancel(ctx), &oidc.Config{ClientID: p.o.ClientID, Now: p.o.Now})}
	if err := provider.Claims(&d.says); err != nil {
		return nil, fmt.Errorf("read the provider's description: %w", err)
	}
	d.config = oauth2.Config{ClientID: p.o.ClientID, ClientSecret: p.o.ClientSecret, RedirectURL: p.o.Redirect,
		Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile", "email"}}
	d.config.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if p.o.ClientSecret == "" || len(d.says.Auth) > 0 && !slices.Contains(d.says.Auth, "client_secret_basic") {
		d.config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return d, nil
}

// Finish is Provider's.
func (p *OIDC) Finish(ctx context.Context, f Flow, back url.Values) (Identity, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return Identity{}, silent(p.Name(), err)
	}
	if err := p.ours(d, back); err != nil {
		return Identity{}, deny(p.Name(), err)
	}
	if err := cancelled(p.Name(), back); err != nil {
		return Identity{}, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.o.Client), exchangeTime)
	defer cancel()
	token, err := d.config.Exchange(ctx, back.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return Identity{}, exchangeError(p.Name(), err)
	}
	idToken, err := p.verify(ctx, d, f, token)
	if err != nil {
		return Identity{}, deny(p.Name(), err)
	}
	return p.identity(ctx, d, token, idToken)
}

// ours refuses an answer that says it is another provider's (RFC 9207).
func (p *OIDC) ours(d *discovered, back url.Values) error {
	if from, said := back["iss"]; said && (len(from) != 1 || from[0] != p.o.Issuer) || !said && d.says.SaysIs {
		return errors.New("the answer names another issuer, or none")
	}
	return nil
}

// verify checks the ID token: signature, issuer, audience and time are the
// library's work, what binds it to this sign-in is ours.
func (p *OIDC) verify(ctx context.Context, d *discovered, f Flow, token *oauth2.Token) (*oidc.IDToken, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("no ID token came")
	}
	id, err := d.verifier.Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("ID token: %w", err)
	}
	var party struct {
		Azp string `json:"azp"`
	}
	if err := id.Claims(&party); err != nil {
		return nil, errors.New("ID token: azp is no text")
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1:
		return nil, errors.New("ID token: the nonce is not this sign-in's")
	case party.Azp != "" && party.Azp != p.o.ClientID, len(id.Audience) > 1 && party.Azp == "":
		return nil, errors.New("ID token: made for another client")
	case id.AccessTokenHash != "" && id.VerifyAccessToken(token.AccessToken) != nil:
		return nil, errors.New("ID token: belongs to another access token")
	case id.Subject == "" || len(id.Subject) > 255:
		return nil, errors.New("ID token: no usable subject")
	}
	return id, nil
}
