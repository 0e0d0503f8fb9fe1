package cloudevents

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

const someEvent = `{"specversion":"1.0","id":"7","source":"/b","type":"org.example.thing","data":{}}`

func cases(t testing.TB) promises.Cases {
	c := promises.Cases{Valid: recorded(t), Unknown: map[string]integrations.Request{
		"another type":     post("application/cloudevents+json", someEvent),
		"a later version":  post("application/cloudevents+json", strings.Replace(someEvent, "org.example.thing", "dev.throughline.run.started.v2", 1)),
		"our name, no dot": post("application/cloudevents+json", strings.Replace(someEvent, "org.example.thing", "run.started.v1", 1)),
		"binary text":      post("text/plain", "hello", "Ce-Specversion", "1.0", "Ce-Id", "7", "Ce-Source", "/b", "Ce-Type", "org.example.text"),
		"a plain service":  recorded(t)["cd.service.plain"],
	}}
	delete(c.Valid, "cd.service.plain")
	c.Valid["binary"] = post("application/json; charset=utf-8", `{"run_id":"r1"}`, "Ce-Specversion", "1.0",
		"Ce-Id", "7", "Ce-Source", "/b%20c", "Ce-Type", "dev.throughline.run.started.v1", "Ce-Time", "2026-05-04T10:00:00Z")
	return c
}

func TestKeepsThePromises(t *testing.T) { promises.Keep(t, New(), cases(t)) }

func FuzzReceive(f *testing.F) {
	c := cases(f)
	seeds := []integrations.Request{post("application/cloudevents-batch+json", "["+someEvent+"]")}
	for _, list := range []map[string]integrations.Request{c.Valid, c.Unknown} {
		for _, name := range slices.Sorted(maps.Keys(list)) {
			seeds = append(seeds, list[name])
		}
	}
	promises.Fuzz(f, New(), integrations.Account{}, seeds...)
}

func TestStructuredPlainAndBinaryAreTheSameEvent(t *testing.T) {
	body := string(recorded(t)["deployment"].Body)
	want := receive(t, post("application/cloudevents+json; charset=UTF-8", body))[0]
	data := body[strings.Index(body, `"data":`)+len(`"data":`) : strings.LastIndex(body, "}")]
	for name, r := range map[string]integrations.Request{
		"plain":  post("application/json", body),
		"bare":   post("application/cloudevents", body),
		"binary": post("application/json", data, "ce-specversion", "1.0", "ce-id", "e-1", "ce-source", "/bots/train", "ce-type", "dev.throughline.deployment.v1", "ce-time", "2026-05-04T10:00:00Z"),
	} {
		got := receive(t, r)[0]
		if diff := cmp.Diff(want.Batch, got.Batch); diff != "" || got.ID != "/bots/train e-1" {
			t.Errorf("%s: id %q\n%s", name, got.ID, diff)
		}
	}
}

func TestDataMayBeBase64(t *testing.T) {
	e := receive(t, post("application/cloudevents+json", `{"specversion":"1.0","id":"7","source":"/b","type":"dev.throughline.run.started.v1","data_base64":"eyJydW5faWQiOiJyOSJ9"}`))[0]
	if e.Err != nil || e.Batch.Descriptions[0].Ref.Key != "r9" || !e.Batch.Descriptions[0].At.IsZero() {
		t.Errorf("%+v", e)
	}
}

