package models

import (
	"encoding/json"
	"testing"
	"time"
)

func TestFailuresOfOneCauseReadAlike(t *testing.T) {
	for _, c := range []struct{ one, other string }{
		{"Timeout after 301 s waiting for 10.0.3.17:5432", "Timeout after 12 s waiting for 10.0.9.2:5432"},
		{"no space left on /tmp/build-8812/x\nat line 3", "no space left on /tmp/build-1/y"},
		{"commit 9f3c1e7ab not found", "commit 0011aa22bb33 not found"},
		{"pod train-5d4f8c9b-xk2 0xc000123: OOMKilled", "pod train-77c1d2e3-xk2 0xdeadbeef: OOMKilled"},
	} {
		a, b := PipelineFacts{Error: c.one}.Cause(), PipelineFacts{Error: c.other}.Cause()
		if a != b || a == "" {
			t.Errorf("%q and %q", a, b)
		}
	}
	if a, b := (PipelineFacts{Error: "disk full"}).Cause(), (PipelineFacts{Error: "disk gone"}).Cause(); a == b {
		t.Errorf("two causes are one: %q", a)
	}
	if c := (PipelineFacts{Pipeline: "etl", Step: "train"}).Cause(); c != "etl: step train failed" {
		t.Errorf("without a word: %q", c)
	}
}

func TestARunSaysWhichStepFailedAndWhy(t *testing.T) {
	f := Facts{}
	f.Merge(Description{At: time.Unix(100, 0), State: Failed, Facts: map[string]any{
		FactPipeline: "fraud/train", FactNumber: 42, FactStartedAt: "2026-11-23T10:00:00Z", FactEndedAt: "2026-11-23T10:14:00Z",
		"step.b": Step{State: Failed, Order: 2, Title: "Train", Error: "OOMKilled"}, "step.a": Step{State: Passed, Order: 1}, "step.c": Step{State: Failed, Order: 3}}}, 1)
	p := PipelineOfFacts(f, "jenkins")
	got, _ := json.Marshal([]any{p.System, p.Pipeline, p.Number, p.Steps, p.Step, p.Error, p.Took().String()})
	if want := `["jenkins","fraud/train","42",3,"Train","OOMKilled","14m0s"]`; string(got) != want {
		t.Errorf("%s, not %s", got, want)
	}
}

func TestAStepsBeginningMayBeSaidApartFromItsEnd(t *testing.T) {
	f := Facts{}
	at := time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)
	f.Merge(Description{At: at.Add(time.Hour), Facts: map[string]any{"step.b": Step{State: Passed, Ended: "2026-05-04T11:00:00Z"}, "step.a": Step{State: Passed}}}, 1)
	f.Merge(Description{At: at, Facts: map[string]any{StepBegan + "a": "2026-05-04T10:00:00.5Z", StepBegan + "b": "2026-05-04T10:00:00Z"}}, 1)
	steps := StepsOfFacts(f)
	if len(steps) != 2 || steps[0].Name != "b" || steps[0].Started != "2026-05-04T10:00:00Z" || steps[0].Ended == "" {
		t.Errorf("%+v", steps)
	}
}
