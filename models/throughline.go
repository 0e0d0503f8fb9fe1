package models

import (
	"net/url"
	"strings"
	"time"
)

// GapKind names what a throughline lacks (decisions.md §3).
type GapKind string

// The kinds of gaps.
const (
	GapRun          GapKind = "run"
	GapCommit       GapKind = "commit"
	GapPullRequest  GapKind = "pull_request"
	GapReview       GapKind = "review"
	GapDataset      GapKind = "dataset"
	GapModelCard    GapKind = "model_card"
	GapOwnerModel   GapKind = "owner_model"
	GapOwnerDataset GapKind = "owner_dataset"
)

// Word says what is missing, as pages and reports write it.
func (k GapKind) Word() string {
	switch k {
	case GapRun:
		return "The run that produced it"
	case GapCommit:
		return "The commit it was built from"
	case GapPullRequest:
		return "The pull request of the commit"
	case GapReview:
		return "A review by somebody else"
	case GapDataset:
		return "The dataset version it was trained on"
	case GapModelCard:
		return "The model card"
	case GapOwnerModel:
		return "An owner of the model"
	case GapOwnerDataset:
		return "An owner of the dataset"
	}
	return strings.ReplaceAll(string(k), "_", " ")
}

// Gap is a missing link of a throughline, with who can supply it.
type Gap struct {
	Missing  GapKind
	Subject  Ref // where the line breaks
	Since    time.Time
	ClosesBy Closing
}

// Closing says who can close a gap, how, and where.
type Closing struct {
	Who, How, URL string
}

// Throughline is the chain behind what serves one model in one environment.
type Throughline struct {
	Environment, Model string
	Deployment         Subject
	Version            *Subject
	Run                *Subject
	PipelineRun        *Subject
	Image              *Subject // what was deployed, or what the version is packaged in
	Commit             *Subject
	PullRequests       []PullRequestLine
	Datasets           []DatasetLine
	Card               *CardRevision
	ModelOwners        []Owner
	Links              []Link // every edge the chain walks, with its evidence
	Gaps               []Gap
}

// Whole tells whether no link is missing.
func (t Throughline) Whole() bool { return len(t.Gaps) == 0 }

// CommitReviewers are the people who reviewed the commit of the line by its
// trailers (Reviewed-by), none of them its author. They count only where a source
// without pull requests told the commit: elsewhere anybody could write a trailer
// instead of asking for a review.
func (t Throughline) CommitReviewers() (names []string) {
	if t.Commit == nil || t.Commit.Text("reviewed_in") != "commit" {
		return nil
	}
	list, _ := t.Commit.Facts["reviewed_by"].([]any)
	for _, one := range list {
		if name, ok := one.(string); ok && name != "" {
			names = append(names, name)
		}
	}
	return names
}

// PullRequestLine is a pull request of the chain with its reviews.
type PullRequestLine struct {
	Subject Subject
	Reviews []Review
}

// Review is the last word of one reviewer of a pull request.
type Review struct {
	By    string    `json:"-"`
	State string    `json:"state"` // approved, changes_requested, commented, dismissed
	At    time.Time `json:"at"`
}

// Counts tells whether the review is somebody else's look at the change. Only an
// approval is taken at its word whoever gives it: GitHub lets nobody approve
// their own pull request, but everybody comment on it.
func (r Review) Counts(author string) bool {
	return r.State == "approved" || r.State != "dismissed" && r.By != author
}

// DatasetLine is a dataset version of the chain with its dataset's owners.
type DatasetLine struct {
	Version  Subject // kind dataset_version
	Dataset  Ref
	Relation Relation // trained_on or evaluated_on
	Owners   []Owner

	Governance Governance // of the dataset
	Taken      time.Time  // when the version was first heard of; zero where it does not matter
}

// Warnings are what is wrong with how the data of the line is held: no gaps, for
// the line may be whole all the same. Each is told once.
func (t Throughline) Warnings(now time.Time) (out []DataWarning) {
	told := map[DataWarning]bool{}
	for _, d := range t.Datasets {
		list := d.Governance.Warnings(d.Dataset)
		if w, ended := d.Governance.Ended(d.Version.Ref, d.Taken, now); ended {
			list = append(list, w)
		}
		for _, w := range list {
			if !told[w] {
				told[w] = true
				out = append(out, w)
			}
		}
	}
	return out
}

