package models

import (
	"cmp"
	"maps"
	"slices"
)

// MostCompared is how many runs are set side by side.
const MostCompared = 20

// RunComparison sets runs side by side. Its rows have a cell for each run, in the
// order of Runs.
type RunComparison struct {
	Runs     []TrackedRun
	Baseline int // which of Runs the others are measured against
	Metrics  []ComparedMetric
	Params   []ComparedText
	Same     []ComparedText // params that are the same in all
	Data     []ComparedText // datasets, by their use and name; the cells are digests
	Code     []string       // commit of each
}

// ComparedMetric is one metric of all runs.
type ComparedMetric struct {
	Name   string
	Better Better
	Cells  []ComparedNumber
}

// ComparedNumber is one run's value of a metric.
type ComparedNumber struct {
	Known  bool
	Value  float64
	Best   bool    // no other is better; only where the metric's name tells what better is
	Change float64 // against the baseline's, where both are known
	Moved  bool    // Change is known
}

// ComparedText is one name with a text for each run, empty where it has none.
type ComparedText struct {
	Name  string
	Cells []string
}

// CompareRuns sets runs side by side; baseline is a run's key, or else the first is it.
func CompareRuns(runs []TrackedRun, baseline string) RunComparison {
	c := RunComparison{Runs: runs, Baseline: max(0, slices.IndexFunc(runs, func(r TrackedRun) bool { return r.Key == baseline }))}
	c.Metrics = c.metricRows()
	for _, row := range textRows(runs, func(r TrackedRun) []Pair { return r.Params }) {
		if row.differs() {
			c.Params = append(c.Params, row)
		} else {
			c.Same = append(c.Same, row)
		}
	}
	c.Data = textRows(runs, usedData)
	return c
}

// usedData are a run's inputs as pairs of use and digest.
func usedData(r TrackedRun) (out []Pair) {
	for _, in := range r.Inputs {
		out = append(out, Pair{Key: in.Role().Word() + " " + in.Dataset.Name, Value: in.Dataset.Digest})
	}
	return out
}

func (t ComparedText) differs() bool {
	return slices.ContainsFunc(t.Cells, func(s string) bool { return s != t.Cells[0] })
}

// textRows are the names that any run has, each with a cell for every run; those that
// most runs have come first.
func textRows(runs []TrackedRun, of func(TrackedRun) []Pair) (out []ComparedText) {
	rows := map[string]*ComparedText{}
	for n, r := range runs {
		for _, p := range of(r) {
			if rows[p.Key] == nil {
				rows[p.Key] = &ComparedText{Name: p.Key, Cells: make([]string, len(runs))}
			}
			rows[p.Key].Cells[n] = p.Value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		out = append(out, *rows[name])
	}
	slices.SortStableFunc(out, func(a, b ComparedText) int { return cmp.Compare(b.Known(), a.Known()) })
	return out
}

// Known is how many runs have the name.
func (t ComparedText) Known() (n int) {
	for _, c := range t.Cells {
		if c != "" {
			n++
		}
	}
	return n
}

func (c RunComparison) metricRows() (out []ComparedMetric) {
	rows := map[string]*ComparedMetric{}
	for n, r := range c.Runs {
		for _, m := range r.Metrics {
			if rows[m.Key] == nil {
				rows[m.Key] = &ComparedMetric{Name: m.Key, Better: MetricBetter(m.Key), Cells: make([]ComparedNumber, len(c.Runs))}
			}
			rows[m.Key].Cells[n] = ComparedNumber{Known: m.Value == m.Value, Value: m.Value}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		rows[name].judge(c.Baseline)
		out = append(out, *rows[name])
	}
	slices.SortStableFunc(out, func(a, b ComparedMetric) int { return cmp.Compare(MetricPlace(a.Name), MetricPlace(b.Name)) })
	return out
}

// judge marks the best and measures all against the baseline.
func (m *ComparedMetric) judge(baseline int) {
	base, best, found := m.Cells[baseline], 0.0, false
	for n := range m.Cells {
		cell := &m.Cells[n]
		if cell.Known && base.Known && n != baseline {
			cell.Change, cell.Moved = cell.Value-base.Value, true
		}
		if cell.Known && (!found || m.Better == BetterHigher && cell.Value > best || m.Better == BetterLower && cell.Value < best) {
			best, found = cell.Value, true
		}
	}
	for n := range m.Cells {
		m.Cells[n].Best = m.Better != BetterUnknown && m.Cells[n].Known && m.Cells[n].Value == best
	}
}

// RunChoice is why somebody chose a run among others.
type RunChoice struct {
	ID       int64
	Run      int64
	By       string // the name behind it
	Reason   string
	Compared []int64 // ids of the runs it was compared with
	At       int64   // Unix milliseconds
}
