package views

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"throughline/models"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from %s; got\n%s", name, file, got)
	}
}

func at(s models.Subject) models.Card {
	s.ID, s.StateAt, s.Described = 7, noon.Add(-3*time.Hour), true
	return models.Card{ID: 12, Project: "CHURN", ColumnID: 3, Column: "In review", Position: 1024, Version: 4, Subject: s,
		PlacedBy: models.Placement{Rule: "open pull request", Event: "pull_request.opened", Source: "github/main", At: noon.Add(-time.Hour)}}
}

func check(state models.State) map[string]any { return map[string]any{"state": string(state)} }

var run = models.Subject{ID: 8, Ref: models.Ref{Kind: models.Run, Key: "f3a9"}, Title: "brave-otter", State: models.Passed}

// realCards is one card of each kind as the demo has them.
func realCards() map[string]models.Card {
	pull := at(models.Subject{Ref: models.Ref{Kind: models.PullRequest, Key: "acme/churn#412"}, Title: "Use calibrated probabilities in the scoring service",
		State: models.Open, Facts: map[string]any{"author": "kim-lee", "additions": 120.0, "deletions": 30.0, "check.lint": check(models.Failed),
			"check.unit": check(models.Passed), "review.lee": map[string]any{"state": "approved"}}})
	pull.Links = []models.Link{{Relation: models.BuiltFrom, From: run, To: pull.Subject}}
	pull.Comments = 2
	finished := at(models.Subject{Ref: run.Ref, Title: run.Title, State: run.State, Facts: map[string]any{"user": "dana", "experiment": "churn-baseline",
		"metric.auc": 0.93142, "metric.loss": 0.2, "started_at": "2026-11-03T08:00:00Z", "ended_at": "2026-11-03T08:14:00Z"}})
	pipeline := at(models.Subject{Ref: models.Ref{Kind: models.PipelineRun, Key: "88"}, Title: "Train", State: models.Failed, Facts: map[string]any{
		"branch": "main", "step.prepare": map[string]any{"state": "passed", "order": 1.0}, "step.train": map[string]any{"state": "failed", "order": 2.0}}})
	version := at(models.Subject{Ref: models.Ref{Kind: models.ModelVersion, Key: "churn/7"}, State: models.WaitingSignOff, Facts: map[string]any{"aliases": []any{"champion"}}})
	version.Sections, version.Of, version.Owners = 7, 9, []string{"dana@example.com"}
	deployed := at(models.Subject{Ref: models.Ref{Kind: models.Deployment, Key: "d-1"}, Title: "churn v7 in production", State: models.Live,
		Facts: map[string]any{"environment": "production", "share": 0.25, "by": "release-bot"}})
	task := at(models.Subject{Ref: models.Ref{Kind: models.Task, Key: "CHURN-42"}, Title: "Agree the retraining cadence", State: models.Open})
	task.PlacedBy = models.Placement{Person: "Dana Reyes", Override: true, At: noon}
	return map[string]models.Card{"pull_request": pull, "run": finished, "pipeline_run": pipeline, "model_version": version, "deployment": deployed, "task": task}
}

func TestCards(t *testing.T) {
	for name, card := range realCards() {
		t.Run(name, func(t *testing.T) { golden(t, "card_"+name, lines(draw(t, CardItem(card)))) })
	}
}

// A card travels inside a live frame, which holds at most 2 KB for each change.
func TestCardsAreSmall(t *testing.T) {
	for name, card := range realCards() {
		if n := len(draw(t, CardItem(card))); n > 1850 {
			t.Errorf("the card of a %s takes %d bytes", name, n)
		}
	}
}

func TestACardOfNothingKnown(t *testing.T) {
	for _, kind := range models.Kinds {
		draw(t, CardItem(models.Card{Subject: models.Subject{Ref: models.Ref{Kind: kind, Key: "k"}}}))
	}
}
