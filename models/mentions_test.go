package models

import (
	"slices"
	"strings"
	"testing"
)

func said(names []CardName) string {
	var out []string
	for _, n := range names {
		if n.Closes {
			out = append(out, "closes "+n.Key)
			continue
		}
		out = append(out, n.Key)
	}
	return strings.Join(out, ", ")
}

func TestATextNamesCards(t *testing.T) {
	for text, want := range map[string]string{
		"CHURN-42: new features":                        "CHURN-42",
		"See CHURN-42, and (FRAUD-7).":                  "CHURN-42, FRAUD-7",
		"fixes CHURN-42":                                "closes CHURN-42",
		"Fix: CHURN-42":                                 "closes CHURN-42",
		"Closed CHURN-1, resolves CHURN-2 and CHURN-3.": "closes CHURN-1, closes CHURN-2, CHURN-3",
		"CHURN-4 … this resolved CHURN-4":               "closes CHURN-4",
		"prefixes CHURN-42":                             "CHURN-42",
		"churn-42 in lower case":                        "",
		"UNCHURN-42x XCHURN_42 CHURN-42a _CHURN-42":     "",
		"CHURN-0 CHURN-01 A-1 CHURN-1234567890":         "",
		"https://tracker.example.com/CHURN-42":          "",
		"a/CHURN-42/b and CHURN-42.5 and CHURN-42-rc1":  "",
		"`CHURN-42` and ``fixes CHURN-43``":             "",
		"before\n```\nfixes CHURN-42\n```\nCHURN-44":    "CHURN-44",
		"fixes `x` CHURN-42":                            "CHURN-42",
		"<!-- fixes CHURN-42 -->":                       "",
		"lee@CHURN-42.example.com":                      "",
		"éCHURN-42":                                     "",
	} {
		if got := said(CardNames(text)); got != want {
			t.Errorf("%q names %q, not %q", text, got, want)
		}
	}
}

func TestABranchNamesCards(t *testing.T) {
	for branch, want := range map[string]string{
		"churn-42-fix": "CHURN-42", "kim/CHURN-42": "CHURN-42", "fix-churn-42": "CHURN-42",
		"release-2.1": "RELEASE-2", "churn/42": "", "main": "", "v1-2x": "", "churn--42": "",
	} {
		if got := said(BranchCards(branch)); got != want {
			t.Errorf("%q names %q, not %q", branch, got, want)
		}
	}
}

func TestTrailersAreReadAsGitReadsThem(t *testing.T) {
	for message, want := range map[string]string{
		"Title\n\nReviewed-by: Lee <lee@example.com>\nModel: churn/3": "Reviewed-by=Lee <lee@example.com>|Model=churn/3",
		"Title: not one": "",
		"Title\n\nBody: yes, but a paragraph follows.\n\nRun: abc": "Run=abc",
		"Title\n\nRun: abc\n\nAnd a last word.":                    "",
		"Title\n\nNote: folded\n  over lines\nRun: abc":            "Note=folded over lines|Run=abc",
		"Title\n\nWords first\nRun: abc":                           "",
		"Title\n\nWords first\nSigned-off-by: A <a@b>":             "Signed-off-by=A <a@b>",
		"Title\r\n\r\nRun: abc\r\n":                                "Run=abc",
		"Title\n\nRun: abc\n(cherry picked from commit 1111111)":   "Run=abc",
		"Title\n\nhttp://example.com: no\nSome words":              "",
		"Title\n\nRun: abc\n---\nRun: not this":                    "Run=abc",
	} {
		var got []string
		for _, one := range TrailersOf(message) {
			got = append(got, one.Key+"="+one.Value)
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%q has %q, not %q", message, got, want)
		}
	}
}

func TestAnAuthorsOwnReviewIsNone(t *testing.T) {
	trailers := TrailersOf("T\n\nReviewed-by: Kim <kim@example.com>\nReviewed-by: kim <other@example.com>\nReviewed-by: K. <KIM@example.com>\nreviewed-by: Lee Park <lee@example.com>\nReviewed-by: <sam@example.com>")
	if got := trailers.Reviewers("Kim", "kim@example.com"); !slices.Equal(got, []string{"Lee Park", "sam"}) {
		t.Errorf("reviewers are %q", got)
	}
}

func FuzzTheTextOfCommits(f *testing.F) {
	f.Add("Title\n\nReviewed-by: Lee <lee@example.com>\n folded\nfixes CHURN-42")
	f.Add("#\n\n# only comments\n \n\t")
	f.Fuzz(func(t *testing.T, text string) {
		for _, c := range append(CardNames(text), BranchCards(text)...) {
			if cardName.FindString(c.Key) != c.Key {
				t.Errorf("%q is no card", c.Key)
			}
		}
		TrailersOf(text).Reviewers(text, text)
	})
}
