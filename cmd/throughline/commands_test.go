package main

import (
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryCommandExplainsItself(t *testing.T) {
	for _, command := range [][]string{{}, {"serve"}, {"demo"}, {"migrate"}, {"token"}, {"token", "create"}, {"token", "list"},
		{"token", "revoke"}, {"user"}, {"user", "create"}, {"user", "list"}, {"user", "disable"}, {"user", "reset-second-factor"}, {"user", "password"},
		{"person"}, {"person", "export"}, {"person", "anonymise"}, {"retention", "run"},
		{"audit"}, {"audit", "verify"}, {"audit", "export"}, {"health"}, {"event"}, {"git-hook"}, {"version"}} {
		code, stdout, stderr := once(t, nil, append(command, "--help")...)
		if code != exitDone || !strings.Contains(stdout, "Usage: throughline") || stderr != "" {
			t.Errorf("%v --help: exit %d\n%s%s", command, code, stdout, stderr)
		}
	}
}

func TestEverySettingHasItsVariableInTheHelp(t *testing.T) {
	_, stdout, _ := once(t, nil, "serve", "--help")
	for _, name := range []string{"THROUGHLINE_ADDR", "THROUGHLINE_DATA", "THROUGHLINE_DATABASE_URL", "THROUGHLINE_BASE_URL",
		"THROUGHLINE_ALLOWED_HOSTS", "THROUGHLINE_ALLOW_UPSTREAM", "THROUGHLINE_LOG_FORMAT", "THROUGHLINE_LOG_LEVEL", "THROUGHLINE_DRAIN_WAIT"} {
		if !strings.Contains(strings.Join(strings.Fields(stdout), ""), name) {
			t.Errorf("serve --help lacks %s", name)
		}
	}
}

func TestAllWrongSettingsAreNamedAtOnce(t *testing.T) {
	env := map[string]string{"THROUGHLINE_LOG_LEVEL": "loud", "THROUGHLINE_DATABASE_URL": "mysql://root:hunter2@db/x"}
	code, _, stderr := once(t, env, "serve", "--addr", "nowhere", "--base-url", "ftp://x", "--log-format", "xml",
		"--allow-upstream", "http://x/", "--allowed-hosts", "a/b", "--drain-wait", "soon", "--trusted-proxies", "everybody")
	if code != exitRefuse {
		t.Errorf("exit %d, want %d", code, exitRefuse)
	}
	for _, flag := range []string{"addr", "base-url", "log-format", "log-level", "database-url", "allow-upstream", "allowed-hosts", "drain-wait", "trusted-proxies"} {
		if !strings.Contains(stderr, "--"+flag+" ("+variable(flag)+")") {
			t.Errorf("--%s is not named:\n%s", flag, stderr)
		}
	}
	if strings.Contains(stderr, "hunter2") {
		t.Error("the message shows a password")
	}
}

func TestWrongProvidersAreNamed(t *testing.T) {
	for _, wrong := range []struct {
		flag string
		args []string
	}{
		{"password-login", []string{"--password-login", "off"}},
		{"password-login", []string{"--password-login", "maybe"}},
		{"oidc-issuer", []string{"--oidc-issuer", "login.example.com", "--oidc-client-id", "x"}},
		{"oidc-issuer", []string{"--oidc-client-id", "x"}},
		{"oidc-client-id", []string{"--oidc-issuer", "https://login.example.com"}},
		{"oidc-client-secret-file", []string{"--oidc-issuer", "https://login.example.com", "--oidc-client-id", "x", "--oidc-client-secret-file", "/nowhere"}},
		{"oidc-allow-new", []string{"--oidc-allow-new", "*"}},
		{"oidc-allow-new", []string{"--oidc-allow-new", "example.com,com"}},
		{"github-client-id", []string{"--github-client-id", "x"}},
		{"github-url", []string{"--github-url", "github.example.com"}},
	} {
		code, _, stderr := once(t, map[string]string{"THROUGHLINE_OIDC_CLIENT_SECRET": "hunter2"}, append([]string{"serve", "--addr", "127.0.0.1:0", "--data", t.TempDir()}, wrong.args...)...)
		if code != exitRefuse || !strings.Contains(stderr, "--"+wrong.flag+" (") || strings.Contains(stderr, "hunter2") {
			t.Errorf("%v: exit %d\n%s", wrong.args, code, stderr)
		}
	}
}

func TestUnknownFlagIsRefused(t *testing.T) {
	if code, _, stderr := once(t, nil, "serve", "--adr", ":1"); code != exitRefuse || !strings.Contains(stderr, "--adr") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	code, _, stderr := once(t, nil, "serve", "--addr", taken.Addr().String(), "--data", t.TempDir())
	if code != exitFailed || !strings.Contains(stderr, "another program listens on "+taken.Addr().String()) {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	if code, _, stderr := once(t, nil, "migrate", "--data", dir); code != exitDone {
		t.Fatalf("migrate: exit %d: %s", code, stderr)
	}
	pretendNewer(t, filepath.Join(dir, "throughline.db"))
	code, _, stderr := once(t, nil, "serve", "--addr", "127.0.0.1:0", "--data", dir)
	if code != exitRefuse || !strings.Contains(stderr, "newer Throughline") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

func TestStartsOffersSetupAndStops(t *testing.T) {
	p := start(t, "serve", "--addr", "127.0.0.1:0", "--data", t.TempDir())
	if !strings.Contains(p.out.String(), p.address+"/setup/") {
		t.Errorf("no setup link:\n%s", p.out.String())
	}
	link := strings.TrimSpace(lastLine(p.out.String()))
	if status := p.get(strings.TrimPrefix(link, p.address)); status != http.StatusOK {
		t.Errorf("the setup link %s answers %d", link, status)
	}
	if code := p.end(); code != exitDone {
		t.Errorf("exit %d: %s", code, p.errors.String())
	}
	if p.get("/livez") != 0 {
		t.Error("it still answers after the stop")
	}
}

func TestNoSetupLinkWhereSomebodyIs(t *testing.T) {
	dir := t.TempDir()
	code, password, stderr := once(t, nil, "user", "create", "--data", dir, "--role", "administrator", "dana@example.com")
	if code != exitDone || len(strings.TrimSpace(password)) < 12 {
		t.Fatalf("user create: exit %d: %s%s", code, password, stderr)
	}
	p := start(t, "serve", "--addr", "127.0.0.1:0", "--data", dir)
	if strings.Contains(p.out.String(), "/setup/") {
		t.Errorf("a setup link although there is an account:\n%s", p.out.String())
	}
}

func TestTokenMadeBesideTheServerWorks(t *testing.T) {
	dir := t.TempDir()
	p := start(t, "serve", "--addr", "127.0.0.1:0", "--data", dir)
	code, stdout, stderr := once(t, nil, "token", "create", "--data", dir, "--name", "outside", "--role", "administrator")
	if code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	token := lastLine(stdout)
	if status, body := p.call(token, http.MethodPost, "/api/v1/projects", `{"key":"BAR","name":"Bar"}`); status != http.StatusCreated {
		t.Errorf("%d %s", status, body)
	}
	if status, body := p.call(token, http.MethodGet, "/api/v1/projects", ""); status != http.StatusOK || !strings.Contains(body, `"key":"BAR"`) {
		t.Errorf("%d %s", status, body)
	}
	once(t, nil, "token", "revoke", "--data", dir, "1")
	p.wait("the end of a revoked token", func() bool { // tokens may be remembered for a second
		status, _ := p.call(token, http.MethodGet, "/api/v1/projects", "")
		return status == http.StatusUnauthorized
	})
}

func TestTokensAreLimited(t *testing.T) {
	dir := t.TempDir()
	for _, wrong := range [][]string{{"--role", "king"}, {"--role", "viewer", "--scope", "everything"},
		{"--role", "viewer", "--expires", "soon"}, {"--role", "viewer", "--project", "NONE"}} {
		args := append([]string{"token", "create", "--data", dir, "--name", "x"}, wrong...)
		if code, stdout, _ := once(t, nil, args...); code == exitDone || strings.Contains(stdout, "tl_") {
			t.Errorf("%v made a token", wrong)
		}
	}
	once(t, nil, "token", "create", "--data", dir, "--name", "reader", "--role", "viewer", "--scope", "read", "--expires", "90d")
	if _, stdout, _ := once(t, nil, "token", "list", "--data", dir); !strings.Contains(stdout, "reader") || strings.Contains(stdout, "king") {
		t.Errorf("token list:\n%s", stdout)
	}
}

func TestSettingsComeFromTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	env := map[string]string{"THROUGHLINE_DATA": dir}
	if code, _, stderr := once(t, env, "migrate"); code != exitDone {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if _, stdout, _ := once(t, nil, "migrate", "--data", dir); !strings.Contains(stdout, "up to date") {
		t.Errorf("the variable was not used: %s", stdout)
	}
}
