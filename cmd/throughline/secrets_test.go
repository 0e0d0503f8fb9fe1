package main

import (
	"bytes"
	"strings"
	"testing"
)

// The ring can be looked at and rotated by command, and shows no key.
func TestSecretsRotateByCommand(t *testing.T) {
	dir := t.TempDir()
	tell := func(args ...string) string {
		t.Helper()
		var out, problems bytes.Buffer
		if code := run(t.Context(), append(args, "--data", dir), func(string) (string, bool) { return "", false }, &out, &problems); code != exitDone {
			t.Fatal(code, problems.String())
		}
		return out.String()
	}
	before := tell("secrets", "status")
	if strings.Count(before, "\n") != 2 || !strings.Contains(before, "yes") {
		t.Fatal(before)
	}
	tell("secrets", "rotate")
	if after := tell("secrets", "status"); strings.Count(after, "\n") != 3 {
		t.Fatal(after)
	}
	if said := tell("secrets", "rotate", "--drop-old"); !strings.Contains(said, "2 old keys") {
		t.Fatal(said)
	}
	var out, problems bytes.Buffer
	env := func(name string) (string, bool) { return "no key", name == "THROUGHLINE_SECRET_KEY" }
	if code := run(t.Context(), []string{"secrets", "status", "--data", t.TempDir()}, env, &out, &problems); code != exitRefuse || strings.Contains(problems.String(), "no key at all") {
		t.Fatal(code, problems.String())
	}
}

func TestATokenRotatesByCommand(t *testing.T) {
	dir := t.TempDir()
	none := func(string) (string, bool) { return "", false }
	tell := func(args ...string) (int, string, string) {
		var out, problems bytes.Buffer
		code := run(t.Context(), append(args, "--data", dir), none, &out, &problems)
		return code, out.String(), problems.String()
	}
	_, first, _ := tell("token", "create", "--name", "bot", "--role", "viewer")
	code, second, said := tell("token", "rotate", "1", "--overlap", "7d")
	if code != exitDone || !strings.HasPrefix(second, "tl_") || second == first || !strings.Contains(said, "works until") {
		t.Fatal(code, second, said)
	}
	code, _, said = tell("token", "create", "--name", "x", "--role", "boss", "--scope", "everything", "--expires", "soon")
	if code != exitRefuse || !strings.Contains(said, "--role") || !strings.Contains(said, "--scope") || !strings.Contains(said, "--expires") {
		t.Fatal(code, said)
	}
}