func TestOneBrokenEventOfABatchStandsAlone(t *testing.T) {
	good := `{"specversion":"1.0","id":"1","source":"/b","type":"dev.throughline.run.started.v1","data":{"run_id":"r1"}}`
	events := receive(t, post("application/cloudevents-batch+json", `[`+good+`, {"specversion":"1.0","id":"2","type":"dev.throughline.run.started.v1"}, 7, `+
		strings.NewReplacer(`"1"`, `"3"`, `"r1"`, `{}`).Replace(good)+`]`))
	if len(events) != 4 || events[0].Err != nil || string(events[0].Body) != good || events[0].ID != "/b 1" {
		t.Fatalf("%+v", events)
	}
	for i, field := range map[int]string{1: "source", 2: "number", 3: "run_id"} {
		if events[i].Err == nil || !strings.Contains(events[i].Err.Error(), field) {
			t.Errorf("event %d: %v, want an error about %s", i, events[i].Err, field)
		}
	}
	again, err := New().Replay(context.Background(), integrations.Account{}, events[0].Name, http.Header{"Content-Type": {"application/cloudevents-batch+json"}}, events[0].Body)
	if err != nil || again.ID != "/b 1" || len(again.Batch.Descriptions) != 1 {
		t.Errorf("the replay is %+v, %v", again, err)
	}
}

func TestRefusesWhatIsNoEvent(t *testing.T) {
	attributes := func(without string) integrations.Request {
		r := post("application/json", "{}", "ce-specversion", "1.0", "ce-id", "7", "ce-source", "/b", "ce-type", "x")
		r.Header.Del("ce-" + without)
		return r
	}
	tests := []struct {
		name string
		r    integrations.Request
		code models.Code
		says string
	}{
		{"no media type", post("", someEvent), models.Unsupported, "media type"},
		{"a form", post("application/x-www-form-urlencoded", "a=b"), models.Unsupported, "application/x-www-form-urlencoded"},
		{"Avro", post("application/cloudevents+avro", "x"), models.Unsupported, "avro"},
		{"UTF-16", post("application/cloudevents+json; charset=utf-16", someEvent), models.Unsupported, "utf-16"},
		{"half a body", post("application/cloudevents+json", `{"specversion":"1.0",`), models.Invalid, "byte offset 21"},
		{"no body", post("application/cloudevents+json", ``), models.Invalid, "byte offset 0"},
		{"a batch that is an object", post("application/cloudevents-batch+json", `{}`), models.Invalid, "object"},
		{"a batch that is null", post("application/cloudevents-batch+json", `null`), models.Invalid, "array"},
		{"an event that is a list", post("application/cloudevents+json", `[]`), models.Invalid, "array"},
		{"no specversion", post("application/json", `{"id":"7","source":"/b","type":"x"}`), models.Invalid, "specversion"},
		{"version 0.3", post("application/cloudevents+json", strings.Replace(someEvent, "1.0", "0.3", 1)), models.Invalid, "specversion"},
		{"an empty id", post("application/cloudevents+json", strings.Replace(someEvent, `"7"`, `" "`, 1)), models.Invalid, "id"},
		{"a number as id", post("application/cloudevents+json", strings.Replace(someEvent, `"7"`, `7`, 1)), models.Invalid, "id"},
		{"an id with a line break", post("application/cloudevents+json", strings.Replace(someEvent, `"7"`, `"7\n8"`, 1)), models.Invalid, "id"},
		{"a source that is no URI", post("application/cloudevents+json", strings.Replace(someEvent, `"/b"`, `"%zz"`, 1)), models.Invalid, "source"},
		{"a time that is none", post("application/cloudevents+json", strings.Replace(someEvent, `"data"`, `"time":"yesterday","data"`, 1)), models.Invalid, "time"},
		{"a CDEvent without id", post("application/json", `{"context":{"type":"dev.cdevents.build.queued.0.1.0","source":"/b"},"subject":{}}`), models.Invalid, "id"},
		{"binary without id", attributes("id"), models.Invalid, "id"},
		{"binary without source", attributes("source"), models.Invalid, "source"},
		{"binary without type", attributes("type"), models.Invalid, "type"},
		{"binary without specversion", attributes("specversion"), models.Invalid, "specversion"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			events, err := New().Receive(context.Background(), integrations.Account{}, test.r)
			if models.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.says) {
				t.Errorf("events %+v, error %v", events, err)
			}
		})
	}
}

