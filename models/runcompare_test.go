package models

import "testing"

func TestRunsSideBySide(t *testing.T) {
	run := func(key string, auc, loss float64, params ...Pair) TrackedRun {
		return TrackedRun{Key: key, Params: params, Metrics: []Metric{{Key: "auc", Point: Point{Value: auc}}, {Key: "loss", Point: Point{Value: loss}}}}
	}
	c := CompareRuns([]TrackedRun{run("a", 0.8, 0.2, Pair{"lr", "1"}, Pair{"n", "5"}), run("b", 0.9, 0.3, Pair{"lr", "2"}, Pair{"n", "5"}), run("c", 0.7, 0.1, Pair{"lr", "2"})}, "b")
	if c.Baseline != 1 || len(c.Params) != 2 || c.Params[0].Name != "lr" || len(c.Same) != 0 {
		t.Fatalf("%+v", c)
	}
	auc, loss := c.Metrics[0], c.Metrics[1]
	if !auc.Cells[1].Best || auc.Cells[0].Best || !loss.Cells[2].Best || loss.Cells[1].Best {
		t.Errorf("the best: %+v %+v", auc, loss)
	}
	if moved := auc.Cells[2]; !moved.Moved || moved.Change > -0.19 || auc.Cells[1].Moved {
		t.Errorf("against the baseline: %+v", auc)
	}
	if one := CompareRuns([]TrackedRun{run("a", 1, 1)}, "none"); one.Baseline != 0 {
		t.Error("without such a baseline the first run is it")
	}
}
