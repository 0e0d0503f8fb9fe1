package mlflow

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// call asks the server's API in a workspace, and reads a path of the answer.
func (s *Server) call(t *testing.T, workspace, method, path string, body map[string]any, answer ...string) string {
	t.Helper()
	text, _ := json.Marshal(body)
	version := "/api/2.0/mlflow/"
	if path == "workspaces" {
		version = "/api/3.0/mlflow/"
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+version+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if workspace != "" {
		req.Header.Set("X-MLFLOW-WORKSPACE", workspace)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(resp.Body)
	if resp.StatusCode >= 300 {
		t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, said)
	}
	var v any
	_ = json.Unmarshal(said, &v)
	for _, name := range answer {
		v = v.(map[string]any)[name]
	}
	found, _ := v.(string)
	return found
}

// inbox takes webhooks as Throughline does.
type inbox struct {
	*httptest.Server
	mu      sync.Mutex
	events  []integrations.Event
	refused []string
	came    chan struct{}
}

func newInbox(t *testing.T, h *hub) *inbox {
	b := &inbox{came: make(chan struct{}, 100)}
	b.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		events, err := h.source.Receive(r.Context(), h.account, integrations.Request{Header: r.Header, Body: body, Now: time.Now()})
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.events = append(b.events, events...); err != nil {
			b.refused = append(b.refused, err.Error()+": "+string(body))
		}
		b.came <- struct{}{}
	}))
	t.Cleanup(b.Close)
	return b
}

// wait waits until an event of the name came, and returns the last.
func (b *inbox) wait(t *testing.T, name string) integrations.Event {
	t.Helper()
	for deadline := time.After(30 * time.Second); ; {
		b.mu.Lock()
		for i := len(b.events) - 1; i >= 0; i-- {
			if b.events[i].Name == name && !b.events[i].Ignored {
				defer b.mu.Unlock()
				return b.events[i]
			}
		}
		b.mu.Unlock()
		select {
		case <-b.came:
		case <-deadline:
			t.Fatalf("no %s came; refused: %v", name, b.refused)
		}
	}
}

const team = "team-a"

// made is a workspace's experiment, run and version of the same names.
type made struct{ experiment, run string }

func fill(t *testing.T, s *Server, workspace string) (m made) {
	t.Helper()
	m.experiment = s.call(t, workspace, "POST", "experiments/create", map[string]any{"name": "fraud"}, "experiment_id")
	m.run = s.call(t, workspace, "POST", "runs/create", map[string]any{"experiment_id": m.experiment, "run_name": "first", "start_time": time.Now().UnixMilli(),
		"tags": []map[string]any{{"key": "stage", "value": "dev"}, {"key": "mlflow.source.git.branch", "value": "main"}}}, "run", "info", "run_id")
	for step := range 3 {
		s.call(t, workspace, "POST", "runs/log-metric", map[string]any{"run_id": m.run, "key": "loss", "value": 1 / float64(step+1), "timestamp": 1000 + step, "step": step})
	}
	s.call(t, workspace, "POST", "registered-models/create", map[string]any{"name": "fraud"})
	for range 2 {
		s.call(t, workspace, "POST", "model-versions/create", map[string]any{"name": "fraud", "source": "s3://models/fraud", "run_id": m.run})
	}
	s.call(t, workspace, "POST", "registered-models/alias", map[string]any{"name": "fraud", "alias": "champion", "version": "1"})
	return m
}

func startMirrored(t *testing.T) (*Server, *hub) {
	t.Helper()
	server := StartWith(t, []string{"MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http,https", "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true",
		"MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY=" + base64.URLEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))}, "--enable-workspaces")
	h := newHub(server.URL)
	h.account.Name, h.account.Settings["workspaces"], h.account.Settings["secret"] = "main", "*", "s3cr3t"
	server.call(t, "", "POST", "workspaces", map[string]any{"name": team})
	return server, h
}

