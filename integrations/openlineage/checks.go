package openlineage

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"throughline/models"
)

// assertion is one of the facet dataQualityAssertions, or of the run facet test.
type assertion struct {
	Assertion, Name, Type, Column, Severity, Status string
	Description, Expected, Actual                   string
	Success                                         *bool
	Params                                          map[string]json.RawMessage
}

const mostChecks = 500

// checks are the results that a dataset's facets tell: assertions, and what was
// measured, which passes and fails nothing.
func (e event) checks(d dataset) (out []models.QualityResult) {
	for _, f := range []facets{d.Facets, d.Input, d.Output} {
		var list struct{ Assertions []assertion }
		f.read("dataQualityAssertions", &list)
		for _, a := range list.Assertions[:min(len(list.Assertions), mostChecks)] {
			if a.Success != nil && cmp.Or(a.Name, a.Assertion) != "" {
				out = append(out, e.result(a, *a.Success))
			}
		}
		out = append(out, e.metrics(f)...)
	}
	return out
}

// testsByRun are the results of the run facet test. Where the same tests are told
// as assertions of the datasets, those are the results.
func (e event) testsByRun() (out []models.QualityResult) {
	var list struct{ Tests []assertion }
	if e.Run == nil || !e.Run.Facets.read("test", &list) || e.asserts() {
		return nil
	}
	for _, t := range list.Tests[:min(len(list.Tests), mostChecks)] {
		if t.Name == "" {
			continue
		}
		_ = json.Unmarshal(t.Params["column_name"], &t.Column)
		r := e.result(t, t.Status == "pass")
		if t.Status == "skip" {
			r.State = models.Skipped
		}
		out = append(out, r)
	}
	return out
}

func (e event) asserts() bool {
	return slices.ContainsFunc(slices.Concat(e.Inputs, e.Outputs), func(d dataset) bool {
		return d.Facets["dataQualityAssertions"] != nil || d.Input["dataQualityAssertions"] != nil
	})
}

func (e event) result(a assertion, passed bool) models.QualityResult {
	r := models.QualityResult{Name: text(cmp.Or(a.Name, a.Assertion), 300), Column: text(a.Column, 300), State: models.Passed,
		Value: text(a.Actual, 500), Expected: text(a.Expected, 500), Message: text(a.Description, 1000), At: e.at}
	if !passed {
		r.State = models.Failed
		if strings.HasPrefix(strings.ToLower(a.Severity), "warn") {
			r.State = models.Warning
		}
	}
	if e.Run != nil {
		r.Run = e.key()
	}
	return r
}

// metrics are the numbers of dataQualityMetrics, column by column.
func (e event) metrics(f facets) (out []models.QualityResult) {
	var m struct {
		Columns map[string]map[string]json.RawMessage `json:"columnMetrics"`
	}
	f.read("dataQualityMetrics", &m)
	for _, column := range slices.Sorted(maps.Keys(m.Columns)) {
		for _, name := range slices.Sorted(maps.Keys(m.Columns[column])) {
			var n json.Number
			if json.Unmarshal(m.Columns[column][name], &n) != nil || n == "" || len(out) >= mostChecks {
				continue
			}
			r := e.result(assertion{Name: name, Column: column, Actual: n.String()}, true)
			r.State = models.Unknown
			out = append(out, r)
		}
	}
	return out
}
