package views

import (
	"net/url"
	"slices"
	"time"

	"throughline/models"
)

// DataPage is what a dataset's page says of its data.
type DataPage struct {
	Now      models.Governance
	History  []models.Governance // what was said before, the newest first
	Versions []DataVersion
	Live     []models.Subject  // deployments of models trained on a version kept too long
	Draft    models.Governance // the form: what is in force, or what a refused one held
}

// DataVersion is one version of a dataset with until when it may be kept.
type DataVersion struct {
	Subject models.Subject
	Taken   time.Time
	End     time.Time // zero: nobody knows
	Ended   bool
}

func governancePath(s models.Subject) string {
	namespace, name, _ := models.SplitDataset(s.Ref.Key)
	return "/datasets/" + url.PathEscape(namespace) + "/" + url.PathEscape(name) + "/governance"
}

// classTone colours what needs care.
func classTone(c models.Classification) string {
	switch c {
	case models.SpecialCategory:
		return "t-failed"
	case models.PersonalData:
		return "t-warning"
	case models.Confidential:
		return "t-sign"
	}
	return ""
}

// dataLacks are the warnings of a chip: short words.
func dataLacks(g models.Governance, dataset models.Ref) (out []string) {
	for _, w := range g.Warnings(dataset) {
		out = append(out, map[string]string{"legal_basis": "no legal basis", "retention": "no retention"}[w.Problem])
	}
	return out
}

// governanceWords tells a past state in one line.
func governanceWords(g models.Governance) string {
	out := g.Classification.Word()
	if g.LegalBasis != "" {
		out += ", " + g.LegalBasis.Word()
	}
	if g.Retention != "" {
		out += ", kept " + g.Retention.Word()
	}
	return out
}

// periodUnits are the units of the form, with the letters of the period.
var periodUnits = []Crumb{{"days", "D"}, {"weeks", "W"}, {"months", "M"}, {"years", "Y"}}

// liveName is a deployment as "fraud-score v3 in production".
func liveName(s models.Subject) string {
	return s.Text("model") + " " + versionWord(s.Text("version")) + " in " + s.Text("environment")
}

func dayOf(t time.Time) string { return t.Format("2 January 2006") }

// anyEnded tells whether one of the versions is kept for too long.
func anyEnded(list []DataVersion) bool {
	return slices.ContainsFunc(list, func(v DataVersion) bool { return v.Ended })
}
