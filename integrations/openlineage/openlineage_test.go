package openlineage

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

func cases(t testing.TB) promises.Cases {
	return promises.Cases{Valid: recorded(t), Unknown: map[string]integrations.Request{
		"an event of another kind": post("api/v1/lineage", `{"eventTime":"2026-05-04T10:00:00Z","producer":"x"}`),
		"a statement's job":        post("api/v1/lineage", `{"job":{"namespace":"n","name":"j"}}`),
		"data in memory":           post("api/v1/lineage", `{"dataset":{"namespace":"inmemory://","name":"j"}}`),
	}}
}

func TestKeepsThePromises(t *testing.T) { promises.Keep(t, New(), cases(t)) }

func FuzzReceive(f *testing.F) {
	var seeds []integrations.Request
	c := cases(f)
	for _, list := range []map[string]integrations.Request{c.Valid, c.Unknown} {
		for _, name := range slices.Sorted(maps.Keys(list)) {
			seeds = append(seeds, list[name])
		}
	}
	promises.Fuzz(f, New(), integrations.Account{}, append(seeds, post("lineage/batch", "[{},"+string(seeds[0].Body)+"]"))...)
}

// merged is what is known of one subject after the events, in their order.
func merged(events []integrations.Event, ref models.Ref) models.Facts {
	facts := models.Facts{}
	for _, e := range events {
		for _, d := range e.Batch.Descriptions {
			if d.Ref == ref {
				facts.Merge(d, 1)
			}
		}
	}
	return facts
}

func one(t *testing.T, typ, at, more string) integrations.Event {
	t.Helper()
	return receive(t, post("lineage", fmt.Sprintf(`{"eventType":%q,"eventTime":%q,"run":{"runId":"R-1"},"job":{"namespace":"n","name":"j"}%s}`, typ, at, more)))[0]
}

func TestAStartThatComesLateDoesNotReopenARun(t *testing.T) {
	ref := refTo(models.PipelineRun, "r-1")
	complete := one(t, "COMPLETE", "2026-05-04T10:00:00Z", "")
	for name, start := range map[string]string{"earlier": "2026-05-04T09:00:00Z", "of the same moment": "2026-05-04T10:00:00Z"} {
		f := merged([]integrations.Event{complete, one(t, "START", start, ""), complete}, ref)
		if f.State().State != models.Passed || f.String(models.FactStartedAt) != start || f.String(models.FactEndedAt) == "" {
			t.Errorf("%s: %v", name, f.Values())
		}
	}
	f := merged([]integrations.Event{complete, one(t, "OTHER", "2026-05-04T11:00:00Z", "")}, ref)
	if f.State().State != models.Passed {
		t.Error("OTHER says nothing about the state")
	}
}

func TestTheSameJobTwiceInARunIsTwoSteps(t *testing.T) {
	child := func(id, typ, at string) integrations.Event {
		return receive(t, post("lineage", fmt.Sprintf(`{"eventType":%q,"eventTime":%q,"run":{"runId":%q,"facets":{"parent":{"run":{"runId":"top"},"job":{"namespace":"n","name":"dag"}}}},"job":{"namespace":"n","name":"dag.fit"}}`, typ, at, id)))[0]
	}
	f := merged([]integrations.Event{child("0190-aaaa-01", "FAIL", "2026-05-04T10:02:00Z"), child("0190-aaaa-01", "START", "2026-05-04T10:01:00Z"),
		child("0190-aaaa-02", "COMPLETE", "2026-05-04T10:09:00Z"), child("0190-aaaa-02", "START", "2026-05-04T10:03:00Z")}, refTo(models.PipelineRun, "top"))
	steps := models.StepsOfFacts(f)
	if len(steps) != 2 || steps[0].State != models.Failed || steps[1].State != models.Passed || steps[1].Title != "fit" ||
		steps[0].Started != "2026-05-04T10:01:00Z" || steps[0].Ended != "2026-05-04T10:02:00Z" {
		t.Errorf("%+v", steps)
	}
	if f.State().State != models.Unknown || f.String(models.FactPipeline) != "n/dag" {
		t.Errorf("the whole is known from its parts only: %v", f.State())
	}
}

func TestTheRunItselfOverrulesItsParts(t *testing.T) {
	events := []integrations.Event{}
	for _, name := range []string{"dag.start", "task.complete"} {
		events = append(events, receive(t, recorded(t)[name])[0])
	}
	f := merged(events, refTo(models.PipelineRun, "0190f0a0-1111-7aaa-8bbb-00000000da60"))
	if f.State().State != models.Running || f.String("nominal_start") == "" || f.String(models.FactTrigger) != "scheduled" {
		t.Errorf("%v", f.Values())
	}
}

