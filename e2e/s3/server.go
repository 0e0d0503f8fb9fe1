// Package s3 runs a real S3-compatible server for tests: versitygw over a folder.
// .ci/setup.sh installs it.
package s3

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// The names under which the tests use the server.
const (
	Bucket = "throughline"
	access = "tests"
	secret = "only-on-loopback"
)

// Server is one with an empty bucket.
type Server struct {
	Address string // s3://… with the endpoint
	Folder  string // of the bucket's objects
}

// Start runs a server until the test ends, and gives this process its credentials.
// Without an installation the test is skipped, but in CI it fails.
func Start(t testing.TB) Server {
	t.Helper()
	program, host, root, meta := installed(t), freeAddress(t), t.TempDir(), t.TempDir()
	s := Server{Address: "s3://" + Bucket + "/hub?endpoint=http://" + host + "&region=us-east-1&path_style=true", Folder: filepath.Join(root, Bucket)}
	if err := os.Mkdir(s.Folder, 0o700); err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	cmd := exec.Command(program, "--port", host, "--access", access, "--secret", secret, "--quiet", "--keep-alive", "posix", "--sidecar", meta, root)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = log, log, 5*time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	if !listens(host) {
		t.Fatalf("the S3 server did not start:\n%s", log)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", access)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secret)
	return s
}

func installed(t testing.TB) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	program := filepath.Join(filepath.Dir(file), "..", "..", ".cache", "bin", "versitygw")
	if _, err := os.Stat(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("versitygw is not installed: .ci/setup.sh does it (%v)", err)
		}
		t.Skip("versitygw is not installed: .ci/setup.sh does it")
	}
	return program
}

// listens waits until somebody does at an address.
func listens(host string) bool {
	for range 300 {
		if c, err := net.DialTimeout("tcp", host, time.Second); err == nil {
			_ = c.Close()
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	return false
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