func TestParksDataThatDoesNotFitAndNamesTheField(t *testing.T) {
	tests := []struct{ kind, data, field string }{
		{"run.started", `null`, "data"},
		{"run.started", `[]`, "data"},
		{"run.started", `{}`, "run_id"},
		{"run.started", `{"run_id":"a\u0000b"}`, "run_id"},
		{"run.started", `{"run_id":"r","started_at":"noon"}`, "started_at"},
		{"run.started", `{"run_id":"r","started_at":12}`, "started_at"},
		{"run.metrics", `{"run_id":"r","metrics":{"auc":"high"}}`, "metrics.auc"},
		{"run.metrics", `{"run_id":"r","metrics":[1]}`, "metrics"},
		{"run.metrics", `{"run_id":"r","metrics":{"auc":1e999}}`, "metrics.auc"},
		{"run.finished", `{"run_id":"r","commit":{"repository":"a/b"}}`, "commit.sha"},
		{"run.finished", `{"run_id":"r","commit":{"repository":"a/b","sha":"main"}}`, "commit.sha"},
		{"run.finished", `{"run_id":"r","datasets":[{"namespace":"n","name":"d","digest":"x"},{"namespace":"n","name":"d"}]}`, "datasets[1].digest"},
		{"run.finished", `{"run_id":"r","datasets":[{"namespace":"n","name":"d","digest":"x","role":"judge"}]}`, "datasets[0].role"},
		{"run.finished", `{"run_id":"r","datasets":{"name":"d"}}`, "datasets"},
		{"pipeline_run.finished", `{"pipeline":"train"}`, "id"},
		{"pipeline_run.finished", `{"id":"1","attempt":"second"}`, "attempt"},
		{"pipeline_run.finished", `{"id":"1","steps":[{"state":"passed"}]}`, "steps[0].name"},
		{"model_version.registered", `{"version":3}`, "model"},
		{"model_version.registered", `{"model":"churn"}`, "version"},
		{"model_version.registered", `{"model":"churn","version":"a/b"}`, "version"},
		{"deployment", `{"environment":"p","model":"m","version":1,"state":"live"}`, "id"},
		{"deployment", `{"id":"1","model":"m","version":1,"state":"live"}`, "environment"},
		{"deployment", `{"id":"1","environment":"p","state":"live"}`, "model"},
		{"deployment", `{"id":"1","environment":"p","model":"m","state":"live"}`, "version"},
		{"deployment", `{"id":"1","environment":"p","model":"m","version":1}`, "state"},
		{"deployment", `{"id":"1","environment":"p","model":"m","version":1,"state":"fine"}`, "state"},
		{"deployment", `{"id":"1","environment":"p","model":"m","version":1,"state":"live","share":50}`, "share"},
		{"deployment", `{"id":"1","environment":"p","model":true,"version":1,"state":"live"}`, "model"},
	}
	for _, test := range tests {
		t.Run(test.kind+" "+test.data, func(t *testing.T) {
			e := receive(t, post("application/cloudevents+json", fmt.Sprintf(`{"specversion":"1.0","id":"7","source":"/b","type":"dev.throughline.%s.v1","data":%s}`, test.kind, test.data)))[0]
			var problem *models.Error
			if !errors.As(e.Err, &problem) || problem.Field != test.field || len(e.Batch.Descriptions) > 0 {
				t.Errorf("the error is %v about %+v, want one about %s", e.Err, problem, test.field)
			}
		})
	}
}

func TestTimesWithoutAZoneAreUTC(t *testing.T) {
	for raw, want := range map[string]string{
		"2026-05-04T10:00:00":       "2026-05-04T10:00:00Z",
		"2026-05-04T10:00:00.5":     "2026-05-04T10:00:00.5Z",
		"2026-05-04T10:00:00+02:00": "2026-05-04T08:00:00Z",
		"0001-01-01T00:00:00Z":      "0001-01-01T00:00:00Z",
	} {
		if got, ok := parseTime(raw); !ok || stamp(got) != want {
			t.Errorf("%s is %v, %v", raw, got, ok)
		}
	}
	for _, raw := range []string{"", "now", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00", "2026-02-30T00:00:00Z"} {
		if got, ok := parseTime(raw); ok {
			t.Errorf("%q is taken as %v", raw, got)
		}
	}
}

