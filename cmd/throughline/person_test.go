package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAPersonIsExportedAndAnonymisedByACommandEach(t *testing.T) {
	data := t.TempDir()
	for _, args := range [][]string{{"user", "create", "admin@example.com", "--role", "administrator"}, {"user", "create", "dana@example.com", "--name", "Dana Whitfield"}} {
		if code, _, stderr := once(t, nil, append(args, "--data", data)...); code != exitDone {
			t.Fatalf("%v: %s", args, stderr)
		}
	}
	file := filepath.Join(data, "dana.json")
	if code, _, stderr := once(t, nil, "person", "export", "dana@example.com", "--data", data, "--out", file); code != exitDone {
		t.Fatal(stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil || !json.Valid(text) || !bytes.Contains(text, []byte("Dana Whitfield")) {
		t.Fatalf("%v: %s", err, text)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is readable by others: %v", info.Mode())
	}
	if code, _, _ := once(t, nil, "person", "export", "dana@example.com", "--data", data, "--out", file); code != exitRefuse {
		t.Error("an export writes over a file")
	}
	if code, stdout, stderr := once(t, nil, "person", "anonymise", "dana@example.com", "--data", data, "--dry-run"); code != exitDone || !strings.Contains(stdout, "in all") {
		t.Errorf("dry run: %s%s", stdout, stderr)
	}
	if code, stdout, stderr := once(t, nil, "person", "anonymise", "dana@example.com", "--data", data, "--yes", "--vacuum"); code != exitDone || !strings.Contains(stdout, "Former member 2") {
		t.Fatalf("anonymise: exit %d %s%s", code, stdout, stderr)
	}
	for _, name := range []string{"throughline.db", "throughline.db-wal"} {
		raw, _ := os.ReadFile(filepath.Join(data, name))
		for _, word := range []string{"dana@example.com", "Dana Whitfield"} {
			if bytes.Contains(raw, []byte(word)) {
				t.Errorf("%s holds %s", name, word)
			}
		}
	}
	if code, stdout, _ := once(t, nil, "person", "anonymise", "dana@example.com", "--data", data, "--yes"); code != exitDone || !strings.Contains(stdout, "Nothing was left") {
		t.Errorf("again: exit %d %s", code, stdout)
	}
	if code, stdout, _ := once(t, nil, "retention", "run", "--data", data); code != exitDone || !strings.Contains(stdout, "in all") {
		t.Errorf("retention: exit %d %s", code, stdout)
	}
}

func TestNobodyIsAnonymisedByMistake(t *testing.T) {
	var out bytes.Buffer
	for typed, want := range map[string]bool{"": false, "yes\n": false, "\n": false, "other@example.com\n": false, "Dana@Example.com\n": true} {
		if agreed(&out, strings.NewReader(typed), "dana@example.com") != want {
			t.Errorf("%q should be %v", typed, want)
		}
	}
}
