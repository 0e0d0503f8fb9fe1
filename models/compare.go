package models

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ChangeSet is what a pull request consists of, and what was built from it.
type ChangeSet struct {
	Commits   []Subject // the newest first
	Pipelines []Subject // pipeline runs, the newest first
	Runs      []Subject // experiment runs, the newest first
}

// Contender is a run in a comparison, with the version that came of it.
type Contender struct {
	Run     Subject
	Version *Subject // nil: none is registered
	Data    []Link   // trained_on and evaluated_on
}

// Champion is the run that others have to beat: the one behind the model version
// that is live, or that carries the alias champion.
type Champion struct {
	Contender
	Model, Number string // of the version
	Environment   string // where it is live; empty: it only carries the alias
	Own           bool   // it is one of the runs to be compared itself
}

// Comparison holds the runs of one experiment beside the champion.
type Comparison struct {
	Experiment string
	Champion   *Champion   // nil: nothing is live of it and nothing carries the alias
	Runs       []Contender // the newest first
	Metrics    []MetricRow // the champion's first
	Params     []ParamRow  // those that differ
	Datasets   []DatasetRow
}

// Figure is one metric of one run: a number, or a word such as NaN.
type Figure struct {
	Known bool
	Value float64
	Text  string // where it is no number
}

// MetricRow is one metric of all runs of a comparison.
type MetricRow struct {
	Name     string
	Better   Better
	Champion Figure
	Runs     []Figure
}

// Verdict says how a run does against the champion.
type Verdict string

// The verdicts. Without one there is nothing to compare or no way to tell.
const (
	DoesBetter Verdict = "better"
	DoesWorse  Verdict = "worse"
	DoesSame   Verdict = "same"
)

// Against is the difference of a run's figure to the champion's and what it
// means; false where either is missing.
func (r MetricRow) Against(n int) (difference float64, v Verdict, ok bool) {
	f := r.Runs[n]
	if !f.Known || !r.Champion.Known || f.Text != "" || r.Champion.Text != "" {
		return 0, "", false
	}
	difference = f.Value - r.Champion.Value
	switch {
	case difference == 0:
		return 0, DoesSame, true
	case r.Better == BetterUnknown:
		return difference, "", true
	case (difference > 0) == (r.Better == BetterHigher):
		return difference, DoesBetter, true
	}
	return difference, DoesWorse, true
}

// ParamRow is one parameter that is not the same in all runs of a comparison;
// empty where a run does not have it.
type ParamRow struct {
	Name     string
	Champion string
	Runs     []string
}

// DatasetRow is one dataset with the version that each run used, empty for none.
type DatasetRow struct {
	Dataset  string // its key
	Relation Relation
	Champion string // digest
	Runs     []string
}

// Compare sets runs beside their champion, row by row. The champion's own run is
// not compared with itself.
func Compare(experiment string, champion *Champion, runs []Contender) Comparison {
	if champion != nil {
		others := slices.DeleteFunc(slices.Clone(runs), func(r Contender) bool { return r.Run.ID == champion.Run.ID })
		champion.Own, runs = len(others) < len(runs), others
	}
	c := Comparison{Experiment: experiment, Champion: champion, Runs: runs}
	c.Metrics, c.Params, c.Datasets = c.metrics(), c.params(), c.datasets()
	return c
}

// columns are the runs with the champion before them, who may be nobody.
func (c Comparison) columns() []Contender {
	first := Contender{}
	if c.Champion != nil {
		first = c.Champion.Contender
	}
	return append([]Contender{first}, c.Runs...)
}

// names are the facts under a prefix that any of the columns has.
func (c Comparison) names(prefix string) []string {
	all := map[string]bool{}
	for _, column := range c.columns() {
		for fact := range column.Run.Facts {
			if name, ok := strings.CutPrefix(fact, prefix); ok {
				all[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func (c Comparison) metrics() (rows []MetricRow) {
	for _, name := range c.names("metric.") {
		row := MetricRow{Name: name, Better: MetricBetter(name)}
		for n, column := range c.columns() {
			if f := figureOf(column.Run, name); n == 0 {
				row.Champion = f
			} else {
				row.Runs = append(row.Runs, f)
			}
		}
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b MetricRow) int {
		if a.Champion.Known != b.Champion.Known && c.Champion != nil {
			return cmp.Compare(order(b.Champion.Known), order(a.Champion.Known))
		}
		return cmp.Compare(MetricPlace(a.Name), MetricPlace(b.Name))
	})
	return rows
}

func order(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func figureOf(run Subject, metric string) Figure {
	switch v := run.Facts["metric."+metric].(type) {
	case nil:
		return Figure{}
	case float64:
		return Figure{Known: true, Value: v}
	default:
		return Figure{Known: true, Text: fmt.Sprint(v)}
	}
}

func (c Comparison) params() (rows []ParamRow) {
	for _, name := range c.names("param.") {
		row, seen := ParamRow{Name: name}, map[string]bool{}
		for n, column := range c.columns() {
			if n == 0 && c.Champion == nil {
				continue
			}
			value := paramOf(column.Run, name)
			seen[value] = true
			if n == 0 {
				row.Champion = value
			} else {
				row.Runs = append(row.Runs, value)
			}
		}
		if len(seen) > 1 {
			rows = append(rows, row)
		}
	}
	return rows
}

func paramOf(run Subject, name string) string {
	switch v := run.Facts["param."+name].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		text, _ := json.Marshal(v)
		return string(text)
	}
}

func (c Comparison) datasets() (rows []DatasetRow) {
	at := map[string]int{}
	for n, column := range c.columns() {
		for _, l := range column.Data {
			key, digest, _ := SplitDatasetVersion(l.To.Ref.Key)
			i, known := at[string(l.Relation)+key]
			if !known {
				i = len(rows)
				at[string(l.Relation)+key] = i
				rows = append(rows, DatasetRow{Dataset: key, Relation: l.Relation, Runs: make([]string, len(c.Runs))})
			}
			if n == 0 {
				rows[i].Champion = digest
			} else {
				rows[i].Runs[n-1] = digest
			}
		}
	}
	slices.SortFunc(rows, func(a, b DatasetRow) int {
		return cmp.Or(-strings.Compare(string(a.Relation), string(b.Relation)), strings.Compare(a.Dataset, b.Dataset))
	})
	return rows
}
