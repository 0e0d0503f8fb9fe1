package terraform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

var testAccount = integrations.Account{Settings: map[string]string{"secret": "old,new"}}

func sign(r *integrations.Request) {
	name := notificationHeader
	if r.Header.Get(taskHeader) != "" {
		name = taskHeader
	}
	r.Header.Set(name, Sign("new", r.Body))
}

func signedPost(body string, header ...string) integrations.Request {
	r := integrations.Request{Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	for _, name := range header {
		r.Header.Set(name, "x")
	}
	sign(&r)
	return r
}

// runPost is a notification of version 1; each of the rest is one of its notifications.
func runPost(list ...string) integrations.Request {
	return signedPost(`{"payload_version":1,"notification_configuration_id":"nc-1","run_url":"https://app.terraform.io/app/acme/serving/runs/run-1","run_id":"run-1",
 "run_message":"More workers\n\nlong","run_created_at":"2026-05-04T10:00:00.000Z","run_created_by":"alice","workspace_id":"ws-1","workspace_name":"serving","organization_name":"acme","notifications":[` + strings.Join(list, ",") + `]}`)
}

func told(trigger, status, at string) string {
	return fmt.Sprintf(`{"message":"Run %s","trigger":%q,"run_status":%q,"run_updated_at":%q,"run_updated_by":"alice"}`, status, trigger, status, at)
}

func assessmentPost(result string) integrations.Request {
	return signedPost(`{"payload_version":"2","trigger_scope":"assessment","trigger":"assessment:drifted","message":"Drift Detected","details":{"new_assessment_result":{"id":"asmtres-1","created_at":"2026-05-04T11:00:00Z",` + result +
		`},"prior_assessment_result":null,"workspace_id":"ws-1","workspace_name":"serving","organization_name":"acme"}}`)
}

func taskPost() integrations.Request {
	return signedPost(`{"payload_version":1,"access_token":"hush-hush","stage":"post_plan","is_speculative":false,"task_result_id":"taskrs-1","task_result_callback_url":"https://app.terraform.io/api/v2/task-results/1/callback",
 "run_app_url":"https://app.terraform.io/app/acme/serving/runs/run-1","run_id":"run-1","run_message":"More workers","run_created_at":"2026-05-04T10:00:00Z","run_created_by":"alice","workspace_name":"serving","organization_name":"acme",
 "vcs_repo_url":"https://github.com/acme/infra","vcs_branch":"main","vcs_pull_request_url":null,"vcs_commit_url":"https://github.com/acme/infra/commit/3f786850e387550fdab836ed7e6dc881de23001b"}`, taskHeader)
}

var verify = signedPost(`{"payload_version":1,"run_id":null,"run_url":null,"workspace_name":null,"notifications":[{"message":"Verification of test","trigger":"verification","run_status":null,"run_updated_at":null}]}`)

var valid = map[string]integrations.Request{
	"a run":      runPost(told("run:applying", "applying", "2026-05-04T10:01:00Z")),
	"two":        runPost(told("run:applying", "applying", "2026-05-04T10:01:00Z"), told("run:completed", "applied", "2026-05-04T10:02:00Z")),
	"cancelled":  runPost(told("run:errored", "canceled", "2026-05-04T10:02:00Z")),
	"drift":      assessmentPost(`"succeeded":true,"drifted":true,"resources_drifted":4,"resources_undrifted":55`),
	"a run task": taskPost(),
}

func TestKeepsThePromises(t *testing.T) {
	promises.Keep(t, New(nil), promises.Cases{Account: testAccount, Sign: sign, Valid: valid, Unknown: map[string]integrations.Request{
		"the verification": verify, "a later one": signedPost(`{"payload_version":"2","trigger":"workspace:auto_destroy_reminder","details":{}}`), "nothing": signedPost(`{}`),
		"a test task": signedPost(`{"task_result_id":"taskrs-1","access_token":"test-token"}`, taskHeader),
	}})
}

func FuzzPosts(f *testing.F) {
	promises.Fuzz(f, New(nil), testAccount, valid["two"], valid["drift"], valid["a run task"], verify)
}

func receive(t *testing.T, r integrations.Request) []integrations.Event {
	t.Helper()
	events, err := New(nil).Receive(context.Background(), testAccount, r)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestEachNotificationIsAnEvent(t *testing.T) {
	events := receive(t, valid["two"])
	if len(events) != 2 || events[0].ID == events[1].ID || events[1].Name != "run.completed" || !events[1].Poke {
		t.Fatalf("%+v", events)
	}
	d := events[1].Batch.Descriptions[0]
	if d.Ref.Key != "run-1" || d.State != models.Passed || d.Raw != "applied" || d.Title != "acme/serving: More workers" || d.Facts["pipeline"] != "acme/serving" ||
		d.Facts["actor"] != "alice" || d.Facts["ended_at"] != "2026-05-04T10:02:00Z" {
		t.Errorf("%+v", d)
	}
}

func TestARunThatErroredMayBeCancelled(t *testing.T) {
	if d := receive(t, valid["cancelled"])[0].Batch.Descriptions[0]; d.State != models.Cancelled || d.Facts["error"] != nil {
		t.Errorf("%+v", d)
	}
	if d := receive(t, runPost(told("run:errored", "errored", "2026-05-04T10:02:00Z")))[0].Batch.Descriptions[0]; d.State != models.Failed || d.Facts["error"] == nil {
		t.Errorf("%+v", d)
	}
}

func TestEveryStatusHasAState(t *testing.T) {
	const statuses = `pending fetching fetching_completed pre_plan_running pre_plan_completed queuing plan_queued planning planned cost_estimating cost_estimated policy_checking policy_override policy_soft_failed policy_checked confirmed post_plan_running
 post_plan_awaiting_decision post_plan_completed planned_and_finished planned_and_saved pre_apply_running pre_apply_completed queuing_apply apply_queued applying post_apply_running post_apply_completed applied discarded errored canceled force_canceled`
	for _, status := range strings.Fields(statuses) {
		if state(status) == models.Unknown {
			t.Errorf("%s is unknown", status)
		}
	}
}

func TestAnAssessmentIsARunOfItsOwn(t *testing.T) {
	for result, want := range map[string]models.State{
		`"succeeded":true,"drifted":true,"resources_drifted":4,"resources_undrifted":55`: models.Warning,
		`"succeeded":true,"drifted":false,"checks_failed":1`:                             models.Warning,
		`"succeeded":true,"drifted":false,"resources_undrifted":55`:                      models.Passed,
		`"succeeded":false`: models.Failed,
	} {
		d := receive(t, assessmentPost(result))[0].Batch.Descriptions[0]
		if d.State != want || d.Facts["pipeline"] != "acme/serving/assessment" || d.Ref.Key != "asmtres-1" {
			t.Errorf("%s: %+v", result, d)
		}
	}
	if d := receive(t, valid["drift"])[0].Batch.Descriptions[0]; d.Facts["summary"] != "4 of 59 resources drifted" || d.Facts["error"] != "Resources drifted" {
		t.Errorf("%+v", d)
	}
}

func TestARunTaskTellsTheCommitAndKeepsNoToken(t *testing.T) {
	e := receive(t, taskPost())[0]
	d := e.Batch.Descriptions[0]
	if bytes.Contains(e.Body, []byte("hush")) || len(d.Links) != 1 || d.Links[0].To.Key != "github.com/acme/infra@3f786850e387550fdab836ed7e6dc881de23001b" || d.Facts["branch"] != "main" {
		t.Errorf("%s %+v", e.Body, d)
	}
}

func TestAnswers(t *testing.T) {
	for name, want := range map[string]int{"a run": 202, "a run task": 200} {
		status, body := New(nil).Answer(valid[name], []integrations.Done{{Event: receive(t, valid[name])[0]}})
		if status != want || body != nil {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	if status, _ := New(nil).Answer(verify, []integrations.Done{{Event: receive(t, verify)[0]}}); status != 200 {
		t.Errorf("the verification is answered %d", status)
	}
}

func TestSignatures(t *testing.T) {
	r := valid["a run"]
	for name, header := range map[string]http.Header{
		"none": {}, "empty": {notificationHeader: {""}}, "two": {notificationHeader: {Sign("old", r.Body), Sign("new", r.Body)}},
		"both": {notificationHeader: {Sign("old", r.Body)}, taskHeader: {Sign("old", r.Body)}}, "upper case": {notificationHeader: {strings.ToUpper(Sign("old", r.Body))}},
		"another secret": {notificationHeader: {Sign("other", r.Body)}},
	} {
		r.Header = http.Header{}
		for key, values := range header {
			r.Header[http.CanonicalHeaderKey(key)] = values
		}
		if _, err := New(nil).Receive(context.Background(), testAccount, r); !errors.Is(err, integrations.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.Header = http.Header{http.CanonicalHeaderKey(notificationHeader): {Sign("old", r.Body)}}
	if _, err := New(nil).Receive(context.Background(), testAccount, r); err != nil {
		t.Errorf("the old secret, while it is changed: %v", err)
	}
	if _, err := New(nil).Receive(context.Background(), integrations.Account{}, r); !errors.Is(err, integrations.ErrSignature) {
		t.Errorf("without a secret: %v", err)
	}
}

func TestPollTellsCommitsAndPlans(t *testing.T) {
	asked, status := 0, "applied"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch {
		case r.Header.Get("Authorization") != "Bearer t":
			w.WriteHeader(401)
		case r.URL.Path == "/api/v2/organizations/acme/runs":
			fmt.Fprintf(w, `{"data":[{"id":"run-1","type":"runs","attributes":{"status":%q}},{"id":"run-2","type":"runs","attributes":{"status":"planned"}}]}`, status)
		case r.URL.Path == "/api/v2/runs/run-1" && strings.Contains(r.URL.Query().Get("include"), "ingress_attributes"):
			fmt.Fprintf(w, `{"data":{"id":"run-1","type":"runs","attributes":{"status":%q,"message":"More","source":"tfe-configuration-version","created-at":"2026-05-04T10:00:00Z","status-timestamps":{"planned-at":"2026-05-04T10:01:00+00:00","applied-at":"2026-05-04T10:02:00+00:00"}}},
 "included":[{"id":"ws-1","type":"workspaces","attributes":{"name":"serving"}},{"type":"users","attributes":{"username":"alice"}},{"type":"plans","attributes":{"status":"finished","resource-additions":3,"resource-changes":1,"resource-destructions":0}},
 {"type":"ingress-attributes","attributes":{"commit-sha":"3f786850e387550fdab836ed7e6dc881de23001b","branch":"main","clone-url":"https://github.com/acme/infra.git"}}]}`, status)
		default:
			w.WriteHeader(404)
		}
	}))
	defer server.Close()
	a := integrations.Account{Settings: map[string]string{"url": server.URL, "organization": "acme", "token": "t"}}
	s := New(server.Client())
	batch, more, err := s.Poll(context.Background(), a, "")
	if err != nil || more || len(batch.Descriptions) != 1 {
		t.Fatal(batch, more, err)
	}
	if err := promises.Sound(batch); err != nil {
		t.Error(err)
	}
	d := batch.Descriptions[0]
	if d.Facts["summary"] != "3 to add, 1 to change, 0 to destroy" || len(d.Links) != 1 || d.Title != "acme/serving: More" || d.Facts["branch"] != "main" ||
		!d.At.Equal(time.Date(2026, 5, 4, 10, 2, 0, 0, time.UTC)) || !strings.HasSuffix(d.URL, "/app/acme/serving/runs/run-1") {
		t.Errorf("%+v", d)
	}
	asked = 0
	if again, _, err := s.Poll(context.Background(), a, batch.Cursor); err != nil || len(again.Descriptions) != 0 || asked != 1 {
		t.Errorf("what did not move is asked for again: %d calls, %v", asked, err)
	}
	if found, err := s.Probe(context.Background(), a); err != nil || !found[0].OK {
		t.Errorf("%v %v", found, err)
	}
}

func TestSamples(t *testing.T) {
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	for file, header := range map[string]string{"run-notification.v1.json": notificationHeader, "workspace-assessment-notification.v2.json": notificationHeader, "run-task-request.json": taskHeader} {
		body, err := os.ReadFile(filepath.Join(dir, "terraform", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range receive(t, signedPost(string(body), header)) {
			if e.Err != nil || e.Ignored || len(e.Batch.Descriptions) != 1 {
				t.Errorf("%s: %+v", file, e)
			}
		}
	}
}
