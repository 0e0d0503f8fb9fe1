// Package oidc signs in to the real program through a real OpenID provider.
package oidc

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var program string // the built binary

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "throughline-oidc-")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "throughline")
	build := exec.Command("go", "build", "-o", program, "throughline/cmd/throughline")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Printf("build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// providerProgram is zitadel's example of an OpenID provider, installed by the
// suite's setup.
func providerProgram(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../.cache/bin/oidc-provider")
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the OpenID provider is missing: make test installs it")
		}
		t.Skip("the OpenID provider is not here: make test installs it")
	}
	return path
}

// world is a provider and a hub that trusts it.
type world struct {
	*testing.T
	hub, issuer, data string
	args              []string
	hubRuns           *exec.Cmd
	log               *os.File
}

type user struct {
	ID, Username, Password, FirstName, LastName, Email string
	EmailVerified                                      bool
}

func users(list ...user) map[string]user {
	out := map[string]user{}
	for _, u := range list {
		u.Password = "verysecure"
		out[u.ID] = u
	}
	return out
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

func newWorld(t *testing.T, people map[string]user, args ...string) *world {
	t.Helper()
	path := providerProgram(t)
	providerPort, hubPort := freePort(t), freePort(t)
	w := &world{T: t, data: t.TempDir(), hub: "http://localhost:" + hubPort, issuer: "http://localhost:" + providerPort + "/"}
	file := filepath.Join(t.TempDir(), "users.json")
	raw, _ := json.Marshal(people)
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	provider := exec.Command(path)
	provider.Env = append(os.Environ(), "PORT="+providerPort, "USERS_FILE="+file, "REDIRECT_URI="+w.hub+"/login/oidc/callback")
	w.run(provider)
	w.args = append([]string{"serve", "--addr", "127.0.0.1:" + hubPort, "--base-url", w.hub, "--data", w.data,
		"--oidc-issuer", w.issuer, "--oidc-client-id", "web", "--oidc-name", "Corner Login"}, args...)
	w.startHub()
	w.wait(w.issuer + ".well-known/openid-configuration")
	return w
}

func (w *world) startHub() {
	w.Helper()
	var err error
	if w.log, err = os.Create(filepath.Join(w.TempDir(), "log")); err != nil {
		w.Fatal(err)
	}
	w.hubRuns = exec.Command(program, w.args...)
	w.hubRuns.Env = append(os.Environ(), "THROUGHLINE_OIDC_CLIENT_SECRET=secret")
	w.hubRuns.Stderr = w.log
	w.run(w.hubRuns)
	w.wait(w.hub + "/readyz")
}

func (w *world) run(cmd *exec.Cmd) {
	w.Helper()
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

func (w *world) wait(address string) {
	w.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get(address); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
	}
	w.Fatalf("%s is not ready after 30 s", address)
}

// command runs the program beside the hub and returns the last line it prints.
func (w *world) command(args ...string) string {
	w.Helper()
	out, err := exec.Command(program, append(args, "--data", w.data)...).Output()
	if err != nil {
		w.Fatalf("%v: %v", args, err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// person is a browser, as far as signing in needs one.
type person struct {
	*world
	client *http.Client
}

type page struct {
	status  int
	address *url.URL
	body    string
}

func (w *world) person() *person {
	jar, _ := cookiejar.New(nil)
	return &person{world: w, client: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

func (p *person) read(answer *http.Response, err error) page {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return page{status: answer.StatusCode, address: answer.Request.URL, body: string(text)}
}

func (p *person) get(path string) page {
	p.Helper()
	if strings.HasPrefix(path, "/") {
		path = p.hub + path
	}
	return p.read(p.client.Get(path))
}

func (p *person) post(path string, form url.Values) page {
	p.Helper()
	if m := csrf.FindStringSubmatch(p.get("/account").body); m != nil {
		form.Set("csrf", m[1])
	}
	r, _ := http.NewRequest(http.MethodPost, p.hub+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Referer", p.hub+"/account")
	return p.read(p.client.Do(r))
}

var (
	csrf   = regexp.MustCompile(`name="csrf" (?:value|content)="([^"]*)"`)
	hidden = regexp.MustCompile(`name="id" value="([^"]*)"`)
)

// signIn goes through the provider's own form; begun is the page it shows.
func (p *person) signIn(username string) page {
	p.Helper()
	return p.fill(p.get("/login/oidc?next=%2Faccount"), username)
}

func (p *person) fill(form page, username string) page {
	p.Helper()
	m := hidden.FindStringSubmatch(form.body)
	if m == nil {
		p.Fatalf("%s: %d, no form of the provider:\n%s", form.address, form.status, form.body)
	}
	return p.read(p.client.PostForm(p.issuer+"login/username", url.Values{"id": {m[1]}, "username": {username}, "password": {"verysecure"}}))
}
