package contract

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throughline/e2e/peers"
)

// TestARealMLMetadataStore: what the real package writes as TFX does is there: runs
// with their steps, the examples, models that are blessed and not, and what is live.
func TestARealMLMetadataStore(t *testing.T) {
	peers.Long(t)
	python, folder := peers.Tool(t, "mlmd-venv/bin/python"), t.TempDir()
	ids := strings.Fields(peers.Run(t, python, "../mlmd/write.py", filepath.Join(folder, "metadata.db")))
	if len(ids) != 2 {
		t.Fatal(ids)
	}
	h := startHubWith(t, os.Stderr, "--log-level", "warn", "--mlmd-dir", folder)
	h.project("BAR", "bar")
	h.want(http.StatusCreated, http.MethodPost, "/api/v1/projects/BAR/integrations", object{"source": "tfx", "name": "taxi", "settings": object{"store": "sqlite:metadata.db", "environment": "production"}})
	h.until("both runs", func() bool { return len(h.all("kind=pipeline_run")) == 2 })
	for name, steps := range map[string]int{"run-1": 4, "run-2": 3} {
		d := h.lineage("pipeline_run", "taxi/"+name)
		got := 0
		for fact := range d.Facts {
			if strings.HasPrefix(fact, "step.") {
				got++
			}
		}
		if d.State != "passed" || got != steps {
			t.Errorf("%s: %s, %d steps: %v", name, d.State, got, d.Facts)
		}
	}
	for i, blessed := range []string{"passed", "failed"} {
		status, text := h.call(http.MethodGet, "/api/v1/links?from_kind=model_version&from_key="+url.QueryEscape("taxi/"+ids[i]), nil)
		if status != http.StatusOK || !strings.Contains(string(text), "trained_on") || !strings.Contains(string(text), "produced_by") {
			t.Errorf("model %d: %d %s", i, status, text)
		}
		if d := h.lineage("model_version", "taxi/"+ids[i]); (d.State == "candidate" || d.State == "live" || d.State == "superseded") != (blessed == "passed") {
			t.Errorf("model %d, blessing %s: %+v", i, blessed, d)
		}
	}
	live := fmt.Sprint(h.want(http.StatusOK, http.MethodGet, "/api/v1/deployments", nil))
	if !strings.Contains(live, "taxi") || !strings.Contains(live, "production") {
		t.Errorf("nothing is live: %s", live)
	}
	if data := h.all("kind=dataset_version"); len(data) != 1 {
		t.Errorf("%d versions of the examples: %v", len(data), data)
	}
	status, links := h.call(http.MethodGet, "/api/v1/links?from_kind=pipeline_run&from_key="+url.QueryEscape("taxi/run-1"), nil)
	if status != http.StatusOK || !strings.Contains(string(links), "github.com/acme/taxi@3f786850e387550fdab836ed7e6dc881de23001b") {
		t.Errorf("%d %s", status, links)
	}
}
