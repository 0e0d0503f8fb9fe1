// Package contract runs the calls that others rely on, from outside, against the
// real program: a whole line, what a kill leaves behind, and every recorded
// GitHub payload in any order.
package contract

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var program string // the built binary

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "throughline-contract-")
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

type object = map[string]any

// hub is a running program.
type hub struct {
	*testing.T
	data, address, token string
	cmd                  *exec.Cmd
	log                  io.Writer
	flags                []string
	client               http.Client
}

func startHub(t *testing.T) *hub {
	t.Helper()
	return startHubWith(t, os.Stderr, "--log-level", "warn")
}

// startHubWith is a hub whose log goes elsewhere, started with more flags.
func startHubWith(t *testing.T, log io.Writer, flags ...string) *hub {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{T: t, data: t.TempDir(), address: l.Addr().String(), log: log, flags: flags}
	_ = l.Close()
	h.start()
	t.Cleanup(func() { _ = h.cmd.Process.Kill(); _ = h.cmd.Wait() })
	out, err := exec.Command(program, "token", "create", "--data", h.data, "--name", "outside", "--role", "administrator").Output()
	if err != nil {
		t.Fatalf("token create: %v", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	h.token = lines[len(lines)-1]
	return h
}

func (h *hub) start() {
	h.Helper()
	h.cmd = exec.Command(program, append([]string{"serve", "--addr", h.address, "--data", h.data}, h.flags...)...)
	h.cmd.Stderr = h.log
	if err := h.cmd.Start(); err != nil {
		h.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get("http://" + h.address + "/readyz"); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
	}
	h.Fatal("the program is not ready after 30 s")
}

// kill is kill -9, and a new start on the same folder.
func (h *hub) kill() {
	_ = h.cmd.Process.Kill()
	_ = h.cmd.Wait()
	h.start()
}

// call makes a request with the administrator's token and returns the answer.
func (h *hub) call(method, path string, body any, header ...string) (int, []byte) {
	h.Helper()
	raw, ok := body.([]byte)
	if body != nil && !ok {
		raw, _ = json.Marshal(body)
	}
	request, err := http.NewRequestWithContext(h.Context(), method, "http://"+h.address+path, bytes.NewReader(raw))
	if err != nil {
		h.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+h.token)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	answer, err := h.client.Do(request)
	if err != nil {
		h.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, text
}

// want is call with the status that must come back.
func (h *hub) want(status int, method, path string, body any, header ...string) object {
	h.Helper()
	got, text := h.call(method, path, body, header...)
	if got != status {
		h.Fatalf("%s %s: %d instead of %d: %s", method, path, got, status, text)
	}
	var out object
	_ = json.Unmarshal(text, &out)
	return out
}

// github posts a signed webhook.
func (h *hub) github(name, secret, event, id string, payload any) (int, []byte) {
	raw, ok := payload.(json.RawMessage)
	if !ok {
		raw, _ = json.Marshal(payload)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(raw)
	return h.call(http.MethodPost, "/hooks/github/"+name, []byte(raw), "X-GitHub-Event", event, "X-GitHub-Delivery", id,
		"X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
}

// event posts a CloudEvent of the bots' types.
func (h *hub) event(name, kind, id string, data object) (int, []byte) {
	return h.call(http.MethodPost, "/hooks/cloudevents/"+name, object{"specversion": "1.0", "id": id, "source": "/ci",
		"type": "dev.throughline." + kind + ".v1", "time": time.Now().UTC().Format(time.RFC3339Nano), "data": data},
		"Content-Type", "application/cloudevents+json")
}

func (h *hub) accepted(status int, body []byte) {
	h.Helper()
	if status != http.StatusAccepted {
		h.Fatalf("%d instead of 202: %s", status, body)
	}
}

func (h *hub) project(key, hook string) {
	h.Helper()
	h.want(http.StatusCreated, http.MethodPost, "/api/v1/projects", object{"key": key, "name": key})
	h.want(http.StatusCreated, http.MethodPost, "/api/v1/projects/"+key+"/integrations",
		object{"source": "github", "name": hook, "settings": object{"secret": "s"}})
	h.want(http.StatusCreated, http.MethodPost, "/api/v1/projects/"+key+"/integrations", object{"source": "cloudevents", "name": hook})
}
