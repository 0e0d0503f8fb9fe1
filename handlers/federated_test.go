package handlers

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/handlers/signin"
	"throughline/models"
	"throughline/models/store"
)

// liar is an OpenID provider that can say anything.
type liar struct {
	*httptest.Server
	key     *rsa.PrivateKey
	claims  map[string]any  // of the next ID token
	header  map[string]any  // of the next ID token
	extra   map[string]any  // of the description
	begun   url.Values      // the last sign-in, as the browser brought it
	checked map[string]bool // what the token endpoint found right
}

func newLiar(t *testing.T) *liar {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	l := &liar{key: key, checked: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		says := map[string]any{"issuer": l.URL, "authorization_endpoint": l.URL + "/authorize", "token_endpoint": l.URL + "/token",
			"jwks_uri": l.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"}}
		for k, v := range l.extra {
			says[k] = v
		}
		writeJSON(w, says)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		e := big.NewInt(int64(key.E)).Bytes()
		writeJSON(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig",
			"n": b64(key.N.Bytes()), "e": b64(e)}}})
	})
	mux.HandleFunc("/token", l.token)
	l.Server = httptest.NewServer(mux)
	t.Cleanup(l.Close)
	return l
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func (l *liar) token(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	_, secret, _ := r.BasicAuth()
	l.checked["pkce"] = b64(sum[:]) == l.begun.Get("code_challenge")
	l.checked["secret"] = secret == "s3cr3t"
	if r.PostFormValue("code") != "good" {
		w.WriteHeader(http.StatusBadRequest)
		writeJSON(w, map[string]any{"error": "invalid_grant", "error_description": "eyJsecret " + r.PostFormValue("code")})
		return
	}
	writeJSON(w, map[string]any{"access_token": "at-secret", "token_type": "Bearer", "id_token": l.sign()})
}

// sign makes an ID token that is right, but for what the test has changed.
func (l *liar) sign() string {
	header := map[string]any{"alg": "RS256", "kid": "1"}
	claims := map[string]any{"iss": l.URL, "aud": "hub", "sub": "u1", "nonce": l.begun.Get("nonce"), "exp": time.Now().Add(time.Hour).Unix(),
		"iat": time.Now().Unix(), "email": "dana@example.com", "email_verified": true, "name": "Dana"}
	for to, changes := range map[*map[string]any]map[string]any{&header: l.header, &claims: l.claims} {
		for k, v := range changes {
			(*to)[k] = v
			if v == nil {
				delete(*to, k)
			}
		}
	}
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	text := b64(h) + "." + b64(c)
	if header["alg"] == "none" {
		return text + "."
	}
	sum := sha256.Sum256([]byte(text))
	sig, _ := rsa.SignPKCS1v15(rand.Reader, l.key, crypto.SHA256, sum[:])
	return text + "." + b64(sig)
}

// newFederatedSite is a site that the liar, and its people of example.com, sign in at.
func newFederatedSite(t *testing.T, l *liar, log *bytes.Buffer) *site {
	t.Helper()
	return newSite(t, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(log, nil))
		o.Providers = []signin.Provider{signin.NewOIDC(signin.OIDCOptions{Issuer: l.URL, ClientID: "hub", ClientSecret: "s3cr3t", Title: "Liar",
			Redirect: "http://" + o.Addr + "/login/oidc/callback", AllowNew: []string{"example.com"}, Client: http.DefaultClient})}
	})
}

// begin starts to sign in and keeps what the provider is told.
func (b *browser) begin(l *liar) url.Values {
	b.t.Helper()
	a := b.get("/login/oidc?next=%2F%2Fevil.test")
	require.Equal(b.t, http.StatusSeeOther, a.status, a.body)
	to, err := url.Parse(a.header.Get("Location"))
	require.NoError(b.t, err)
	l.begun = to.Query()
	return url.Values{"code": {"good"}, "state": {l.begun.Get("state")}}
}

func (b *browser) back(query url.Values) answer {
	return b.get("/login/oidc/callback?" + query.Encode())
}

