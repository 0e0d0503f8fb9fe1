package openlineage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throughline/integrations/promises"
)

func samples(t *testing.T, pattern string) []string {
	t.Helper()
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("THROUGHLINE_SAMPLES must name the folder of recorded samples")
		}
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	files, err := filepath.Glob(filepath.Join(dir, "openlineage", pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples match %s", pattern)
	}
	return files
}

// TestAcceptsWhatClientsSent posts every event that OpenLineage's own tests expect
// of dbt and Flink, with its placeholders as they are, and those that its Python
// client sent: none is refused or parked.
func TestAcceptsWhatClientsSent(t *testing.T) {
	count := 0
	for _, pattern := range []string{"dbt/*.json", "flink/*.json", "captured-*.jsonl", "spec-tests/*.json"} {
		for _, file := range samples(t, pattern) {
			for _, body := range eventsOf(t, file) {
				e := receive(t, post("api/v1/lineage", string(body)))[0]
				var named struct{ Run struct{ RunID string } }
				if json.Unmarshal(body, &named) == nil && named.Run.RunID == "" {
					continue // an expectation without its run is no event
				}
				if e.Err != nil || e.Ignored {
					t.Errorf("%s: ignored %v, error %v: %s", file, e.Ignored, e.Err, body)
				}
				if err := promises.Sound(e.Batch); err != nil {
					t.Errorf("%s: %v", file, err)
				}
				count++
			}
		}
	}
	if count < 400 {
		t.Errorf("only %d events", count)
	}
}

// eventsOf are the events of a file: one, a list, or lines of what was recorded.
func eventsOf(t *testing.T, file string) (out []json.RawMessage) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(file, "l") {
		if json.Unmarshal(text, &out) != nil {
			out = []json.RawMessage{text}
		}
		return out
	}
	for _, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		var recorded struct{ Body json.RawMessage }
		if err := json.Unmarshal(line, &recorded); err != nil {
			t.Fatal(err)
		}
		if len(recorded.Body) > 0 && recorded.Body[0] == '{' {
			out = append(out, recorded.Body)
		}
	}
	return out
}

// TestEveryFacetOfTheSpecIsAccepted puts each facet of the spec's own tests where
// it belongs: none keeps the event from being understood, and each leaves a trace.
func TestEveryFacetOfTheSpecIsAccepted(t *testing.T) {
	for _, file := range samples(t, "spec-tests/*/*.json") {
		facet, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kind := filepath.Base(filepath.Dir(file))
		body := withFacet(kind, string(facet))
		e := receive(t, post("lineage", body))[0]
		if e.Err != nil || e.Ignored {
			t.Errorf("%s: %+v", file, e)
		}
		plain, _ := json.Marshal(receive(t, post("lineage", withFacet(kind, "{}")))[0].Batch)
		said, _ := json.Marshal(e.Batch)
		if bytes.Equal(plain, said) && !silent[kind] {
			t.Errorf("%s leaves no trace: %s", file, facet)
		}
		if err := promises.Sound(e.Batch); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// silent are the facets that are kept with the event and nowhere else.
var silent = map[string]bool{"EnvironmentVariablesRunFacet": true, "SourceCodeJobFacet": true, "SourceCodeLocationJobFacet": true}

// withFacet is an event with facets of a kind: TagsRunFacet.
func withFacet(kind, facets string) string {
	run, job, data, in, out := "{}", "{}", "{}", "{}", "{}"
	switch {
	case strings.HasSuffix(kind, "RunFacet"):
		run = facets
	case strings.HasSuffix(kind, "JobFacet"), strings.Contains(facets, `"entries"`):
		job = facets
	case strings.HasSuffix(kind, "InputDatasetFacet"):
		in = facets
	case strings.HasPrefix(kind, "BaseSubset"):
		in, out = facets, facets
	default:
		data = facets
	}
	const form = `{"eventType":"COMPLETE","eventTime":"2026-05-04T10:00:00Z","run":{"runId":"r","facets":%s},"job":{"namespace":"n","name":"j","facets":%s},"inputs":[{"namespace":"a","name":"b","facets":%s,"inputFacets":%s}],"outputs":[{"namespace":"a","name":"c","outputFacets":%s}]}`
	return fmt.Sprintf(form, run, job, data, in, out)
}
