package views

import (
	"slices"
	"strings"
	"time"

	"throughline/models"
)

// LinePage is the throughline of what serves a model in an environment.
type LinePage struct {
	Frame    Frame
	Line     models.Throughline
	MayWrite bool
	Choices  []Choice       // who may well own what has no owner
	Error    string         // why a closing form was refused
	ErrorAt  models.GapKind // which one
	Typed    string         // what it held
}

// LinesPage is what is live where, with the gaps of each.
type LinesPage struct {
	Frame Frame
	Rows  []DeploymentRow
}

// box is one of the five boxes of the chain.
type box struct {
	Name     string
	Icon     string
	Items    []boxItem
	Evidence models.Evidence
	Missing  string // what to do where there is nothing
	GapPath  string
}

type boxItem struct {
	Subject models.Subject
	Note    string
	Owners  []models.Owner
	At      time.Time
	Owned   bool              // shows owners, or that there are none
	Data    models.Governance // of a dataset version
}

// chain are the five boxes: data, code, run, model version, deployment.
func chain(t models.Throughline) []box {
	return []box{dataBox(t), codeBox(t), runBox(t), versionBox(t), deploymentBox(t)}
}

func dataBox(t models.Throughline) box {
	b := box{Name: "Data", Icon: "data", Missing: "No dataset version is linked", GapPath: "#gap-dataset"}
	for _, d := range t.Datasets {
		b.Items = append(b.Items, boxItem{Subject: d.Version, Note: d.Relation.Word(), Owners: d.Owners, Owned: true, At: d.Version.StateAt, Data: d.Governance})
		b.Evidence = weaker(b.Evidence, evidenceTo(t, d.Version.ID))
	}
	return b.done()
}

func codeBox(t models.Throughline) box {
	b := box{Name: "Code", Icon: "commit", Missing: "No commit is linked", GapPath: "#gap-commit"}
	if t.Commit != nil {
		b.Items = append(b.Items, boxItem{Subject: *t.Commit, Note: t.Commit.Text("author") + commitReview(t), At: t.Commit.StateAt})
		b.Evidence = evidenceTo(t, t.Commit.ID)
		if commitReview(t) != "" {
			b.Evidence = weaker(b.Evidence, models.Declared)
		}
	}
	for _, p := range t.PullRequests {
		b.Items = append(b.Items, boxItem{Subject: p.Subject, Note: reviewedBy(p), At: p.Subject.StateAt})
	}
	return b.done()
}

func runBox(t models.Throughline) box {
	b := box{Name: "Run", Icon: "run", Missing: "No run is linked", GapPath: "#gap-run"}
	if t.Run != nil {
		b.Items = append(b.Items, boxItem{Subject: *t.Run, Note: t.Run.Text("user"), At: t.Run.StateAt})
		b.Evidence = evidenceTo(t, t.Run.ID)
	}
	if t.PipelineRun != nil {
		b.Items = append(b.Items, boxItem{Subject: *t.PipelineRun, Note: "in this pipeline run", At: t.PipelineRun.StateAt})
	}
	return b.done()
}

func versionBox(t models.Throughline) box {
	b := box{Name: "Model version", Icon: "model", Missing: "No model version is linked"}
	if t.Version != nil {
		b.Items = append(b.Items, boxItem{Subject: *t.Version, Note: cardNote(t.Card), Owners: t.ModelOwners, Owned: true, At: t.Version.StateAt})
		b.Evidence = evidenceTo(t, t.Version.ID)
	}
	return b.done()
}

func deploymentBox(t models.Throughline) box {
	by := t.Deployment.Text("by")
	if by != "" {
		by = "by " + by
	}
	b := box{Name: "Deployment", Icon: "deploy", Evidence: models.Declared,
		Items: []boxItem{{Subject: t.Deployment, Note: by, At: t.Deployment.StateAt}}}
	if t.Image != nil {
		b.Items = append(b.Items, boxItem{Subject: *t.Image, Note: imageNote(*t.Image), At: t.Image.StateAt})
	}
	return b.done()
}

