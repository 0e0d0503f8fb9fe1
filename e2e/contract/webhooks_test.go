package contract

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"throughline/e2e/mlflow"
)

// listener is a program that listens to registry webhooks.
type listener struct {
	*httptest.Server
	t    *testing.T
	file string // grows with what has come
	mu   sync.Mutex
	told []string
}

func listen(t *testing.T) *listener {
	l := &listener{t: t, file: filepath.Join(t.TempDir(), "received")}
	if err := os.WriteFile(l.file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

var hexadecimal = regexp.MustCompile(`[0-9a-f]{32}`)

func (l *listener) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	mac := hmac.New(sha256.New, []byte("s3cr3t"))
	mac.Write([]byte(r.Header.Get("X-MLflow-Delivery-Id") + "." + r.Header.Get("X-MLflow-Timestamp") + "." + string(body)))
	if r.Header.Get("X-MLflow-Signature") != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		l.t.Errorf("the signature of %s is wrong", body)
	}
	var told map[string]any
	if err := json.Unmarshal(body, &told); err != nil {
		l.t.Errorf("%v in %s", err, body)
	}
	delete(told, "timestamp")
	text, _ := json.Marshal(told)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.told = append(l.told, hexadecimal.ReplaceAllString(string(text), "RUN"))
	_ = os.WriteFile(l.file, []byte(strings.Repeat(".", len(l.told))), 0o600)
}

// all is what has come; the reference sends at once what we send in order.
func (l *listener) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Sorted(slices.Values(l.told))
}

func (l *listener) env() []string {
	return []string{"DAY_WEBHOOK=" + l.URL + "/hub", "DAY_RECEIVED=" + l.file}
}

// maintainer is a token that may send what happens to an address elsewhere.
func maintainer(h *hub) string {
	h.space("BAR")
	out, err := exec.Command(program, "token", "create", "--data", h.data, "--name", "registry", "--role", "maintainer", "--project", "BAR").Output()
	if err != nil {
		h.Fatalf("token create: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

// TestListenersOfARegistryHearTheSame creates webhooks by the real client on both
// servers and compares what the client is answered, and what arrives.
func TestListenersOfARegistryHearTheSame(t *testing.T) {
	t.Setenv("MLFLOW_WEBHOOK_ALLOWED_SCHEMES", "http,https")
	t.Setenv("MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS", "true")
	t.Setenv("MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY", base64.URLEncoding.EncodeToString(make([]byte, 32)))
	python, real := mlflow.Python(t), mlflow.Start(t)
	theirs, ours := listen(t), listen(t)
	h := startHubWith(t, os.Stderr, "--log-level", "warn", "--allow-upstream", "127.0.0.1")
	want := readDay(t, mlflow.Client{Python: python, URI: real.URL, Env: theirs.env()}.Run(t, "day.py", "webhook_day"))
	got := readDay(t, mlflow.Client{Python: python, URI: "http://" + h.address, Env: append(ours.env(), "MLFLOW_TRACKING_TOKEN="+maintainer(h))}.Run(t, "day.py", "webhook_day"))
	for n, w := range want {
		if n >= len(got) || !sameResult(w.result, got[n].result) {
			t.Errorf("%s:\n MLflow %s\n ours   %s", w.name, asText(w.result), asText(got[min(n, len(got)-1)].result))
		}
	}
	if !reflect.DeepEqual(theirs.all(), ours.all()) {
		t.Errorf("heard from MLflow:\n%s\nfrom us:\n%s", strings.Join(theirs.all(), "\n"), strings.Join(ours.all(), "\n"))
	}
	if len(ours.all()) < 10 {
		t.Errorf("only %d deliveries", len(ours.all()))
	}
}
