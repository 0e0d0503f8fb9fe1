package modelcard

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations/promises"
	"throughline/models"
)

func TestReadsRealCards(t *testing.T) {
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("THROUGHLINE_SAMPLES must name the folder of recorded samples")
		}
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	files, err := filepath.Glob(filepath.Join(dir, "modelcards", "*.md"))
	if err != nil || len(files) < 8 {
		t.Fatalf("found %d cards, %v", len(files), err)
	}
	faulty := map[string]bool{"hub-docs-modelcard-spec.md": true, "hub-docs-datasetcard-spec.md": true, "modelcard_template.md": true,
		"datasetcard_template.md": true, "sample_template.md": true}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b, err := New().ReadCard("m", string(text), noon)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if got := len(b.Cards[0].Problems) > 0; got != faulty[filepath.Base(file)] {
			t.Errorf("%s: problems %+v", file, b.Cards[0].Problems)
		}
		if err := promises.Sound(b); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	read := func(text string, at time.Time) models.Description {
		b, err := New().ReadCard("m", text, at)
		if err != nil {
			t.Fatal(err)
		}
		return b.Descriptions[0]
	}
	older, newer := read("---\nlicense: mit\ntags: [a]\n---\n", noon), read("---\nlicense: apache-2.0\n---\n", noon.Add(time.Hour))
	one, other := models.Facts{}, models.Facts{}
	for _, d := range []models.Description{older, newer, older} {
		one.Merge(d, 1)
	}
	for _, d := range []models.Description{newer, newer, older} {
		other.Merge(d, 1)
	}
	if diff := cmp.Diff(one, other); diff != "" || one.String("license") != "apache-2.0" {
		t.Errorf("license %q\n%s", one.String("license"), diff)
	}
}