func TestDeploymentStates(t *testing.T) {
	for raw, want := range map[string]models.State{"live": models.Live, "Success": models.Live, "pending": models.Pending, "in-progress": models.Pending,
		"inactive": models.Superseded, "superseded": models.Superseded, "ERROR": models.Failed, "rolled back": models.RolledBack, "removed": models.Removed} {
		o := newObject("", nil)
		if got := o.deploymentState("state", raw); got != want || o.problem != nil {
			t.Errorf("%q is %q, %v", raw, got, o.problem)
		}
	}
}

func TestARollBackMakesTheEarlierVersionLiveAgain(t *testing.T) {
	e := receive(t, post("application/json", `{"context":{"version":"0.4.1","id":"1","source":"/c","type":"dev.cdevents.service.rolledback.0.2.0","timestamp":"2026-05-04T10:00:00Z"},
 "subject":{"id":"scoring","type":"service","content":{"environment":{"id":"production"},"artifactId":"pkg:mlflow/churn@2?repository_url=x"}}}`))[0]
	d := e.Batch.Descriptions[0]
	if d.State != models.Live || d.Raw != "rolledback" || d.Facts["version"] != "2" {
		t.Errorf("%+v", d)
	}
}

// TestOrderDoesNotMatter merges the events of one run in many orders, some twice.
func TestOrderDoesNotMatter(t *testing.T) {
	var list []models.Description
	for i, data := range []string{
		`started.v1","time":"2026-05-04T10:00:00Z","data":{"run_id":"r","name":"a","params":{"lr":1}}`,
		`metrics.v1","time":"2026-05-04T10:00:01Z","data":{"run_id":"r","metrics":{"auc":0.5}}`,
		`metrics.v1","time":"2026-05-04T10:00:02Z","data":{"run_id":"r","metrics":{"auc":0.7}}`,
		`finished.v1","time":"2026-05-04T10:00:03Z","data":{"run_id":"r","metrics":{"auc":0.9}}`,
		`started.v1","time":"2026-05-04T10:00:03Z","data":{"run_id":"r","name":"b"}`,
	} {
		body := fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"/b","type":"dev.throughline.run.%s}`, i, data)
		list = append(list, receive(t, post("application/cloudevents+json", body))[0].Batch.Descriptions...)
	}
	want := merged(list)
	if state := want.State().State; state != models.Passed {
		t.Fatalf("the run is %s: an end wins over a beginning of the same time", state)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		shuffled := append(list[:len(list):len(list)], list[random.IntN(len(list))])
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, merged(shuffled)); diff != "" {
			t.Fatal(diff)
		}
	}
}

func merged(list []models.Description) models.Facts {
	facts := models.Facts{}
	for _, d := range list {
		facts.Merge(d, 1)
	}
	return facts
}

// TestABatchCostsWhatItsEventsCost guards against work that grows by the square.
func TestABatchCostsWhatItsEventsCost(t *testing.T) {
	cost := func(events int) time.Duration {
		one := `{"specversion":"1.0","id":"1","source":"/b","type":"dev.throughline.run.metrics.v1","data":{"run_id":"r1","metrics":{"auc":1}}},`
		body := "[" + strings.TrimSuffix(strings.Repeat(one, events), ",") + "]"
		start := time.Now()
		if got := receive(t, post("application/cloudevents-batch+json", body)); len(got) != events {
			t.Fatalf("%d events of %d", len(got), events)
		}
		return time.Since(start)
	}
	cost(1000) // the first pays for what is set up once
	if few, many := cost(1000), cost(8000); many > 40*few {
		t.Errorf("eight times the events cost %.0f times as much", float64(many)/float64(few))
	}
}
