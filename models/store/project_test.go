package store

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// tale is what a mirrored server says of one run, poll by poll, and what events add.
func tale() []models.Description {
	run := ref(models.Run, "r1")
	whole := []string{"tag.", "param.", "metric."}
	at := func(key string, step int64, v float64) models.Metric {
		return models.Metric{Key: key, Point: models.Point{Step: step, At: 100 + step, Value: v}}
	}
	experiment := map[string]any{"experiment": "fraud", "experiment_id": "7"}
	with := func(facts map[string]any) map[string]any {
		for k, v := range experiment {
			facts[k] = v
		}
		return facts
	}
	return []models.Description{
		{Ref: run, At: day(0), Title: "first", State: models.Running, Whole: whole, Points: []models.Metric{at("loss", 1, 0.5)}, Keep: true,
			Facts: with(map[string]any{"name": "first", "user": "ann", "started_at": day(0), "param.lr": "0.1", "tag.stage": "dev", "tag.gone": "x", "metric.loss": 0.5})},
		{Ref: run, At: day(1), Title: "second", State: models.Running, Whole: whole, Points: []models.Metric{at("loss", 2, 0.5)}, Keep: true,
			Facts: with(map[string]any{"name": "second", "user": "ann", "started_at": day(0), "param.lr": "0.1", "tag.stage": "prod", "metric.loss": 0.5})},
		{Ref: run, At: day(2), Title: "second", State: models.Passed, Whole: whole, Points: []models.Metric{at("loss", 3, 0.25)}, Keep: true,
			Facts: with(map[string]any{"name": "second", "user": "ann", "started_at": day(0), "ended_at": day(2), "param.lr": "0.1", "param.n": 3.0, "tag.stage": "prod", "metric.loss": 0.25, "metric.auc": "NaN", "deleted": true})},
		{Ref: ref(models.Experiment, "7"), At: day(1), Title: "fraud 2", Whole: []string{"tag."}, Facts: map[string]any{"name": "fraud 2", "created_at": day(0), "tag.team": "risk"}},
		{Ref: ref(models.Experiment, "7"), At: day(0), Title: "fraud", Whole: []string{"tag."}, Facts: map[string]any{"name": "fraud", "created_at": day(0), "tag.old": "1"}},
	}
}

// tables is all that the tables say of the runs and experiments of a source.
func (h *hub) tables() string {
	runs, err := h.s.trackedRuns(h.t.Context(), `r.integration_id = ?`, h.sources["cloudevents"].ID)
	require.NoError(h.t, err)
	out := ""
	for _, r := range runs {
		points, _, err := h.s.MetricHistory(h.t.Context(), r.ID, "loss", 0, "")
		require.NoError(h.t, err)
		out += fmt.Sprintln(r.Key, r.Name, r.User, r.Status, r.Lifecycle, r.Started, r.Ended, r.ExperimentKey, r.Params, r.Tags, r.Metrics, points)
	}
	e, err := h.s.trackedExperiment(h.t.Context(), `integration_id = ?`, nil, h.sources["cloudevents"].ID)
	require.NoError(h.t, err)
	return out + fmt.Sprintln(e.Key, e.Name, e.Lifecycle, e.Created, e.Updated, e.Tags)
}

func TestTablesFollowARunWhateverTheOrder(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		start := fmt.Sprint(day(0).UnixMilli())
		want := "r1 second ann FINISHED deleted " + start + " " + fmt.Sprint(day(2).UnixMilli()) + " 7 [{lr 0.1} {n 3}] [{mlflow.runName second} {mlflow.user ann} {stage prod}] " +
			"[{auc {0 " + fmt.Sprint(day(2).UnixMilli()) + " NaN}} {loss {3 103 0.25}}] [{1 101 0.5} {2 102 0.5} {3 103 0.25}]\n" +
			"7 fraud 2 active " + start + " " + fmt.Sprint(day(1).UnixMilli()) + " [{team risk}]\n"
		for round := range 4 {
			o := Options{DataDir: t.TempDir()}
			if s.dialect.numbers {
				o = Options{DatabaseURL: freshDatabase(t)}
			}
			h := newHub(t, open(t, o))
			order := append(tale(), tale()...)
			rand.New(rand.NewSource(int64(round))).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			if round == 0 { // the newest first
				slices.SortStableFunc(order, func(a, b models.Description) int { return b.At.Compare(a.At) })
			}
			for n, d := range order {
				h.apply("cloudevents", fmt.Sprint("tale", n), d)
			}
			require.Equal(t, want, h.tables(), "round %d", round)
		}
	})
}

func TestRunsFromBeforeTheTablesAreBroughtIntoThem(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		for n, d := range tale() {
			d.Keep = false // no history came before
			h.apply("cloudevents", fmt.Sprint("tale", n), d)
		}
		for _, table := range []string{"run_params", "run_tags", "run_metrics", "runs", "experiment_tags", "experiments"} {
			require.NoError(t, s.write(t.Context(), admin, func(u *unit) error {
				_, err := u.exec(`DELETE FROM ` + table)
				return err
			}))
		}
		require.NoError(t, s.projectPast(t.Context()))
		require.Contains(t, h.tables(), "r1 second ann FINISHED deleted")
		require.Contains(t, h.tables(), "[{lr 0.1} {n 3}]")
		require.Contains(t, h.tables(), "7 fraud 2 active")
		once := h.tables()
		require.NoError(t, s.projectPast(t.Context()))
		require.Equal(t, once, h.tables())
	})
}
