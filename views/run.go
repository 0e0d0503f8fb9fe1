package views

import (
	"fmt"
	"math"
	"net/url"
	"strings"

	"throughline/models"
)

// RunPart is what the page of a run shows beside what every subject has.
type RunPart struct {
	Key        string
	Experiment string
	ListPath   string // of the experiment's runs
	User       string // as the script claims
	By         string // who logged it, proved; empty where no one did here
	Live       bool   // it is under way
	Metrics    []RunMetric
	Params     []models.Pair
	Tags       []models.Pair
	Inputs     []models.RunInput
	Gaps       []RunGap
	Parent     *models.Subject
	Children   []models.Subject
	Choices    []models.RunChoice // why it was chosen among others
	Sources    []string           // what can be registered from it, as MLflow names sources
	Here       bool               // it was logged here: its models are registered here
	Artifacts  string             // address of its artifacts, empty where none are kept here
}

// RunMetric is a metric of a run, with the shape of its history.
type RunMetric struct {
	Name   string
	Latest models.Point
	Points []models.Point // of the shape, by step; one or none: there is nothing to draw
	Better models.Better
}

// RunGap is what a run lacks to be built upon, and who can supply it.
type RunGap struct{ Missing, Why, Who string }

// charted are the metrics that have a history to draw.
func (p RunPart) charted() (out []RunMetric) {
	for _, m := range p.Metrics {
		if len(m.Points) > 1 {
			out = append(out, m)
		}
	}
	return out
}

// data is the address of a metric's points.
func (p RunPart) data(m RunMetric) string {
	return "/api/v1/runs/" + url.PathEscape(p.Key) + "/metrics/" + url.PathEscape(m.Name)
}

// best is the best value of a metric's shape, where its name tells which is.
func (m RunMetric) best() (p models.Point, ok bool) {
	if m.Better == models.BetterUnknown || len(m.Points) == 0 {
		return p, false
	}
	p = m.Points[0]
	for _, q := range m.Points[1:] {
		if m.Better == models.BetterHigher && q.Value > p.Value || m.Better == models.BetterLower && q.Value < p.Value {
			p = q
		}
	}
	return p, true
}

func pathEscape(s string) string { return url.PathEscape(s) }

// finding is the sentence that a chart says.
func (m RunMetric) finding() string {
	first, last := m.Points[0], m.Points[len(m.Points)-1]
	text := fmt.Sprintf("%s went from %s to %s in %s", m.Name, models.PlainNumber(first.Value), models.PlainNumber(m.Latest.Value), count(int(last.Step-first.Step), "step"))
	if best, ok := m.best(); ok && best.Step != last.Step {
		text += fmt.Sprintf("; its best was %s at step %d", models.PlainNumber(best.Value), best.Step)
	}
	return text + "."
}

// The drawing of a metric without a script, in its own units.
const (
	drawnWide = 400
	drawnHigh = 120
)

// path is the line of a drawing: the history scaled into it.
func (m RunMetric) path() string {
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range m.Points {
		low, high = min(low, p.Value), max(high, p.Value)
	}
	first, last := m.Points[0].Step, m.Points[len(m.Points)-1].Step
	var b strings.Builder
	for n, p := range m.Points {
		x := drawnWide * (float64(p.Step) - float64(first)) / max(float64(last)-float64(first), 1)
		y := drawnHigh - 8 - (drawnHigh-16)*(p.Value-low)/nonZero(high-low)
		fmt.Fprintf(&b, "%c%.1f %.1f", "ML"[min(n, 1)], x, y)
	}
	return b.String()
}

func nonZero(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) {
		return 1
	}
	return v
}

// rows are the points that the table behind a chart shows: all, or some of many.
func (m RunMetric) rows() []models.Point {
	const most = 20
	if len(m.Points) <= most {
		return m.Points
	}
	out := make([]models.Point, 0, most)
	for n := range most {
		out = append(out, m.Points[n*(len(m.Points)-1)/(most-1)])
	}
	return out
}

func inputContext(in models.RunInput) string {
	if in.Role() == models.EvaluatedOn {
		return "evaluated on"
	}
	return "trained on"
}

func inputRef(in models.RunInput) (models.Ref, bool) { return in.Dataset.Ref() }
