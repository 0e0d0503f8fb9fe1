package handlers

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

// device is an authenticator with one passkey.
type device struct {
	rp   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func newDevice(s *site) *device {
	return &device{key: newKey(), auth: virtualwebauthn.NewAuthenticator(),
		rp: virtualwebauthn.RelyingParty{Name: "Throughline", ID: "localhost", Origin: s.h.base.Scheme + "://" + s.h.base.Host}}
}

// newKey makes a key pair. One in 128 has a coordinate with a leading zero, which
// virtualwebauthn drops, so that the key is rightly refused.
func newKey() virtualwebauthn.Credential {
	for {
		key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
		if len(key.Key.AttestationData()) == 77 {
			return key
		}
	}
}

// named is a site with a name: passkeys are bound to one.
func named(t *testing.T, change ...func(*Options, *store.Options)) *site {
	return newSiteWith(t, func(o *Options, kept *store.Options) {
		o.BaseURL = "http://localhost:" + o.Addr[strings.LastIndex(o.Addr, ":")+1:]
		for _, c := range change {
			c(o, kept)
		}
	})
}

// asked is what a page's script gets from the server to sign.
func (b *browser) asked(path string) string {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.server.URL+path, nil)
	require.NoError(b.t, err)
	r.Header.Set("X-CSRF-Token", b.csrf)
	a := b.read(b.client.Do(r))
	require.Equal(b.t, 200, a.status, a.body)
	return a.body
}

func (d *device) create(b *browser) string {
	b.t.Helper()
	b.get("/account/passkeys")
	options, err := virtualwebauthn.ParseAttestationOptions(b.asked("/account/passkeys/ask"))
	require.NoError(b.t, err)
	d.auth.Options.UserHandle = []byte(options.UserID)
	return virtualwebauthn.CreateAttestationResponse(d.rp, d.auth, d.key, *options)
}

func (d *device) register(b *browser, name string) {
	b.t.Helper()
	a := b.submit("/account/passkeys", "name", name, "credential", d.create(b))
	require.Equal(b.t, 303, a.status, a.body)
}

// sign answers a challenge, and counts.
func (d *device) sign(b *browser, path string) string {
	b.t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(b.asked(path))
	require.NoError(b.t, err)
	d.key.Counter++
	return virtualwebauthn.CreateAssertionResponse(d.rp, d.auth, d.key, *options)
}

func (s *site) withPasskey(email string) (*browser, *device) {
	s.t.Helper()
	s.person(email, models.Viewer)
	b, d := s.browser(), newDevice(s)
	b.signIn(email)
	d.register(b, "Laptop")
	return b, d
}

func TestAPasskeyAloneSignsIn(t *testing.T) {
	s := named(t)
	owner, d := s.withPasskey("ana@example.com")
	require.Contains(t, owner.get("/account/passkeys").body, "Laptop")
	b := s.browser()
	a := b.submit("/login/passkey", "credential", d.sign(b, "/login/passkey/ask"), "next", "/account")
	require.Equal(t, 303, a.status, a.body)
	require.Equal(t, "/account", a.header.Get("Location"))
	row := b.get("/api/v1/me/sessions").json(t)["sessions"].([]any)[0].(map[string]any)
	require.Equal(t, "passkey", row["via"])
	require.Equal(t, true, row["strong"], "having the device and unlocking it are two factors")
}

func TestAPasskeyIsASecondFactorAndAProof(t *testing.T) {
	s := named(t)
	_, d := s.withPasskey("ana@example.com")
	b := s.browser()
	require.Equal(t, "/login/second", b.signIn("ana@example.com").header.Get("Location"))
	page := b.get("/login/second").body
	require.Contains(t, page, "Use a passkey")
	require.NotContains(t, page, "authenticator app shows")
	require.Equal(t, 303, b.submit("/login/second", "credential", d.sign(b, "/login/second/ask")).status)
	b.get("/account")
	require.Equal(t, "/people", b.submit("/account/prove", "credential", d.sign(b, "/account/prove/ask"), "next", "/people").header.Get("Location"))
}

