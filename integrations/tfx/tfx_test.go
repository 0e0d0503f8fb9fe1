package tfx

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
	"throughline/integrations/fetch"
	"throughline/integrations/promises"
	"throughline/models"
)

// asked polls until there is no more, and merges what was said.
func asked(t *testing.T, s *Source, a integrations.Account, cursor string) (map[models.Ref]models.Facts, []models.Description, string) {
	t.Helper()
	facts := map[models.Ref]models.Facts{}
	var all []models.Description
	for more := true; more; {
		var batch models.Batch
		var err error
		if batch, more, err = s.Poll(t.Context(), a, cursor); err != nil {
			t.Fatal(err)
		}
		if err := promises.Sound(batch); err != nil {
			t.Fatal(err)
		}
		cursor = batch.Cursor
		for _, d := range batch.Descriptions {
			if facts[d.Ref] == nil {
				facts[d.Ref] = models.Facts{}
			}
			facts[d.Ref].Merge(d, 1)
		}
		all = append(all, batch.Descriptions...)
	}
	return facts, all, cursor
}

// TestARunIsToldWhole compares what a store says with the batch in testdata;
// UPDATE_GOLDEN=1 writes it anew, to be read before it is kept.
func TestARunIsToldWhole(t *testing.T) {
	w, s, a := inFile(t)
	w.pipeline("taxi-1")
	_, all, _ := asked(t, s, a, "")
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(all); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "run.golden")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTheNewestTryOfANodeCounts(t *testing.T) {
	w, s, a := inFile(t)
	w.pipeline("taxi-1")
	facts, _, _ := asked(t, s, a, "")
	steps := models.StepsOfFacts(facts[models.Ref{Kind: models.PipelineRun, Key: "taxi/taxi-1"}])
	if len(steps) != 7 || steps[4].Name != "Trainer" || steps[4].State != models.Passed || steps[4].Attempt != 2 {
		t.Fatalf("%+v", steps)
	}
	if diff := cmp.Diff([]string{"CsvExampleGen", "SchemaGen"}, steps[4].After); diff != "" {
		t.Error(diff)
	}
}

func TestAFailedStepSaysWhy(t *testing.T) {
	w, s, a := inFile(t)
	p, r := w.context("pipeline", "p"), w.context("pipeline_run", "r")
	w.execution("x.Trainer", stateFailed, []int64{p, r}, "__execution_result__", `{"resultMessage":"Out of memory\nat …","code":8}`)
	facts, _, _ := asked(t, s, a, "")
	f := facts[models.Ref{Kind: models.PipelineRun, Key: "p/r"}]
	if f.State().State != models.Failed || f.String(models.FactError) != "Out of memory" {
		t.Errorf("%v", f.Values())
	}
}

func TestWhatACachedStepHandsOnBelongsToTheRunThatMadeIt(t *testing.T) {
	w, s, a := inFile(t)
	p, first, second, node := w.context("pipeline", "p"), w.context("pipeline_run", "r1"), w.context("pipeline_run", "r2"), w.context("node", "p.Trainer")
	made := w.execution("x.Trainer", stateComplete, []int64{p, first, node})
	examples := w.artifact("Examples", "gs://b/x/examples/1", made)
	model := w.artifact("Model", "gs://b/x/model/1", made)
	cached := w.execution("x.Trainer", stateCached, []int64{p, second, node})
	w.event(cached, model, output)
	w.event(cached, examples, output)
	evaluator := w.reads(w.execution("x.Evaluator", stateComplete, []int64{p, second}), model)
	w.artifact("ModelBlessing", "gs://b/x/blessing/3", evaluator, "blessed", 0, "current_model_id", int(model))
	_, all, _ := asked(t, s, a, "")
	for _, d := range all {
		for _, l := range d.Links {
			if d.Ref.Key == "p/1" && l.Relation == models.ProducedBy && l.To.Key != "p/r1" {
				t.Errorf("the model is said to be made by %s", l.To.Key)
			}
			if d.Ref.Key == "p/r2" && l.Relation == models.Writes {
				t.Errorf("the second run wrote nothing, but %s", l.To.Key)
			}
		}
		if d.Ref.Key == "p/2" && (len(d.Quality) == 1) != (d.Facts["blessed"] == false) {
			t.Errorf("%+v", d)
		}
	}
	last := all[len(all)-1]
	if last.Ref != (models.Ref{Kind: models.ModelVersion, Key: "p/2"}) || len(last.Quality) != 1 || last.Quality[0].State != models.Failed {
		t.Errorf("the blessing of a model from the cache: %+v", last)
	}
	step := models.StepsOfFacts(merged(all, "p/r2"))[0]
	if !step.Cached || step.State != models.Passed {
		t.Errorf("%+v", step)
	}
}

