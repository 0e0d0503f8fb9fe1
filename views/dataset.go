package views

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"throughline/models"
)

// DatasetPart is what the page of a dataset shows of its data.
type DatasetPart struct {
	Sheet    models.DataSheet
	From, To models.DataVersion // whose columns are compared
	Diff     []models.FieldChange
	Changes  []models.DataChange
	MayTell  map[int64]bool // models that the reader may answer for
	Draft    ChangeDraft
	Every    string // the form for freshness: what a refused one held
}

// ChangeDraft is the input of a form that announces a change.
type ChangeDraft struct{ Kind, Columns, On, Text string }

// changeView is what a planned change is shown with.
type changeView struct {
	Frame   Frame
	MayTell map[int64]bool
	MayEnd  bool
	Draft   AnswerDraft
}

func (d *DatasetPart) around(p SubjectPage) changeView {
	return changeView{Frame: p.Frame, MayTell: d.MayTell, MayEnd: p.MayWrite}
}

// drafts tells whether the refused answer is this one.
func (v changeView) drafts(c models.DataChange, l models.ChangeLine) bool {
	return v.Draft.Change == c.ID && v.Draft.Model == l.Model.ID && c.ID != 0
}

func (v changeView) verdict(c models.DataChange, l models.ChangeLine) models.ChangeVerdict {
	if v.drafts(c, l) && v.Draft.Verdict != "" {
		return models.ChangeVerdict(v.Draft.Verdict)
	}
	return models.VerdictSafe
}

func (v changeView) text(c models.DataChange, l models.ChangeLine) string {
	if v.drafts(c, l) {
		return v.Draft.Text
	}
	return ""
}

// datasetPath is an address below a dataset's page.
func datasetPath(s models.Subject, rest ...string) string {
	return s.Ref.Path() + "/" + strings.Join(rest, "/")
}

// fieldRow is a column of a dataset with how it differs from the version before.
type fieldRow struct {
	Path, Type, Was, Text string
	Mark                  string // added, removed, changed
	From                  []models.ColumnSource
}

// fieldRows are all columns, those that are gone among them.
func (d DatasetPart) fieldRows() (out []fieldRow) {
	diff := map[string]models.FieldChange{}
	for _, c := range d.Diff {
		diff[c.Path] = c
	}
	fields := d.Sheet.Schema
	if len(d.To.Schema) > 0 {
		fields = d.To.Schema
	}
	out = d.rows("", fields, diff)
	for _, c := range d.Diff {
		if c.Removed {
			out = append(out, fieldRow{Path: c.Path, Was: c.Was, Mark: "removed"})
		}
	}
	return out
}

func (d DatasetPart) rows(within string, fields []models.Field, diff map[string]models.FieldChange) (out []fieldRow) {
	for _, f := range fields {
		row := fieldRow{Path: within + f.Name, Type: f.Type, Text: f.Description, From: d.Sheet.Columns[within+f.Name]}
		if c, changed := diff[row.Path]; changed && c.Added {
			row.Mark = "added"
		} else if changed {
			row.Mark, row.Was = "changed", c.Was
		}
		out = append(append(out, row), d.rows(row.Path+".", f.Fields, diff)...)
	}
	return out
}

// markLook shows a difference by shape and colour.
func markLook(mark string) look {
	switch mark {
	case "added":
		return look{"plus", Good}
	case "removed":
		return look{"closed", Bad}
	}
	return look{"triangle", Careful}
}

// resultBars are the results of a check, the oldest first.
func resultBars(c models.QualityCheck) []models.QualityResult {
	list := slices.Clone(c.Results)
	slices.Reverse(list)
	return list
}

func checkName(c models.QualityCheck) string {
	if c.Column != "" {
		return c.Name + " of " + c.Column
	}
	return c.Name
}

// resultsSay are a check's results in words.
func resultsSay(c models.QualityCheck) string {
	failed := 0
	for _, r := range c.Results {
		if r.State == models.Failed {
			failed++
		}
	}
	return "Last " + count(len(c.Results), "result") + ": " + itoa(failed) + " failed"
}

