package models

import "testing"

func TestAReviewInTheCommitClosesTheGapWhereThereAreNoPullRequests(t *testing.T) {
	commit := func(facts map[string]any) *Subject {
		return &Subject{Ref: Ref{Kind: Commit, Key: "git.example.com/a/b@1"}, Facts: facts}
	}
	lee := []any{"Lee"}
	pr := []PullRequestLine{{Subject: Subject{Ref: Ref{Kind: PullRequest, Key: "a/b#1"}}}}
	for name, c := range map[string]struct {
		line Throughline
		want GapKind
	}{
		"reviewed by a trailer":          {Throughline{Commit: commit(map[string]any{"reviewed_in": "commit", "reviewed_by": lee})}, ""},
		"not reviewed":                   {Throughline{Commit: commit(map[string]any{"reviewed_in": "commit"})}, GapPullRequest},
		"a trailer beside pull requests": {Throughline{Commit: commit(map[string]any{"reviewed_by": lee})}, GapPullRequest},
		"the pull request decides":       {Throughline{Commit: commit(map[string]any{"reviewed_in": "commit", "reviewed_by": lee}), PullRequests: pr}, GapReview},
	} {
		got := GapKind("")
		for _, g := range c.line.FindGaps() {
			if g.Missing == GapPullRequest || g.Missing == GapReview {
				got = g.Missing
			}
		}
		if got != c.want {
			t.Errorf("%s: the gap is %q, not %q", name, got, c.want)
		}
	}
}
