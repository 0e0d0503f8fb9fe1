package contract

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Secrets that are easy to find again wherever they leak.
const (
	hookSecret     = "MARKER-hook-secret-5f1c"
	upstreamToken  = "MARKER-upstream-token-77aa"
	personPassword = "MARKER long passphrase 31bd"
	querySecret    = "MARKER-in-a-query-90ef"
	dsnPassword    = "MARKER-dsn-password-12cd"
)

// Row 34: after everything was exercised, failures included, no secret is found in
// the log, the pages, the API, the exports, the database or a copy of it.
func TestSecretsAreFoundNowhere(t *testing.T) {
	log := &heard{}
	h := startLogged(t, log)
	h.project("LEAK", "leak")
	h.exercise(t)
	for _, text := range [][]byte{log.bytes(), h.everythingShown(t), h.onDisk(t), wrongAddress(t)} {
		if i := bytes.Index(text, []byte("MARKER")); i >= 0 {
			t.Errorf("a secret lies in %q", text[max(0, i-80):min(len(text), i+60)])
		}
		if bytes.Contains(text, []byte(h.token)) {
			t.Error("the value of a token lies somewhere")
		}
	}
	if !bytes.Contains(log.bytes(), []byte(`"actor":"token:1"`)) {
		t.Error("the log does not name the token by its number")
	}
}

// exercise uses every kind of secret, rightly and wrongly.
func (h *hub) exercise(t *testing.T) {
	h.want(http.StatusCreated, "POST", "/api/v1/projects/LEAK/integrations", object{"source": "github", "name": "secret", "settings": object{"secret": hookSecret, "token": upstreamToken, "repositories": "acme/churn"}})
	h.want(http.StatusCreated, "POST", "/api/v1/projects/LEAK/integrations", object{"source": "mlflow", "name": "down", "settings": object{"url": "http://127.0.0.1:9/", "token": upstreamToken}})
	h.github("secret", hookSecret, "ping", "m1", object{"zen": "x"})
	h.github("secret", "wrong", "ping", "m2", object{"zen": "x"})
	h.want(http.StatusUnprocessableEntity, "PATCH", "/api/v1/projects/LEAK/integrations/github/secret", object{"settings": object{"secret": hookSecret, "unknown": upstreamToken}})
	h.want(http.StatusCreated, "POST", "/api/v1/people", object{"email": "eve@example.com", "password": personPassword})
	h.call("POST", "/api/v1/people", object{"email": "eve@example.com", "password": personPassword})
	for _, password := range []string{personPassword, "MARKER wrong one"} {
		answer, err := http.PostForm("http://"+h.address+"/login", url.Values{"email": {"eve@example.com"}, "password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
	h.call("GET", "/api/v1/projects?token="+querySecret, nil)
	h.call("GET", "/search?q="+querySecret+"&token="+h.token, nil)
	h.call("GET", "/api/v1/projects", nil, "Authorization", "Bearer MARKER-unknown-token")
	h.call("POST", "/hooks/cloudevents/leak", []byte(`{"broken`), "Content-Type", "application/cloudevents+json")
}

// everythingShown is what the API and the pages answer an administrator, whom
// nothing is hidden from but secrets.
func (h *hub) everythingShown(t *testing.T) []byte {
	var out bytes.Buffer
	_, text := h.call("GET", "/api/openapi.json", nil)
	shown := map[string]bool{}
	for _, m := range regexp.MustCompile(`"(/api/v1/[^"]*)":\{`).FindAllStringSubmatch(string(text), -1) {
		shown[strings.NewReplacer("{key}", "LEAK", "{source}", "github", "{name}", "secret", "{id}", "1", "{kind}", "repository").Replace(m[1])] = true
	}
	for _, page := range []string{"/", "/projects/LEAK/settings", "/projects/LEAK/integrations", "/projects/LEAK/integrations/github/secret", "/projects/LEAK/integrations/mlflow/down",
		"/projects/LEAK/deliveries?state=all", "/projects/LEAK/tokens", "/tokens", "/people", "/projects/LEAK/activity", "/audit", "/audit/export?format=jsonl", "/audit/export?format=csv", "/metrics"} {
		shown[page] = true
	}
	if len(shown) < 40 {
		t.Fatalf("only %d addresses are looked at", len(shown))
	}
	for path := range shown {
		_, text := h.call("GET", path, nil)
		out.Write(text)
	}
	return out.Bytes()
}

// onDisk is every file of the data folder but the key, and a copy as a backup makes it.
func (h *hub) onDisk(t *testing.T) []byte {
	var out bytes.Buffer
	err := filepath.WalkDir(h.data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "secret.key" {
			return err
		}
		text, err := os.ReadFile(path)
		out.Write(text)
		return err
	})
	if err != nil || out.Len() < 10_000 {
		t.Fatal(err, out.Len())
	}
	return out.Bytes()
}

// wrongAddress is what the program says of a database that it can not reach.
func wrongAddress(t *testing.T) []byte {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	var out []byte
	for _, address := range []string{"postgres://me:" + dsnPassword + "@" + l.Addr().String() + "/x?connect_timeout=1", "postgres://me:" + dsnPassword + "@%zz/x", "mysql://me:" + dsnPassword + "@x/y"} {
		text, err := exec.Command(program, "migrate", "--data", t.TempDir(), "--database-url", address).CombinedOutput()
		if err == nil {
			t.Fatal("a database that is not there was migrated")
		}
		out = append(out, text...)
	}
	return out
}

// heard keeps what a program says.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) bytes() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return bytes.Clone(h.text.Bytes())
}

// startLogged is a hub whose log, at its most talkative, is kept.
func startLogged(t *testing.T, log io.Writer) *hub {
	t.Helper()
	h := startHubWith(t, log, "--log-level", "debug", "--log-format", "json", "--allow-upstream", "127.0.0.1:9")
	return h
}

// Row 22: a delivery has one effect, also when it comes again after a restart.
func TestADeliveryHasOneEffectAcrossRestarts(t *testing.T) {
	h := startHub(t)
	h.project("AGAIN", "again")
	deliver := func() (int, string) {
		status, text := h.event("again", "run.started", "replayed", object{"run_id": "r1", "name": "one"})
		return status, string(text)
	}
	if status, text := deliver(); status != http.StatusAccepted {
		t.Fatal(status, text)
	}
	seq := fmt.Sprint(h.want(http.StatusOK, "GET", "/api/v1/projects/AGAIN/board", nil)["seq"])
	for range 2 {
		if status, text := deliver(); status != http.StatusOK || !strings.Contains(text, `"duplicate":true`) {
			t.Fatal(status, text)
		}
		h.kill()
	}
	if now := fmt.Sprint(h.want(http.StatusOK, "GET", "/api/v1/projects/AGAIN/board", nil)["seq"]); now != seq {
		t.Fatalf("the board went from %s to %s", seq, now)
	}
}
