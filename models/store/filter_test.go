package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/search"
)

// filterRuns are six runs of one experiment: a to f.
func filterRuns(t *testing.T, s *Store) Space {
	t.Helper()
	sp, _ := newSpace(t, s)
	e, err := s.CreateExperiment(t.Context(), admin, sp, models.TrackedExperiment{Name: "filter"})
	require.NoError(t, err)
	for n, name := range strings.Split("abcdef", "") {
		_, err := s.CreateRun(t.Context(), admin, sp, NewRun{Experiment: e.Key, Name: "Run_" + name, User: "ann", Key: name, Started: int64(1000 + n/2)})
		require.NoError(t, err)
	}
	auc := map[string]float64{"a": .5, "b": .9, "c": math.NaN(), "d": -1}
	for name, value := range auc {
		logTo(t, s, sp, name, Logged{Metrics: []models.Metric{{Key: "auc", Point: models.Point{Value: value}}}})
	}
	logTo(t, s, sp, "a", Logged{Params: []models.Pair{{Key: "lr", Value: "0.1"}}, Tags: []models.Pair{{Key: "team", Value: "Risk*1"}}})
	logTo(t, s, sp, "b", Logged{Params: []models.Pair{{Key: "lr", Value: "0.01"}}, Tags: []models.Pair{{Key: "team", Value: "risk_1"}}})
	logTo(t, s, sp, "e", Logged{Tags: []models.Pair{{Key: "team", Value: `50% off\`}}})
	for name, context := range map[string]string{"c": "training", "d": "evaluation"} {
		input := models.RunInput{Dataset: models.RunDataset{Name: "train-" + name, Digest: "66" + name}, Tags: []models.Pair{{Key: "mlflow.data.context", Value: context}, {Key: "other", Value: "training"}}}
		logTo(t, s, sp, name, Logged{Inputs: []models.RunInput{input}})
	}
	ended := int64(5000)
	finished := models.RunFinished
	_, err = s.UpdateRun(t.Context(), admin, sp, "f", RunUpdate{Ended: &ended, Status: &finished})
	require.NoError(t, err)
	return sp
}

func logTo(t *testing.T, s *Store, sp Space, run string, what Logged) {
	t.Helper()
	require.NoError(t, s.Log(t.Context(), admin, sp, run, what))
}

// found are the keys of the runs that a filter finds, in their order.
func found(t *testing.T, s *Store, q search.Query) string {
	t.Helper()
	f := s.dialect.runFilter(q)
	text := `SELECT r.key FROM runs r JOIN experiments e ON e.id = r.experiment_id` + f.Joins + ` WHERE e.name = ? AND ` + f.Where + ` ORDER BY ` + f.Order
	rows, err := s.query(t.Context(), text, slices.Concat(f.JoinArgs, []any{"filter"}, f.WhereArgs)...)
	keys, err := all(rows, err, func(r *sql.Rows, key *string) error { return r.Scan(key) })
	require.NoError(t, err, text)
	return strings.Join(keys, "")
}

func TestFiltersFindRuns(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		filterRuns(t, s)
		for filter, want := range map[string]string{
			"":                                       "efcdab",
			"metrics.auc > -2":                       "dab", // what is no number is not greater than anything
			"metrics.auc != 0.5":                     "cdb", // but differs from everything
			"metrics.auc <= 0":                       "d",
			"metrics.none != 1":                      "", // a missing key never matches
			"params.lr = '0.1'":                      "a",
			"params.lr != '0.1'":                     "b",
			"params.lr LIKE '0.%'":                   "ab",
			"params.lr IS NULL":                      "efcd",
			"tags.team IS NOT NULL AND status = 'x'": "",
			"tags.team IS NOT NULL":                  "eab",
			"tags.team LIKE 'risk%'":                 "b", // cases are told apart
			"tags.team LIKE 'Risk*_'":                "a", // a star is a star
			"tags.team LIKE 'Risk__'":                "a",
			"tags.team LIKE '[Rr]isk%'":              "",
			"tags.team ILIKE 'RISK_1'":               "ab",
			`tags.team LIKE '%off\'`:                 "e", // and nothing escapes
			`tags.team LIKE '50\%%'`:                 "",
			`tags.team ILIKE '%OFF\'`:                "e",
			"attributes.run_name = 'Run_a'":          "a",
			"run_id IN ('b','x','a')":                "ab",
			"run_id NOT IN ('b','x','a')":            "efcd",
			"start_time >= 1001":                     "efcd",
			"end_time != 1":                          "f", // runs without an end have none
			"end_time < 6000":                        "f",
			"status = 'FINISHED'":                    "f",
			"user_id ILIKE 'A%' AND created = 1002":  "ef",
			"dataset.name LIKE 'train-%'":            "cd",
			"dataset.digest IN ('66c','66x')":        "c",
			"dataset.context = 'training'":           "c",
			"datasets.context != 'training'":         "d",
			"tags.a = 'x'' OR ''1''=''1'":            "",
		} {
			clauses, err := search.Runs.Filter(filter)
			require.NoError(t, err, filter)
			if got := found(t, s, search.Query{Clauses: clauses}); got != want {
				t.Errorf("%s finds %s, want %s", filter, got, want)
			}
		}
	})
}

func TestRunsAreOrdered(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		filterRuns(t, s)
		for order, want := range map[string]string{
			"metrics.auc":                    "dabcef", // not a number behind numbers, nothing last
			"metrics.auc DESC":               "badcef",
			"params.lr":                      "baefcd",
			"params.lr DESC":                 "abefcd",
			"tags.team":                      "eabfcd", // by bytes, on both databases
			"start_time":                     "abcdef",
			"end_time DESC":                  "fecdab",
			"run_name DESC":                  "fedcba",
			"status, metrics.auc":            "fdabce",
			"tags.team DESC, params.lr DESC": "baefcd",
		} {
			o, err := search.Runs.Orders(strings.Split(order, ", "))
			require.NoError(t, err, order)
			if got := found(t, s, search.Query{Order: o}); got != want {
				t.Errorf("%s is %s, want %s", order, got, want)
			}
		}
	})
}

