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

// The words of a comparison.

func contenderName(c models.Contender) string { return or(c.Run.Title, digest(c.Run.Ref.Key)) }

// championWord says why a run is the champion.
func championWord(c models.Champion) string {
	word := c.Model + " " + versionWord(c.Number)
	if c.Environment == "" {
		return word + ", alias champion"
	}
	return word + ", live in " + c.Environment
}

func ownWord(c models.Champion) string {
	if c.Own {
		return ", of this pull request"
	}
	return ""
}

// figureText is a figure as a table shows it.
func figureText(f models.Figure) string {
	switch {
	case !f.Known:
		return "–"
	case f.Text != "":
		return f.Text
	}
	return number(f.Value)
}

// difference is a figure's distance with its sign, the shape that repeats it, and the word
// for what it means.
type difference struct {
	Text, Sign, Word string
	Tone             Tone
}

func differenceOf(row models.MetricRow, n int) (d difference, ok bool) {
	by, verdict, ok := row.Against(n)
	if !ok {
		return d, false
	}
	switch {
	case by > 0:
		d.Sign, d.Text = "▲", "+"+number(by)
	case by < 0:
		d.Sign, d.Text = "▼", "−"+number(-by)
	default:
		return difference{Text: "±0", Word: "the same", Tone: Quiet}, true
	}
	d.Word, d.Tone = string(verdict), Quiet
	switch verdict {
	case models.DoesBetter:
		d.Tone = Good
	case models.DoesWorse:
		d.Tone = Careful
	}
	return d, true
}

func betterWord(b models.Better) string {
	switch b {
	case models.BetterHigher:
		return "higher is better"
	case models.BetterLower:
		return "lower is better"
	}
	return ""
}

// dataWord compares the version of a dataset with the champion's.
func dataWord(row models.DatasetRow, n int) (string, look) {
	switch mine := row.Runs[n]; {
	case mine == "":
		return "not used", look{"stop", Quiet}
	case row.Champion == "":
		return "", look{}
	case mine == row.Champion:
		return "same", look{"check", Good}
	}
	return "other version", look{"triangle", Careful}
}

func dataRole(r models.Relation) string { return strings.TrimSuffix(r.Word(), " on") + " on" }

// summed is the comparison in a sentence: the newest run against the champion.
func summed(c models.Comparison) string {
	if c.Champion == nil {
		return ""
	}
	name, than := c.Champion.Model+" "+versionWord(c.Champion.Number), ""
	if c.Champion.Own {
		return name + " was trained from this pull request."
	}
	if len(c.Runs) == 0 {
		return ""
	}
	name, than = contenderName(c.Runs[0]), name
	better, worse := []string{}, []string{}
	for _, row := range c.Metrics {
		switch _, v, _ := row.Against(0); v {
		case models.DoesBetter:
			better = append(better, row.Name)
		case models.DoesWorse:
			worse = append(worse, row.Name)
		}
	}
	switch {
	case len(better)+len(worse) == 0:
		return ""
	case len(worse) == 0:
		return name + " is better than " + than + " in " + metricNames(better) + "."
	case len(better) == 0:
		return name + " is worse than " + than + " in " + metricNames(worse) + "."
	}
	return name + " is better than " + than + " in " + metricNames(better) + ", and worse in " + metricNames(worse) + "."
}

// metricNames lists up to three names, and how many more there are.
func metricNames(list []string) string {
	if len(list) > 3 {
		return strings.Join(list[:2], ", ") + " and " + itoa(len(list)-2) + " more metrics"
	}
	if len(list) == 1 {
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

func pullDeletions(s models.Subject) string {
	n, _ := figureFact(s, "deletions")
	return group(itoa(n))
}

// columnsOf is how many columns a comparison's table has.
func columnsOf(c models.Comparison) int {
	if c.Champion == nil {
		return 1 + len(c.Runs)
	}
	return 2 + len(c.Runs)
}

// commitTitle is the first line of a commit's message, empty where nobody told it.
func commitTitle(s models.Subject) string {
	if s.Title == "" || s.Title == s.Ref.Key {
		first, _, _ := strings.Cut(s.Text("message"), "\n")
		return first
	}
	return s.Title
}

// affectedParts parts what is built from the change itself from its neighbours; what
// serves comes first.
func affectedParts(list []models.Affected) (direct, others []models.Affected) {
	for _, a := range byServing(list) {
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
	return strings.TrimPrefix(s.Text("repository"), "github.com/")
}

func byServing(list []models.Affected) []models.Affected {
	return slices.SortedStableFunc(slices.Values(list), func(a, b models.Affected) int { return servingRank(a) - servingRank(b) })
}

func servingRank(a models.Affected) int {
	switch {
	case a.Environment == "":
		return 2
	case !models.Serving(a.Environment):
		return 1
	}
	return 0
}
