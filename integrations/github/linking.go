package github

import (
	"regexp"
	"strconv"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/models"
)

// testMerge is the commit by which GitHub tries whether an open pull request can
// be merged, refs/pull/N/merge. Jobs of pull_request workflows run on it and log
// its sha, which is never on any branch.
func (p post) testMerge(pr pullRequest) []models.LinkTo {
	if merged(pr) {
		return nil
	}
	return p.linkTo(models.Contains, pr.GetMergeCommitSHA())
}

// claims say of the commits that only a pull request knows what they are: a test
// merge, until it proves to be the merge itself.
func (p post) claims(pr pullRequest, at time.Time) (out []models.Description) {
	for _, l := range p.testMerge(pr) {
		out = append(out, models.Description{Ref: l.To, At: at, Facts: map[string]any{"test_merge_of": p.pullKey(pr.GetNumber()).Key}})
	}
	if sha := pr.GetMergeCommitSHA(); merged(pr) {
		for _, l := range p.linkTo(models.MergedAs, sha) {
			out = append(out, models.Description{Ref: l.To, At: at, Attempt: 1, Facts: map[string]any{"test_merge_of": nil}})
		}
	}
	return out
}

// inFork is the head commit under the name of the fork that it comes from: a run
// may have logged the fork's address.
func (p post) inFork(pr pullRequest) []models.LinkTo {
	fork := pr.Head.Repo.FullName
	if fork == "" || fork == p.repo.FullName {
		return nil
	}
	key := models.CommitKey(p.host+"/"+fork, pr.Head.SHA)
	if key == "" {
		return nil
	}
	return []models.LinkTo{{Relation: models.Contains, To: models.Ref{Kind: models.Commit, Key: key}, Evidence: models.Verified}}
}

// queued is the branch of a merge queue on which a pull request is tried together
// with those before it.
var queuedPattern = regexp.MustCompile(`(?:^|/)gh-readonly-queue/.+/pr-([1-9][0-9]{0,9})-[0-9a-f]{7,64}$`)

// queued links the pull request of a merge queue's branch to the branch's head.
func (p post) queued(branch, sha string, at time.Time) []models.Description {
	found := queuedPattern.FindStringSubmatch(branch)
	links := p.linkTo(models.Contains, sha)
	if found == nil || len(links) == 0 || at.IsZero() {
		return nil
	}
	number, err := strconv.Atoi(found[1])
	if err != nil {
		return nil
	}
	return []models.Description{{Ref: p.pullKey(number), At: at, Links: links}}
}

// mergeGroupEvent describes what a merge queue tries.
func (p post) mergeGroupEvent() ([]models.Description, error) {
	event, err := read[struct {
		MergeGroup struct {
			HeadSHA    string               `json:"head_sha"`
			HeadRef    string               `json:"head_ref"`
			HeadCommit *gogithub.HeadCommit `json:"head_commit"`
		} `json:"merge_group"`
	}](p)
	if err != nil {
		return nil, err
	}
	group := event.MergeGroup
	if group.HeadCommit == nil {
		return nil, nil
	}
	return append(p.queued(group.HeadRef, group.HeadSHA, when(group.HeadCommit.Timestamp)), p.named(group.HeadCommit, 0)...), nil
}