func TestFiltersFindExperiments(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := filterRuns(t, s)
		for n, name := range []string{"Fraud 1", "fraud 2"} {
			_, err := s.CreateExperiment(t.Context(), admin, sp, models.TrackedExperiment{Name: name, Tags: []models.Pair{{Key: "team", Value: fmt.Sprint(n)}}})
			require.NoError(t, err)
		}
		for filter, want := range map[string]string{
			"name LIKE 'fraud%'":                   "fraud 2",
			"name ILIKE 'fraud%'":                  "fraud 2,Fraud 1",
			"tags.team != '0'":                     "fraud 2",
			"creation_time < 5":                    "",
			"name LIKE 'f%' AND tags.team IS NULL": "filter",
		} {
			q, err := search.Experiments.Query(filter, []string{"name DESC"})
			require.NoError(t, err, filter)
			f := s.dialect.experimentFilter(q)
			rows, err := s.query(t.Context(), `SELECT e.name FROM experiments e`+f.Joins+` WHERE `+f.Where+` ORDER BY `+f.Order, slices.Concat(f.JoinArgs, f.WhereArgs)...)
			names, err := all(rows, err, func(r *sql.Rows, name *string) error { return r.Scan(name) })
			require.NoError(t, err, filter)
			if got := strings.Join(names, ","); got != want {
				t.Errorf("%s finds %s, want %s", filter, got, want)
			}
		}
	})
}

// Row 47: whatever a filter holds, the query's text is made of constants and marks.
func TestFiltersAreBoundNeverWritten(t *testing.T) {
	evil := `x'); DROP TABLE runs; --`
	for _, d := range []dialect{liteDialect, pgDialect} {
		for _, e := range []search.Entity{search.Attribute, search.Metric, search.Param, search.Tag, search.Dataset, search.Entity(evil)} {
			for _, op := range []string{"=", "LIKE", "ILIKE", "IN", "IS NULL", evil} {
				q := search.Query{Clauses: []search.Clause{{Entity: e, Key: evil, Op: op, Text: evil, List: []string{evil}}}, Order: []search.Order{{Entity: e, Key: evil}}}
				for _, f := range []selection{d.runFilter(q), d.experimentFilter(q)} {
					if text := f.Joins + f.Where + f.Order; strings.Contains(text, "DROP") {
						t.Errorf("%s %s: %s", e, op, text)
					}
				}
			}
		}
	}
}

// Row 46: as many comparisons as a filter may have are answered at once. PostgreSQL
// would look for the best order of joining them for longer than anybody waits.
func TestTheLongestFilterIsAnswered(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		filterRuns(t, s)
		clauses, err := search.Runs.Filter(strings.Repeat("metrics.auc > 0 AND tags.team LIKE '%_1' AND ", 20))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		f := s.dialect.runFilter(search.Query{Clauses: clauses})
		require.True(t, s.dialect == liteDialect || strings.Count(f.Where, " OFFSET 0)") == len(clauses), "each is behind a fence on PostgreSQL")
		rows, err := s.query(ctx, `SELECT r.key FROM runs r JOIN experiments e ON e.id = r.experiment_id WHERE `+f.Where+` ORDER BY `+f.Order, f.WhereArgs...)
		keys, err := all(rows, err, scanText)
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"a", "b"}, keys)
	})
}
