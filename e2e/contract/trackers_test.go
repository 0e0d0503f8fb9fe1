package contract

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

var block = regexp.MustCompile("(?s)```(sh|python)\n(.*?)```")

// TestTheExamplesForOtherTrackersWork runs what docs/integrations/trackers.md tells
// people to run.
func TestTheExamplesForOtherTrackersWork(t *testing.T) {
	page, err := os.ReadFile("../../docs/integrations/trackers.md")
	if err != nil {
		t.Fatal(err)
	}
	h := startHub(t)
	h.project("TRACK", "bots")
	code := map[string][]string{}
	for _, b := range block.FindAllStringSubmatch(string(page), -1) {
		code[b[1]] = append(code[b[1]], b[2])
	}
	if len(code["sh"]) != 2 || len(code["python"]) != 3 {
		t.Fatalf("the page has %d and %d examples", len(code["sh"]), len(code["python"]))
	}
	folder := t.TempDir()
	h.example(folder, "throughline.py", code["python"][0])
	h.example(folder, "curl.sh", code["sh"][1], "sh")
	h.example(folder, "train.py", code["python"][1], "python3")
	h.wantTracked("curl-1", 1)
	h.wantTracked("plain-1", 20)
	wandb, err := filepath.Abs("../../.cache/wandb-venv/bin/python")
	if _, absent := os.Stat(wandb); err != nil || absent != nil {
		t.Skip("wandb is not installed: python3 -m venv .cache/wandb-venv && .cache/wandb-venv/bin/pip install wandb")
	}
	h.example(folder, "with_wandb.py", code["python"][2], wandb)
	h.wantTracked("wandb-1", 20)
}

// example saves an example and runs it with an interpreter, if there is one.
func (h *hub) example(folder, name, text string, with ...string) {
	h.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		h.Fatal(err)
	}
	if len(with) == 0 {
		return
	}
	run := exec.Command(with[0], path)
	run.Dir = folder
	run.Env = append(os.Environ(), "THROUGHLINE=http://"+h.address+"/hooks/cloudevents/bots", "THROUGHLINE_TOKEN="+h.token,
		"WANDB_MODE=offline", "WANDB_SILENT=true", "WANDB_DIR="+folder, "HOME="+folder)
	if out, err := run.CombinedOutput(); err != nil {
		h.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// wantTracked wants a run that passed, with as many points of its loss.
func (h *hub) wantTracked(key string, points int) {
	h.Helper()
	run := h.want(http.StatusOK, http.MethodGet, "/api/v1/subjects/run/"+key, nil)
	facts, _ := run["facts"].(object)
	if run["state"] != "passed" || facts["experiment"] != "fraud" || facts["param.lr"] != 0.1 || facts["started_at"] == nil || facts["ended_at"] == nil {
		h.Errorf("%s is %v", key, run)
	}
	history := h.want(http.StatusOK, http.MethodGet, "/api/v1/runs/"+key+"/metrics/loss?raw=true", nil)
	if steps, _ := history["steps"].([]any); len(steps) != points {
		h.Errorf("%s has %d points, want %d", key, len(steps), points)
	}
}
