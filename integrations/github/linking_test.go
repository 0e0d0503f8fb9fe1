package github

import (
	"slices"
	"testing"

	"throughline/models"
)

// TestMergeQueue: whatever tells of a queue's branch leads from the commit that
// was tried to the pull request that the branch is named for.
func TestMergeQueue(t *testing.T) {
	const branch = `gh-readonly-queue/main/pr-12-` + headSHA
	link := to(models.Contains, commitRef(mergeSHA))
	for name, r := range map[string]string{
		"merge_group":  `{"action":"checks_requested","merge_group":{"head_sha":"` + mergeSHA + `","head_ref":"refs/heads/` + branch + `","head_commit":{"id":"` + mergeSHA + `","timestamp":"2026-03-01T10:00:00Z"}},` + inRepo,
		"workflow_run": `{"action":"completed","workflow_run":{"id":7,"run_number":1,"run_attempt":1,"status":"queued","head_branch":"` + branch + `","head_sha":"` + mergeSHA + `","created_at":"2026-03-01T10:00:00Z"},` + inRepo,
	} {
		event := receive(t, testAccount, signed(name, r))
		if !slices.ContainsFunc(event.Batch.Descriptions, func(d models.Description) bool { return d.Ref == pullRef && slices.Contains(d.Links, link) }) {
			t.Errorf("%s does not lead to the pull request: %+v, %v", name, event.Batch.Descriptions, event.Err)
		}
	}
	other := receive(t, testAccount, signed("merge_group", `{"action":"destroyed","merge_group":{"head_sha":"`+mergeSHA+`","head_ref":"refs/heads/pr-12","head_commit":{"id":"`+mergeSHA+`","timestamp":"2026-03-01T10:00:00Z"}},`+inRepo))
	for _, d := range other.Batch.Descriptions {
		if d.Ref.Kind == models.PullRequest {
			t.Errorf("a branch of another name led to %v", d.Ref)
		}
	}
}
