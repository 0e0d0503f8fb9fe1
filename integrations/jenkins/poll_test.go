package jenkins

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

// poll asks once, and returns what was said by key.
func poll(t *testing.T, s *Source, a integrations.Account, cursor string) (map[string]models.Description, models.Batch, bool) {
	t.Helper()
	batch, more, err := s.Poll(context.Background(), a, cursor)
	if err != nil {
		t.Fatal(err)
	}
	if err := promises.Sound(batch); err != nil {
		t.Error(err)
	}
	out := map[string]models.Description{}
	for _, d := range batch.Descriptions {
		out[d.Ref.Key] = d
	}
	return out, batch, more
}

const train42 = "https://ci.acme.test/job/acme/job/train/42"

func TestPollTellsABuildWithItsStagesCommitAndCause(t *testing.T) {
	j := newLookalike(t)
	found, batch, more := poll(t, j.source(), j.account(), "")
	if more || batch.Problem != "" || len(found) != 4 {
		t.Fatalf("more %v, problem %q, %d builds", more, batch.Problem, len(found))
	}
	d := found[train42]
	if d.Title != "acme/train #42" || d.State != models.Failed || d.Raw != "FAILURE" || d.URL != train42+"/" {
		t.Errorf("%+v", d)
	}
	want := []models.LinkTo{{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: "github.com/acme/fraud@3f786850e387550fdab836ed7e6dc881de23001b"}}}
	if diff := cmp.Diff(want, d.Links); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]any{
		"pipeline": "acme/train", "number": int64(42), "branch": "main", "event": "user", "actor": "alice", "error": "Lint: script returned exit code 1",
		"started_at": "2026-08-10T10:15:00.123Z", "ended_at": "2026-08-10T10:18:04.334Z", "param.ROUNDS": "300", "param.DRY": false, "changes": 2,
		"artifact.out/model one.bin": train42 + "/artifact/out/model%20one.bin", "log_url": train42 + "/console",
	} {
		if d.Facts[name] != want {
			t.Errorf("%s is %v, not %v", name, d.Facts[name], want)
		}
	}
	if d.Facts["param.API_TOKEN"] != nil || d.Facts["param.PW"] != nil {
		t.Error("a secret is among the parameters")
	}
	lint, deploy := d.Facts["step.Lint"].(models.Step), d.Facts["step.Deploy"].(models.Step)
	if lint.State != models.Failed || !slices.Equal(lint.After, []string{"Build"}) || !slices.Equal(deploy.After, []string{"Unit", "Lint"}) || deploy.State != models.Skipped {
		t.Errorf("Lint %+v, Deploy %+v", lint, deploy)
	}
}

func TestAFreestyleBuildAndItsTests(t *testing.T) {
	j := newLookalike(t)
	found, _, _ := poll(t, j.source(), j.account(), "")
	d := found["https://ci.acme.test/job/nightly/7"]
	if d.State != models.Warning || d.Facts["summary"] != "12 tests, 2 failed, 1 skipped" || d.Facts["event"] != "schedule" || d.Text != "Fit longer" || len(d.Links) != 0 {
		t.Errorf("%+v", d)
	}
}

func TestABuildThatBuildsIsNotPassedWhateverItsResult(t *testing.T) {
	j := newLookalike(t)
	found, _, _ := poll(t, j.source(), j.account(), "")
	d := found["https://ci.acme.test/job/acme/job/fraud/job/feature%252Fx/1"]
	if d.State != models.Paused || d.Title != "acme/fraud/feature/x #1" || !d.At.After(time.UnixMilli(1786356900124)) {
		t.Errorf("%+v", d)
	}
}

func TestTheNextPollAsksOnlyForWhatIsNewOrNotOver(t *testing.T) {
	j := newLookalike(t)
	_, batch, _ := poll(t, j.source(), j.account(), "")
	j.asked = nil
	found, again, _ := poll(t, j.source(), j.account(), batch.Cursor)
	if len(found) != 1 || len(j.asked) != 4 { // the jobs, the deep folder, the one that is paused, its stages
		t.Errorf("%d builds by %q", len(found), j.asked)
	}
	delete(j.answers, "/job/acme/job/fraud/job/feature%252Fx/1/api/json") // deleted upstream
	found, last, _ := poll(t, j.source(), j.account(), again.Cursor)
	j.asked = nil
	poll(t, j.source(), j.account(), last.Cursor)
	if len(found) != 0 || len(j.asked) != 2 {
		t.Errorf("a deleted build is asked for again: %q", j.asked)
	}
}

func TestAJobNumberedAnewIsReadAnew(t *testing.T) {
	j := newLookalike(t)
	_, batch, _ := poll(t, j.source(), j.account(), "")
	j.answers["/api/json"] = strings.Replace(j.answers["/api/json"], `{"number":42}`, `{"number":2}`, 1)
	j.answers["/job/acme/job/train/api/json"] = builds(freestyle("https://ci.acme.test/job/acme/job/train/", 2, `"result":"SUCCESS","building":false`))
	found, _, _ := poll(t, j.source(), j.account(), batch.Cursor)
	if found["https://ci.acme.test/job/acme/job/train/2"].State != models.Passed {
		t.Errorf("%v", found)
	}
}

func TestWithoutTheRepositorySeveralCheckoutsAreNoGuess(t *testing.T) {
	j := newLookalike(t)
	found, _, _ := poll(t, j.source(), j.account("repository", ""), "")
	if d := found[train42]; len(d.Links) != 0 || d.Facts["head_sha"] != nil {
		t.Errorf("%v %v", d.Links, d.Facts)
	}
}

func TestOnlyTheNamedJobsAreAsked(t *testing.T) {
	j := newLookalike(t)
	found, _, _ := poll(t, j.source(), j.account("jobs", "acme/fraud/*"), "")
	if len(found) != 2 || strings.Contains(strings.Join(j.asked, " "), "nightly") {
		t.Errorf("%v by %q", found, j.asked)
	}
}

func TestAJenkinsThatIsBusyIsLeftAlone(t *testing.T) {
	for _, status := range []int{429, 503} {
		j := newLookalike(t)
		j.status = status
		_, _, err := j.source().Poll(context.Background(), j.account(), "")
		var wish *integrations.RetryAfter
		if !errors.As(err, &wish) || time.Until(wish.Until) < time.Minute {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestOneBrokenJobDoesNotStopTheOthers(t *testing.T) {
	j := newLookalike(t)
	j.answers["/job/acme/job/train/42/wfapi/describe"] = "{}"
	delete(j.answers, "/job/nightly/api/json")
	found, _, _ := poll(t, j.source(), j.account(), "")
	if len(found) != 3 {
		t.Errorf("%d builds", len(found))
	}
}

func TestProbeNamesWhatIsMissing(t *testing.T) {
	j := newLookalike(t)
	found, err := j.source().Probe(context.Background(), j.account())
	if err != nil || len(found) != 2 || !found[0].OK || !found[1].OK {
		t.Fatalf("%+v %v", found, err)
	}
	delete(j.answers, "/me/api/json")
	j.answers["/api/json"] = `{"jobs":[]}`
	found, _ = j.source().Probe(context.Background(), j.account())
	if found[0].OK || found[1].OK || found[1].How == "" {
		t.Errorf("%+v", found)
	}
	if _, err := j.source().Probe(context.Background(), j.account("token", "wrong")); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("wrong token: %v", err)
	}
}
