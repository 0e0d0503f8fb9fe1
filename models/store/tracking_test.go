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

func TestASpaceStays(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp, r := newSpace(t, s)
		require.ErrorIs(t, s.DeleteIntegration(t.Context(), admin, sp.Integration.ID), errOwnSpace)
		require.ErrorIs(t, s.UpdateIntegration(t.Context(), admin, sp.Integration.ID, map[string]string{"url": "http://x"}, nil), errOwnSpace)
		targets, err := s.PollTargets(t.Context())
		require.NoError(t, err)
		require.Empty(t, targets)
		again, err := s.TrackedRun(t.Context(), sp, r.Key)
		require.NoError(t, err)
		require.Equal(t, "first", again.Name)
	})
}

// TestARepeatedCallFindsItsRun: the mark of a call leads to what the first made.
func TestARepeatedCallFindsItsRun(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp, _ := newSpace(t, s)
		made := map[string]bool{}
		for n := range 5 {
			r, err := s.CreateRun(t.Context(), admin, sp, NewRun{Name: "again", Key: fmt.Sprintf("%032d", 100+n), Started: 5, Call: "the same"})
			require.NoError(t, err)
			made[r.Key] = true
		}
		require.Len(t, made, 1)
		for n := range 2 {
			r, err := s.CreateRun(t.Context(), admin, sp, NewRun{Name: "kfp", Key: fmt.Sprintf("%032d", 200+n), Tags: []models.Pair{{Key: idempotencyTag, Value: "k1"}}})
			require.NoError(t, err)
			made[r.Key] = true
		}
		require.Len(t, made, 2)
	})
}

// TestSubjectsFollowWhatIsLogged: facts come within a telling, removed tags go.
func TestSubjectsFollowWhatIsLogged(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp, r := newSpace(t, s)
		log := func(l Logged) {
			require.NoError(t, s.Log(t.Context(), admin, sp, r.Key, l))
			require.NoError(t, s.Tell(t.Context()))
		}
		log(Logged{Params: []models.Pair{{Key: "lr", Value: "1"}}, Tags: []models.Pair{{Key: "team", Value: "risk"}}, Metrics: []models.Metric{{Key: "auc", Point: models.Point{Value: 0.5}}}})
		ref := models.Ref{Kind: models.Run, Key: r.Key, Integration: sp.Integration.ID}
		one, err := s.Find(t.Context(), admin, ref)
		require.NoError(t, err)
		require.Equal(t, "1", one.Facts["param.lr"])
		require.Equal(t, "risk", one.Facts["tag.team"])
		log(Logged{Remove: []string{"team"}, Metrics: []models.Metric{{Key: "auc", Point: models.Point{Step: 1, Value: 0.7}}}})
		one, err = s.Find(t.Context(), admin, ref)
		require.NoError(t, err)
		require.Nil(t, one.Facts["tag.team"])
		require.InDelta(t, 0.7, one.Facts["metric.auc"], 1e-9)
		gone := models.LifecycleDeleted
		_, err = s.UpdateRun(t.Context(), admin, sp, r.Key, RunUpdate{Lifecycle: &gone})
		require.NoError(t, err)
		one, err = s.Find(t.Context(), admin, ref)
		require.NoError(t, err)
		require.Equal(t, true, one.Facts["deleted"])
		require.Error(t, s.Log(t.Context(), admin, sp, r.Key, Logged{Params: []models.Pair{{Key: "x", Value: "1"}}}))
	})
}
