package views

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"throughline/models"
)

var noon = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// draw renders a component.
func draw(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var tags = regexp.MustCompile(`(<[^/][^>]*>)`)

// lines sets each tag on a line of its own, for people who compare.
func lines(html string) string {
	return strings.TrimSpace(tags.ReplaceAllString(html, "\n$1")) + "\n"
}

func frameOf(text string) Frame {
	p := models.Project{ID: 1, Key: "CHURN", Name: text, Role: models.Administrator}
	return Frame{Title: text, Path: "/", CSRF: "token", Version: "test", Now: noon, Project: &p, Projects: []models.Project{p},
		Me: Me{ID: 1, Name: text, Email: text, Role: models.Administrator}, Crumbs: []Crumb{{Text: text, Path: "/"}, {Text: text}},
		Search: text, Flash: Flash{Tone: Good, Text: text}}
}

func subjectOf(kind models.Kind, key, text string) models.Subject {
	check := map[string]any{"state": "failed", "raw": text, "url": "javascript:alert(1)", "at": "2026-11-03T10:00:00Z"}
	return models.Subject{ID: 7, Ref: models.Ref{Kind: kind, Key: key}, Title: text, State: models.Failed, Raw: text, URL: "javascript:alert(1)",
		Source: "github", Integration: text, StateAt: noon.Add(-3 * time.Hour), UpdatedAt: noon, Described: true, Stale: true,
		Facts: map[string]any{"author": text, "user": text, "by": text, "experiment": text, "branch": text, "environment": text, "message": text,
			"metric." + text: 0.5, "param." + text: text, "tag." + text: text, "result." + text: 0.5, "step." + text: check, "check." + text: check,
			"review." + text: map[string]any{"state": "approved", "at": "2026-11-03T10:00:00Z"}, "aliases": []any{text}, "labels": []any{text},
			"reviewers": []any{text}, text: text, "additions": 12.0, "deletions": 3.0}}
}

func linkOf(text string) models.Link {
	return models.Link{ID: 3, Relation: models.BuiltFrom, From: subjectOf(models.Run, text, text), To: subjectOf(models.Commit, "github.com/o/n@"+text, text),
		Evidence: models.Declared, Source: text, By: text, Since: noon, Manual: true}
}

func cardOf(kind models.Kind, key, text string) models.Card {
	return models.Card{ID: 12, Project: "CHURN", ColumnID: 3, Column: text, Position: 1024.5, Version: 4, Subject: subjectOf(kind, key, text),
		PlacedBy: models.Placement{Rule: text, Event: text, Source: text, At: noon.Add(-time.Hour)}, Links: []models.Link{linkOf(text)},
		Owners: []string{text}, Comments: 2, Sections: 3, Of: 9}
}
