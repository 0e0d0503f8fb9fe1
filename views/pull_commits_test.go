package views

import (
	"testing"

	"throughline/models"
)

// TestCommitsOfAPullRequestAreListedOnce: under the fork's name and the
// repository's they are the same, and GitHub's test merges are nobody's work.
func TestCommitsOfAPullRequestAreListedOnce(t *testing.T) {
	commit := func(key string, facts map[string]any) models.Subject {
		return models.Subject{Ref: models.Ref{Kind: models.Commit, Key: key}, Title: key, Facts: facts}
	}
	told := commit("github.com/acme/fraud@1111111", map[string]any{"message": "Faster"})
	told.Title = "Faster"
	got := onceBySHA([]models.Subject{commit("github.com/dana/fraud@1111111", nil), told,
		commit("github.com/acme/fraud@2222222", map[string]any{"test_merge_of": "acme/fraud#1"}), commit("github.com/acme/fraud@3333333", nil)})
	if len(got) != 2 || got[0].Title != "Faster" || got[1].Ref.Key != "github.com/acme/fraud@3333333" {
		t.Errorf("%+v", got)
	}
}
