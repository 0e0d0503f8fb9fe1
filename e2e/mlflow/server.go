// Package mlflow runs a real MLflow server, and real clients of it, for tests.
// install.sh beside it installs both.
package mlflow

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Server is an MLflow server with a database of its own on a loopback port.
type Server struct {
	URL    string
	python string
	folder string
}

// Start runs a server until the test ends. Without an installation the test is
// skipped, but in CI it fails.
func Start(t *testing.T) *Server {
	t.Helper()
	return StartWith(t, nil)
}

// StartWith is Start with further environment, NAME=VALUE, and arguments.
func StartWith(t *testing.T, env []string, args ...string) *Server {
	t.Helper()
	s := &Server{URL: "http://" + freeAddress(t), python: Python(t), folder: t.TempDir()}
	host, port, _ := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
	log := &bytes.Buffer{}
	cmd := exec.Command(s.python, "-m", "mlflow", "server", "--host", host, "--port", port, "--workers", "1",
		"--backend-store-uri", "sqlite:///"+filepath.Join(s.folder, "mlflow.db"),
		"--artifacts-destination", filepath.Join(s.folder, "artifacts"))
	cmd.Args = append(cmd.Args, args...)
	cmd.Env = append(environment(s.URL), env...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.folder, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }() // ends with the server
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // its workers too
		<-ended
	})
	if !s.healthy(ended) {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		t.Fatalf("MLflow did not start:\n%s", log)
	}
	return s
}

// Python is the interpreter of the installation.
func Python(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("THROUGHLINE_MLFLOW_VENV")
	if folder == "" {
		folder = filepath.Join(here(), "..", "..", ".cache", "mlflow-venv")
	}
	python := filepath.Join(folder, "bin", "python")
	if _, err := os.Stat(filepath.Join(folder, "bin", "mlflow")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("MLflow is not installed: run e2e/mlflow/install.sh (%v)", err)
		}
		t.Skip("MLflow is not installed: run e2e/mlflow/install.sh")
	}
	return python
}

// Client runs scripts of this folder with a real MLflow client.
type Client struct {
	Python string   // of the installation whose client it is
	URI    string   // what MLFLOW_TRACKING_URI says
	Env    []string // further NAME=VALUE
	Folder string   // where it works; a fresh one by default
}

// Run runs a script and returns what it printed on its last line.
func (c Client) Run(t *testing.T, script string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Python, append([]string{filepath.Join(here(), script)}, args...)...)
	var out, log bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = append(environment(c.URI), c.Env...), c.Folder, &out, &log
	if c.Folder == "" {
		cmd.Dir = t.TempDir()
	}
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, log.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	return lines[len(lines)-1]
}

// Run runs a client script of this folder, with the server as tracking server,
// and returns what it printed on its last line.
func (s *Server) Run(t *testing.T, script string, args ...string) string {
	t.Helper()
	return Client{Python: s.python, URI: s.URL, Folder: s.folder}.Run(t, script, args...)
}

func environment(uri string) []string {
	return append(os.Environ(), "MLFLOW_TRACKING_URI="+uri, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false",
		"MLFLOW_DISABLE_TELEMETRY=true", "DO_NOT_TRACK=true", "GIT_PYTHON_REFRESH=quiet", "PYTHONWARNINGS=ignore")
}

func (s *Server) healthy(ended <-chan struct{}) bool {
	client := http.Client{Timeout: time.Second}
	for range 300 {
		if resp, err := client.Get(s.URL + "/health"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return true
			}
		}
		select {
		case <-ended:
			return false
		case <-time.After(200 * time.Millisecond):
		}
	}
	return false
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// here is the folder of this file.
func here() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}
