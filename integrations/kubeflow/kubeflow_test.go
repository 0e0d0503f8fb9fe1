package kubeflow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

// lookalike is a Kubeflow Pipelines behind a trusted header, in a namespace.
type lookalike struct {
	*httptest.Server
	runs   map[string]string // whole, by id
	order  []string          // the newest first
	asked  []string
	status int
}

func newLookalike(t *testing.T) *lookalike {
	k := &lookalike{runs: map[string]string{"r1": trained, "r2": goesOn}, order: []string{"r2", "r1"}}
	k.Server = httptest.NewServer(k)
	t.Cleanup(k.Close)
	return k
}

// trained failed once and was retried; it leaves out what is zero, as the server does.
const trained = `{"run_id":"r1","display_name":"Train fraud","experiment_id":"e1","pipeline_version_reference":{"pipeline_id":"p1","pipeline_version_id":"v1"},
 "runtime_config":{"parameters":{"rounds":300,"window":{"days":7},"db_password":"hush","note":"x"}},"service_account":"pipeline-runner",
 "created_at":"2026-05-04T10:00:00Z","scheduled_at":"2026-05-04T10:00:00Z","finished_at":"2026-05-04T10:20:00Z","state":"FAILED","recurring_run_id":"rec-1",
 "state_history":[{"update_time":"2026-05-04T10:00:01Z","state":"PENDING"},{"update_time":"2026-05-04T10:00:02Z","state":"RUNNING"},{"update_time":"2026-05-04T10:05:00Z","state":"FAILED"},
  {"update_time":"2026-05-04T10:10:00Z","state":"RUNNING"},{"update_time":"2026-05-04T10:20:00Z","state":"FAILED"}],
 "run_details":{"pipeline_context_id":"17","task_details":[
  {"task_id":"t0","display_name":"train-fraud-abc","create_time":"2026-05-04T10:00:02Z","state":"FAILED","child_tasks":[{"pod_name":"pod-root-driver"}]},
  {"task_id":"t1","display_name":"root-driver","pod_name":"pod-root-driver","create_time":"2026-05-04T10:00:02Z","state":"SUCCEEDED","child_tasks":[{"task_id":"t2"}]},
  {"task_id":"t2","display_name":"load-driver","create_time":"2026-05-04T10:00:03Z","state":"SUCCEEDED","child_tasks":[{"task_id":"t3"}]},
  {"task_id":"t3","display_name":"load","execution_id":"17","create_time":"2026-05-04T10:00:04Z","start_time":"2026-05-04T10:00:05Z","end_time":"2026-05-04T10:01:00Z","state":"SKIPPED","child_tasks":[{"task_id":"t4"}]},
  {"task_id":"t4","display_name":"fit-driver","create_time":"2026-05-04T10:01:01Z","state":"SUCCEEDED","child_tasks":[{"task_id":"t5"}]},
  {"task_id":"t5","display_name":"fit","create_time":"2026-05-04T10:01:02Z","end_time":"2026-05-04T10:20:00Z","state":"FAILED","error":{"code":2,"message":"OOMKilled\nexit 137"},"executor_detail":{"failed_main_jobs":["a"]},"child_tasks":[{"task_id":"t6"}]},
  {"task_id":"t6","display_name":"executor","parent_task_id":"t5","state":"FAILED"}]},
 "plugins_output":{"mlflow":{"entries":{"root_run_id":{"value":"abc123"},"run_url":{"value":"https://mlflow.acme.test/#/experiments/1/runs/abc123","render_type":"URL"}},"state":"PLUGIN_SUCCEEDED"}}}`

const goesOn = `{"run_id":"r2","display_name":"Score","created_at":"2026-05-04T11:00:00Z","finished_at":"1970-01-01T00:00:00Z","state":"RUNNING","pipeline_spec":{"pipelineInfo":{"name":"score"}},
 "runtime_config":{"parameters":{"git_commit":"ABCDEF1234567890abcdef1234567890abcdef12"}}}`

