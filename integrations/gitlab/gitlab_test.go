package gitlab

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

var testAccount = integrations.Account{Settings: map[string]string{"secret": "old,new", "projects": "acme/*"}}

func hook(event, body string) integrations.Request {
	return integrations.Request{Header: http.Header{"Content-Type": {"application/json"}, "X-Gitlab-Event": {event}, "X-Gitlab-Token": {"new"}, "X-Gitlab-Event-Uuid": {"13792a34-cac6-4fda-95a8-c58e00a3954e"}}, Body: []byte(body)}
}

const (
	inProject = `"user":{"id":1,"username":"alice"},"project":{"id":7,"web_url":"https://gitlab.acme.test/acme/ml/fraud","path_with_namespace":"acme/ml/fraud"}`
	pipeline  = "https://gitlab.acme.test/acme/ml/fraud/-/pipelines/31"
)

// pipelinePosted is a pipeline of three stages; train may fail.
func pipelinePosted(status, detailed, finished, jobs string) integrations.Request {
	return hook("Pipeline Hook", `{"object_kind":"pipeline","object_attributes":{"id":31,"iid":3,"ref":"main","tag":false,"sha":"bcbb5ec396a2c0f828686f14fac9b80b780504f2","source":"push","status":"`+status+`","detailed_status":"`+detailed+`",
 "stages":["build","empty","train","deploy"],"created_at":"2026-05-04 15:23:28 UTC","finished_at":`+finished+`,"duration":63,"variables":[{"key":"ROUNDS","value":"300"},{"key":"DEPLOY_TOKEN","value":"hush"}]},"merge_request":null,`+inProject+`,
 "builds":[`+jobs+`]}`)
}

const (
	built   = `{"id":377,"stage":"build","name":"image","status":"success","created_at":"2026-05-04 15:23:28 UTC","started_at":"2026-05-04 15:23:30 UTC","finished_at":"2026-05-04 15:24:00 UTC"}`
	broken  = `{"id":378,"stage":"train","name":"fit","status":"failed","created_at":"2026-05-04 15:23:28 UTC","started_at":"2026-05-04 15:24:00 UTC","finished_at":"2026-05-04 15:26:00 UTC","failure_reason":"script_failure"}`
	lenient = `{"id":379,"stage":"train","name":"lint","status":"failed","allow_failure":true,"created_at":"2026-05-04 15:23:28 UTC","started_at":"2026-05-04 15:24:00 UTC","finished_at":"2026-05-04 15:25:00 UTC","failure_reason":"script_failure"}`
	left    = `{"id":380,"stage":"deploy","name":"serve","status":"skipped","created_at":"2026-05-04 15:23:28 UTC","started_at":null,"finished_at":null}`
)

var jobPosted = hook("Job Hook", `{"object_kind":"build","ref":"main","sha":"bcbb5ec396a2c0f828686f14fac9b80b780504f2","build_id":378,"build_name":"fit","build_stage":"train","build_status":"running","build_created_at":"2026-05-04 15:23:28 UTC","build_started_at":"2026-05-04 15:24:00 UTC","build_finished_at":null,"retries_count":1,"pipeline_id":31,`+inProject+`}`)

func requestPosted(action, state string) integrations.Request {
	return hook("Merge Request Hook", `{"object_kind":"merge_request",`+inProject+`,"labels":[{"title":"ml"}],"object_attributes":{"iid":12,"title":"Fit longer","description":"Why","url":"https://gitlab.acme.test/acme/ml/fraud/-/merge_requests/12","state":"`+state+`","action":"`+action+`",
 "source_branch":"longer","target_branch":"main","created_at":"2026-05-04 14:00:00 UTC","updated_at":"2026-05-04T15:00:00Z","draft":false,"merge_commit_sha":"1111111111111111111111111111111111111111","last_commit":{"id":"2222222222222222222222222222222222222222"}}}`)
}

var valid = map[string]integrations.Request{
	"failed": pipelinePosted("failed", "failed", `"2026-05-04 15:26:00 UTC"`, strings.Join([]string{left, broken, lenient, built}, ",")),
	"begun":  pipelinePosted("running", "running", "null", built), "job": jobPosted,
	"opened": requestPosted("open", "opened"), "merged": requestPosted("merge", "merged"), "approved": requestPosted("approved", "opened"),
}

func TestKeepsThePromises(t *testing.T) {
	promises.Keep(t, New(), promises.Cases{Account: testAccount, Word: true, Valid: valid, Unknown: map[string]integrations.Request{
		"a push": hook("Push Hook", `{"object_kind":"push",`+inProject+`}`), "nothing": hook("", `{}`),
		"another project": hook("Job Hook", strings.ReplaceAll(string(jobPosted.Body), "acme/ml", "other/ml")),
	}})
}

func FuzzPosts(f *testing.F) {
	promises.Fuzz(f, New(), testAccount, valid["failed"], valid["job"], valid["merged"])
}

func one(t *testing.T, r integrations.Request) models.Description {
	t.Helper()
	events, err := New().Receive(context.Background(), testAccount, r)
	if err != nil || len(events) != 1 || events[0].Err != nil || len(events[0].Batch.Descriptions) != 1 {
		t.Fatalf("%+v %v", events, err)
	}
	return events[0].Batch.Descriptions[0]
}