func TestAHonestAnswerSignsIn(t *testing.T) {
	l := newLiar(t)
	s := newFederatedSite(t, l, &bytes.Buffer{})
	b := s.browser()
	a := b.back(b.begin(l))
	require.Equal(t, 303, a.status, a.body)
	require.Equal(t, "/", a.header.Get("Location"), "never to another site")
	require.Equal(t, map[string]bool{"pkce": true, "secret": true}, l.checked)
	require.Equal(t, "S256", l.begun.Get("code_challenge_method"))
	require.Equal(t, 200, b.get("/api/v1/me").status)
}

// Row 43: what is not right in every part signs nobody in and makes no account.
func TestDishonestAnswersAreRefused(t *testing.T) {
	for _, c := range []struct {
		name           string
		claims, header map[string]any
		status         int
	}{
		{"an address that is not verified", map[string]any{"email_verified": false}, nil, 403},
		{"false in quotes", map[string]any{"email_verified": "false"}, nil, 403},
		{"true in quotes", map[string]any{"email_verified": "true"}, nil, 403},
		{"nothing about the address", map[string]any{"email_verified": nil}, nil, 403},
		{"two addresses", map[string]any{"email": []string{"a@example.com", "dana@example.com"}}, nil, 422},
		{"another domain", map[string]any{"email": "dana@evil.test"}, nil, 403},
		{"a domain that ends alike", map[string]any{"email": "dana@evil-example.com"}, nil, 403},
		{"two at signs", map[string]any{"email": "dana@example.com@evil.test"}, nil, 403},
		{"no nonce", map[string]any{"nonce": nil}, nil, 403},
		{"another nonce", map[string]any{"nonce": "x"}, nil, 403},
		{"another audience", map[string]any{"aud": "other"}, nil, 403},
		{"two audiences and no party", map[string]any{"aud": []string{"hub", "other"}}, nil, 403},
		{"another party", map[string]any{"azp": "other"}, nil, 403},
		{"another issuer", map[string]any{"iss": "https://evil.test"}, nil, 403},
		{"expired", map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}, nil, 403},
		{"no subject", map[string]any{"sub": nil}, nil, 403},
		{"another access token", map[string]any{"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, nil, 403},
		{"no signature", nil, map[string]any{"alg": "none"}, 403},
		{"another algorithm", nil, map[string]any{"alg": "HS256"}, 403},
		{"an unknown key", nil, map[string]any{"kid": "2"}, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, log := newLiar(t), &bytes.Buffer{}
			s := newFederatedSite(t, l, log)
			l.claims, l.header = c.claims, c.header
			b := s.browser()
			a := b.back(b.begin(l))
			require.Equal(t, c.status, a.status, a.body)
			require.Contains(t, a.body, `role="alert"`)
			require.Equal(t, 401, b.get("/api/v1/me").status)
			people, err := s.store.People(t.Context())
			require.NoError(t, err)
			require.Empty(t, people)
			for _, secret := range []string{"eyJ", "at-secret", "s3cr3t", "good"} {
				require.NotContains(t, log.String()+a.body, secret)
			}
		})
	}
}

// Row 43: state, browser and provider have to be the ones that began it.
func TestStrayAnswersAreRefused(t *testing.T) {
	l, log := newLiar(t), &bytes.Buffer{}
	s := newFederatedSite(t, l, log)
	for name, change := range map[string]func(*browser, url.Values) string{
		"no state":         func(_ *browser, v url.Values) string { v.Del("state"); return "?" + v.Encode() },
		"another state":    func(_ *browser, v url.Values) string { v.Set("state", "x"); return "?" + v.Encode() },
		"two states":       func(_ *browser, v url.Values) string { v.Add("state", v.Get("state")); return "?" + v.Encode() },
		"two codes":        func(_ *browser, v url.Values) string { v.Add("code", "good"); return "?" + v.Encode() },
		"a refused code":   func(_ *browser, v url.Values) string { v.Set("code", "bad"); return "?" + v.Encode() },
		"another's answer": func(_ *browser, v url.Values) string { v.Set("iss", "https://evil.test"); return "?" + v.Encode() },
		"cancelled": func(_ *browser, v url.Values) string {
			v.Del("code")
			v.Set("error", "access_denied")
			return "?" + v.Encode()
		},
		"no cookie": func(b *browser, v url.Values) string {
			*b = *s.browser()
			return "?" + v.Encode()
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := s.browser()
			query := change(b, b.begin(l))
			a := b.get("/login/oidc/callback" + query)
			require.Contains(t, []int{403, 422}, a.status, a.body)
			require.Equal(t, 401, b.get("/api/v1/me").status)
			require.NotContains(t, log.String(), "eyJsecret")
		})
	}
}

