// Package openlineage runs OpenLineage's own, unmodified Python client, installed
// by install.sh beside this file.
package openlineage

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Python is the interpreter that has the client; the test is skipped where it is
// not installed, and fails in CI.
func Python(t *testing.T) string {
	t.Helper()
	venv := os.Getenv("THROUGHLINE_OPENLINEAGE_VENV")
	if venv == "" {
		venv = filepath.Join(here(), "..", "..", ".cache", "openlineage-venv")
	}
	python := filepath.Join(venv, "bin", "python")
	if _, err := os.Stat(python); errors.Is(err, os.ErrNotExist) {
		if os.Getenv("CI") == "true" {
			t.Fatal("openlineage-python is not installed: e2e/openlineage/install.sh")
		}
		t.Skip("openlineage-python is not installed: e2e/openlineage/install.sh")
	}
	return python
}

func here() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

// Run runs a script beside this file with the environment that people set.
func Run(t *testing.T, python, script string, env ...string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), python, filepath.Join(here(), script))
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, stderr.String())
	}
	return strings.TrimSpace(stdout.String() + stderr.String())
}