// ServeHTTP is http.Handler.
func (k *lookalike) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.asked = append(k.asked, r.URL.Path)
	q := r.URL.Query()
	id, one := strings.CutPrefix(r.URL.Path, api+"/runs/")
	switch {
	case k.status != 0:
		w.WriteHeader(k.status)
	case r.Header.Get("kubeflow-userid") != "alice@example.com":
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == api+"/runs" && q.Get("namespace") == "team-a" && q.Get("sort_by") == "created_at desc":
		var list []json.RawMessage
		ids := k.order
		if q.Get("filter") != "" {
			ids = []string{"r1", "r2"}
		}
		for _, id := range ids {
			if q.Get("filter") == "" || strings.Contains(k.runs[id], `"state":"RUNNING","`) {
				list = append(list, json.RawMessage(k.runs[id]))
			}
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"runs": list, "total_size": len(list)})
	case one && k.runs[id] != "":
		fmt.Fprint(w, k.runs[id])
	case r.URL.Path == api+"/pipelines/p1":
		fmt.Fprint(w, `{"pipeline_id":"p1","display_name":"train"}`)
	case r.URL.Path == api+"/pipelines/p1/versions/v1":
		fmt.Fprint(w, `{"display_name":"v1","code_source_url":"https://github.com/acme/fraud/tree/3f786850e387550fdab836ed7e6dc881de23001b/pipelines"}`)
	case r.URL.Path == api+"/pipelines":
		fmt.Fprint(w, `{}`)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"code":5,"message":"not found"}`)
	}
}

func (k *lookalike) account() integrations.Account {
	return integrations.Account{ID: 1, Settings: map[string]string{"url": k.URL, "namespace": "team-a", "user": "alice@example.com", "repository": "acme/fraud"}}
}

func (k *lookalike) poll(t *testing.T, cursor string) (map[string]models.Description, string) {
	t.Helper()
	batch, more, err := New(k.Client()).Poll(context.Background(), k.account(), cursor)
	if err != nil || more {
		t.Fatal(more, err)
	}
	if err := promises.Sound(batch); err != nil {
		t.Error(err)
	}
	out := map[string]models.Description{}
	for _, d := range batch.Descriptions {
		out[d.Ref.Key] = d
	}
	return out, batch.Cursor
}

func TestARetriedRunWithItsTasks(t *testing.T) {
	k := newLookalike(t)
	found, _ := k.poll(t, "")
	d := found["r1"]
	if d.State != models.Failed || d.Attempt != 2 || d.Title != "Train fraud" || d.Facts["pipeline"] != "team-a/train" || d.Facts["event"] != "schedule" ||
		d.Facts["error"] != "fit: OOMKilled exit 137" || d.Facts["param.rounds"] != 300.0 || d.Facts["param.window"] != `{"days":7}` || d.Facts["param.db_password"] != nil {
		t.Errorf("%+v", d)
	}
	var steps []string
	for name := range d.Facts {
		if step, ok := strings.CutPrefix(name, models.StepFact); ok {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	load, fit := d.Facts["step.load"].(models.Step), d.Facts["step.fit"].(models.Step)
	if !slices.Equal(steps, []string{"fit", "load"}) || !load.Cached || len(load.After) != 0 || !slices.Equal(fit.After, []string{"load"}) || fit.Attempt != 2 {
		t.Errorf("%v %+v %+v", steps, load, fit)
	}
	want := []models.LinkTo{{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: "github.com/acme/fraud@3f786850e387550fdab836ed7e6dc881de23001b"}},
		{Relation: models.Mentions, To: models.Ref{Kind: models.Run, Key: "abc123"}}}
	if !slices.Equal(d.Links, want) {
		t.Errorf("%v", d.Links)
	}
}

func TestARunThatGoesOn(t *testing.T) {
	k := newLookalike(t)
	found, _ := k.poll(t, "")
	d := found["r2"]
	if d.State != models.Running || d.Facts["ended_at"] != nil || d.Facts["pipeline"] != "team-a/score" || len(d.Links) != 1 ||
		d.Links[0].To.Key != "github.com/acme/fraud@abcdef1234567890abcdef1234567890abcdef12" {
		t.Errorf("%+v", d)
	}
}

func TestOnlyWhatMovedIsReadAgain(t *testing.T) {
	k := newLookalike(t)
	_, cursor := k.poll(t, "")
	k.asked = nil
	found, cursor := k.poll(t, cursor)
	if len(found) != 1 || len(k.asked) != 3 { // two lists, the run that goes on
		t.Errorf("%d runs by %v", len(found), k.asked)
	}
	k.runs["r2"] = strings.Replace(strings.Replace(goesOn, "RUNNING", "SUCCEEDED", 1), "1970-01-01T00:00:00Z", "2026-05-04T11:05:00Z", 1)
	found, cursor = k.poll(t, cursor)
	if d := found["r2"]; d.State != models.Passed || d.Facts["ended_at"] != "2026-05-04T11:05:00Z" {
		t.Errorf("%+v", d)
	}
	k.asked = nil
	if found, _ = k.poll(t, cursor); len(found) != 0 {
		t.Errorf("what is over is read again: %v", k.asked)
	}
	k.runs["r1"] = strings.Replace(trained, `"state":"FAILED","recurring`, `"state":"RUNNING","recurring`, 1)
	k.order = []string{"r2"} // too old for the page, but it goes on
	if found, _ = k.poll(t, cursor); found["r1"].State != models.Running {
		t.Errorf("a retried run is not seen: %v", found)
	}
}

func TestAbsentStateIsQueued(t *testing.T) {
	d, ok := run{ID: "r", Created: "2026-05-04T10:00:00Z"}.describe(integrations.Account{}, "https://k", version{})
	if !ok || d.State != models.Queued || d.Facts["pipeline"] != "runs without a pipeline" {
		t.Errorf("%+v", d)
	}
}

// A retried run may still carry the end of the attempt before, and 1970 is none.
func TestAnEndIsOneOnlyWhenTheRunIsOver(t *testing.T) {
	retried := run{ID: "r", State: "RUNNING", Created: "2026-05-04T10:00:00Z", Finished: "2026-05-04T12:00:00Z"}
	if d, _ := retried.describe(integrations.Account{}, "https://k", version{}); d.Facts["ended_at"] != nil || d.At.Hour() != 10 {
		t.Errorf("%+v", d)
	}
	failed := run{ID: "r", State: "FAILED", Created: "2026-05-04T10:00:00Z", Finished: "1970-01-01T00:00:00Z"}
	if d, _ := failed.describe(integrations.Account{}, "https://k", version{}); d.Facts["ended_at"] != nil {
		t.Errorf("%+v", d)
	}
}

func TestAKubeflowThatIsBusyIsLeftAlone(t *testing.T) {
	k := newLookalike(t)
	k.status = 429
	_, _, err := New(k.Client()).Poll(context.Background(), k.account(), "")
	var wish *integrations.RetryAfter
	if !errors.As(err, &wish) || time.Until(wish.Until) < 30*time.Second {
		t.Error(err)
	}
}

func TestProbe(t *testing.T) {
	k := newLookalike(t)
	found, err := New(k.Client()).Probe(context.Background(), k.account())
	if err != nil || len(found) != 2 || !found[0].OK || !found[1].OK {
		t.Error(found, err)
	}
}

func FuzzRuns(f *testing.F) {
	f.Add([]byte(trained))
	f.Add([]byte(goesOn))
	f.Fuzz(func(t *testing.T, body []byte) {
		var r run
		if json.Unmarshal(body, &r) != nil {
			return
		}
		if d, ok := r.describe(integrations.Account{}, "https://k.test", version{Code: r.Name}); ok {
			if err := promises.Sound(models.Batch{Descriptions: []models.Description{d}}); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestSamples(t *testing.T) {
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "kfp", "*run_completed.json"))
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r run
		if err := json.Unmarshal(body, &r); err != nil {
			t.Fatal(err)
		}
		d, ok := r.describe(integrations.Account{}, "https://k.test", version{})
		if !ok || d.State != models.Passed || d.Facts["param.batch_size"] != 1000.0 || d.Facts["event"] != "schedule" {
			t.Errorf("%s: %+v", file, d)
		}
	}
	if len(files) == 0 {
		t.Error("there are no samples")
	}
}