func TestAPipelineWithItsJobs(t *testing.T) {
	d := one(t, valid["failed"])
	if d.Ref.Key != pipeline || d.State != models.Failed || d.Title != "acme/ml/fraud #31" || d.Facts["error"] != "fit: script_failure" || d.Facts["actor"] != "alice" ||
		d.Facts["param.ROUNDS"] != "300" || d.Facts["param.DEPLOY_TOKEN"] != nil || d.Facts["ended_at"] != "2026-05-04T15:26:00Z" {
		t.Errorf("%+v", d)
	}
	if len(d.Links) != 1 || d.Links[0].To.Key != "gitlab.acme.test/acme/ml/fraud@bcbb5ec396a2c0f828686f14fac9b80b780504f2" {
		t.Errorf("%v", d.Links)
	}
	fit, lint, serve := d.Facts["step.fit"].(models.Step), d.Facts["step.lint"].(models.Step), d.Facts["step.serve"].(models.Step)
	if !slices.Equal(fit.After, []string{"image"}) || !slices.Equal(serve.After, []string{"fit", "lint"}) || serve.State != models.Skipped || lint.State != models.Warning || fit.URL != "https://gitlab.acme.test/acme/ml/fraud/-/jobs/378" {
		t.Errorf("%+v %+v %+v", fit, lint, serve)
	}
}

func TestAJobTellsItsStepAndNotThePipelinesState(t *testing.T) {
	d := one(t, jobPosted)
	fit := d.Facts["step.fit"].(models.Step)
	if d.Ref.Key != pipeline || d.State != "" || fit.State != models.Running || fit.Attempt != 2 {
		t.Errorf("%+v", d)
	}
	old := strings.Replace(strings.Replace(string(jobPosted.Body), inProject, `"project":{}`, 1), `"retries`, `"repository":{"homepage":"https://gitlab.acme.test/acme/ml/fraud"},"retries`, 1)
	if d := one(t, hook("Job Hook", old)); d.Ref.Key != pipeline {
		t.Errorf("%+v", d.Ref)
	}
}

// What happened within a second has an order too.
func TestWhatGotOnFurtherIsLater(t *testing.T) {
	second := func(status, finished, job string) models.Description {
		return one(t, pipelinePosted(status, status, finished, strings.ReplaceAll(job, "15:24:00", "15:23:28")))
	}
	now := `"2026-05-04 15:23:28 UTC"`
	pending := second("pending", "null", strings.Replace(built, "success", "pending", 1))
	running := second("running", "null", strings.Replace(built, "success", "running", 1))
	passed := second("success", now, strings.ReplaceAll(built, "15:23:30", "15:23:28"))
	if !pending.At.Before(running.At) || !running.At.Before(passed.At) && running.At.Second() == passed.At.Second() {
		t.Errorf("%v %v %v", pending.At, running.At, passed.At)
	}
}

func TestPassedWithWarnings(t *testing.T) {
	if d := one(t, pipelinePosted("success", "passed with warnings", `"2026-05-04 15:26:00 UTC"`, lenient)); d.State != models.Warning || d.Facts["error"] != nil {
		t.Errorf("%+v", d)
	}
}

func TestAMergeRequestIsAPullRequest(t *testing.T) {
	d := one(t, valid["merged"])
	if d.Ref.Kind != models.PullRequest || d.Ref.Key != "gitlab.acme.test/acme/ml/fraud#12" || d.State != models.Merged || len(d.Links) != 2 ||
		d.Links[1].Relation != models.MergedAs || d.Links[1].To.Key != "gitlab.acme.test/acme/ml/fraud@1111111111111111111111111111111111111111" || d.Facts["merged_by"] != "alice" {
		t.Errorf("%+v", d)
	}
	if d := one(t, valid["opened"]); d.State != models.Open || d.Facts["author"] != "alice" || len(d.Links) != 1 {
		t.Errorf("%+v", d)
	}
	if d := one(t, valid["approved"]); d.Facts["review.alice"] == nil || d.Facts["author"] != nil {
		t.Errorf("%+v", d)
	}
}

func TestTheSecretIsCompared(t *testing.T) {
	for name, values := range map[string][]string{"none": nil, "empty": {""}, "another": {"newer"}, "two": {"new", "new"}, "both": {"old,new"}} {
		r := hook("Job Hook", "{}")
		r.Header["X-Gitlab-Token"] = values
		if _, err := New().Receive(context.Background(), testAccount, r); !errors.Is(err, integrations.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r := hook("Job Hook", "{}")
	if _, err := New().Receive(context.Background(), integrations.Account{}, r); !errors.Is(err, integrations.ErrSignature) {
		t.Errorf("without a configured secret: %v", err)
	}
	r.Header.Set("X-Gitlab-Token", "old") // while it is changed
	if _, err := New().Receive(context.Background(), testAccount, r); err != nil {
		t.Errorf("the old secret: %v", err)
	}
}

// Events that share an id, because one webhook set off another, are several.
func TestTheIDIsOfTheEventAndOfWhatItSays(t *testing.T) {
	ids := map[string]bool{}
	for range 3 {
		for _, r := range valid {
			events, _ := New().Receive(context.Background(), testAccount, r)
			ids[events[0].ID] = true
		}
	}
	if len(ids) != len(valid) {
		t.Errorf("%d ids of %d posts", len(ids), len(valid))
	}
}

func TestJobsInAnyOrderAreTheSame(t *testing.T) {
	jobs := []string{built, broken, lenient, left}
	want := one(t, valid["failed"])
	for range 5 {
		rand.Shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
		got := one(t, pipelinePosted("failed", "failed", `"2026-05-04 15:26:00 UTC"`, strings.Join(jobs, ",")))
		if !got.At.Equal(want.At) || got.Facts["error"] != want.Facts["error"] {
			t.Errorf("%+v", got)
		}
	}
}
