package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/integrations/github/lookalike"
	"throughline/models"
	"throughline/models/store"
)

func TestAPullRequestGetsOneCheckRunKeptUpToDate(t *testing.T) {
	h := newTelling(t, true, "report_check")
	h.serves("fraud-score", h.repo)
	pull := h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
	h.settle()
	first := h.checks(pull.Head())
	if len(first) != 1 || first[0].Name != "Throughline" || first[0].Conclusion != "neutral" || first[0].Status != "completed" {
		t.Fatalf("%+v", first)
	}
	if want := "Reaches fraud-score in production; 5 open points"; first[0].Output.Title != want {
		t.Error(first[0].Output.Title)
	}
	if first[0].DetailsURL != "https://hub.example.com/pulls/acme%2Ffraud%231" {
		t.Error(first[0].DetailsURL)
	}
	for _, text := range []string{"| fraud\\-score | 7 | production | this repository | 4 gaps |", "closed by a maintainer of the project", "https://hub.example.com/throughline/production/fraud-score#gap-model_card"} {
		if !strings.Contains(first[0].Output.Text, text) {
			t.Errorf("%q is not in\n%s", text, first[0].Output.Text)
		}
	}
	h.owner("fraud-score", true)
	pull.Review("lee", "APPROVED")
	h.settle()
	second := h.checks(pull.Head())
	if len(second) != 1 || second[0].ID != first[0].ID || second[0].Output.Title != "Reaches fraud-score in production; 3 open points" {
		t.Fatalf("%+v", second)
	}
	if strings.Contains(second[0].Output.Text, "dana") {
		t.Error("a person is named")
	}
	pull.Push(1)
	h.settle()
	if list := h.checks(pull.Head()); len(list) != 1 || list[0].ID == first[0].ID {
		t.Fatalf("the new commit: %+v", list)
	}
	if len(h.comments(1))+len(h.statuses(pull.Head())) != 0 {
		t.Error("only the check run is switched on")
	}
}

func TestThereIsOneCommentAfterTwentyChangesAndARestart(t *testing.T) {
	h := newTelling(t, true, "report_comment")
	h.serves("fraud-score", h.repo)
	pull := h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
	pull.Comment("mallory", "I like <!-- throughline:000000000000000000000000 --> comments")
	for n := range 20 {
		h.owner("fraud-score", n%2 == 0)
		h.settle()
		if n == 10 {
			h.restart()
		}
	}
	list := h.comments(1)
	if len(list) != 2 || list[1].User.Login != "throughline-acme[bot]" || !strings.Contains(list[1].Body, "An owner of the model") {
		t.Fatalf("%+v", list)
	}
	if n := h.writes(); n < 15 {
		t.Errorf("only %d writes", n)
	}
}

// What is told and killed before it is kept is found again: by its marker, and
// only where we wrote it.
func TestAKillBetweenTellingAndKeepingMakesNoSecond(t *testing.T) {
	h := newTelling(t, true, "report_check", "report_comment", "report_status")
	sha := h.serves("fraud-score", h.repo)
	pull := h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
	h.lose = true
	h.settle()
	h.lose = false
	mine := h.comments(1)
	if len(mine) != 1 || len(h.checks(pull.Head())) != 1 || len(h.statuses(sha)) != 1 {
		t.Fatalf("%+v", mine)
	}
	pull.Comment("mallory", mine[0].Body) // a quoted marker is not ours
	h.restart()
	h.owner("fraud-score", true)
	h.settle()
	list := h.comments(1)
	if len(list) != 2 || list[0].ID != mine[0].ID || list[0].Body == mine[0].Body || list[1].Body != mine[0].Body {
		t.Fatalf("%+v", list)
	}
	if got := h.checks(pull.Head()); len(got) != 1 {
		t.Fatalf("%+v", got)
	}
}

