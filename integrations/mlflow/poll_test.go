package mlflow

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"throughline/models"
)

func one(l *lookalike) {
	l.experiments = []map[string]any{{"experiment_id": "1", "name": "fraud", "lifecycle_stage": "active", "creation_time": 1000, "last_update_time": 1000}}
}

func TestEverythingIsImportedInBoundedBatches(t *testing.T) {
	l := newLookalike(t)
	one(l)
	l.addRuns("old", 1234, time.Now().AddDate(-1, 0, 0))
	for i := range 260 {
		l.models = append(l.models, map[string]any{"name": fmt.Sprintf("m%d", i), "last_updated_timestamp": 5})
		l.versions = append(l.versions, map[string]any{"name": fmt.Sprintf("m%d", i), "version": "1", "last_updated_timestamp": 5})
	}
	p := follow(l)
	p.poll(t)
	if p.count(models.Run) != 1234 || p.count(models.Model) != 260 || p.count(models.ModelVersion) != 260 {
		t.Errorf("%d runs, %d models, %d versions", p.count(models.Run), p.count(models.Model), p.count(models.ModelVersion))
	}
	if p.largest > 1000 {
		t.Errorf("a batch of %d", p.largest)
	}
	if told := p.poll(t); told != 0 {
		t.Errorf("told %d times again", told)
	}
}

func TestANewSourceTellsTheSameAgain(t *testing.T) {
	l := newLookalike(t)
	one(l)
	l.addRuns("r", 3, time.Now())
	p := follow(l)
	if told := p.poll(t); told != 4 {
		t.Errorf("told %d", told)
	}
	p.source = follow(l).source // a restart
	if told := p.poll(t); told < 3 {
		t.Errorf("after a restart told %d", told)
	}
}

func TestWhatWasNotStoredIsToldAgain(t *testing.T) {
	l := newLookalike(t)
	one(l)
	l.addRuns("r", 3, time.Now())
	p := follow(l)
	first, _, err := p.source.Poll(t.Context(), p.account, "")
	if err != nil {
		t.Fatal(err)
	}
	again, _, _ := p.source.Poll(t.Context(), p.account, "") // the first batch was lost
	if len(first.Descriptions) != 4 || len(again.Descriptions) != 4 {
		t.Errorf("told %d, then %d", len(first.Descriptions), len(again.Descriptions))
	}
	p.poll(t)
	l.addRuns("later", 2, time.Now())
	p.source.Poll(t.Context(), p.account, p.cursor) // this batch is lost, too
	if told := p.poll(t); told < 2 || p.fact(models.Run, "later1", "state") != "passed" {
		t.Errorf("after a lost batch told %d", told)
	}
}

func TestNewRunsAreFoundWithoutASweep(t *testing.T) {
	l := newLookalike(t)
	one(l)
	l.addRuns("old", 950, time.Now().AddDate(-1, 0, 0))
	p := follow(l)
	p.poll(t)
	l.addRuns("new", 950, time.Now())
	polls := p.polls
	p.poll(t)
	if p.count(models.Run) != 1900 || p.polls-polls > 6 {
		t.Errorf("%d runs after %d polls", p.count(models.Run), p.polls-polls)
	}
}

func TestARunIsFollowedToItsEnd(t *testing.T) {
	l := newLookalike(t)
	one(l)
	for i, status := range []string{"RUNNING", "SCHEDULED"} {
		l.addRuns(status, 1, time.Now().AddDate(0, 0, -3))
		l.runs[i]["info"].(map[string]any)["status"] = status
	}
	p := follow(l)
	p.poll(t)
	if p.fact(models.Run, "RUNNING0", "state") != "running" || p.fact(models.Run, "SCHEDULED0", "state") != "queued" {
		t.Error("states not told")
	}
	for i := range 2 { // they end, and say they did so long ago
		l.runs[i]["info"].(map[string]any)["status"] = "KILLED"
	}
	if told := p.poll(t); told != 2 || p.fact(models.Run, "RUNNING0", "state") != "cancelled" || p.fact(models.Run, "SCHEDULED0", "state") != "cancelled" {
		t.Errorf("told %d, states %v %v", told, p.fact(models.Run, "RUNNING0", "state"), p.fact(models.Run, "SCHEDULED0", "state"))
	}
	if len(cursorFor(p.account, p.cursor).Open) != 0 {
		t.Error("ended runs are still followed")
	}
}

func TestLateChangesAreFoundByTheSweep(t *testing.T) {
	l := newLookalike(t)
	one(l)
	l.addRuns("old", 2, time.Now().AddDate(-1, 0, 0))
	p := follow(l)
	p.poll(t)
	l.runs[1]["info"].(map[string]any)["lifecycle_stage"] = "deleted"
	p.source.Now = func() time.Time { return time.Now().Add(11 * time.Minute) }
	p.poll(t)
	if p.fact(models.Run, "old1", "deleted") != true || p.fact(models.Run, "old0", "deleted") != nil {
		t.Error("the deletion was not found")
	}
}

