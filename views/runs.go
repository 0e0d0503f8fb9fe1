package views

import (
	"slices"
	"strings"
	"time"

	"throughline/models"
)

// RunsPage is the list of runs: a table of chosen columns.
type RunsPage struct {
	Frame       Frame
	Text        string // of the filter
	Wrong       *WrongText
	Project     string // key of the one that is listed; empty: all
	Experiment  int64
	Experiments []RunExperiment // to choose from
	Deleted     bool
	Sort        string // column, with a leading - from high to low
	Columns     []string
	Chosen      bool     // the reader chose the columns
	Known       []string // columns to choose from
	Rows        []RunLine
	Total, Page int
	Pages       int
	Views       []SavedView
	MaySave     bool
	Shares      []string // keys of projects in which a view may be shared
	Address     string   // of this server, for the two lines of a script
}

// SavedView is a saved view of the list.
type SavedView struct {
	ID      int64
	Name    string
	Path    string
	Project string // that shares it; empty: the reader's own
	Mine    bool   // the reader may delete it
}

// RunExperiment is an experiment to choose from.
type RunExperiment struct {
	ID    int64
	Label string
}

// WrongText is a filter that could not be read, cut at what is wrong.
type WrongText struct{ Before, Wrong, After, Why string }

// RunLine is one run of the list.
type RunLine struct {
	Subject        models.Subject
	Experiment     string
	User           string
	Started, Ended time.Time
	Deleted        bool
	Parent         string
	Commit         string
	Values         map[string]string // by column
}

// duration is how long the run took, or has taken so far.
func (r RunLine) duration(now time.Time) string {
	end := r.Ended
	if r.Subject.State == models.Running || end.IsZero() {
		end = now
	}
	if r.Started.IsZero() || end.Before(r.Started) {
		return "–"
	}
	return took(end.Sub(r.Started))
}

func (r RunLine) value(column string) string {
	if v, ok := r.Values[column]; ok {
		return short(v, 60)
	}
	return "–"
}

// columnName is a column's heading; its kind stands beside it.
func columnName(column string) (kind, name string) {
	kind, name, _ = strings.Cut(column, ".")
	return kind, name
}

func isMetric(column string) bool { return strings.HasPrefix(column, "metric.") }

// query is the address of this list with some of it changed.
func (p RunsPage) query(pairs ...string) string {
	deleted, columns := "", ""
	if p.Deleted {
		deleted = "1"
	}
	if p.Chosen {
		columns = strings.Join(p.Columns, ",")
	}
	experiment := ""
	if p.Experiment != 0 {
		experiment = id64(p.Experiment)
	}
	all := []string{"q", p.Text, "project", p.Project, "experiment", experiment, "deleted", deleted, "sort", p.Sort, "columns", columns}
	for i := 0; i+1 < len(pairs); i += 2 {
		if at := slices.Index(all, pairs[i]); at >= 0 && at%2 == 0 {
			all[at+1] = pairs[i+1]
			continue
		}
		all = append(all, pairs[i], pairs[i+1])
	}
	return address("/runs", all...)
}

// sorted is the address that orders by a column, or turns its order round.
func (p RunsPage) sorted(column string) string {
	next := column
	switch {
	case p.Sort == "-"+column:
		next = column
	case p.Sort == column, isMetric(column), column == "started":
		next = "-" + column
	}
	return p.query("sort", next)
}

// order is what aria-sort says of a column.
func (p RunsPage) order(column string) string {
	switch p.Sort {
	case column:
		return "ascending"
	case "-" + column:
		return "descending"
	}
	return "none"
}

func (p RunsPage) arrow(column string) string {
	return map[string]string{"ascending": " ▲", "descending": " ▼"}[p.order(column)]
}

func (p RunsPage) shows(column string) bool { return slices.Contains(p.Columns, column) }

func (p RunsPage) filtered() bool {
	return p.Text != "" || p.Project != "" || p.Experiment != 0 || p.Deleted
}

// page is the address of another page of the list.
func (p RunsPage) page(n int) string { return p.query("page", itoa(n)) }

// saved is what of this address a view keeps.
func (p RunsPage) saved() string {
	return strings.TrimPrefix(strings.TrimPrefix(p.query(), "/runs"), "?")
}

func runCount(n int) string {
	if n == 1 {
		return "1 run"
	}
	return group(itoa(n)) + " runs"
}

// shortCommit is a commit's sha as people write it.
func shortCommit(key string) string {
	_, sha, ok := strings.Cut(key, "@")
	if !ok {
		return key
	}
	return digest(sha)
}

// allColumns are those to choose from: the ones shown first.
func (p RunsPage) allColumns() []string {
	out := slices.Clone(p.Columns)
	for _, c := range p.Known {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out[:min(len(out), 300)]
}
