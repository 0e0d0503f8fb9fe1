package github

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"throughline/integrations"
	"throughline/models"
)

func TestHowACheckRunEnds(t *testing.T) {
	live := []models.ReportedModel{{Environment: "production", Model: "fraud-score", Version: "7"}}
	gaps := []models.ReportedModel{{Environment: "production", Model: "fraud-score", Version: "7", Gaps: []models.ReportedGap{{Missing: models.GapModelCard}}}}
	for _, c := range []struct {
		name               string
		pull               models.PullReport
		lax, strict, state string
	}{
		{"touches nothing", models.PullReport{Unreviewed: true}, "skipped", "skipped", "success"},
		{"nothing is open", models.PullReport{Live: live}, "success", "success", "success"},
		{"a gap", models.PullReport{Live: gaps}, "neutral", "action_required", "failure"},
		{"a failed check", models.PullReport{Live: live, Failing: []string{"tests"}}, "neutral", "action_required", "failure"},
		{"no review", models.PullReport{Waiting: live, Unreviewed: true}, "neutral", "action_required", "failure"},
	} {
		if got := []string{conclusion(c.pull, false), conclusion(c.pull, true), pullStatus(c.pull, false), pullStatus(c.pull, true)}; strings.Join(got, " ") != strings.Join([]string{c.lax, c.strict, "success", c.state}, " ") {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

func TestNamesFromElsewhereAreShownLetterByLetter(t *testing.T) {
	for in, want := range map[string]string{
		"fraud-score":                `fraud\-score`,
		"weight":                     "weight",
		"@kim":                       "@\u200bkim",
		"a|b":                        `a\|b`,
		"<b>":                        "&lt;b&gt;",
		"&#64;kim":                   "&amp;\\#\u200b64;kim",
		"`x`":                        "\\`x\\`",
		"acme/fraud#12":              "acme/fraud\\#\u200b12",
		"gh-12":                      "gh\u200b\\-12",
		"https://evil.example":       "https\\:\u200b//evil.example",
		"www.evil.example":           "www\u200b.evil.example",
		"two\nlines\r\n\x00and more": "two lines  and more",
		"a\u202eb\u200b":             "ab",
	} {
		if got := markdown(in); got != want {
			t.Errorf("%q is shown as %q, not %q", in, got, want)
		}
	}
	if n := utf8.RuneCountInString(shown(strings.Repeat("ä", 5000))); n != nameMost {
		t.Errorf("%d letters", n)
	}
}

func TestAReportStaysWithinGitHubsBounds(t *testing.T) {
	var pull models.PullReport
	for n := range 3000 {
		pull.Live = append(pull.Live, models.ReportedModel{Environment: "production", Model: fmt.Sprint("model-", n, strings.Repeat("@", 100)), Version: "1",
			Gaps: []models.ReportedGap{{Missing: models.GapRun, Who: "somebody", Page: "https://hub.example.com/x"}}})
	}
	r := models.Report{Pull: pull, Page: "https://hub.example.com/pulls/1"}
	for what, text := range map[string]string{"details": details(pull, summaryMost), "comment": commentText(r)} {
		if len(text) > summaryMost || !strings.Contains(text, "more lines; Throughline has them all.") {
			t.Errorf("%s: %d bytes, ends %q", what, len(text), text[len(text)-80:])
		}
	}
	if line := pullLine(pull); utf8.RuneCountInString(line) > statusMost {
		t.Error(line)
	}
}

func TestTheLineOfADeployedCommit(t *testing.T) {
	at := time.Date(2026, 11, 3, 23, 0, 0, 0, time.UTC)
	for want, models := range map[string][]models.ReportedLine{
		"no longer live in production":                               nil,
		"fraud-score v7 live since 3 Nov 2026, line whole":           {{Model: "fraud-score", Version: "7", Since: at}},
		"fraud-score v7 live since 3 Nov 2026, 2 gaps":               {{Model: "fraud-score", Version: "7", Since: at, Gaps: 2}},
		"fraud-score latest live since 3 Nov 2026 and 1 more, 1 gap": {{Model: "fraud-score", Version: "latest", Since: at}, {Model: "other", Version: "1", Gaps: 1}},
	} {
		if got := lineLine(reportedLine(models)); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func reportedLine(list []models.ReportedLine) models.LineReport {
	return models.LineReport{Environment: "production", Models: list}
}

func TestOnlyOurOwnPagesAreLinked(t *testing.T) {
	for page, want := range map[string]string{
		"https://hub.example.com/x":        "[a](https://hub.example.com/x)",
		"https://hub.example.com/x) [b](y": "[a](https://hub.example.com/x%29%20%5Bb%5D%28y)",
		"javascript:alert(1)":              "a",
		"/relative":                        "a",
	} {
		if got := link("a", page); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestWhatIsToldFollowsTheSwitches(t *testing.T) {
	account := func(pairs ...string) integrations.Account {
		a := integrations.Account{Settings: map[string]string{"repositories": "acme/*"}}
		for n := 0; n < len(pairs); n += 2 {
			a.Settings[pairs[n]] = pairs[n+1]
		}
		return a
	}
	p := &Polled{}
	if s := p.Speech(account("token", "t")); len(s.Kinds) > 0 || s.Note != "" {
		t.Errorf("nothing is switched on: %+v", s)
	}
	if s := p.Speech(account("report_check", "on")); len(s.Kinds) > 0 || s.Note == "" {
		t.Errorf("there is no way to say it: %+v", s)
	}
	s := p.Speech(account("token", "t", "report_check", "on", "report_status", "on"))
	if len(s.Kinds) != 2 || s.Voice != "token" || s.Note == "" {
		t.Errorf("%+v", s)
	}
	if !s.Covers("github.com/acme/fraud") || s.Covers("github.com/other/fraud") || s.Covers("ghe.example.com/acme/fraud") {
		t.Error("it covers the account's repositories, and no others")
	}
	if s := p.Speech(account("app_id", "1", "app_key", "k", "report_check", "on", "report_strict", "on")); s.Voice != "app" || s.Note != "" || !s.Strict {
		t.Errorf("%+v", s)
	}
}
