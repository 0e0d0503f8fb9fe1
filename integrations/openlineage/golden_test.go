package openlineage

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
)

// post is a request with a body, to an address below the hook's.
func post(path, body string) integrations.Request {
	return integrations.Request{Header: http.Header{"Content-Type": {"application/json"}}, Path: path, Body: []byte(body)}
}

func receive(t testing.TB, r integrations.Request) []integrations.Event {
	t.Helper()
	events, err := New().Receive(context.Background(), integrations.Account{}, r)
	if err != nil {
		t.Fatalf("the post is refused: %v", err)
	}
	return events
}

// recorded are the events of testdata by name.
func recorded(t testing.TB) map[string]integrations.Request {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no events: %v", err)
	}
	out := map[string]integrations.Request{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = post("api/v1/lineage", string(body))
	}
	return out
}

// TestEveryEventSaysWhatItMeans compares each event of testdata with the batch
// beside it; UPDATE_GOLDEN=1 writes the batches anew, to be read before they are kept.
func TestEveryEventSaysWhatItMeans(t *testing.T) {
	for name, r := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			e := receive(t, r)[0]
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			file, got := filepath.Join("testdata", name+".golden"), golden(t, e)
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func golden(t *testing.T, e integrations.Event) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(map[string]any{"name": e.Name, "ignored": e.Ignored, "descriptions": e.Batch.Descriptions}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
