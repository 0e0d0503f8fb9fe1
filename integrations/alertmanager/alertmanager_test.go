package alertmanager

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

const firing = `{"version":"4","groupKey":"g","status":"firing","truncatedAlerts":0,"alerts":[
 {"status":"firing","labels":{"alertname":"Drift","model":"churn","model_version":"3","feature":"age","environment":"production","severity":"critical","team":"risk"},
  "annotations":{"summary":"PSI 0.4"},"startsAt":"2026-11-01T10:00:00.5Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prometheus:9090/graph","fingerprint":"abc"},
 {"status":"resolved","labels":{"alertname":"Late","dataset":"s3://lake/clicks"},"annotations":{},"startsAt":"2026-11-01T09:00:00Z","endsAt":"2026-11-01T09:30:00Z","fingerprint":"def"}]}`

func post(body string) integrations.Request { return integrations.Request{Body: []byte(body)} }

func TestKeepsThePromises(t *testing.T) {
	promises.Keep(t, New(), promises.Cases{Valid: map[string]integrations.Request{"a group": post(firing)},
		Unknown: map[string]integrations.Request{"a body of somebody's own": post(`{"text":"hello"}`)}})
}

func FuzzPosts(f *testing.F) { promises.Fuzz(f, New(), integrations.Account{}, post(firing)) }

func TestEachAlertIsABreachOfItsOwn(t *testing.T) {
	events, err := New().Receive(context.Background(), integrations.Account{}, post(firing))
	if err != nil || len(events) != 2 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	open, over := events[0].Batch.Descriptions[0], events[1].Batch.Descriptions[0]
	if open.Ref.Key != "abc@2026-11-01T10:00:00.5Z" || open.State != models.Open || open.Title != "Drift of age, churn 3" || open.Facts["summary"] != "PSI 0.4" || open.Owners[0].Person != "team:risk" {
		t.Errorf("%+v", open)
	}
	if open.Links[0].To != (models.Ref{Kind: models.ModelVersion, Key: "churn/3"}) {
		t.Errorf("%+v", open.Links)
	}
	if over.State != models.Recovered || over.StateAt.Format("15:04") != "09:30" || over.Links[0].To.Key != "s3://lake/clicks" {
		t.Errorf("%+v", over)
	}
}

// The group fires while one of its alerts is over, and the year 1 stands for no end.
func TestReadsWhatAlertmanagerWasRecordedToSend(t *testing.T) {
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	file, err := os.Open(filepath.Join(dir, "alertmanager", "captured-alertmanager-v0.28.1.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	facts, ids := map[string]models.Facts{}, map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var delivery struct{ Body json.RawMessage }
		if err := json.Unmarshal(lines.Bytes(), &delivery); err != nil {
			t.Fatal(err)
		}
		events, err := New().Receive(context.Background(), integrations.Account{}, post(string(delivery.Body)))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			ids[e.ID] = true
			d := e.Batch.Descriptions[0]
			if facts[d.Ref.Key] == nil {
				facts[d.Ref.Key] = models.Facts{}
			}
			facts[d.Ref.Key].Merge(d, 1)
		}
	}
	if len(facts) != 2 || len(ids) != 4 {
		t.Errorf("%d breaches by %d different words", len(facts), len(ids))
	}
	for key, f := range facts {
		if f.State().State != models.Recovered || f.String("summary") == "" {
			t.Errorf("%s is %s, %q", key, f.State().State, f.String("summary"))
		}
	}
}
