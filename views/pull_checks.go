package views

import (
	"cmp"
	"slices"
	"strings"

	"throughline/models"
)

// checkGroup are the checks that stand the same way.
type checkGroup struct {
	State models.State
	Word  string
	List  []Check
	Fold  bool // passed ones, where they are many
}

// foldAbove is how many passed checks are shown at once.
const foldAbove = 6

// groupChecks puts what needs somebody first: failed, under way, the rest, passed.
func groupChecks(list []Check) (out []checkGroup) {
	groups := []checkGroup{{State: models.Failed, Word: "failed"}, {State: models.Running, Word: "under way"}, {State: models.Warning, Word: "to look at"}, {State: models.Passed, Word: "passed"}}
	for _, c := range list {
		n := 2
		switch c.State {
		case models.Failed, models.Cancelled:
			n = 0
		case models.Running, models.Queued, models.Paused:
			n = 1
		case models.Passed, models.Skipped:
			n = 3
		}
		groups[n].List = append(groups[n].List, c)
	}
	groups[3].Fold = len(groups[3].List) > foldAbove
	return slices.DeleteFunc(groups, func(g checkGroup) bool { return len(g.List) == 0 })
}

func checksSum(list []Check) string {
	var words []string
	for _, g := range groupChecks(list) {
		words = append(words, itoa(len(g.List))+" "+g.Word)
	}
	return strings.Join(words, ", ")
}

// checkTook is how long a check ran, empty while it does or where nobody said: the
// jobs of the head's pipeline runs know, a check itself only tells its end.
func checkTook(p SubjectPage, c Check) string {
	if p.Pull == nil || !c.State.Terminal() {
		return ""
	}
	head, _ := headFirst(p.Subject, p.Pull.Change.Pipelines)
	for _, run := range head {
		for _, s := range Steps(run) {
			if s.Name == c.Name && !s.End.IsZero() {
				return stepTook(s)
			}
		}
	}
	return ""
}

// reviewsByWeight puts who wants changes first, then the newest words.
func reviewsByWeight(s models.Subject) []Review {
	list := Reviews(s)
	slices.SortStableFunc(list, func(a, b Review) int {
		return cmp.Or(cmp.Compare(reviewRank(a.State), reviewRank(b.State)), b.At.Compare(a.At))
	})
	return list
}

func reviewRank(state string) int {
	return slices.Index([]string{"changes_requested", "approved", "commented", "dismissed"}, state)
}

// awaited are the reviewers who were asked and have not answered.
func awaited(s models.Subject) []string {
	done := map[string]bool{}
	for _, r := range Reviews(s) {
		done[strings.ToLower(r.By)] = r.State != "dismissed"
	}
	return slices.DeleteFunc(slices.Clone(Words(s, "reviewers")), func(who string) bool { return done[strings.ToLower(who)] })
}

// outdated tells whether a review was given to an older commit than the head.
func outdated(s models.Subject, r Review) bool {
	head := s.Text("head_sha")
	return head != "" && r.Commit != "" && !strings.EqualFold(head, r.Commit) && s.State != models.Merged
}