func TestAnAliasMovesBothVersions(t *testing.T) {
	l := newLookalike(t)
	for i := 1; i < 300; i++ { // so many that the turns are slow
		l.versions = append(l.versions, map[string]any{"name": "other", "version": fmt.Sprint(i), "last_updated_timestamp": 9})
	}
	l.models = []map[string]any{{"name": "fraud", "last_updated_timestamp": 5, "aliases": []map[string]any{{"alias": "champion", "version": "1"}}}}
	l.versions = append(l.versions, map[string]any{"name": "fraud", "version": "1", "last_updated_timestamp": 5},
		map[string]any{"name": "fraud", "version": 2, "last_updated_timestamp": "5"})
	p := follow(l, "model_prefix", "eu-")
	p.poll(t)
	if got := fmt.Sprint(p.fact(models.ModelVersion, "eu-fraud/1", "aliases")); got != "[champion]" {
		t.Errorf("aliases of version 1: %s", got)
	}
	l.models[0]["aliases"] = []map[string]any{{"alias": "champion", "version": "2"}}
	p.poll(t)
	if a, b := p.fact(models.ModelVersion, "eu-fraud/1", "aliases"), fmt.Sprint(p.fact(models.ModelVersion, "eu-fraud/2", "aliases")); a != nil || b != "[champion]" {
		t.Errorf("aliases after the move: %v, %s", a, b)
	}
}

func TestOnlyChosenExperimentsAreFollowed(t *testing.T) {
	l := newLookalike(t)
	for i, name := range []string{"fraud-eu", "fraud-us", "churn"} {
		l.experiments = append(l.experiments, map[string]any{"experiment_id": fmt.Sprint(i), "name": name})
		l.runs = append(l.runs, map[string]any{"info": map[string]any{"run_id": name, "experiment_id": fmt.Sprint(i)}})
	}
	for setting, want := range map[string]string{"": "3", "fraud-*": "2", "churn, fraud-us": "2", "none": "0"} {
		p := follow(l, "experiments", setting)
		p.poll(t)
		if got := fmt.Sprint(p.count(models.Run)); got != want || fmt.Sprint(p.count(models.Experiment)) != want {
			t.Errorf("%q: %s runs, want %s", setting, got, want)
		}
	}
}

func TestChangedSettingsStartAnew(t *testing.T) {
	l := newLookalike(t)
	one(l)
	l.addRuns("old", 2, time.Now().AddDate(-1, 0, 0))
	p := follow(l, "experiments", "none")
	p.poll(t)
	p.account.Settings["experiments"] = ""
	p.poll(t)
	if p.count(models.Run) != 2 {
		t.Errorf("%d runs", p.count(models.Run))
	}
}

func TestAWorthlessPageTokenIsForgotten(t *testing.T) {
	l := newLookalike(t)
	one(l)
	l.addRuns("old", 1000, time.Now().AddDate(-1, 0, 0))
	p := follow(l)
	batch, _, err := p.source.Poll(t.Context(), p.account, "")
	if err != nil {
		t.Fatal(err)
	}
	c := cursorFor(p.account, batch.Cursor)
	c.Sweep.Token = "%%%"
	p.cursor = c.String()
	p.poll(t)
	if p.count(models.Run) != 1000 {
		t.Errorf("%d runs", p.count(models.Run))
	}
}

func TestTheTimeOfReadRisesWhenTheClockIsSetBack(t *testing.T) {
	l := newLookalike(t)
	one(l)
	l.addRuns("r", 1, time.Now())
	p := follow(l)
	p.poll(t)
	p.source.Now = func() time.Time { return time.Now().Add(-time.Hour) }
	l.runs[0]["info"].(map[string]any)["run_name"] = "renamed"
	p.poll(t)
	if got := p.fact(models.Run, "r0", "name"); got != "renamed" {
		t.Errorf("name %v", got)
	}
}

func TestLargeAnswersAreAskedForInSmallerPages(t *testing.T) {
	l := newLookalike(t)
	one(l)
	l.addRuns("r", 90, time.Now())
	for _, r := range l.runs {
		r["inputs"] = map[string]any{"dataset_inputs": []any{map[string]any{"dataset": map[string]any{"schema": strings.Repeat("x", 40_000)}}}}
	}
	p := follow(l)
	p.poll(t)
	if p.count(models.Run) != 90 {
		t.Errorf("%d runs", p.count(models.Run))
	}
}

func TestAnIdleServerIsAskedLittle(t *testing.T) {
	l := newLookalike(t)
	one(l)
	l.addRuns("r", 50, time.Now())
	p := follow(l)
	p.poll(t)
	l.calls = nil
	p.poll(t)
	if len(l.calls) > 6 {
		t.Errorf("asked %v", l.calls)
	}
}

func TestAClockAheadDoesNotWinForEver(t *testing.T) {
	l := newLookalike(t)
	l.versions = []map[string]any{{"name": "fraud", "version": "1", "last_updated_timestamp": 253402300799000}}
	p := follow(l)
	batch, _, err := p.source.Poll(t.Context(), p.account, "")
	if err != nil || batch.Descriptions[0].At.After(time.Now()) {
		t.Errorf("told as of %v (%v)", batch.Descriptions[0].At, err)
	}
}

func TestTheSearchForNewRunsMovesOn(t *testing.T) {
	l := newLookalike(t)
	one(l)
	p := follow(l)
	p.poll(t)
	c := cursorFor(p.account, p.cursor)
	c.Started.From, c.Ended.From = 1, 1 // as if away for long
	p.cursor = c.String()
	p.poll(t)
	c = cursorFor(p.account, p.cursor)
	if soon := time.Now().Add(-time.Minute).UnixMilli(); c.Started.From < soon || c.Ended.From < soon {
		t.Errorf("the next search starts at %d and %d", c.Started.From, c.Ended.From)
	}
}
