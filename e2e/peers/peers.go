// Package peers runs the real programs of others for the slow tests: the
// distribution registry with crane, Alertmanager, and Python with ML Metadata.
// .ci/setup.sh installs them into .cache.
package peers

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

// Long skips a test outside the slow tier.
func Long(t *testing.T) {
	t.Helper()
	if os.Getenv("THROUGHLINE_LONG") == "" {
		t.Skip("part of the slow tier: make test-long")
	}
}

// Tool is the path of an installed program, "bin/crane"; without it the test is
// skipped, but in the slow tier it fails.
func Tool(t *testing.T, name string) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	path := filepath.Join(filepath.Dir(file), "..", "..", ".cache", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("THROUGHLINE_LONG") != "" {
			t.Fatalf("%s is not installed; .ci/setup.sh does it", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// Address is a free one on loopback.
func Address(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// Start runs a server until the test ends, and returns when it listens.
func Start(t *testing.T, address, program string, args ...string) {
	t.Helper()
	log := &bytes.Buffer{}
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay, cmd.Dir = log, log, 5*time.Second, t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s:\n%.4000s", filepath.Base(program), log)
		}
	})
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return
		}
	}
	t.Fatalf("%s does not listen", program)
}

// Run is what a program prints; the test fails if it does.
func Run(t *testing.T, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(program), args, err, problems.String())
	}
	return string(out)
}
