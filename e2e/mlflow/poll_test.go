package mlflow

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/integrations/fetch"
	source "throughline/integrations/mlflow"
	"throughline/models"
)

// ids are what train.py tells of its work.
type ids struct {
	Fraud, Churn, Finished, Running, Failed, Killed string
	Many                                            []string
}

// hub is what polls have told so far, merged as the store merges.
type hub struct {
	source  *source.Source
	account integrations.Account
	cursor  string
	facts   map[models.Ref]models.Facts
	links   map[models.Ref][]models.LinkTo
}

func newHub(address string) *hub {
	return &hub{source: source.New(fetch.New(fetch.Options{Allow: []string{"127.0.0.1"}}).HTTP()),
		account: integrations.Account{ID: 1, Settings: map[string]string{"url": address}},
		facts:   map[models.Ref]models.Facts{}, links: map[models.Ref][]models.LinkTo{}}
}

// poll polls until nothing more is left, and returns how much was told.
func (h *hub) poll(t *testing.T) (told int) {
	t.Helper()
	for {
		batch, more, err := h.source.Poll(t.Context(), h.account, h.cursor)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range batch.Descriptions {
			if h.facts[d.Ref] == nil {
				h.facts[d.Ref] = models.Facts{}
			}
			h.facts[d.Ref].Merge(d, 1)
			if d.Links != nil {
				h.links[d.Ref] = d.Links
			}
		}
		told += len(batch.Descriptions)
		if h.cursor = batch.Cursor; !more {
			return told
		}
	}
}

func (h *hub) want(t *testing.T, kind models.Kind, key string, facts map[string]any) {
	t.Helper()
	f := h.facts[models.Ref{Kind: kind, Key: key}]
	values := f.Values()
	values["state"], values["title"] = string(f.State().State), f.String(models.FactTitle)
	for name, want := range facts {
		if got := values[name]; !reflect.DeepEqual(got, want) {
			t.Errorf("%s %s: %s is %v, want %v", kind, key, name, got, want)
		}
	}
}

func (h *hub) wantLink(t *testing.T, kind models.Kind, key string, r models.Relation, to string) {
	t.Helper()
	links := h.links[models.Ref{Kind: kind, Key: key}]
	if !slices.ContainsFunc(links, func(l models.LinkTo) bool { return l.Relation == r && strings.HasPrefix(l.To.Key, to) }) {
		t.Errorf("%s %s: no link %s to %s in %v", kind, key, r, to, links)
	}
}

func TestARealServerIsFollowed(t *testing.T) {
	server := Start(t)
	h := newHub(server.URL)
	if err := h.source.Check(t.Context(), h.account); err != nil {
		t.Fatal(err)
	}
	wantNameRefused(t, server.URL)
	var made ids
	if err := json.Unmarshal([]byte(server.Run(t, "train.py", "first")), &made); err != nil {
		t.Fatal(err)
	}
	h.poll(t)
	wantFirst(t, h, made)
	if told := h.poll(t); told != 0 {
		t.Errorf("an idle server was told of again: %d descriptions", told)
	}
	args, _ := json.Marshal(made)
	server.Run(t, "train.py", "later", strings.ToLower(string(args)))
	h.poll(t)
	wantLater(t, h, made)
	h.source.Now = func() time.Time { return time.Now().Add(time.Hour) } // the next sweep is due
	h.poll(t)
	h.want(t, models.Run, made.Many[0], map[string]any{"deleted": true})
}

func wantFirst(t *testing.T, h *hub, made ids) {
	t.Helper()
	h.want(t, models.Experiment, made.Churn, map[string]any{"title": "churn", "deleted": nil})
	h.want(t, models.Run, made.Finished, map[string]any{"state": "passed", "title": `train <b>"`, "experiment": "fraud-detector",
		"param.lr": "0.01", "param.Tiefe": "sieben", "metric.auc": 0.92, "tag.team": "risk"})
	h.want(t, models.Run, made.Running, map[string]any{"state": "running", "metric.loss": "NaN", "user": "grace"})
	h.want(t, models.Run, made.Failed, map[string]any{"state": "failed", "metric.loss": "Infinity"})
	h.want(t, models.Run, made.Killed, map[string]any{"state": "cancelled", "title": "stopped"})
	h.want(t, models.ModelVersion, "fraud/1", map[string]any{"state": "registered", "aliases": []any{"champion"}})
	h.want(t, models.ModelVersion, "fraud/2", map[string]any{"state": "registered", "aliases": nil, "description": "the second"})
	h.want(t, models.Model, "churn", map[string]any{"description": "who leaves"})
	h.want(t, models.Model, "fraud", map[string]any{"tags": []any{"domain:payments"}})
	h.wantLink(t, models.Run, made.Finished, models.BuiltFrom, "github.com/acme/fraud@3f786850e387550fdab836ed7e6dc881de23001b")
	h.wantLink(t, models.Run, made.Finished, models.TrainedOn, "s3://bucket/train-set@")
	h.wantLink(t, models.Run, made.Finished, models.EvaluatedOn, "mlflow/held-out@")
	h.wantLink(t, models.Run, made.Killed, models.ExecutedIn, "kfp-7")
	h.wantLink(t, models.ModelVersion, "fraud/1", models.ProducedBy, made.Finished)
	h.wantLink(t, models.ModelVersion, "fraud/2", models.ProducedBy, made.Finished)
	for _, id := range made.Many {
		h.want(t, models.Run, id, map[string]any{"state": "passed"})
	}
	if _, prompt := h.facts[models.Ref{Kind: models.Model, Key: "greeting"}]; prompt {
		t.Error("a prompt was taken for a model")
	}
}

func wantLater(t *testing.T, h *hub, made ids) {
	t.Helper()
	h.want(t, models.Run, made.Running, map[string]any{"state": "passed", "metric.loss": 0.25})
	h.want(t, models.Run, made.Finished, map[string]any{"tag.reviewed": "yes"})
	h.want(t, models.ModelVersion, "fraud/1", map[string]any{"state": "retired", "aliases": nil, "stage": "Archived"})
	h.want(t, models.ModelVersion, "fraud/2", map[string]any{"state": "registered", "aliases": []any{"champion"}})
}

// wantNameRefused asks by a name that the server does not know itself by.
func wantNameRefused(t *testing.T, address string) {
	t.Helper()
	host := strings.TrimPrefix(address, "http://")
	account := integrations.Account{ID: 2, Settings: map[string]string{"url": "http://mlflow.example"}}
	err := source.New(dialling(host)).Check(t.Context(), account)
	if err == nil || !strings.Contains(err.Error(), "--allowed-hosts mlflow.example") {
		t.Errorf("said %v", err)
	}
}