// imageNote says where an image is kept, in the order of names.
func imageNote(image models.Subject) string {
	var names []string
	for fact := range image.Facts {
		if name, ok := strings.CutPrefix(fact, "name."); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 {
		return "container image that no registry told of yet"
	}
	return "container image " + names[0]
}

func (b box) done() box {
	if len(b.Items) == 0 {
		b.Evidence = models.Missing
	} else if b.Evidence == "" {
		b.Evidence = models.Declared
	}
	return b
}

// evidenceTo is how well the chain's link to a subject is established.
func evidenceTo(t models.Throughline, id int64) models.Evidence {
	best := models.Evidence("")
	for _, l := range t.Links {
		if (l.To.ID == id || l.From.ID == id && l.Relation == models.MergedAs) && best != models.Verified {
			best = l.Evidence
		}
	}
	return best
}

func weaker(a, b models.Evidence) models.Evidence {
	if a == "" || a == models.Verified {
		return b
	}
	return a
}

func cardNote(c *models.CardRevision) string {
	if c == nil {
		return "no model card"
	}
	return "model card " + itoa(c.Filled()) + "/" + itoa(len(c.Sections)) + ", revision " + itoa(c.Number)
}

func reviewedBy(p models.PullRequestLine) string {
	var names []string
	for _, r := range p.Reviews {
		if r.Counts(p.Subject.Text("author")) {
			names = append(names, r.By)
		}
	}
	if len(names) == 0 {
		return "not reviewed by anybody else"
	}
	return "reviewed by " + join(names)
}

// commitReview is who reviewed the commit by its own words, where no pull request
// says it.
func commitReview(t models.Throughline) string {
	if names := t.CommitReviewers(); len(t.PullRequests) == 0 && len(names) > 0 {
		return ", reviewed by " + join(names)
	}
	return ""
}

// join writes "a, b and c".
func join(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// story is the whole line as sentences that can be copied.
func story(t models.Throughline) string {
	model := t.Model
	if t.Version != nil {
		model = name(*t.Version)
	}
	verb := " serves "
	if t.Deployment.State != models.Live {
		verb = " (" + t.Deployment.State.Word() + ") was last deployed to "
	}
	out := model + verb + t.Environment + " since " + moment(t.Deployment.StateAt) + "."
	var parts []string
	if t.Commit != nil {
		parts = append(parts, "commit "+name(*t.Commit)+pullWords(t))
	}
	if t.Run != nil {
		parts = append(parts, "run "+name(*t.Run)+dataWords(t))
	}
	if len(parts) > 0 {
		out += " Built from " + strings.Join(parts, ", ") + "."
	}
	if by := t.Deployment.Text("by"); by != "" {
		out += " Deployed by " + by + "."
	}
	return out
}

func pullWords(t models.Throughline) string {
	if len(t.PullRequests) == 0 {
		return commitReview(t)
	}
	p := t.PullRequests[0]
	return " (pull request " + p.Subject.Ref.Key + ", " + reviewedBy(p) + ")"
}

func dataWords(t models.Throughline) string {
	var names []string
	for _, d := range t.Datasets {
		names = append(names, name(d.Version))
	}
	if len(names) == 0 {
		return ""
	}
	return " on data " + join(names)
}

// gapTitle says what is missing, in few words.
func gapTitle(g models.Gap) string { return upper(g.Missing.Word()) }

// gapField is the one thing a closing form asks for, empty where another page
// closes the gap.
func gapField(g models.Gap) (label, hint string) {
	switch g.Missing {
	case models.GapRun:
		return "Key of the run", "the run's id at its source"
	case models.GapCommit:
		return "The commit", "github.com/acme/churn@9f3c1e7…, or its address"
	case models.GapPullRequest:
		return "The pull request", "acme/churn#412, or its address"
	case models.GapDataset:
		return "The dataset version", "NAMESPACE/NAME@DIGEST"
	case models.GapOwnerModel, models.GapOwnerDataset:
		return "E-mail, login or team", "dana@example.com, or team:KEY"
	}
	return "", ""
}

// gapID is the anchor that a gap's address names: one of each kind has it.
func gapID(t models.Throughline, i int) string {
	for _, g := range t.Gaps[:i] {
		if g.Missing == t.Gaps[i].Missing {
			return "gap-" + string(g.Missing) + "-" + itoa(i)
		}
	}
	return "gap-" + string(t.Gaps[i].Missing)
}

func typed(p LinePage, g models.Gap) string {
	if p.ErrorAt == g.Missing {
		return p.Typed
	}
	return ""
}

// gapList is the list of suggestions for a gap's field.
func gapList(g models.Gap) string {
	switch g.Missing {
	case models.GapOwnerModel, models.GapOwnerDataset:
		return "owner-choices"
	}
	return ""
}