func TestTimesWithoutAZoneAreUTCAndNanosecondsAreKept(t *testing.T) {
	for raw, want := range map[string]string{"2026-05-04T10:00:00": "2026-05-04T10:00:00Z", "2026-05-04T10:00:00.123456789Z": "2026-05-04T10:00:00.123456789Z",
		"2026-05-04T10:00:00+02:00": "2026-05-04T08:00:00Z", "noon": "", "1869-01-01T00:00:00Z": "", "": ""} {
		if got := models.StepTime(moment(raw)); got != want {
			t.Errorf("%q is %q", raw, got)
		}
	}
}

func TestNoSecretBecomesAFact(t *testing.T) {
	for name, r := range recorded(t) {
		text, _ := json.Marshal(receive(t, r)[0].Batch)
		if strings.Contains(string(text), "secret") || strings.Contains(string(text), "password=") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestNamesOfDatasets(t *testing.T) {
	env := `{"environmentVariables":[{"name":"HOSTNAME","value":"w1"}]}`
	here := receive(t, post("lineage", `{"run":{"runId":"r","facets":{"environmentVariables":`+env+`}},"outputs":[{"namespace":"file","name":"/tmp/x"},{"namespace":"inmemory://","name":"y"},{"namespace":"s3://b/","name":"k/v@1"}]}`))[0]
	var keys []string
	for _, d := range here.Batch.Descriptions {
		keys = append(keys, d.Ref.Key)
	}
	if diff := cmp.Diff([]string{"r", "file://w1//tmp/x", "s3://b/k/v@1"}, keys); diff != "" {
		t.Error(diff)
	}
	long := event{}.keyOf("n", strings.Repeat("x", 3000))
	if len(long) > 1000 || long == (event{}).keyOf("n", strings.Repeat("x", 2999)) && long == "" {
		t.Errorf("%d bytes", len(long))
	}
	if v := versionKey("d", "a@b"); v != "d@a%40b" {
		t.Error(v)
	}
	if v := versionKey("d", strings.Repeat("9", 400)); len(v) > 80 {
		t.Error(v)
	}
}

func TestValuesOfOtherTypesAreLeftOut(t *testing.T) {
	e := receive(t, post("lineage", `{"eventType":"FAIL","eventTime":"2026-05-04T10:00:00Z","run":{"runId":"r","facets":{"errorMessage":7,"nominalTime":[1],"parent":"x"}},
 "job":{"namespace":"n","name":"j","facets":{"ownership":{"owners":[{"name":3},{"name":"kim"}]}}},"inputs":[{"namespace":"a","name":"b","facets":{"schema":{"fields":"all"},"tags":9}},7]}`))[0]
	if e.Err != nil || e.Batch.Descriptions[0].State != models.Failed || len(e.Batch.Descriptions[0].Owners) != 1 || len(e.Batch.Descriptions) != 2 {
		t.Errorf("%+v", e)
	}
}

func TestRefusesWhatIsNoJSONAndParksARunWithoutId(t *testing.T) {
	if _, err := New().Receive(t.Context(), integrations.Account{}, post("lineage", `{"run":`)); models.CodeOf(err) != models.Invalid {
		t.Errorf("half a body: %v", err)
	}
	e := receive(t, post("lineage", `{"run":{"runId":" "},"job":{"namespace":"n","name":"j"}}`))[0]
	if models.CodeOf(e.Err) != models.Invalid || !strings.Contains(e.Err.Error(), "runId") {
		t.Errorf("%+v", e)
	}
}

func TestAnswers(t *testing.T) {
	status, body := New().Answer(post("api/v1/lineage", "{}"), []integrations.Done{{State: "parked"}})
	if status != http.StatusCreated || body != nil {
		t.Errorf("%d %v", status, body)
	}
	status, body = New().Answer(post("api/v1/lineage/batch", "[]"), []integrations.Done{{State: "applied"}, {State: "parked", Problem: "no id"}, {State: "ignored"}})
	text, _ := json.Marshal(body)
	want := `{"status":"partial_success","summary":{"received":3,"successful":2,"failed":1,"retriable":0,"non_retriable":1},"failed_events":[{"index":1,"reason":"no id","retriable":false}]}`
	if status != http.StatusOK || string(text) != want {
		t.Errorf("%d %s", status, text)
	}
}

// TestOrderDoesNotMatter merges the events of testdata in many orders, some twice.
func TestOrderDoesNotMatter(t *testing.T) {
	var events []integrations.Event
	for _, name := range slices.Sorted(maps.Keys(recorded(t))) {
		events = append(events, receive(t, recorded(t)[name])...)
	}
	want := everything(events)
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		shuffled := append(slices.Clone(events), events[random.IntN(len(events))])
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, everything(shuffled)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func everything(events []integrations.Event) map[models.Ref]models.Facts {
	all := map[models.Ref]models.Facts{}
	for _, e := range events {
		for _, d := range e.Batch.Descriptions {
			if all[d.Ref] == nil {
				all[d.Ref] = models.Facts{}
			}
			all[d.Ref].Merge(d, 1)
		}
	}
	return all
}