func TestAnothersCommentWithOurMarkerIsLeftAlone(t *testing.T) {
	h := newTelling(t, false, "report_comment")
	h.serves("fraud-score", h.repo)
	pull := h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
	h.lose = true
	h.settle()
	body := h.comments(1)[0].Body
	h.delete(h.comments(1)[0].ID)
	theirs := pull.Comment("mallory", body)
	h.lose = false
	h.restart()
	h.settle()
	list := h.comments(1)
	if len(list) != 2 || list[0].ID != theirs.ID || list[1].User.Login != "throughline-bot" {
		t.Fatalf("%+v", list)
	}
}

// delete is what a maintainer does to a comment.
func (h *telling) delete(id int64) {
	h.Helper()
	r, _ := http.NewRequest(http.MethodDelete, h.gh.URL+"/repos/acme/fraud/issues/comments/"+fmt.Sprint(id), nil)
	r.Header.Set("Authorization", "Bearer t0ken")
	answer, err := http.DefaultClient.Do(r)
	h.must(err)
	_ = answer.Body.Close()
}

func TestNothingIsToldThatIsNotSwitchedOn(t *testing.T) {
	h := newTelling(t, true)
	h.serves("fraud-score", h.repo)
	h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
	h.gh.Recount()
	h.settle()
	h.pass(time.Minute)
	if log := h.gh.Count().Log; len(log) > 0 {
		t.Error(log)
	}
}

func TestPullRequestsThatTouchNoModelAreLeftAlone(t *testing.T) {
	h := newTelling(t, true, "report_check", "report_comment", "report_status")
	h.serves("churn-score", h.gh.Repo("elsewhere/churn"))
	h.repo.OpenPull(lookalike.Draw{Title: "churn-score, faster", By: "kim"})
	h.gh.Recount()
	h.settle()
	if log := h.gh.Count().Log; len(log) > 0 {
		t.Error(log)
	}
}

func TestAPullRequestThatNoLongerTouchesAModelSaysSo(t *testing.T) {
	h := newTelling(t, true, "report_check", "report_comment", "report_status")
	sha := h.serves("fraud-score", h.repo)
	pull := h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
	h.settle()
	h.says(models.Description{Ref: models.Ref{Kind: models.Deployment, Key: "deployment of fraud-score"}, State: models.Removed})
	h.settle()
	if list := h.checks(pull.Head()); len(list) != 1 || list[0].Conclusion != "skipped" {
		t.Errorf("%+v", list)
	}
	if list := h.comments(1); len(list) != 1 || strings.Count(list[0].Body, "\n") != 2 || !strings.Contains(list[0].Body, "no longer touches") {
		t.Errorf("%+v", list)
	}
	if list := h.statuses(sha); len(list) != 2 || list[0].Description != "no longer live in production" {
		t.Errorf("%+v", list)
	}
}

func TestADeployedCommitHasAStatus(t *testing.T) {
	h := newTelling(t, false, "report_status")
	sha := h.serves("fraud-score", h.repo)
	h.serves("churn-score", h.gh.Repo("elsewhere/churn")) // not this integration's
	h.settle()
	want := shownStatus{"success", "throughline/production", "fraud-score v7 live since 3 Nov 2026, 4 gaps", "https://hub.example.com/throughline/production/fraud-score"}
	if list := h.statuses(sha); len(list) != 1 || list[0] != want {
		t.Fatalf("%+v", list)
	}
	h.says(models.Description{Ref: models.Ref{Kind: models.Run, Key: "another"}, State: models.Running}) // something happens, nothing of this
	h.settle()
	if n := h.writes(); n != 1 {
		t.Errorf("%d writes", n)
	}
}

func TestWithATokenAStatusStandsInForTheCheckRun(t *testing.T) {
	h := newTelling(t, false, "report_check", "report_strict")
	h.serves("fraud-score", h.repo)
	pull := h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
	h.settle()
	list := h.statuses(pull.Head())
	if len(list) != 1 || list[0].Context != "Throughline" || list[0].State != "failure" || len(h.checks(pull.Head())) != 0 {
		t.Fatalf("%+v", list)
	}
}

