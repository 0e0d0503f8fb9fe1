package views

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"throughline/models"
)

// Named is one fact under a prefix: a metric, a parameter, a tag.
type Named struct {
	Name  string
	Value any
}

// Facts are the facts whose names start with the prefix, in order.
func Facts(s models.Subject, prefix string) []Named {
	var out []Named
	for name, value := range s.Facts {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			out = append(out, Named{rest, value})
		}
	}
	slices.SortFunc(out, func(a, b Named) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Words is a fact that lists words.
func Words(s models.Subject, fact string) []string {
	var out []string
	switch v := s.Facts[fact].(type) {
	case []any:
		for _, w := range v {
			out = append(out, plain(w))
		}
	case []string:
		out = v
	case string:
		if v != "" {
			out = []string{v}
		}
	}
	return out
}

// Check is one check of a commit.
type Check struct {
	Name  string
	State models.State
	Raw   string
	URL   string
	At    time.Time
}

// Checks are the checks on a commit, or those the store laid on a pull request.
func Checks(s models.Subject) []Check {
	var out []Check
	for _, f := range Facts(s, "check.") {
		v := object(f.Value)
		out = append(out, Check{Name: f.Name, State: models.State(plain(v["state"])), Raw: plain(v["raw"]),
			URL: external(plain(v["url"])), At: when(v["at"])})
	}
	return out
}

// Review is one reviewer's last word on a pull request.
type Review struct {
	By, State, Commit string
	At                time.Time
}

// Reviews are the reviews of a pull request.
func Reviews(s models.Subject) []Review {
	var out []Review
	for _, f := range Facts(s, "review.") {
		v := object(f.Value)
		out = append(out, Review{By: f.Name, State: plain(v["state"]), Commit: plain(v["commit"]), At: when(v["at"])})
	}
	return out
}

// Step is one step of a pipeline run.
type Step struct {
	Name       string // unique in the run
	Title      string // as it is shown
	State      models.State
	Start, End time.Time
	URL        string
	After      []string // names of the steps it waits for
	Error      string
	Type       string
	Attempt    int
	Cached     bool
	order      float64
}

// Steps are the steps of a pipeline run in their order.
func Steps(s models.Subject) []Step {
	var out []Step
	for _, f := range Facts(s, models.StepFact) {
		v := object(f.Value)
		order, _ := v["order"].(float64)
		attempt, _ := v["attempt"].(float64)
		out = append(out, Step{Name: f.Name, Title: or(plain(v["title"]), f.Name), State: models.State(plain(v["state"])), Start: when(v["started_at"]),
			End: when(v["ended_at"]), URL: external(plain(v["url"])), After: list(v["after"]), Error: plain(v["error"]), Type: plain(v["type"]),
			Attempt: int(attempt), Cached: v["cached"] == true, order: order})
	}
	slices.SortStableFunc(out, func(a, b Step) int { return cmp.Compare(a.order, b.order) })
	return out
}

func list(v any) (out []string) {
	many, _ := v.([]any)
	for _, one := range many {
		out = append(out, plain(one))
	}
	return out
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func when(v any) time.Time {
	t, _ := time.Parse(time.RFC3339, plain(v))
	return t
}
