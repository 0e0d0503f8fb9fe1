package store

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/search"
)

// newLogged is a space with the logged models net, other and none: net and other have
// metrics.
func newLogged(t *testing.T, s *Store) Space {
	t.Helper()
	sp, _ := newSpace(t, s)
	for n, name := range []string{"net", "other", "none"} {
		_, err := s.CreateLoggedModel(t.Context(), admin, sp, NewLoggedModel{Experiment: "0", Name: name, SourceRun: aRun, Key: "m-" + name,
			Params: []models.Pair{{Key: "n", Value: itoa(int64(n))}}, Tags: []models.Pair{{Key: "t", Value: name}}})
		require.NoError(t, err)
	}
	point := func(model, data string, step int64, value float64) ModelMetric {
		return ModelMetric{Metric: models.Metric{Key: "auc", Point: models.Point{Step: step, At: 1000 + step, Value: value}}, Model: model, DatasetName: data, DatasetDigest: "d1"}
	}
	list := []ModelMetric{point("m-net", "train", 1, .9), point("m-net", "test", 2, .5), point("m-other", "test", 1, .7), point("m-other", "", 3, math.NaN()), point("m-unknown", "", 1, 1)}
	l := Logged{Models: list}
	for _, m := range list {
		l.Metrics = append(l.Metrics, m.Metric)
	}
	logTo(t, s, sp, aRun, l)
	logTo(t, s, sp, aRun, l) // the client repeats itself
	return sp
}

func TestMetricsOfLoggedModelsAreKeptOnce(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newLogged(t, s)
		l, err := s.LoggedModel(t.Context(), sp, "m-other", false)
		require.NoError(t, err)
		require.Len(t, l.Metrics, 2)
		require.Equal(t, []any{.7, "test", aRun}, []any{l.Metrics[0].Value, l.Metrics[0].DatasetName, l.Metrics[0].Run})
		require.True(t, math.IsNaN(l.Metrics[1].Value))
	})
}

func TestLoggedModelsAreSearched(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newLogged(t, s)
		auc := search.Order{Entity: search.Metric, Key: "auc"}
		for _, c := range []struct {
			want string
			q    LoggedSearch
		}{
			{"none,other,net", LoggedSearch{}},
			{"net", LoggedSearch{Filter: "metrics.auc > 0.8"}},
			{"", LoggedSearch{Filter: "metrics.auc > 0.8", On: []MeasuredOn{{Name: "test"}}}},
			{"other,net", LoggedSearch{On: []MeasuredOn{{Name: "test", Digest: "d1"}, {Name: "x"}}}},
			{"", LoggedSearch{On: []MeasuredOn{{Name: "test", Digest: "d2"}}}},
			{"other", LoggedSearch{Filter: "params.n = 1 AND tags.t LIKE 'o%'"}},
			{"none,net", LoggedSearch{Filter: "name IN ('net','none') AND status = 'PENDING'"}},
			{"none,other,net", LoggedSearch{Filter: "status = 'LOGGED_MODEL_PENDING' AND source_run_id = '" + aRun + "'"}},
			{"net,other,none", LoggedSearch{Order: []LoggedOrder{{Order: auc}}}},
			{"net,other,none", LoggedSearch{Order: []LoggedOrder{{Order: auc, On: MeasuredOn{Name: "test"}}}}},
			{"net,none,other", LoggedSearch{Order: []LoggedOrder{{Order: search.Order{Entity: search.Attribute, Key: "name"}}}}},
		} {
			c.q.Experiments, c.q.Limit = []string{"0"}, 10
			list, _, err := s.SearchLoggedModels(t.Context(), sp, c.q)
			require.NoError(t, err)
			var names []string
			for _, l := range list {
				names = append(names, l.Name)
			}
			require.ElementsMatch(t, strings.Split(c.want, ","), strings.Split(strings.Join(names, ","), ","), "%+v", c.q)
			if c.q.Order != nil { // without one the time decides, which may be the same millisecond
				require.Equal(t, c.want, strings.Join(names, ","), "%+v", c.q)
			}
		}
	})
}

func TestADeletedLoggedModelIsFoundOnlyWhenAskedFor(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newLogged(t, s)
		require.NoError(t, s.DeleteLoggedModel(t.Context(), admin, sp, "m-net"))
		_, err := s.LoggedModel(t.Context(), sp, "m-net", false)
		require.EqualError(t, err, "Logged model with ID 'm-net' not found.")
		l, err := s.LoggedModel(t.Context(), sp, "m-net", true)
		require.NoError(t, err)
		require.Equal(t, models.LifecycleDeleted, l.Lifecycle)
	})
}

func TestARunNamesTheModelsItMade(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newLogged(t, s)
		list := []models.RunModel{{Model: "m-net", Step: 3}, {Model: "m-other", Input: true}}
		logTo(t, s, sp, aRun, Logged{Used: list})
		logTo(t, s, sp, aRun, Logged{Used: list})
		r, err := s.TrackedRun(t.Context(), sp, aRun)
		require.NoError(t, err)
		require.ElementsMatch(t, list, r.Models)
	})
}

func TestParamsOfLoggedModelsAreWrittenOnce(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newLogged(t, s)
		require.NoError(t, s.ParamLoggedModel(t.Context(), admin, sp, "m-net", []models.Pair{{Key: "n", Value: "0"}, {Key: "p", Value: "1"}}))
		require.Equal(t, models.Invalid, models.CodeOf(s.ParamLoggedModel(t.Context(), admin, sp, "m-net", []models.Pair{{Key: "n", Value: "2"}})))
	})
}
