package oidc

import (
	"html"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
)

var dana = user{ID: "d1", Username: "dana", FirstName: "Dana", LastName: "Doe", Email: "dana@example.com", EmailVerified: true}

func TestFirstSignInMakesAnAccountAndTheNextFindsIt(t *testing.T) {
	w := newWorld(t, users(dana), "--oidc-allow-new", "example.com")
	if body := w.person().get("/login").body; !strings.Contains(body, "Sign in with Corner Login") {
		t.Errorf("no button:\n%s", body)
	}
	p := w.person()
	in := p.signIn("dana")
	if in.status != http.StatusOK || in.address.String() != w.hub+"/account" || !strings.Contains(in.body, "Dana Doe") {
		t.Fatalf("%d at %s:\n%s", in.status, in.address, in.body)
	}
	me := p.get("/api/v1/me").body
	again := w.person()
	again.signIn("dana")
	if got := again.get("/api/v1/me").body; got != me || !strings.Contains(me, "dana@example.com") {
		t.Errorf("another person: %s and %s", me, got)
	}
	if list := w.command("user", "list"); strings.Count(list, "dana@example.com") != 1 {
		t.Errorf("accounts: %s", list)
	}
}

// Row 08: a closed account stays closed, whoever vouches for its person.
func TestADisabledPersonIsOut(t *testing.T) {
	w := newWorld(t, users(dana), "--oidc-allow-new", "example.com")
	p := w.person()
	p.signIn("dana")
	w.command("user", "disable", "dana@example.com")
	if got := p.get("/api/v1/me"); got.status != http.StatusUnauthorized {
		t.Errorf("the session still works: %d", got.status)
	}
	in := w.person().signIn("dana")
	if in.status != http.StatusForbidden || !strings.Contains(in.body, "closed") {
		t.Errorf("%d at %s:\n%s", in.status, in.address, in.body)
	}
}

// Row 43: an e-mail address joins nothing. Whoever has the account connects it.
func TestAnAddressDoesNotOpenAnAccount(t *testing.T) {
	w := newWorld(t, users(dana, user{ID: "e1", Username: "eve", Email: "eve@elsewhere.example", EmailVerified: true},
		user{ID: "f1", Username: "finn", Email: "finn@example.com"}), "--oidc-allow-new", "example.com")
	password := w.command("user", "create", "dana@example.com")
	for _, username := range []string{"dana", "eve", "finn"} { // taken, another domain, not verified
		in := w.person().signIn(username)
		if in.status != http.StatusForbidden || !strings.Contains(in.body, "connect Corner Login on your account page") {
			t.Errorf("%s: %d\n%s", username, in.status, in.body)
		}
	}
	p := w.person()
	p.read(p.client.PostForm(w.hub+"/login", url.Values{"email": {"dana@example.com"}, "password": {password}}))
	p.connect("dana")
	in := w.person().signIn("dana")
	if in.status != http.StatusOK || !strings.Contains(in.body, "dana@example.com") {
		t.Errorf("after connecting: %d at %s\n%s", in.status, in.address, in.body)
	}
}

var onward = regexp.MustCompile(`class="button primary" href="([^"]+)"`)

// connect goes from the account page to the provider and back.
func (p *person) connect(username string) {
	p.Helper()
	m := onward.FindStringSubmatch(p.post("/account/connect/oidc", url.Values{}).body)
	if m == nil {
		p.Fatal("no way on to the provider")
	}
	back := p.fill(p.get(html.UnescapeString(m[1])), username)
	if back.status != http.StatusOK || !strings.Contains(back.body, "Disconnect") {
		p.Fatalf("%d at %s:\n%s", back.status, back.address, back.body)
	}
}

// Row 43: an answer counts once, in the browser that asked for it.
func TestAnAnswerCountsOnceInItsBrowser(t *testing.T) {
	w := newWorld(t, users(dana), "--oidc-allow-new", "example.com")
	p := w.person()
	var answer *url.URL
	p.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == "/login/oidc/callback" {
			answer = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}
	p.signIn("dana")
	if answer == nil || answer.Query().Get("state") == "" {
		t.Fatal("no answer came")
	}
	victim := w.person()
	if got := victim.get(answer.String()); got.status != http.StatusForbidden || !strings.Contains(got.body, "not begun in this browser") {
		t.Errorf("in another browser: %d", got.status)
	}
	if got := victim.get("/api/v1/me"); got.status != http.StatusUnauthorized {
		t.Errorf("the other browser is signed in: %d", got.status)
	}
	hub, _ := url.Parse(w.hub)
	kept := p.client.Jar.Cookies(hub)
	p.client.CheckRedirect = nil
	if got := p.get(answer.String()); got.status != http.StatusOK {
		t.Fatalf("in its own: %d\n%s", got.status, got.body)
	}
	p.client.Jar.SetCookies(hub, kept) // as if the cookie had not been taken back
	if got := p.get(answer.String()); got.status != http.StatusForbidden {
		t.Errorf("a second time: %d", got.status)
	}
	log, _ := os.ReadFile(w.log.Name())
	for _, secret := range []string{answer.Query().Get("code"), answer.Query().Get("state"), "eyJ"} {
		if strings.Contains(string(log), secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
}

func TestWithoutPasswords(t *testing.T) {
	w := newWorld(t, users(dana), "--oidc-allow-new", "example.com", "--password-login", "off")
	password := w.command("user", "create", "root@example.com")
	p := w.person()
	if body := p.get("/login").body; strings.Contains(body, `type="password"`) || !strings.Contains(body, "Corner Login") {
		t.Errorf("the page to sign in:\n%s", body)
	}
	got := p.read(p.client.PostForm(w.hub+"/login", url.Values{"email": {"root@example.com"}, "password": {password}}))
	if got.status != http.StatusForbidden || p.get("/api/v1/me").status != http.StatusUnauthorized {
		t.Errorf("a password was taken: %d", got.status)
	}
	if in := p.signIn("dana"); in.status != http.StatusOK {
		t.Errorf("%d\n%s", in.status, in.body)
	}
}