func TestAProviderThatIsDownIsSaidAndAskedAgain(t *testing.T) {
	now := newClock()
	up := false
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !up {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		base := "http://" + r.Host
		writeJSON(w, map[string]any{"issuer": base, "authorization_endpoint": base + "/a", "token_endpoint": base + "/t", "jwks_uri": base + "/k"})
	}))
	t.Cleanup(provider.Close)
	s := newSite(t, func(o *Options) {
		o.Providers = []signin.Provider{signin.NewOIDC(signin.OIDCOptions{Issuer: provider.URL, ClientID: "hub", Title: "Sleepy", Client: http.DefaultClient, Now: now.now})}
	})
	a := s.browser().get("/login/oidc")
	require.Equal(t, 503, a.status)
	require.Contains(t, a.body, "Sleepy does not answer")
	require.Contains(t, a.body, "Sign in with Sleepy")
	up = true
	now.at = now.at.Add(time.Minute)
	require.Equal(t, 303, s.browser().get("/login/oidc").status)
	require.Equal(t, 404, s.browser().get("/login/github").status, "not set up")
}

// octocat is GitHub as far as signing in needs it, in its real shapes.
func octocat(t *testing.T, user, emails string) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login/oauth/access_token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
		if r.PostFormValue("code") != "good" || r.PostFormValue("client_secret") != "s3cr3t" || r.PostFormValue("code_verifier") == "" {
			_, _ = w.Write([]byte("error=bad_verification_code&error_description=The+code+passed+is+incorrect+or+expired."))
			return
		}
		_, _ = w.Write([]byte("access_token=gho_16C7e42F292c6912E7710c838347Ae178B4a&scope=user%3Aemail&token_type=bearer"))
	})
	for path, body := range map[string]string{"/api/v3/user": user, "/api/v3/user/emails": emails} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer gho_16C7e42F292c6912E7710c838347Ae178B4a" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			_, _ = w.Write([]byte(body))
		})
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

const (
	octoUser   = `{"login":"octocat","id":583231,"node_id":"MDQ6VXNlcjU4MzIzMQ==","name":"The Octocat","email":null,"type":"User"}`
	octoEmails = `[{"email":"other@evil.test","primary":false,"verified":true,"visibility":null},{"email":"octo@example.com","primary":true,"verified":true,"visibility":"private"}]`
)

func (s *site) atGitHub(code string) (*browser, answer) {
	s.t.Helper()
	b := s.browser()
	to, err := url.Parse(b.get("/login/github").header.Get("Location"))
	require.NoError(s.t, err)
	require.Equal(s.t, "/login/oauth/authorize", to.Path)
	return b, b.get("/login/github/callback?" + url.Values{"code": {code}, "state": {to.Query().Get("state")}}.Encode())
}

func newGitHubSite(t *testing.T, user, emails string) *site {
	t.Helper()
	hub := octocat(t, user, emails)
	return newSite(t, func(o *Options) {
		o.Providers = []signin.Provider{signin.NewGitHub(signin.GitHubOptions{URL: hub.URL, ClientID: "hub", ClientSecret: "s3cr3t",
			Redirect: "http://" + o.Addr + "/login/github/callback", AllowNew: []string{"example.com"}, Client: http.DefaultClient})}
	})
}