func merged(all []models.Description, key string) models.Facts {
	f := models.Facts{}
	for _, d := range all {
		if d.Ref.Key == key {
			f.Merge(d, 1)
		}
	}
	return f
}

func TestAPipelineWithoutRunsIsOne(t *testing.T) {
	w, s, a := inFile(t)
	p := w.context("pipeline", "always")
	w.execution("x.ExampleGen", stateComplete, []int64{p, w.context("node", "always.ExampleGen")})
	w.execution("x.Trainer", stateRunning, []int64{p, w.context("node", "always.Trainer")})
	facts, _, _ := asked(t, s, a, "")
	f := facts[models.Ref{Kind: models.PipelineRun, Key: "always/async"}]
	if f.State().State != models.Running || len(models.StepsOfFacts(f)) != 2 {
		t.Errorf("%v", facts)
	}
}

func TestKubeflowsCanceledWasNotTriggered(t *testing.T) {
	w, s, a := inFile(t)
	p, r := w.context("system.Pipeline", "kfp"), w.context("system.PipelineRun", "run-1")
	w.execution("system.ContainerExecution", stateComplete, []int64{p, r}, "task_name", "train", "cached_execution_id", "7")
	w.execution("system.ContainerExecution", stateCanceled, []int64{p, r}, "task_name", "notify")
	facts, _, _ := asked(t, s, a, "")
	f := facts[models.Ref{Kind: models.PipelineRun, Key: "kfp/run-1"}]
	steps := models.StepsOfFacts(f)
	if len(steps) != 2 || !steps[0].Cached || steps[1].State != models.Skipped || f.State().State != models.Passed || f.String(models.FactSystem) != "kubeflow" {
		t.Errorf("%+v %v", steps, f.State())
	}
}

func TestOnlyWhatChangedIsToldAgain(t *testing.T) {
	w, s, a := inFile(t)
	w.pipeline("taxi-1")
	_, _, cursor := asked(t, s, a, "")
	w.clock += 3_600_000
	w.pipeline("taxi-2")
	w.clock += 3_600_000
	_, _, cursor = asked(t, s, a, cursor)
	_, third, cursor := asked(t, s, a, cursor)
	for _, d := range third {
		if d.Ref.Key == "taxi/taxi-1" {
			t.Error("the first run is told again")
		}
	}
	w.exec(`UPDATE Execution SET last_known_state = 4, last_update_time_since_epoch = ? WHERE id = 1`, w.clock)
	facts, _, _ := asked(t, s, a, cursor)
	if state := facts[models.Ref{Kind: models.PipelineRun, Key: "taxi/taxi-1"}].State().State; state != models.Failed {
		t.Errorf("the change of the first run: %s", state)
	}
}

// TestManyRunsOfOneMomentAreAllTold guards the place where one poll ends.
func TestManyRunsOfOneMomentAreAllTold(t *testing.T) {
	w, s, a := inFile(t)
	p := w.context("pipeline", "p")
	for range 3 * runsAtOnce {
		w.execution("x.Trainer", stateComplete, []int64{p, w.context("pipeline_run", "r"+string(rune('a'+w.next["Context"]%26))+strings.Repeat("x", int(w.next["Context"])))})
	}
	w.exec(`UPDATE Execution SET last_update_time_since_epoch = ?`, w.clock)
	facts, _, cursor := asked(t, s, a, "")
	if len(facts) != 3*runsAtOnce {
		t.Errorf("%d runs of %d, cursor %s", len(facts), 3*runsAtOnce, cursor)
	}
}

func TestOtherLayoutsAreRefused(t *testing.T) {
	w, s, a := inFile(t)
	w.exec(`UPDATE MLMDEnv SET schema_version = 9`)
	err := s.Check(t.Context(), a)
	if models.CodeOf(err) != models.Unprocessed || !strings.Contains(err.Error(), "schema version 9") {
		t.Error(err)
	}
	w.exec(`DROP TABLE MLMDEnv`)
	if err := s.Check(t.Context(), a); models.CodeOf(err) != models.Unprocessed {
		t.Error(err)
	}
}

