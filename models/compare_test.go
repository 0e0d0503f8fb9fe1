package models

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func contender(id int64, facts map[string]any, data ...string) Contender {
	c := Contender{Run: Subject{ID: id, Ref: Ref{Kind: Run}, Facts: facts}}
	for _, key := range data {
		c.Data = append(c.Data, Link{Relation: TrainedOn, To: Subject{Ref: Ref{Kind: DatasetVersion, Key: key}}})
	}
	return c
}

func TestRunsStandBesideTheChampion(t *testing.T) {
	champion := &Champion{Contender: contender(1, map[string]any{"metric.auc": 0.9, "metric.loss": 0.3, "metric.steps": 10.0, "param.lr": "0.1", "param.seed": "7"}, "lake/tx@sha256:a")}
	better := contender(2, map[string]any{"metric.auc": 0.95, "metric.loss": 0.4, "metric.steps": 12.0, "metric.extra": 1.0, "param.lr": "0.05", "param.seed": "7", "param.new": 3.0}, "lake/tx@sha256:b", "lake/more@sha256:c")
	odd := contender(3, map[string]any{"metric.auc": "NaN", "metric.loss": 0.3, "param.lr": "0.1", "param.seed": "7"})
	c := Compare("fraud", champion, []Contender{better, odd})

	var names []string
	for _, row := range c.Metrics {
		names = append(names, row.Name)
	}
	if diff := cmp.Diff([]string{"auc", "loss", "steps", "extra"}, names); diff != "" {
		t.Errorf("the champion's first: %s", diff)
	}
	for _, want := range []struct {
		row, run int
		verdict  Verdict
		ok       bool
	}{{0, 0, DoesBetter, true}, {0, 1, "", false}, {1, 0, DoesWorse, true}, {1, 1, DoesSame, true}, {2, 0, "", true}, {2, 1, "", false}, {3, 0, "", false}} {
		if _, v, ok := c.Metrics[want.row].Against(want.run); v != want.verdict || ok != want.ok {
			t.Errorf("%s of run %d: %q %v", names[want.row], want.run, v, ok)
		}
	}
	if diff := cmp.Diff([]ParamRow{{"lr", "0.1", []string{"0.05", "0.1"}}, {"new", "", []string{"3", ""}}}, c.Params); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]DatasetRow{{"lake/more", TrainedOn, "", []string{"sha256:c", ""}}, {"lake/tx", TrainedOn, "sha256:a", []string{"sha256:b", ""}}}, c.Datasets); diff != "" {
		t.Error(diff)
	}
}

func TestTheChampionIsNotComparedWithItself(t *testing.T) {
	champion := &Champion{Contender: contender(1, map[string]any{"metric.auc": 0.9})}
	c := Compare("", champion, []Contender{contender(1, nil), contender(2, nil)})
	if !c.Champion.Own || len(c.Runs) != 1 || c.Runs[0].Run.ID != 2 {
		t.Errorf("%+v", c.Runs)
	}
}

func TestWithoutAChampionOnlyTheRunsDiffer(t *testing.T) {
	c := Compare("", nil, []Contender{contender(1, map[string]any{"metric.auc": 0.9, "param.lr": "1"}), contender(2, map[string]any{"param.lr": "1"})})
	if _, _, ok := c.Metrics[0].Against(0); ok || len(c.Params) != 0 {
		t.Errorf("%+v %+v", c.Metrics, c.Params)
	}
}
