package views

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"throughline/models"
)

// PullPart is what the page of a pull request has more than other subjects.
type PullPart struct {
	Change      models.ChangeSet
	Comparisons []models.Comparison
	Affected    []models.Affected
	Earlier     int // runs that are not compared: there are newer ones
}

// pullSize is how much there is to read, in words.
func pullSize(s models.Subject) (out []string) {
	for _, f := range []struct{ fact, one string }{{"changed_files", "file"}, {"commits", "commit"}, {"review_comments", "review comment"}} {
		if n, ok := s.Facts[f.fact].(float64); ok && (n > 0 || f.fact != "review_comments") {
			out = append(out, count(int(n), f.one))
		}
	}
	return out
}

// figureFact is a number of the facts, false where nobody told it.
func figureFact(s models.Subject, name string) (int, bool) {
	n, ok := s.Facts[name].(float64)
	return int(n), ok
}

// pullEnd is when a pull request was merged or closed, with the word for it.
func pullEnd(s models.Subject) (word, by string, at time.Time) {
	switch s.State {
	case models.Merged:
		return "merged", s.Text("merged_by"), cmp.Or(when(s.Facts["merged_at"]), s.StateAt)
	case models.Closed:
		return "closed without merging", "", s.StateAt
	}
	return "", "", time.Time{}
}

// headFirst parts the pipeline runs of the head from those of earlier commits.
func headFirst(s models.Subject, list []models.Subject) (head, earlier []models.Subject) {
	shas := []string{s.Text("head_sha"), s.Text("merge_commit_sha")}
	for _, one := range list {
		if sha := one.Text("head_sha"); sha == "" || slices.Contains(shas, sha) {
			head = append(head, one)
		} else {
			earlier = append(earlier, one)
		}
	}
	return head, earlier
}

func attemptWord(s models.Subject) string {
	if n, ok := figureFact(s, "attempt"); ok && n > 1 {
		return "attempt " + itoa(n)
	}
	return ""
}

// onceBySHA leaves one of the commits that are in a fork and in the repository, the
// one that somebody described, and none of those by which GitHub tried the merge.
func onceBySHA(list []models.Subject) (out []models.Subject) {
	at := map[string]int{}
	for _, c := range list {
		_, sha, _ := models.SplitCommit(c.Ref.Key)
		i, known := at[sha]
		if c.Text("test_merge_of") != "" {
			continue
		}
		if !known {
			at[sha] = len(out)
			out = append(out, c)
		} else if commitTitle(out[i]) == "" {
			out[i] = c
		}
	}
	return out
}

// commitMark says what a commit is of the pull request.
func commitMark(pull, commit models.Subject) string {
	if _, sha, ok := models.SplitCommit(commit.Ref.Key); ok && strings.EqualFold(sha, pull.Text("head_sha")) {
		return "head"
	}
	return ""
}

func pullDeletions(s models.Subject) string {
	n, _ := figureFact(s, "deletions")
	return group(itoa(n))
}

// commitTitle is the first line of a commit's message, empty where nobody told it.
func commitTitle(s models.Subject) string {
	if s.Title == "" || s.Title == s.Ref.Key {
		first, _, _ := strings.Cut(s.Text("message"), "\n")
		return first
	}
	return s.Title
}

// affectedParts parts what is built from the change itself from its neighbours.
func affectedParts(list []models.Affected) (direct, others []models.Affected) {
	for _, a := range list {
		if a.Direct {
			direct = append(direct, a)
		} else {
			others = append(others, a)
		}
	}
	return direct, others
}

func affectsWord(direct, others []models.Affected) string {
	if len(direct)+len(others) == 0 {
		return "nothing that is live"
	}
	return count(len(direct)+len(others), "model version")
}

// repositoryWord is the repository of a subject without the host that everybody knows.
func repositoryWord(s models.Subject) string {
	return models.RepositoryName(s.Text("repository"))
}
