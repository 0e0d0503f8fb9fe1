package jenkins

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

func jsonPost(body string) integrations.Request {
	return integrations.Request{Header: http.Header{"Content-Type": {"application/json;charset=UTF-8"}}, Body: []byte(body)}
}

// notified is what the plugin posts of build 42 in a phase.
func notified(phase, more string) integrations.Request {
	return jsonPost(`{"name":"train","display_name":"train","url":"job/acme/job/train/","build":{"full_url":"https://CI.acme.test/job/acme/job/train/42/",
 "number":42,"queue_id":1187,"timestamp":1786356900123,"duration":0,"phase":"` + phase + `","url":"job/acme/job/train/42/",
 "scm":{"url":"https://github.com/acme/fraud.git","branch":"origin/main","commit":"2222222222222222222222222222222222222222","changes":[],"culprits":[]},
 "parameters":{"ROUNDS":"300","DB_PASSWORD":"hush"},"log":"","artifacts":{"out/model one.bin":{"archive":"https://ci.acme.test/x"}}` + more + `}}`)
}

var over = notified("FINALIZED", `,"status":"SUCCESS","duration":184211,"test_summary":{"total":12,"failed":1,"passed":11,"skipped":0}`)

var posts = map[string]integrations.Request{
	"queued": notified("QUEUED", ""), "started": notified("STARTED", ""), "finalized": over,
	"completed": notified("COMPLETED", `,"status":"ABORTED","duration":9`), "a step": notified("NONE", `,"notes":"uploading"`),
	"by hand": jsonPost(`{"build":{"full_url":"https://ci.acme.test/job/a/1","phase":"completed","status":"success","timestamp":1786356900123,"duration":5}}`),
}

func one(t *testing.T, a integrations.Account, r integrations.Request) integrations.Event {
	t.Helper()
	events, err := New(nil).Receive(context.Background(), a, r)
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	return events[0]
}

func TestKeepsThePromises(t *testing.T) {
	promises.Keep(t, New(nil), promises.Cases{Valid: posts, Unknown: map[string]integrations.Request{
		"another phase": notified("DREAMING", ""), "nothing": jsonPost(`{}`),
	}})
}

func FuzzPosts(f *testing.F) {
	promises.Fuzz(f, New(nil), integrations.Account{}, over, posts["queued"], posts["by hand"])
}

func TestAPostTellsTheBuild(t *testing.T) {
	e := one(t, integrations.Account{}, over)
	d := e.Batch.Descriptions[0]
	if e.Name != "build.finalized" || !e.Poke || d.Ref.Key != train42 || d.Title != "acme/train #42" || d.State != models.Passed {
		t.Errorf("%+v", e)
	}
	if len(d.Links) != 1 || d.Facts["branch"] != "main" || d.Facts["summary"] != "12 tests, 1 failed" || d.Facts["param.DB_PASSWORD"] != nil {
		t.Errorf("%+v", d)
	}
}

func TestTheCommitOfABuildThatIsNotOverIsNotBelieved(t *testing.T) {
	if d := one(t, integrations.Account{}, posts["started"]).Batch.Descriptions[0]; len(d.Links) != 0 || d.Facts["branch"] != nil {
		t.Errorf("%+v", d)
	}
}

func TestALibrarysCommitIsNotTheBuilds(t *testing.T) {
	a := integrations.Account{Settings: map[string]string{"repository": "github.com/acme/other"}}
	if d := one(t, a, over).Batch.Descriptions[0]; len(d.Links) != 0 {
		t.Errorf("%+v", d.Links)
	}
}

func TestRepeatsAreOneEventAndPhasesAreSeveral(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range posts {
		ids[one(t, integrations.Account{}, r).ID] = true
		ids[one(t, integrations.Account{}, r).ID] = true
	}
	if len(ids) != len(posts) {
		t.Errorf("%d ids of %d posts", len(ids), len(posts))
	}
}

func TestXMLIsRefusedWithTheRemedy(t *testing.T) {
	for _, r := range []integrations.Request{
		{Header: http.Header{"Content-Type": {"application/xml"}}, Body: []byte(`<job/>`)}, jsonPost(`<?xml version="1.0"?><job/>`),
	} {
		_, err := New(nil).Receive(context.Background(), integrations.Account{}, r)
		var known *models.Error
		if !errors.As(err, &known) || known.Code != models.Unsupported || !strings.Contains(known.Message, "JSON") {
			t.Errorf("%v", err)
		}
	}
}

func TestAJenkinsThatDoesNotKnowItsAddressIsCompleted(t *testing.T) {
	r := jsonPost(`{"url":"job/a/","build":{"url":"job/a/1/","phase":"STARTED","timestamp":1786356900123}}`)
	if e := one(t, integrations.Account{}, r); e.Err == nil || !strings.Contains(e.Err.Error(), "Jenkins URL") {
		t.Errorf("%+v", e)
	}
	a := integrations.Account{Settings: map[string]string{"url": "https://ci.acme.test/jenkins/"}}
	if e := one(t, a, r); e.Err != nil || e.Batch.Descriptions[0].Ref.Key != "https://ci.acme.test/jenkins/job/a/1" {
		t.Errorf("%+v", e)
	}
}

func TestAddressesThatAreNoBuildsAreParked(t *testing.T) {
	for _, address := range []string{"javascript:alert(1)", "https://ci.acme.test/", "https://ci.acme.test/job/a/", "https://ci.acme.test/job/a/0/", "ftp://x/job/a/1"} {
		if e := one(t, integrations.Account{}, jsonPost(`{"build":{"full_url":"`+address+`","phase":"STARTED"}}`)); e.Err == nil {
			t.Errorf("%s: %+v", address, e)
		}
	}
}

func TestBranchesLoseTheirRemote(t *testing.T) {
	for from, want := range map[string]string{"refs/remotes/origin/main": "main", "origin/main": "main", "main": "main", "PR-2": "PR-2",
		"refs/heads/feature/x": "feature/x", "refs/remotes/up/feature/x": "feature/x", "detached": ""} {
		if got := branch(from); got != want {
			t.Errorf("%s is %q, not %q", from, got, want)
		}
	}
}

func samples(t *testing.T, pattern string) []string {
	t.Helper()
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("THROUGHLINE_SAMPLES must name the folder of recorded samples")
		}
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples match %s", pattern)
	}
	return files
}

func TestTheSampleNotificationsAreOneBuild(t *testing.T) {
	for _, file := range samples(t, "jenkins/notification-*.json") {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e := one(t, integrations.Account{}, jsonPost(string(body)))
		if e.Err != nil || e.Ignored || e.Batch.Descriptions[0].Ref.Key != "https://ci.acme.test/job/acme/job/fraud/job/main/42" {
			t.Errorf("%s: %+v", file, e)
		}
	}
}

func TestTheSampleStagesAreRead(t *testing.T) {
	body, err := os.ReadFile(samples(t, "jenkins/wfapi-03-*.json")[0])
	if err != nil {
		t.Fatal(err)
	}
	var view struct{ Stages []stage }
	if err := integrations.ReadJSON(body, &view); err != nil {
		t.Fatal(err)
	}
	d, _ := begin(train42)
	steps(&d, view.Stages)
	deploy, test := d.Facts["step.Deploy"].(models.Step), d.Facts["step.Test"].(models.Step)
	if len(view.Stages) != 3 || deploy.State != models.Paused || deploy.Ended != "" || test.State != models.Passed || test.After != nil || test.Started != "2014-10-16T12:08:00.998Z" {
		t.Errorf("%+v %+v", deploy, test)
	}
}