func TestAMirrorFollowsWhatIsRenamedDeletedAndRestored(t *testing.T) {
	s, h := startMirrored(t)
	if err := h.source.Check(t.Context(), h.account); err != nil {
		t.Fatal(err)
	}
	own, other := fill(t, s, ""), fill(t, s, team)
	h.poll(t)
	h.want(t, models.Experiment, own.experiment, map[string]any{"title": "fraud"})
	h.want(t, models.Experiment, other.experiment, map[string]any{"title": "team-a: fraud", "workspace": team})
	h.want(t, models.Run, other.run, map[string]any{"experiment": "team-a: fraud", "tag.stage": "dev", "branch": "main"})
	h.want(t, models.ModelVersion, "fraud/1", map[string]any{"aliases": []any{"champion"}})
	h.wantLink(t, models.ModelVersion, "team-a:fraud/1", models.ProducedBy, other.run)
	h.wantHistory(t, other.run)

	s.call(t, team, "POST", "experiments/update", map[string]any{"experiment_id": other.experiment, "new_name": "fraud 2"})
	s.call(t, team, "POST", "runs/update", map[string]any{"run_id": other.run, "run_name": "second"})
	s.call(t, team, "POST", "runs/delete-tag", map[string]any{"run_id": other.run, "key": "stage"})
	s.call(t, team, "POST", "runs/delete-tag", map[string]any{"run_id": other.run, "key": "mlflow.source.git.branch"})
	s.call(t, team, "DELETE", "registered-models/alias", map[string]any{"name": "fraud", "alias": "champion"})
	s.call(t, team, "DELETE", "model-versions/delete", map[string]any{"name": "fraud", "version": "2"})
	s.call(t, "", "DELETE", "registered-models/delete", map[string]any{"name": "fraud"})
	s.call(t, "", "POST", "experiments/delete", map[string]any{"experiment_id": own.experiment})
	h.poll(t)
	h.want(t, models.Run, other.run, map[string]any{"title": "second", "experiment": "team-a: fraud 2", "tag.stage": nil, "branch": nil})
	h.want(t, models.ModelVersion, "team-a:fraud/1", map[string]any{"aliases": nil, "deleted": nil})
	h.want(t, models.ModelVersion, "team-a:fraud/2", map[string]any{"deleted": true})
	h.want(t, models.Model, "fraud", map[string]any{"deleted": true})
	h.want(t, models.ModelVersion, "fraud/1", map[string]any{"deleted": true, "aliases": nil})
	h.want(t, models.Experiment, own.experiment, map[string]any{"deleted": true})
	h.want(t, models.Run, own.run, map[string]any{"deleted": true})

	s.call(t, "", "POST", "experiments/restore", map[string]any{"experiment_id": own.experiment})
	s.call(t, team, "POST", "runs/delete", map[string]any{"run_id": other.run})
	s.call(t, "", "POST", "registered-models/create", map[string]any{"name": "fraud"})
	s.call(t, "", "POST", "model-versions/create", map[string]any{"name": "fraud", "source": "s3://models/fraud", "run_id": own.run})
	h.source.Now = func() time.Time { return time.Now().Add(2 * time.Minute) } // the next sweep is due
	h.poll(t)
	h.want(t, models.Run, own.run, map[string]any{"deleted": nil, "title": "first"})
	h.want(t, models.Run, other.run, map[string]any{"deleted": true})
	h.want(t, models.ModelVersion, "fraud/1", map[string]any{"deleted": nil, "state": "registered"})
	h.want(t, models.ModelVersion, "fraud/2", map[string]any{"deleted": true})
	s.call(t, team, "POST", "runs/restore", map[string]any{"run_id": other.run})
	h.source.Now = func() time.Time { return time.Now().Add(5 * time.Minute) }
	h.poll(t)
	h.want(t, models.Run, other.run, map[string]any{"deleted": nil})
	if told := h.poll(t); told != 0 {
		t.Errorf("an idle server was told of again: %d descriptions", told)
	}
}

// wantHistory reads the metric of a run that goes on, and of which one more value
// comes.
func (h *hub) wantHistory(t *testing.T, run string) {
	t.Helper()
	points, next, err := h.source.History(t.Context(), h.account, run, "loss", "")
	if err != nil || next != "" || len(points) != 3 || points[2] != (models.Point{Step: 2, At: 1002, Value: 1.0 / 3}) {
		t.Errorf("the history is %v, next %q: %v", points, next, err)
	}
	if _, _, err := h.source.History(t.Context(), h.account, strings.Repeat("0", 32), "loss", ""); models.CodeOf(err) != models.NotFound {
		t.Errorf("of a run that is not there: %v", err)
	}
}

func TestWebhooksOfARealServerAreHeard(t *testing.T) {
	s, h := startMirrored(t)
	b := newInbox(t, h)
	findings, err := h.source.Probe(t.Context(), h.account)
	if err != nil || len(findings) != 3 || !findings[1].OK || !findings[2].OK {
		t.Fatalf("found %+v: %v", findings, err)
	}
	for _, want := range []string{"created", "updated"} {
		hooks, err := h.source.Hook(t.Context(), h.account, b.URL+"/hooks/mlflow/main")
		if err != nil || len(hooks) != 2 || hooks[0].Done != want || hooks[1].Done != want {
			t.Fatalf("made %+v: %v", hooks, err)
		}
	}
	m := fill(t, s, team)
	b.wait(t, "registered_model.created")
	b.wait(t, "model_version_alias.created")
	told := b.wait(t, "model_version.created")
	if !told.Poke || len(told.Batch.Descriptions) != 1 || !strings.HasPrefix(told.Batch.Descriptions[0].Ref.Key, "team-a:fraud/") || told.Batch.Descriptions[0].Links[1].To.Key != m.run {
		t.Errorf("told %+v", told.Batch)
	}
	s.call(t, team, "DELETE", "registered-models/alias", map[string]any{"name": "fraud", "alias": "champion"})
	b.wait(t, "model_version_alias.deleted")
	s.call(t, team, "POST", "model-versions/set-tag", map[string]any{"name": "fraud", "version": "1", "key": "reviewed", "value": "yes"})
	b.wait(t, "model_version_tag.set")
	h.poll(t)
	h.want(t, models.ModelVersion, "team-a:fraud/1", map[string]any{"aliases": nil, "tags": []any{"reviewed:yes"}})
	if len(b.refused) > 0 {
		t.Errorf("refused: %v", b.refused)
	}
}

func TestAServerThatMayNotPostHereSaysWhatToSet(t *testing.T) {
	h := newHub(Start(t).URL)
	h.account.Name, h.account.Settings["secret"] = "main", "s3cr3t"
	for address, want := range map[string]string{"http://127.0.0.1:1/hooks/mlflow/main": "MLFLOW_WEBHOOK_ALLOWED_SCHEMES",
		"https://127.0.0.1:1/hooks/mlflow/main": "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS"} {
		hooks, err := h.source.Hook(t.Context(), h.account, address)
		if err != nil || len(hooks) != 1 || hooks[0].Done != "refused" || !strings.Contains(hooks[0].Problem, want) {
			t.Errorf("%s: %+v, %v", address, hooks, err)
		}
	}
	h.account.Settings["workspaces"] = "*"
	if err := h.source.Check(t.Context(), h.account); err == nil || !strings.Contains(err.Error(), "has no workspaces") {
		t.Errorf("said %v", err)
	}
	h.account.Settings["workspaces"] = team
	if err := h.source.Check(t.Context(), h.account); err == nil || !strings.Contains(err.Error(), "has no workspaces") {
		t.Errorf("said %v", err)
	}
}