func TestSigningInAtGitHub(t *testing.T) {
	s := newGitHubSite(t, octoUser, octoEmails)
	b, a := s.atGitHub("good")
	require.Equal(t, 303, a.status, a.body)
	require.Contains(t, b.get("/api/v1/me").body, "octo@example.com")
	_, a = s.atGitHub("bad")
	require.Equal(t, 403, a.status)
	people, err := s.store.People(t.Context())
	require.NoError(t, err)
	require.Len(t, people, 1)
	require.Equal(t, models.Nobody, people[0].Hub)
	require.NoError(t, s.store.SetDisabled(t.Context(), system, people[0].ID, true))
	_, a = s.atGitHub("good") // row 08
	require.Equal(t, 403, a.status)
}

// Row 43: the number says who it is; a name can be taken by somebody else.
func TestGitHubPeopleWithoutAVerifiedAddressGetNoAccount(t *testing.T) {
	for name, shape := range map[string][2]string{
		"not verified":          {octoUser, strings.Replace(octoEmails, `"primary":true,"verified":true`, `"primary":true,"verified":false`, 1)},
		"verified, not primary": {octoUser, strings.Replace(octoEmails, `"primary":true`, `"primary":false`, 1)},
		"no addresses":          {octoUser, `{"message":"Not Found"}`},
		"no number":             {`{"login":"octocat"}`, octoEmails},
		"a number in quotes":    {`{"login":"octocat","id":"583231"}`, octoEmails},
	} {
		t.Run(name, func(t *testing.T) {
			s := newGitHubSite(t, shape[0], shape[1])
			b, a := s.atGitHub("good")
			require.Contains(t, []int{403, 422}, a.status, a.body)
			require.Equal(t, 401, b.get("/api/v1/me").status)
		})
	}
}

// The last way in can not be taken, and nobody takes another's.
func TestTheLastWayInStays(t *testing.T) {
	s := newGitHubSite(t, octoUser, octoEmails)
	b, _ := s.atGitHub("good")
	b.get("/account")
	a := b.post("/account/identities/1/remove", url.Values{"csrf": {b.csrf}})
	require.Equal(t, 409, a.status)
	require.Contains(t, a.body, "only way of signing in")
	ana := s.person("ana@example.com", models.Viewer)
	require.NoError(t, s.store.Connect(t.Context(), models.Principal{PersonID: ana.ID}, store.NewIdentity{Issuer: "https://x.example", Subject: "1", Label: "ana"}))
	require.Equal(t, 404, b.post("/account/identities/2/remove", url.Values{"csrf": {b.csrf}}).status)
	other := s.browser()
	require.Equal(t, 303, other.signIn("ana@example.com").status)
	other.get("/account")
	require.Equal(t, 303, other.post("/account/identities/2/remove", url.Values{"csrf": {other.csrf}}).status, "she has a password")
}

// Row 43: connecting can not be begun by another site, nor ended in another session.
func TestConnectingStaysWithItsSession(t *testing.T) {
	s := newGitHubSite(t, octoUser, octoEmails)
	s.person("ana@example.com", models.Viewer)
	s.person("bea@example.com", models.Viewer)
	b := s.browser()
	b.signIn("ana@example.com")
	require.Equal(t, 403, b.post("/account/connect/github", url.Values{}).status, "without the session's token")
	b.get("/account")
	a := b.post("/account/connect/github", url.Values{"csrf": {b.csrf}})
	require.Equal(t, 200, a.status)
	to, err := url.Parse(strings.TrimPrefix(a.header.Get("Refresh"), "0; url="))
	require.NoError(t, err)
	b.post("/logout", url.Values{"csrf": {b.csrf}})
	b.signIn("bea@example.com")
	a = b.get("/login/github/callback?" + url.Values{"code": {"good"}, "state": {to.Query().Get("state")}}.Encode())
	require.Equal(t, 403, a.status)
	_, err = s.store.PersonByIdentity(t.Context(), to.Scheme+"://"+to.Host, "583231")
	require.Equal(t, models.NotFound, models.CodeOf(err))
}
