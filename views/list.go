package views

import (
	"net/url"
	"time"

	"throughline/models"
)

// ListPage is a list of subjects, the newest first: runs, pipelines, pulls,
// models, datasets, what a search found.
type ListPage struct {
	Frame      Frame
	Heading    string
	Lead       string
	Path       string // of the list, for the filter
	Text       string
	Kinds      []models.Kind // to choose from; none on the list of one kind
	Kind       models.Kind
	States     []models.State
	State      models.State
	Best       bool
	Classes    []models.Classification // to choose from; on the list of datasets
	Class      models.Classification
	Project    string // key of the one project that is listed; empty: all
	Rows       []models.Subject
	Next       string // cursor
	Filtered   bool
	Live       map[string][]DeploymentRow  // where models are live, by model
	Governance map[int64]models.Governance // of datasets, by their ids
	Empty      string                      // the sentence where there is nothing at all
}

func (p ListPage) query(pairs ...string) string {
	best := ""
	if p.Best {
		best = "1"
	}
	all := append([]string{"q", p.Text, "kind", string(p.Kind), "state", string(p.State), "classification", string(p.Class), "project", p.Project, "best", best}, pairs...)
	return address(p.Path, all...)
}

// decisive is the one fact of a row that says most.
func decisive(s models.Subject) []bit {
	bits := decide(models.Card{Subject: s, Sections: 1, Of: 0})
	if s.Ref.Kind == models.ModelVersion || s.Ref.Kind == models.Model {
		return nil
	}
	if len(bits) > 2 {
		bits = bits[:2]
	}
	return bits
}

func rowWho(s models.Subject) string {
	for _, f := range []string{"author", "user", "actor", "by"} {
		if who := s.Text(f); who != "" {
			return short(who, 28)
		}
	}
	return ""
}

// DeploymentsPage is what runs where.
type DeploymentsPage struct {
	Frame        Frame
	Environments []string
	Models       []string
	Cells        map[[2]string]DeploymentRow // live ones, by environment and model
	Rows         []DeploymentRow
	Filter       DeploymentFilter
	Next         string
}

// DeploymentFilter limits the list below the matrix.
type DeploymentFilter struct {
	Environment, Model string
	State              models.State
}

// DeploymentRow is one deployment in a list.
type DeploymentRow struct {
	Subject                     models.Subject
	Environment, Model, Version string
	By                          string
	Gaps                        int
}

func linePath(environment, model string) string {
	return "/throughline/" + url.PathEscape(environment) + "/" + url.PathEscape(model)
}

func gapsWord(n int) string {
	if n == 0 {
		return "whole line"
	}
	return count(n, "gap")
}

func gapsTone(n int) look {
	if n == 0 {
		return look{"line", Good}
	}
	return look{"gap", Bad}
}

func (p DeploymentsPage) older() string {
	if p.Next == "" {
		return ""
	}
	return address("/deployments", "environment", p.Filter.Environment, "model", p.Filter.Model, "state", string(p.Filter.State), "after", p.Next)
}

func versionWord(v string) string {
	if v == "" {
		return ""
	}
	return "v" + v
}

func rowTime(s models.Subject) time.Time {
	if s.StateAt.IsZero() {
		return s.UpdatedAt
	}
	return s.StateAt
}

// where is the family of a row, when the kind alone does not say it already.
func where(s models.Subject) string {
	if w := cardWhere(s); w != s.Ref.Kind.Word() {
		return w
	}
	return s.Text("pipeline_tag")
}
