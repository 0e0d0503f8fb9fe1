package mlflow

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"throughline/models"
)

func TestTheFirstImportTellsHowFarItIs(t *testing.T) {
	l := newLookalike(t)
	year := time.Now().AddDate(-1, 0, 0)
	l.experiments = []map[string]any{{"experiment_id": "1", "name": "fraud", "creation_time": int(year.UnixMilli()), "last_update_time": 1000}}
	for month := range 12 {
		l.addRuns(fmt.Sprintf("m%d-", month), 100, time.Now().AddDate(0, -month, 0).Add(-time.Hour))
	}
	l.models = []map[string]any{{"name": "m", "last_updated_timestamp": 5}}
	p := follow(l)
	last, shares := 0.0, 0
	for more := true; more; {
		batch, again, err := p.source.Poll(t.Context(), p.account, p.cursor)
		if err != nil || batch.Progress == nil {
			t.Fatalf("no progress: %v", err)
		}
		now := *batch.Progress
		if share := now.Share(); share < last-0.05 || now.Requests == 0 || now.Stages[stageExperiments].Total != 1 {
			t.Errorf("after %v came %v: %+v", last, share, now)
		} else if last = share; share > 0 && share < 1 {
			shares++
		}
		if guess := now.Stages[stageRuns].Total; again && (guess < 600 || guess > 2400) {
			t.Errorf("of 1200 runs it takes there to be %d", guess)
		}
		if p.cursor, more = batch.Cursor, again; !more && (now.Running() || now.Stages[stageRuns] != models.Stage{Name: "Runs", Done: 1200, Total: 1200}) {
			t.Errorf("at the end %+v", now)
		}
	}
	if shares < 2 {
		t.Errorf("%d shares between nothing and all", shares)
	}
	if batch, _, _ := p.source.Poll(t.Context(), p.account, p.cursor); batch.Progress != nil {
		t.Error("an import that has ended is told of again")
	}
}

// gets answers questions for single models and versions, as MLflow does.
func (l *lookalike) gets(w http.ResponseWriter, r *http.Request) bool {
	all, what := l.versions, "model_version"
	switch {
	case strings.HasSuffix(r.URL.Path, "registered-models/get"):
		all, what = l.models, "registered_model"
	case !strings.HasSuffix(r.URL.Path, "model-versions/get"):
		return false
	}
	q := r.URL.Query()
	at := slices.IndexFunc(all, func(o map[string]any) bool {
		return o["name"] == q.Get("name") && (!q.Has("version") || o["version"] == q.Get("version"))
	})
	if at < 0 {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"not found"}`)
		return true
	}
	_ = json.NewEncoder(w).Encode(map[string]any{what: all[at]})
	return true
}

func TestOnlyWhatIsNotThereIsToldAsDeleted(t *testing.T) {
	l := newLookalike(t)
	l.models = []map[string]any{{"name": "fraud", "last_updated_timestamp": 5}}
	for _, version := range []string{"1", "2", "3"} {
		l.versions = append(l.versions, map[string]any{"name": "fraud", "version": version, "last_updated_timestamp": 5})
	}
	p := follow(l)
	p.poll(t)
	whole := l.versions
	l.answer = func(w http.ResponseWriter, r *http.Request) { // a page hides version 2, which is there; 3 is not
		l.versions = whole[:2]
		if !l.gets(w, r) {
			l.versions = whole[:1]
			l.page(w, r, map[string]string{"experiments/search": "experiments", "runs/search": "runs", "registered-models/search": "registered_models", "model-versions/search": "model_versions"}[strings.TrimPrefix(r.URL.Path, "/api/2.0/mlflow/")],
				map[bool][]map[string]any{true: l.models, false: l.versions}[strings.Contains(r.URL.Path, "registered")])
		}
	}
	p.poll(t)
	if p.fact(models.ModelVersion, "fraud/3", "deleted") != true {
		t.Error("version 3 is gone, and nobody says so")
	}
	if p.fact(models.ModelVersion, "fraud/2", "deleted") != nil || p.fact(models.ModelVersion, "fraud/1", "deleted") != nil {
		t.Error("what a page hid is taken for deleted")
	}
	l.answer, l.versions = nil, whole // somebody brought the database back
	p.poll(t)
	if p.fact(models.ModelVersion, "fraud/3", "deleted") != nil {
		t.Error("version 3 is back, and nobody says so")
	}
}

func TestVersionsAreRememberedInLittleSpace(t *testing.T) {
	if got := ranged([]string{"7", "1", "3", "2", "9"}); got != "1-3,7,9" || fmt.Sprint(unranged(got)) != "[1 2 3 7 9]" {
		t.Errorf("%s, %v", got, unranged(got))
	}
	if len(unranged("")) != 0 || len(unranged("x,-")) != 0 {
		t.Error("nonsense is taken for versions")
	}
}
