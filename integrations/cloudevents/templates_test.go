package cloudevents

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

// template is the one example of a language in docs/integrations/templates.md.
func template(t *testing.T, language string) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/integrations/templates.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(found) != 1 {
		t.Fatalf("the page has %d examples in %s", len(found), language)
	}
	return found[0][1]
}

// told is a hub that reads what is posted.
type told struct {
	*httptest.Server
	mu     sync.Mutex
	events []integrations.Event
}

func newTold(t *testing.T) *told {
	out := &told{}
	out.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		out.mu.Lock()
		defer out.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Bearer secret" {
			t.Errorf("posted as %q", r.Header.Get("Authorization"))
		}
		out.events = append(out.events, receive(t, integrations.Request{Header: r.Header, Body: body})...)
	}))
	t.Cleanup(out.Close)
	return out
}

// wantRun checks the nth event: a sound pipeline run in a state.
func wantRun(t *testing.T, e integrations.Event, state models.State, pipeline, system string) models.Description {
	t.Helper()
	if e.Err != nil || e.Ignored || len(e.Batch.Descriptions) != 1 {
		t.Fatalf("%+v", e)
	}
	if err := promises.Sound(e.Batch); err != nil {
		t.Error(err)
	}
	d := e.Batch.Descriptions[0]
	if d.State != state || d.Facts[models.FactPipeline] != pipeline || d.Facts[models.FactSystem] != system {
		t.Errorf("%+v", d)
	}
	return d
}

// run writes an example to a file and runs it.
func (h *told) run(t *testing.T, folder, name, text string, command ...string) error {
	t.Helper()
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, word := range command {
		command[i] = strings.ReplaceAll(word, "FILE", file)
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		t.Skip(command[0] + " is not installed")
	}
	c := exec.Command(command[0], command[1:]...) // #nosec G204 -- the page's own examples
	c.Dir = folder
	c.Env = append(os.Environ(), "THROUGHLINE_URL="+h.URL, "THROUGHLINE_TOKEN=secret", "PYTHONPATH="+folder)
	out, err := c.CombinedOutput()
	t.Logf("%s", out)
	return err
}

func TestTheTemplateForArgo(t *testing.T) {
	bodies := regexp.MustCompile(`(?s)body: \|\n(.*?\}\})\n`).FindAllStringSubmatch(template(t, "yaml"), -1)
	if len(bodies) != 2 {
		t.Fatalf("%d bodies", len(bodies))
	}
	argo := strings.NewReplacer("{{workflow.namespace}}", "ml", "{{workflow.uid}}", "u-1", "{{workflow.name}}", "train",
		"{{workflow.status}}", "Error", "{{workflow.creationTimestamp.RFC3339}}", "2026-05-04T10:00:00Z")
	states := []models.State{models.Running, models.Failed}
	for i, body := range bodies {
		text := argo.Replace(body[1])
		if strings.Contains(text, "{{") {
			t.Errorf("Argo does not know what is left in %s", text)
		}
		d := wantRun(t, receive(t, post("application/cloudevents+json", text))[0], states[i], "ml/train", "argo")
		if d.Ref.Key != "u-1" {
			t.Errorf("the run is called %q", d.Ref.Key)
		}
	}
}

func TestTheTemplateForCommands(t *testing.T) {
	h, folder := newTold(t), t.TempDir()
	wrapper := template(t, "sh")
	for _, args := range [][]string{{"init", "-q"}, {"remote", "add", "origin", "https://bot:hush@git.acme.test/acme/fraud.git"},
		{"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "one"}} {
		c := exec.Command("git", args...)
		c.Dir = folder
		if out, err := c.CombinedOutput(); err != nil {
			t.Skipf("git: %v %s", err, out)
		}
	}
	if err := h.run(t, folder, "throughline-run", wrapper, "sh", "FILE", "nightly", "true"); err != nil {
		t.Fatal(err)
	}
	if err := h.run(t, folder, "throughline-run", wrapper, "sh", "FILE", "nightly", "sh", "-c", "exit 3"); err == nil || !strings.Contains(err.Error(), "3") {
		t.Errorf("the command's status is lost: %v", err)
	}
	if len(h.events) != 4 {
		t.Fatalf("%d events", len(h.events))
	}
	for i, state := range []models.State{models.Running, models.Passed, models.Running, models.Failed} {
		d := wantRun(t, h.events[i], state, "nightly", "shell")
		if len(d.Links) != 1 || !strings.HasPrefix(d.Links[0].To.Key, "git.acme.test/acme/fraud@") || strings.Contains(string(h.events[i].Body), "hush") {
			t.Errorf("%v by %s", d.Links, h.events[i].Body)
		}
		if state == models.Failed && d.Facts[models.FactError] != "exit status 3" {
			t.Errorf("%+v", d.Facts)
		}
	}
	if h.events[0].Batch.Descriptions[0].Ref != h.events[1].Batch.Descriptions[0].Ref || h.events[1].Batch.Descriptions[0].Ref == h.events[2].Batch.Descriptions[0].Ref {
		t.Error("beginning and end are not of one run, or two runs are one")
	}
}

// airflow stands in for Airflow: what the listener asks of it, and a run.
const airflow = `
import datetime, importlib.util, sys, types
listeners, plugins = types.ModuleType("airflow.listeners"), types.ModuleType("airflow.plugins_manager")
listeners.hookimpl = lambda f: f
plugins.AirflowPlugin = object
sys.modules.update({"airflow": types.ModuleType("airflow"), "airflow.listeners": listeners, "airflow.plugins_manager": plugins})
import throughline_listener
at = datetime.datetime(2026, 5, 4, 10, 0, 0, tzinfo=datetime.timezone.utc)
load = types.SimpleNamespace(task_id="load", state="success", start_date=at, end_date=at, operator="BashOperator", task=None)
fit = types.SimpleNamespace(task_id="fit", state="failed", start_date=at, end_date=None, operator="PythonOperator", log_url="http://airflow/log",
                            task=types.SimpleNamespace(upstream_task_ids={"load"}))
class DagRun:
    dag_id, run_id, run_type, start_date, end_date = "train", "scheduled__1", "scheduled", at, None
    def get_task_instances(self): return [load, fit]
run = DagRun()
listener = throughline_listener.ThroughlinePlugin.listeners[0]
listener.on_dag_run_running(run, "")
run.end_date = at + datetime.timedelta(minutes=5)
listener.on_dag_run_failed(run, "")
run.get_task_instances = None
listener.on_dag_run_success(run, "")
`

func TestTheTemplateForAirflow(t *testing.T) {
	h, folder := newTold(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "throughline_listener.py"), []byte(template(t, "python")), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.run(t, folder, "airflow_run.py", airflow, "python3", "FILE"); err != nil {
		t.Fatal(err)
	}
	if len(h.events) != 3 {
		t.Fatalf("%d events", len(h.events))
	}
	wantRun(t, h.events[0], models.Running, "train", "airflow")
	d := wantRun(t, h.events[1], models.Failed, "train", "airflow")
	fit := d.Facts["step.fit"].(models.Step)
	if d.Ref.Key != "train/scheduled__1" || d.Facts["ended_at"] != "2026-05-04T10:05:00Z" || d.Facts["event"] != "scheduled" ||
		fit.State != models.Failed || len(fit.After) != 1 || fit.Type != "PythonOperator" || fit.URL != "http://airflow/log" {
		t.Errorf("%+v", d)
	}
	wantRun(t, h.events[2], models.Passed, "train", "airflow")
}