func TestTheStoreIsNotWrittenTo(t *testing.T) {
	_, s, a := inFile(t)
	st, err := s.open(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	defer st.close()
	if _, err := st.(*tables).tx.Exec(`DELETE FROM MLMDEnv`); err == nil {
		t.Error("the store can be written to")
	}
}

func TestAddresses(t *testing.T) {
	folder := t.TempDir()
	s := New(fetch.New(fetch.Options{}), folder)
	for _, good := range []string{"grpc://mlmd.example.com", "grpcs://mlmd.example.com:443", "postgres://db.example.com/mlmd", "postgresql://db.example.com:5433/mlmd", "mysql://db.example.com/metadb"} {
		if err := s.Valid(with(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "m.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc", filepath.Join(folder, "etc")); err != nil {
		t.Fatal(err)
	}
	if err := s.Valid(with("sqlite:m.db")); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "m.db", "http://x.example.com", "file:///etc/passwd", "sqlite:/etc/passwd", "sqlite:../x", "sqlite:etc/passwd", "sqlite:none.db", "sqlite:m.db?mode=rwc",
		"postgres://u:p@db.example.com/mlmd", "postgres://db.example.com/", "postgres://db.example.com/a?host=/tmp", "postgres:///mlmd?host=127.0.0.1", "mysql://db.example.com/a;b", "grpc://x.example.com/path"} {
		if err := s.Valid(with(bad)); models.CodeOf(err) != models.Unprocessed {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := New(s.out, "").Valid(with("sqlite:m.db")); err == nil || !strings.Contains(err.Error(), "--mlmd-dir") {
		t.Errorf("a hub without the folder: %v", err)
	}
}

// TestPrivateAddressesAreRefused: whoever may connect a source may not reach into
// the hub's network by it, whatever the protocol.
func TestPrivateAddressesAreRefused(t *testing.T) {
	s := New(fetch.New(fetch.Options{}), "")
	for _, address := range []string{"postgres://127.0.0.1/a", "mysql://localhost/a", "grpc://10.1.2.3:8080", "grpcs://[::1]:8080", "postgres://169.254.169.254/a", "mysql://192.168.1.1/a"} {
		err := s.Check(t.Context(), with(address))
		if err == nil || !strings.Contains(err.Error(), "--allow-upstream") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestNoPasswordIsTold(t *testing.T) {
	s := New(fetch.New(fetch.Options{Allow: []string{"127.0.0.1"}}), "")
	for _, address := range []string{"postgres://127.0.0.1:1/a", "mysql://127.0.0.1:1/a"} {
		err := s.Check(t.Context(), with(address, "username", "u", "password", "hunter2"))
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestSamplesOfTFX(t *testing.T) {
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("THROUGHLINE_SAMPLES must name the folder of recorded samples")
		}
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	s := New(fetch.New(fetch.Options{}), filepath.Join(dir, "tfx"))
	facts, all, cursor := asked(t, s, with("sqlite:tfx-taxi-derived.sqlite"), "")
	for _, key := range []string{"chicago-taxi/chicago-taxi-20260810-101500", "chicago-taxi/chicago-taxi-20260811-101500"} {
		f := facts[models.Ref{Kind: models.PipelineRun, Key: key}]
		if f.State().State != models.Passed || len(models.StepsOfFacts(f)) != 6 {
			t.Errorf("%s: %v", key, f.Values())
		}
	}
	kinds := map[models.Kind]int{}
	for ref := range facts {
		kinds[ref.Kind]++
	}
	if diff := cmp.Diff(map[models.Kind]int{models.PipelineRun: 2, models.DatasetVersion: 1, models.ModelVersion: 2, models.Deployment: 1, models.Environment: 1}, kinds); diff != "" {
		t.Error(diff)
	}
	again, _, _ := asked(t, s, with("sqlite:tfx-taxi-derived.sqlite"), "")
	backwards := map[models.Ref]models.Facts{}
	for i := len(all) - 1; i >= 0; i-- {
		d := all[i]
		if backwards[d.Ref] == nil {
			backwards[d.Ref] = models.Facts{}
		}
		backwards[d.Ref].Merge(d, 1)
	}
	if diff := cmp.Diff(facts, again) + cmp.Diff(facts, backwards); diff != "" {
		t.Error(diff)
	}
	if _, rest, _ := asked(t, s, with("sqlite:tfx-taxi-derived.sqlite"), cursor); len(rest) > len(all) {
		t.Error("nothing changed")
	}
}
