package github

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
	"throughline/models"
)

// octokit are the real payloads of the npm package @octokit/webhooks-examples,
// signed: those of github.com, or of a GitHub Enterprise Server.
func octokit(t *testing.T, server string) (out []integrations.Request) {
	t.Helper()
	folder := os.Getenv("THROUGHLINE_OCTOKIT_EXAMPLES")
	if folder == "" {
		folder = "../../e2e/node_modules/@octokit/webhooks-examples"
	}
	text, err := os.ReadFile(filepath.Join(folder, server, "index.json"))
	switch {
	case errors.Is(err, os.ErrNotExist) && os.Getenv("CI") != "true":
		t.Skipf("@octokit/webhooks-examples is not installed: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	var events []struct {
		Name     string            `json:"name"`
		Examples []json.RawMessage `json:"examples"`
	}
	if err := json.Unmarshal(text, &events); err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		for _, body := range e.Examples {
			out = append(out, signed(e.Name, string(body)))
		}
	}
	return out
}

func TestRealPayloads(t *testing.T) {
	understood := 0
	payloads := octokit(t, "api.github.com")
	for _, r := range payloads {
		first, second := receive(t, testAccount, r), receive(t, testAccount, r)
		if first.Err != nil {
			t.Errorf("%s is parked: %v", first.Name, first.Err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("%s decodes differently the second time:\n%s", first.Name, diff)
		}
		if !first.Ignored {
			understood++
		}
		refusesFlipped(t, r)
	}
	if len(payloads) != 329 || understood < 70 {
		t.Errorf("%d payloads, %d understood", len(payloads), understood)
	}
}

func TestRealEnterprisePayloads(t *testing.T) {
	for _, server := range []string{"ghes-31", "ghes-32", "ghes-33", "ghes-34", "ghes-35"} {
		for _, r := range octokit(t, server) {
			if e := receive(t, testAccount, r); e.Err != nil {
				t.Errorf("%s: %s is parked: %v", server, e.Name, e.Err)
			}
		}
	}
}

func refusesFlipped(t *testing.T, r integrations.Request) {
	t.Helper()
	body := append([]byte(nil), r.Body...)
	body[len(body)/2] ^= 1
	flipped := integrations.Request{Header: r.Header, Body: body, Now: r.Now}
	if _, err := (Source{}).Receive(context.Background(), testAccount, flipped); !errors.Is(err, integrations.ErrSignature) {
		t.Errorf("%s with one byte flipped: %v", r.Header.Get("X-GitHub-Event"), err)
	}
}

// Whatever the order of arrival, the facts end the same.
func TestAnyOrder(t *testing.T) {
	var all []models.Description
	for _, r := range octokit(t, "api.github.com") {
		all = append(all, receive(t, testAccount, r).Batch.Descriptions...)
	}
	for _, c := range goldens {
		all = append(all, receive(t, testAccount, signed(c.event, c.payload)).Batch.Descriptions...)
	}
	want := merge(all)
	for seed := range uint64(20) {
		shuffled := append([]models.Description(nil), all...)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(all), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if diff := cmp.Diff(want, merge(append(shuffled, shuffled[:len(all)/2]...))); diff != "" {
			t.Fatalf("order %d ends elsewhere:\n%s", seed, diff)
		}
	}
}

func merge(descriptions []models.Description) string {
	state := map[string]models.Facts{}
	for _, d := range descriptions {
		key := string(d.Ref.Kind) + " " + d.Ref.Key
		if state[key] == nil {
			state[key] = models.Facts{}
		}
		state[key].Merge(d, 1)
	}
	text, _ := json.MarshalIndent(state, "", " ")
	return string(text)
}

// factsAfter is what is known of one subject after some deliveries in this order.
func factsAfter(t *testing.T, ref models.Ref, deliveries ...integrations.Request) models.Facts {
	known := models.Facts{}
	for _, r := range deliveries {
		for _, d := range receive(t, testAccount, r).Batch.Descriptions {
			if d.Ref == ref {
				known.Merge(d, 1)
			}
		}
	}
	return known
}

func TestLaterWins(t *testing.T) {
	queued := `{"check_run":{"id":7,"head_sha":"` + headSHA + `","name":"x","status":"queued","started_at":"2026-03-01T10:00:00Z"},` + inRepo
	passed := `{"check_run":{"id":7,"head_sha":"` + headSHA + `","name":"x","status":"completed","conclusion":"success","started_at":"2026-03-01T10:00:00Z","completed_at":"2026-03-01T10:00:00Z"},` + inRepo
	again := `{"check_run":{"id":8,"head_sha":"` + headSHA + `","name":"x","status":"queued","started_at":"2026-03-01T10:00:00Z"},` + inRepo
	running := `{"workflow_run":{"id":77,"name":"CI","run_attempt":2,"status":"in_progress","created_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-01T10:09:00Z"},` + inRepo
	failed := `{"workflow_run":{"id":77,"name":"CI","run_attempt":1,"status":"completed","conclusion":"failure","created_at":"2026-03-01T10:00:00Z","updated_at":"2026-03-01T10:05:00Z"},` + inRepo
	approved, comment := review("submitted", "approved", `{"login":"eve"}`),
		strings.ReplaceAll(review("submitted", "commented", `{"login":"eve"}`), "10:30:00", "10:45:00")
	job := `{"workflow_job":{"id":1,"run_id":77,"run_attempt":2,"name":"train","status":"completed","conclusion":"success","created_at":"2026-03-01T10:59:00Z"},` + inRepo
	for _, c := range []struct {
		claim, event, other, a, b string
		ref                       models.Ref
		fact, holds               string
	}{
		{"a check that ends in the second it starts has ended", "check_run", "", queued, passed, commitRef(headSHA), "check.x", `"passed"`},
		{"a newer check of the same second wins", "check_run", "", again, passed, commitRef(headSHA), "check.x", `"queued"`},
		{"a re-run is running again", "workflow_run", "", running, failed, pipelineRun(77), models.FactState, `"running"`},
		{"a re-run has not ended", "workflow_run", "", running, failed, pipelineRun(77), "ended_at", `null`},
		{"a run that starts in the second it was queued in runs", "workflow_run", "", strings.ReplaceAll(running, "in_progress", "queued"), running, pipelineRun(77), models.FactState, `"running"`},
		{"a job leaves the state of its run", "workflow_run", "workflow_job", failed, job, pipelineRun(77), models.FactState, `"failed"`},
		{"a comment keeps the approval", "pull_request_review", "", approved, comment, pullRef, "review.eve", `"approved"`},
		{"a dismissal takes it back", "pull_request_review", "", approved, review("dismissed", "dismissed", `{"login":"eve"}`), pullRef, "review.eve", `"dismissed"`},
		{"a review without draft mark leaves a draft", "pull_request", "pull_request_review",
			`{"action":"converted_to_draft","pull_request":{` + pullHead + `"state":"open","draft":true,"updated_at":"2026-03-01T09:30:00Z"},` + inRepo,
			approved, pullRef, models.FactState, `"draft"`},
		{"a new deployment does not undo its success", "deployment", "deployment_status", goldenPayload("deployment"), goldenPayload("deployment_status"), deploymentRef, models.FactState, `"live"`},
		{"a push knows the author's login", "push", "workflow_run", goldenPayload("push"), goldenPayload("workflow_run"), commitRef(headSHA), "author", `"dana"`},
	} {
		if c.other == "" {
			c.other = c.event
		}
		a, b := signed(c.event, c.a), signed(c.other, c.b)
		for _, known := range []models.Facts{factsAfter(t, c.ref, a, b), factsAfter(t, c.ref, b, a)} {
			if !strings.Contains(string(known[c.fact].Value), c.holds) {
				t.Errorf("%s: %s is %s", c.claim, c.fact, known[c.fact].Value)
			}
		}
	}
}

func goldenPayload(event string) string {
	for _, c := range goldens {
		if c.event == event {
			return c.payload
		}
	}
	return ""
}
