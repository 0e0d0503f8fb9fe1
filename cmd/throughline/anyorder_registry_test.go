package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"throughline/integrations"
	"throughline/integrations/registry"
	"throughline/models/store"
)

// TestAnyOrderOfARegistryGivesOneState: what a real registry notified of, twice,
// backwards and shuffled, leaves one state.
func TestAnyOrderOfARegistryGivesOneState(t *testing.T) {
	var events []store.Inbound
	for _, body := range recorded(t, "registry", "captured-*.jsonl") {
		told, err := registry.New(nil).Receive(context.Background(), integrations.Account{}, integrations.Request{Header: http.Header{}, Body: body})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range told {
			events = append(events, inbound(e, e.ID), inbound(e, e.ID))
		}
	}
	oneState(t, "registry", events, 2, "subject image")
}

// recorded are the bodies of recorded posts in the samples, one a line.
func recorded(t *testing.T, folder, pattern string) (out [][]byte) {
	t.Helper()
	for _, file := range sampleFiles(t, folder, pattern) {
		from, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		lines := bufio.NewScanner(from)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var post struct{ Body json.RawMessage }
			if err := json.Unmarshal(lines.Bytes(), &post); err != nil {
				t.Fatal(err)
			}
			out = append(out, post.Body)
		}
	}
	return out
}

// sampleFiles are the recorded samples of a folder; without any the test is skipped.
func sampleFiles(t *testing.T, folder, pattern string) []string {
	t.Helper()
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("THROUGHLINE_SAMPLES must name the folder of recorded samples")
		}
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	files, _ := filepath.Glob(filepath.Join(dir, folder, pattern))
	if len(files) == 0 {
		t.Fatalf("no samples match %s", pattern)
	}
	return files
}

// oneState applies the events as they are, backwards and shuffled twice: each leaves
// one state, of at least so many lines, with all the words in it.
func oneState(t *testing.T, source string, events []store.Inbound, least int, words ...string) {
	t.Helper()
	want := leaveAs(t, source, fresh(events))
	backwards := fresh(events)
	slices.Reverse(backwards)
	for name, order := range map[string][]store.Inbound{"backwards": backwards, "shuffled": mixed(fresh(events), 1), "shuffled again": mixed(fresh(events), 2)} {
		if got := leaveAs(t, source, order); got != want {
			t.Errorf("%s ends elsewhere:\n%.4000s", name, difference(want, got))
		}
	}
	for _, word := range words {
		if !strings.Contains(want, word) {
			t.Errorf("no %s in\n%.3000s", word, want)
		}
	}
	if lines := strings.Count(want, "\n"); lines < least {
		t.Errorf("hardly anything was understood:\n%.2000s", want)
	} else {
		t.Logf("%d events, %d lines of state", len(events), lines)
	}
}