// FindGaps names what the line lacks, in the order of the line.
func (t Throughline) FindGaps() []Gap {
	g := gapFinder{t: t, since: t.Deployment.StateAt}
	g.code()
	g.data()
	g.accountability()
	return g.found
}

type gapFinder struct {
	t     Throughline
	since time.Time
	found []Gap
}

func (g *gapFinder) add(missing GapKind, at Ref, who, how string) {
	page := "/throughline/" + url.PathEscape(g.t.Environment) + "/" + url.PathEscape(g.t.Model)
	g.found = append(g.found, Gap{Missing: missing, Subject: at, Since: g.since,
		ClosesBy: Closing{Who: who, How: how, URL: page + "#gap-" + string(missing)}})
}

// code follows version → run → commit → pull request → review. Past the first
// missing link nothing can be known, so only that one is named, except that
// every version without a run lacks its commit only when nothing else gives it.
func (g *gapFinder) code() {
	at := g.version()
	switch {
	case g.t.Run == nil && g.t.PipelineRun != nil:
		at = g.t.PipelineRun.Ref // a pipeline that trains in one of its steps
	case g.t.Run == nil:
		g.add(GapRun, at, "the data scientist who trained it", "link the run that produced this version")
	default:
		at = g.t.Run.Ref
	}
	switch {
	case g.t.Commit == nil:
		g.add(GapCommit, at, "the data scientist who trained it", "link the commit the run was built from")
	case g.t.Run != nil && g.t.Run.Facts["dirty"] == true:
		g.add(GapCommit, at, "the data scientist who trained it", "commit the changes and run again: the working tree was dirty, so the commit named is not what ran")
	case len(g.t.PullRequests) == 0 && len(g.t.CommitReviewers()) > 0:
		// reviewed where pull requests do not exist
	case len(g.t.PullRequests) == 0:
		g.add(GapPullRequest, g.t.Commit.Ref, "the author of the commit", "link the pull request that merged this commit")
	case !g.reviewed():
		pr := g.t.PullRequests[0].Subject.Ref
		g.add(GapReview, pr, "any reviewer but the author", "review the pull request on GitHub")
	}
}

func (g *gapFinder) version() Ref {
	if g.t.Version != nil {
		return g.t.Version.Ref
	}
	return g.t.Deployment.Ref
}

func (g *gapFinder) reviewed() bool {
	for _, pr := range g.t.PullRequests {
		for _, r := range pr.Reviews {
			if r.Counts(pr.Subject.Text("author")) {
				return true
			}
		}
	}
	return false
}

func (g *gapFinder) data() {
	trained := false
	for _, d := range g.t.Datasets {
		trained = trained || d.Relation == TrainedOn
	}
	if !trained {
		at := g.version()
		if g.t.Run != nil {
			at = g.t.Run.Ref
		}
		g.add(GapDataset, at, "the data scientist who trained it", "link the dataset version the run was trained on")
	}
	named := map[string]bool{}
	for _, d := range g.t.Datasets {
		if !Answered(d.Owners) && !named[d.Dataset.Key] {
			named[d.Dataset.Key] = true
			g.owner(GapOwnerDataset, d.Dataset, d.Owners)
		}
	}
}

func (g *gapFinder) accountability() {
	model := Ref{Kind: Model, Key: g.t.Model}
	if g.t.Card == nil {
		g.add(GapModelCard, model, "the model's owner", "write the model card")
	}
	if !Answered(g.t.ModelOwners) {
		g.owner(GapOwnerModel, model, g.t.ModelOwners)
	}
}

// owner names a thing that nobody answers for, and who did until they left.
func (g *gapFinder) owner(missing GapKind, at Ref, gone []Owner) {
	if len(gone) == 0 {
		g.add(missing, at, "a maintainer of the project", "assign an owner to the "+string(at.Kind))
		return
	}
	last := gone[len(gone)-1]
	g.add(missing, at, "a maintainer of the project", "take over or assign an owner to the "+string(at.Kind)+"; "+last.Shown()+" "+last.Gone)
	if gap := &g.found[len(g.found)-1]; last.GoneAt.After(gap.Since) {
		gap.Since = last.GoneAt
	}
}
