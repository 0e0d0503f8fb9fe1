package views

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"throughline/models"
)

// SubjectPage is everything known of one subject.
type SubjectPage struct {
	Frame        Frame
	Subject      models.Subject
	Out, In      []models.Link
	Owners       []models.Owner
	Above        []models.Owner // of the model or dataset that this is a version of
	Places       []models.Card  // where its cards stand
	Activity     []models.Activity
	Comments     []models.Comment
	Files        []models.File
	MaxFile      int64 // bytes of one file
	Projects     []models.Project
	Checks       []Check   // of a pull request's or commit's head
	Pull         *PullPart // of a pull request
	Repository   *RepositoryPart
	Run          *RunPart
	Pipeline     *PipelinePart         // of a pipeline run that somebody described
	Dataset      *DatasetPart          // of a dataset
	Quality      []models.QualityCheck // of a dataset version
	Registry     *RegistryPart         // of a version in our own registry
	Versions     []models.Subject      // of a model or dataset, the newest first
	Card         *models.CardRevision
	Data         *DataPage            // of a dataset
	DataWarnings []models.DataWarning // of a dataset, or of the data behind a live model
	Line         *LineNote            // of a deployment, or of a version that is live
	MayWrite     bool
	Choices      []Choice // who may well own it, for those who may write
	Error        string   // why a form was refused
	Draft        Draft    // what the refused form held
}

// Draft is the input of a form that comes back.
type Draft struct {
	Form     string // comment, link, owners, governance, files
	Body     string
	Relation string
	Kind     string
	Key      string
	Owners   []models.OwnerClaim
}

// LineNote points from a subject to its throughline.
type LineNote struct {
	Environment, Model string
	Gaps               int
}

func (l LineNote) path() string {
	return "/throughline/" + url.PathEscape(l.Environment) + "/" + url.PathEscape(l.Model)
}

func formPath(s models.Subject, rest ...string) string {
	return "/subjects/" + string(s.Ref.Kind) + "/" + url.PathEscape(s.Ref.Key) + "/" + strings.Join(rest, "/")
}

// listPath is the page that lists subjects of a kind.
func listPath(k models.Kind) string {
	switch k {
	case models.PullRequest:
		return "/pulls"
	case models.Run:
		return "/runs"
	case models.PipelineRun:
		return "/pipelines"
	case models.Model, models.ModelVersion, models.ModelCard:
		return "/models"
	case models.Dataset, models.DatasetVersion:
		return "/datasets"
	case models.Deployment:
		return "/deployments"
	}
	return "/search?kind=" + string(k)
}

// fact is one line of the facts at the side.
type fact struct {
	Name, Value string
	At          time.Time
	Path        string
}

// sideFacts are the plain facts of a subject, the known names first.
func sideFacts(s models.Subject) (out []fact) {
	var names []string
	for name := range s.Facts {
		if !strings.Contains(name, ".") && !slices.Contains(hiddenFacts, name) && !slices.Contains(factsElsewhere[s.Ref.Kind], name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		value := plain(s.Facts[name])
		if value == "" || len(value) > 400 {
			continue
		}
		f := fact{Name: upper(strings.ReplaceAll(name, "_", " ")), Value: value}
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			f.At = t
		}
		out = append(out, f)
	}
	return out
}

// hiddenFacts are shown elsewhere on the page.
var hiddenFacts = []string{"number", "name", "message", "description", "aliases", "labels", "reviewers", "tags", "model", "version", "checks"}

// pipelineFacts stand elsewhere on a pipeline run's page.
var pipelineFacts = []string{"pipeline", "number", "error", "log_url", "summary", "attempt"}

// pullFacts stand in the head of a pull request's page.
var pullFacts = []string{"author", "branch", "base", "additions", "deletions", "changed_files", "commits", "review_comments", "merged_by", "merged_at", "draft", "head_repository"}

// prose is the longer text of a subject, when it has one.
func prose(s models.Subject) string {
	return or(s.Text("description"), s.Text("message"))
}

// chips are the words that stand on a subject: labels, aliases, tags.
func chips(s models.Subject) (out []string) {
	for _, name := range []string{"aliases", "labels", "tags"} {
		out = append(out, Words(s, name)...)
	}
	return out
}

// factsElsewhere are the facts that other parts of a kind's page show.
var factsElsewhere = map[models.Kind][]string{models.PullRequest: pullFacts, models.PipelineRun: pipelineFacts,
	models.Dataset: {models.FactSchema, models.FactColumns}, models.DatasetVersion: {models.FactSchema}}

func reviewLook(state string) look {
	switch state {
	case "approved":
		return look{"check", Good}
	case "changes_requested":
		return look{"octagon", Bad}
	case "dismissed":
		return look{"closed", Quiet}
	}
	return look{"speech", Quiet}
}

func mine(f Frame, c models.Comment) bool {
	return f.Me.ID != 0 && c.ActorID == (models.Principal{PersonID: f.Me.ID}).Actor() && !c.Deleted
}

// bar is a step's stretch of a pipeline run, in hundredths of its length.
type bar struct{ From, Width string }

func bars(steps []Step) []bar {
	var first, last time.Time
	for _, s := range steps {
		if !s.Start.IsZero() && (first.IsZero() || s.Start.Before(first)) {
			first = s.Start
		}
		if s.End.After(last) {
			last = s.End
		}
	}
	out := make([]bar, len(steps))
	whole := last.Sub(first).Seconds()
	for i, s := range steps {
		if whole <= 0 || s.Start.IsZero() || s.End.IsZero() {
			continue
		}
		out[i] = bar{From: number(100 * s.Start.Sub(first).Seconds() / whole), Width: number(max(1, 100*s.End.Sub(s.Start).Seconds()/whole))}
	}
	return out
}

func stepTook(s Step) string {
	if s.Start.IsZero() || s.End.Before(s.Start) {
		return ""
	}
	return took(s.End.Sub(s.Start))
}

// linkKinds are the kinds that a person may link to.
var linkKinds = []models.Kind{models.PullRequest, models.Run, models.PipelineRun, models.Commit, models.ModelVersion,
	models.Model, models.DatasetVersion, models.Dataset, models.Deployment, models.Task}

// ownerRows are the owners that people assigned, for the form, with room for one
// more. Those that a source declares stay whatever the form says.
func ownerRows(p SubjectPage) []models.OwnerClaim {
	rows := p.Draft.Owners
	if p.Draft.Form != "owners" {
		for _, o := range p.Owners {
			if o.Evidence == models.Verified {
				rows = append(rows, models.OwnerClaim{Person: o.Person, As: o.As})
			}
		}
	}
	return append(rows, models.OwnerClaim{})
}

func openForm(p SubjectPage, name string) bool { return p.Draft.Form == name }

func lineWord(l LineNote) string {
	if l.Gaps == 0 {
		return "Throughline"
	}
	return "Throughline: " + count(l.Gaps, "gap")
}

// nobodyTone warns where somebody has to answer for a thing.
func nobodyTone(k models.Kind) string {
	switch k {
	case models.Model, models.Dataset:
		return "t-failed"
	}
	return "muted"
}

// aboveWord is what a version is a version of.
func aboveWord(k models.Kind) string {
	switch k {
	case models.DatasetVersion:
		return "dataset"
	case models.PipelineRun:
		return "pipeline"
	}
	return "model"
}