func TestForgedAndStaleAnswersAreRefused(t *testing.T) {
	s := named(t)
	_, d := s.withPasskey("ana@example.com")
	_, dans := s.withPasskey("dan@example.com")
	try := func(answer string) int {
		return s.browser().submit("/login/passkey", "credential", answer).status
	}
	b := s.browser()
	synced := *d
	synced.key.Counter = ^uint32(0) // such passkeys always count 0: only the challenge stops the second use
	good := synced.sign(b, "/login/passkey/ask")
	require.Equal(t, 303, try(good))
	require.Equal(t, 401, try(good), "a challenge works once")

	stranger := *d
	stranger.key = newKey()
	require.Equal(t, 401, try(stranger.sign(b, "/login/passkey/ask")), "a key that nobody registered")
	swapped := *dans
	swapped.auth.Options.UserHandle = d.auth.Options.UserHandle
	require.Equal(t, 401, try(swapped.sign(b, "/login/passkey/ask")), "one's own key with another's name")
	evil := *d
	evil.rp.Origin = "http://evil.test"
	require.Equal(t, 401, try(evil.sign(b, "/login/passkey/ask")), "signed for another site")
	locked := *d
	locked.auth.Options.UserNotVerified = true
	require.Equal(t, 401, try(locked.sign(b, "/login/passkey/ask")), "the device was not unlocked")
	for _, junk := range []string{"", "{}", "null", "[]", `{"id":1}`, `{"response":{"clientDataJSON":"!"}}`, strings.Repeat("[", 10000)} {
		require.Equal(t, 401, try(junk), junk)
	}

	half := s.browser()
	half.signIn("ana@example.com")
	require.Equal(t, 401, half.submit("/login/second", "credential", d.sign(b, "/login/passkey/ask")).status, "asked for something else")
	require.Equal(t, 401, half.submit("/login/second", "credential", dans.sign(half, "/login/second/ask")).status, "somebody else's passkey")
}

func TestAChallengeIsOverInFiveMinutes(t *testing.T) {
	clock, pass := movable()
	s := named(t, func(o *Options, kept *store.Options) { o.Now, kept.Now = clock, clock })
	_, d := s.withPasskey("ana@example.com")
	b := s.browser()
	answer := d.sign(b, "/login/passkey/ask")
	pass(5*time.Minute + time.Second)
	require.Equal(t, 401, b.submit("/login/passkey", "credential", answer).status)
}

func TestACopiedPasskeyIsRefusedAndShown(t *testing.T) {
	s := named(t)
	owner, d := s.withPasskey("ana@example.com")
	copied := *d
	b := s.browser()
	for range 2 {
		require.Equal(t, 303, b.submit("/login/passkey", "credential", d.sign(b, "/login/passkey/ask")).status)
		b = s.browser()
	}
	a := b.submit("/login/passkey", "credential", copied.sign(b, "/login/passkey/ask"))
	require.Equal(t, 401, a.status)
	require.Contains(t, a.body, "may have been copied")
	require.Contains(t, owner.get("/account/passkeys").body, "may have been copied")
	require.Equal(t, 303, b.submit("/login/passkey", "credential", d.sign(b, "/login/passkey/ask")).status, "the one that counts on still works")
}

func TestARemovedPasskeyOpensNothing(t *testing.T) {
	s := named(t)
	owner, d := s.withPasskey("ana@example.com")
	spare := newDevice(s)
	spare.register(owner, "Key on the ring")
	a := owner.submit("/account/passkeys", "name", "again", "credential", d.create(owner))
	require.Equal(t, 409, a.status, "registered already")
	other, _ := s.withPasskey("dan@example.com")
	require.Equal(t, 404, other.submit("/account/passkeys/1/remove").status, "somebody else's")
	require.Equal(t, 303, owner.submit("/account/passkeys/1/remove").status)
	b := s.browser()
	require.Equal(t, 401, b.submit("/login/passkey", "credential", d.sign(b, "/login/passkey/ask")).status)
	require.Equal(t, 303, b.submit("/login/passkey", "credential", spare.sign(b, "/login/passkey/ask")).status)
}

func TestWithoutANameThereAreNoPasskeys(t *testing.T) {
	s := newSite(t) // at an address
	s.person("ana@example.com", models.Viewer)
	b := s.browser()
	require.NotContains(t, b.get("/login").body, "passkey")
	b.signIn("ana@example.com")
	require.Contains(t, b.get("/account/passkeys").body, "--base-url")
	require.Equal(t, 422, s.browser().submit("/login/passkey/ask").status)
	require.Equal(t, 401, s.browser().submit("/login/passkey", "credential", "{}").status)
}