// What we say comes back as a webhook: it is no check of the pull request, no
// pipeline run, and no reason to say it again.
func TestWhatWeSayOurselvesIsNoNews(t *testing.T) {
	for _, app := range []bool{true, false} {
		h := newTelling(t, app, "report_check", "report_comment", "report_status")
		h.serves("fraud-score", h.repo)
		pull := h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
		h.repo.RunCheck(pull.Head(), pull.Branch, "tests", "failure")
		h.settle()
		before, err := h.store.Seq(t.Context())
		h.must(err)
		h.gh.Recount()
		h.pass(time.Minute)
		h.settle()
		if after, _ := h.store.Seq(t.Context()); after != before || h.writes() != 0 {
			t.Errorf("app %v: activity %d, then %d; %d writes", app, before, after, h.writes())
		}
		commit, err := h.store.Find(t.Context(), anAdmin, models.Ref{Kind: models.Commit, Key: "github.com/acme/fraud@" + pull.Head()})
		h.must(err)
		if commit.Facts["check.Throughline"] != nil || commit.Facts["check.throughline/production"] != nil || commit.Facts["check.tests"] == nil {
			t.Error(commit.Facts)
		}
		runs, _, err := h.store.Subjects(t.Context(), anAdmin, store.SubjectFilter{Kinds: []models.Kind{models.PipelineRun}})
		h.must(err)
		for _, run := range runs {
			if strings.Contains(run.Title, "throughline") {
				t.Error(run.Title)
			}
		}
	}
}

func TestALimitPausesAllAndIsShown(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusTooManyRequests} {
		h := newTelling(t, true, "report_check", "report_comment")
		h.serves("fraud-score", h.repo)
		pull := h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
		asked := 0
		h.way = func(r *http.Request) *http.Response {
			if r.Method == http.MethodGet || strings.Contains(r.URL.Path, "access_tokens") {
				return nil
			}
			asked++
			return limited(status)
		}
		h.settle()
		h.pass(30 * time.Second)
		if asked != 1 {
			t.Errorf("%d: asked %d times", status, asked)
		}
		rows, _, err := h.store.Reports(t.Context(), h.in.ID, "", 0)
		h.must(err)
		if len(rows) != 1 || !strings.Contains(rows[0].Problem, "slower") || time.Until(rows[0].NextAt) < time.Minute {
			t.Errorf("%+v", rows)
		}
		h.way = nil
		memory := h.loop
		h.restart() // the gate of this process would rest by the real clock
		memory.Sources, h.loop = h.loop.Sources, memory
		h.pass(2 * time.Minute)
		if len(h.checks(pull.Head())) != 1 || len(h.comments(1)) != 1 {
			t.Errorf("%d: %+v", status, h.comments(1))
		}
	}
}

func TestAMissingPermissionIsToldOfOnceAMinute(t *testing.T) {
	h := newTelling(t, false, "report_status")
	for _, model := range []string{"a-score", "b-score", "c-score"} {
		h.serves(model, h.repo)
	}
	asked := 0
	h.way = func(*http.Request) *http.Response {
		asked++
		return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody}
	}
	h.settle()
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	rows, _, err := h.store.Reports(t.Context(), h.in.ID, "", 0)
	h.must(err)
	if len(rows) != 1 || !strings.Contains(rows[0].Problem, "give the permission Commit statuses, read and write") || rows[0].Tries != 1 {
		t.Fatalf("%+v", rows)
	}
	h.way = nil
	for range 3 {
		h.pass(time.Minute)
	}
	if n := h.writes(); n != 3 {
		t.Errorf("%d writes", n)
	}
}

