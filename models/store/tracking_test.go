package store

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// newSpace is a project's tracking server with one run.
func newSpace(t *testing.T, s *Store) (Space, models.TrackedRun) {
	t.Helper()
	p, err := s.CreateProject(t.Context(), admin, "BAR", "Bar")
	require.NoError(t, err)
	sp, err := s.Space(t.Context(), p, true)
	require.NoError(t, err)
	r, err := s.CreateRun(t.Context(), admin, sp, NewRun{Name: "first", User: "ann", Key: fmt.Sprintf("%032d", 1), Started: 1000})
	require.NoError(t, err)
	return sp, r
}

func TestMetricsAreKeptOnceWhateverTheOrder(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp, r := newSpace(t, s)
		want := 700
		for n := want - 1; n >= 0; n-- {
			p := models.Metric{Key: "loss", Point: models.Point{Step: int64(n), At: int64(1000 + n/3), Value: float64(n) / 7}}
			other := models.Metric{Key: "acc", Point: models.Point{Step: int64(n), At: 5, Value: math.NaN()}}
			require.NoError(t, s.Log(t.Context(), admin, sp, r.Key, Logged{Metrics: []models.Metric{p, other}}))
			if n%50 == 0 {
				require.NoError(t, s.Log(t.Context(), admin, sp, r.Key, Logged{Metrics: []models.Metric{p}}))
			}
		}
		var got []models.Point
		for token, page := "", []models.Point(nil); ; got = append(got, page...) {
			var err error
			page, token, err = s.MetricHistory(t.Context(), r.ID, "loss", 33, token)
			require.NoError(t, err)
			if token == "" {
				got = append(got, page...)
				break
			}
		}
		if len(got) != want {
			t.Fatalf("%d points, want %d", len(got), want)
		}
		for n, p := range got {
			if p.Step != int64(n) || p.Value != float64(n)/7 {
				t.Fatalf("point %d is %+v", n, p)
			}
		}
		run, err := s.TrackedRun(t.Context(), sp, r.Key)
		require.NoError(t, err)
		if len(run.Metrics) != 2 || !math.IsNaN(run.Metrics[0].Value) || run.Metrics[1].Step != 699 {
			t.Errorf("latest are %+v", run.Metrics)
		}
	})
}
