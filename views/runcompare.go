package views

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"throughline/models"
)

// ComparePage sets runs side by side.
type ComparePage struct {
	Frame    Frame
	C        models.RunComparison
	Subjects []models.Subject // of the runs, in their order
	Commits  []string         // keys, in their order; empty where unknown
	All      bool             // params that are the same in all runs, too
	MayWrite []bool           // the reader may choose the run
	Choices  []models.RunChoice
	Error    string
	Reason   string // of a refused form
	Picked   string // key of the run in a refused form
}

// query is the address of this comparison with some of it changed.
func (p ComparePage) query(baseline int, all bool) string {
	q := url.Values{}
	for _, r := range p.C.Runs {
		q.Add("run", r.Key)
	}
	if baseline > 0 {
		q.Set("baseline", p.C.Runs[baseline].Key)
	}
	if all {
		q.Set("all", "1")
	}
	return "/runs/compare?" + q.Encode()
}

// without is the address of the comparison without one of its runs.
func (p ComparePage) without(n int) string {
	q := url.Values{}
	for i, r := range p.C.Runs {
		if i != n {
			q.Add("run", r.Key)
		}
	}
	return "/runs/compare?" + q.Encode()
}

func (p ComparePage) params() []models.ComparedText {
	if p.All {
		return append(slices.Clone(p.C.Params), p.C.Same...)
	}
	return p.C.Params
}

// name is a run's title on this page.
func (p ComparePage) name(n int) string { return short(title(p.Subjects[n]), 40) }

// charted are the metrics that at least two runs have.
func (p ComparePage) charted() (out []models.ComparedMetric) {
	for _, m := range p.C.Metrics {
		known := 0
		for _, c := range m.Cells {
			if c.Known {
				known++
			}
		}
		if known > 1 && len(out) < 12 {
			out = append(out, m)
		}
	}
	return out
}

// data are the addresses of a metric's points in all runs, and labels their names.
func (p ComparePage) data(metric string) (addresses, labels string) {
	var a, l []string
	for n, r := range p.C.Runs {
		a = append(a, RunPart{Key: r.Key}.data(RunMetric{Name: metric}))
		l = append(l, p.name(n))
	}
	return strings.Join(a, " "), strings.Join(l, "\n")
}

// movedBy is a cell's distance to the baseline with its sign, and what it means.
func movedBy(m models.ComparedMetric, c models.ComparedNumber) (text string, tone Tone) {
	if !c.Moved {
		return "", Quiet
	}
	tone = Quiet
	switch better := c.Change > 0 && m.Better == models.BetterHigher || c.Change < 0 && m.Better == models.BetterLower; {
	case c.Change == 0 || m.Better == models.BetterUnknown:
	case better:
		tone = Good
	default:
		tone = Bad
	}
	switch {
	case c.Change > 0:
		return "▲ +" + models.PlainNumber(c.Change), tone
	case c.Change < 0:
		return "▼ −" + models.PlainNumber(-c.Change), tone
	}
	return "±0", tone
}

// axis is one upright line of the parallel coordinates.
type axis struct {
	Name, Low, High string
	X               string
	at              []float64 // of each run, 0 below to 1 above; NaN where it has none
}

const (
	coordinatesWide = 900
	coordinatesHigh = 260
	mostAxes        = 8
)

// axes are the params that differ and then the first metrics: what was tried, and
// what came of it.
func (p ComparePage) axes() (out []axis) {
	for _, t := range p.C.Params {
		if len(out) < mostAxes-2 && t.Known() > 1 {
			out = append(out, textAxis(t))
		}
	}
	for _, m := range p.charted() {
		if len(out) < mostAxes {
			out = append(out, numberAxis(m))
		}
	}
	if len(out) < 2 {
		return nil
	}
	for n := range out {
		out[n].X = fmt.Sprintf("%.0f", 40+float64(n)*(coordinatesWide-80)/float64(len(out)-1))
	}
	return out
}

func numberAxis(m models.ComparedMetric) axis {
	values := make([]float64, len(m.Cells))
	for n, c := range m.Cells {
		if values[n] = c.Value; !c.Known {
			values[n] = math.NaN()
		}
	}
	return scaled(m.Name, values)
}

func scaled(name string, values []float64) axis {
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	a := axis{Name: name, Low: models.PlainNumber(low), High: models.PlainNumber(high), at: values}
	for n, v := range values {
		a.at[n] = (v - low) / nonZero(high-low)
	}
	return a
}

// textAxis puts numbers where they belong and words in their order.
func textAxis(t models.ComparedText) axis {
	values, words := make([]float64, len(t.Cells)), []string{}
	for n, c := range t.Cells {
		v, err := strconv.ParseFloat(c, 64)
		if values[n] = v; c == "" {
			values[n] = math.NaN()
		} else if err != nil {
			words = append(words, c)
		}
	}
	if len(words) == 0 {
		return scaled(t.Name, values)
	}
	words = slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(t.Cells))), func(s string) bool { return s == "" })
	for n, c := range t.Cells {
		if values[n] = float64(slices.Index(words, c)); c == "" {
			values[n] = math.NaN()
		}
	}
	a := scaled(t.Name, values)
	a.Low, a.High = short(words[0], 16), short(words[len(words)-1], 16)
	return a
}

// line is a run's way through the axes; it breaks where the run has no value.
func line(axes []axis, run int) string {
	var b strings.Builder
	pen := "M"
	for _, a := range axes {
		if math.IsNaN(a.at[run]) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&b, "%s%s %.1f", pen, a.X, coordinatesHigh-40-a.at[run]*(coordinatesHigh-80))
		pen = "L"
	}
	return b.String()
}

// lineClass is a run's colour and dash, the same in every chart.
func lineClass(n int) string { return "line c" + itoa(n%7) + " d" + itoa(n/7%4) }

// choiceOf are the choices of one run.
func choiceOf(list []models.RunChoice, run int64) (out []models.RunChoice) {
	for _, c := range list {
		if c.Run == run {
			out = append(out, c)
		}
	}
	return out
}

func (p ComparePage) mayChoose() bool { return slices.Contains(p.MayWrite, true) }
