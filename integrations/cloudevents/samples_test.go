package cloudevents

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples match %s", pattern)
	}
	return files
}

func TestAcceptsTheConformanceFilesOfCDEvents(t *testing.T) {
	understood := map[string]bool{"pipelinerun": true, "build": true, "taskrun": true, "change": true, "service": true, "testcaserun": true, "testsuiterun": true,
		"incident": true, "environment": true, "repository": true, "branch": true}
	for _, file := range samples(t, "cdevents/v*/*.json") {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e := receive(t, post("application/json", string(body)))[0]
		kind, _, _ := strings.Cut(filepath.Base(file), "_")
		bare := strings.HasSuffix(file, "service_published.json") // without an artifact
		if e.Err != nil || e.Ignored == understood[kind] && !bare {
			t.Errorf("%s: ignored %v, error %v", file, e.Ignored, e.Err)
		}
		if err := promises.Sound(e.Batch); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		wrapped := wrap(t, body)
		again := receive(t, post("application/cloudevents+json", wrapped))[0]
		if diff := cmp.Diff(e.Batch, again.Batch); diff != "" || e.ID != again.ID {
			t.Errorf("%s as a CloudEvent differs: %q, %q\n%s", file, e.ID, again.ID, diff)
		}
	}
}

// wrap puts a CloudEvent around a CDEvent.
func wrap(t *testing.T, body []byte) string {
	e, err := read(plain, nil, body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":%q,"type":%q,"data":%s}`, e.ID, e.Source, e.Type, body)
}

func TestIgnoresTheExamplesOfCloudEvents(t *testing.T) {
	for _, file := range samples(t, "cloudevents/json-format-*.json") {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		media := "application/cloudevents+json"
		if strings.Contains(file, "batch") {
			media = "application/cloudevents-batch+json"
		}
		for _, e := range receive(t, post(media, string(body))) {
			if e.Err != nil || !e.Ignored || e.ID == "" {
				t.Errorf("%s: %+v", file, e)
			}
		}
	}
}