func TestABurstIsToldOnce(t *testing.T) {
	h := newTelling(t, true, "report_check")
	h.serves("fraud-score", h.repo)
	h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
	for n := range 10 {
		h.owner("fraud-score", n%2 == 0)
		h.pass(3 * time.Second)
	}
	h.pass(10 * time.Second)
	if n := h.writes(); n != 1 {
		t.Errorf("%d writes", n)
	}
}

func TestAHostIsToldTwentyThingsAMinute(t *testing.T) {
	h := newTelling(t, true, "report_check", "report_comment")
	h.serves("fraud-score", h.repo)
	for range 15 {
		h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
	}
	h.settle()
	if n := h.writes(); n != integrations.ReportsPerMinute {
		t.Errorf("%d writes in the first minute", n)
	}
	h.pass(30 * time.Second)
	if n := h.writes(); n != integrations.ReportsPerMinute {
		t.Errorf("%d writes in the first minute", n)
	}
	h.pass(31 * time.Second)
	if n := h.writes(); n != 30 {
		t.Errorf("%d writes after it", n)
	}
}

var ourLink = regexp.MustCompile(`\]\(https://hub\.example\.com/[^()<> ]*\)`)

func TestHostileNamesStayNames(t *testing.T) {
	h := newTelling(t, true, "report_check", "report_comment", "report_status")
	hostile := "@everyone | </td><img src=x onerror=alert(1)> `code` [x](https://evil.example) https://evil.example www.evil.example #1 GH-1 &#64;lee <!-- --> \u202Eesrever"
	sha := h.serves(hostile, h.repo)
	h.repo.OpenPull(lookalike.Draw{Title: "@everyone | `x` <b>", By: "kim"})
	h.settle()
	list := h.comments(1)
	if len(list) != 1 {
		t.Fatalf("%+v", list)
	}
	for _, text := range []string{list[0].Body, h.checks(h.repo.Pulls[0].Head())[0].Output.Text, h.checks(h.repo.Pulls[0].Head())[0].Output.Title, h.statuses(sha)[0].Description} {
		shown := ourLink.ReplaceAllString(text, "]()")
		for _, bad := range []string{"@everyone", "://", "www.", "#1 ", "GH-1", "GH\\-1", "\u202e", "&#64;"} {
			if strings.Contains(shown, bad) {
				t.Errorf("%q is in\n%s", bad, text)
			}
		}
	}
	if body := list[0].Body; strings.Contains(body, "<img") || strings.Contains(body, " | </td") || strings.Contains(body, "](https://evil") || strings.Count(body, "<!--") != 1 {
		t.Error(body)
	}
}

// Somebody has just corrected the settings: what failed before is tried at once.
func TestCorrectedSettingsAreTriedAtOnce(t *testing.T) {
	h := newTelling(t, false, "report_status")
	sha := h.serves("fraud-score", h.repo)
	h.way = func(*http.Request) *http.Response {
		return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody}
	}
	h.settle()
	h.way = nil
	h.must(h.store.UpdateIntegration(t.Context(), anAdmin, h.in.ID, h.in.Settings, map[string]string{"token": "t0ken2"}))
	h.gh.Token("t0ken2", lookalike.Writing)
	h.settle()
	if list := h.statuses(sha); len(list) != 1 {
		t.Errorf("%+v", list)
	}
	rows, _, err := h.store.Reports(t.Context(), h.in.ID, "", 0)
	h.must(err)
	if len(rows) != 1 || rows[0].Problem != "" || rows[0].Sent == "" {
		t.Errorf("%+v", rows)
	}
}

func TestAMergedPullRequestIsKeptUpToDateForAWhile(t *testing.T) {
	h := newTelling(t, true, "report_check")
	h.serves("fraud-score", h.repo)
	pull := h.repo.OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
	head := pull.Head()
	h.settle()
	pull.Merge("squash", "lee")
	h.owner("fraud-score", true)
	h.settle()
	if list := h.checks(head); len(list) != 1 || list[0].Output.Title != "Reaches fraud-score in production; 4 open points" {
		t.Errorf("%+v", list)
	}
}
