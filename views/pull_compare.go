package views

import (
	"strings"

	"throughline/models"
)

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

// columnsOf is how many columns a comparison's table has.
func columnsOf(c models.Comparison) int {
	if c.Champion == nil {
		return 1 + len(c.Runs)
	}
	return 2 + len(c.Runs)
}