// sizeWords are the rows and bytes of a version.
func sizeWords(v models.DataVersion) string {
	var out []string
	if v.Rows != nil {
		out = append(out, group(id64(*v.Rows))+" rows")
	}
	if v.Bytes != nil {
		out = append(out, bytesWord(*v.Bytes))
	}
	return strings.Join(out, ", ")
}

// every is a promise as people say it.
func every(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0 && d >= 48*time.Hour:
		return "every " + itoa(int(d/(24*time.Hour))) + " days"
	case d%time.Hour == 0 && d >= 2*time.Hour:
		return "every " + itoa(int(d/time.Hour)) + " hours"
	case d == time.Hour:
		return "every hour"
	}
	return "every " + itoa(int(d/time.Minute)) + " minutes"
}

// verdictLook shows an answer by shape and colour; without one it waits.
func verdictLook(v models.ChangeVerdict) look {
	switch v {
	case models.VerdictSafe:
		return look{"check", Good}
	case models.VerdictWork:
		return look{"triangle", Careful}
	case models.VerdictBlocked:
		return look{"octagon", Bad}
	}
	return look{"person", Sign}
}

func verdictWord(v models.ChangeVerdict) string { return or(v.Word(), "no answer yet") }

// changeSentence says what is going to happen: "Column country goes on 1 December 2026".
func changeSentence(c models.DataChange) string {
	what := "Dataset changes"
	switch c.Kind {
	case "column_removed":
		what = columnWords(c.Columns) + byCount(c.Columns, " goes", " go")
	case "column_renamed":
		what = columnWords(c.Columns) + byCount(c.Columns, " is renamed", " are renamed")
	case "type_changed":
		what = "Type of " + strings.Join(c.Columns, ", ") + " changes"
	case "meaning_changed":
		what = "Meaning of " + strings.Join(c.Columns, ", ") + " changes"
	case "dataset_retired":
		what = "The dataset is retired"
	}
	return what + " on " + dayOf(c.On)
}

func columnWords(names []string) string {
	return byCount(names, "Column ", "Columns ") + strings.Join(names, ", ")
}

func byCount(list []string, one, many string) string {
	if len(list) == 1 {
		return one
	}
	return many
}

func answerPath(model models.Subject, c models.DataChange) string {
	return "/models/" + url.PathEscape(model.Ref.Key) + "/changes/" + id64(c.ID)
}

// waitingWords say how many answers are missing.
func waitingWords(c models.DataChange) string {
	switch n := c.Waiting(); {
	case len(c.Lines) == 0:
		return "no live model uses it"
	case n == 0:
		return "everybody answered"
	default:
		return itoa(n) + " of " + count(len(c.Lines), "model") + " without an answer"
	}
}

func freshnessWord(f models.Freshness) string {
	if f.Given() {
		return "Change what is promised"
	}
	return "Promise how fresh it is"
}

// flowPath is where a thing of the flow leads: a live deployment to its line.
func flowPath(s models.Subject) string {
	if s.Ref.Kind == models.Deployment {
		return linePath(s.Text("environment"), s.Text("model"))
	}
	return s.Ref.Path()
}

func flowName(s models.Subject) string {
	if s.Ref.Kind == models.Deployment {
		return liveName(s)
	}
	return short(title(s), 60)
}

// liveWords say where a model is live.
func liveWords(l models.ChangeLine) string {
	var out []string
	for _, d := range l.Deployments {
		out = append(out, versionWord(d.Text("version"))+" in "+d.Text("environment"))
	}
	return strings.Join(out, ", ")
}

func ownersWords(list []models.Owner) string {
	out := make([]string, len(list))
	for i, o := range list {
		out[i] = o.Shown()
	}
	return strings.Join(out, ", ")
}

// onceEach are the newest runs of pipelines, one of each, and everything else.
func onceEach(list []models.Subject) (out []models.Subject) {
	seen := map[string]bool{}
	for _, s := range list {
		pipeline := s.Text(models.FactPipeline)
		if s.Ref.Kind == models.PipelineRun && pipeline != "" && seen[pipeline] {
			continue
		}
		seen[pipeline] = true
		out = append(out, s)
	}
	return out
}
