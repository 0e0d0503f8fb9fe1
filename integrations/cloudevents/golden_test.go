package cloudevents

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

// post is a request with a body of a media type; more are further headers.
func post(media, body string, more ...string) integrations.Request {
	header := http.Header{"Content-Type": {media}}
	for i := 0; i+1 < len(more); i += 2 {
		header.Set(more[i], more[i+1])
	}
	return integrations.Request{Header: header, Body: []byte(body)}
}

func receive(t *testing.T, r integrations.Request) []integrations.Event {
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
		t.Fatalf("there are no recorded events: %v", err)
	}
	out := map[string]integrations.Request{}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		media := "application/cloudevents+json"
		if !strings.Contains(string(body), `"data"`) {
			media = "application/json"
		}
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = post(media, string(body))
	}
	return out
}

// TestEveryTypeSaysWhatItMeans compares each event of testdata with the batch
// beside it; UPDATE_GOLDEN=1 writes the batches anew, to be read before they are kept.
func TestEveryTypeSaysWhatItMeans(t *testing.T) {
	for name, r := range recorded(t) {
		t.Run(name, func(t *testing.T) {
			e := receive(t, r)[0]
			if e.Err != nil {
				t.Fatal(e.Err)
			}
			file := filepath.Join("testdata", name+".golden")
			got := golden(t, e)
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
	if err := enc.Encode(map[string]any{"id": e.ID, "name": e.Name, "ignored": e.Ignored, "descriptions": e.Batch.Descriptions}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
