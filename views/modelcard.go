package views

import (
	"net/url"

	"throughline/models"
)

// CardPage is the form that writes a model card.
type CardPage struct {
	Frame    Frame
	Model    string
	Markdown string
	Revision int // the one the text started from; 0 is none
	Problems []models.Problem
	Error    string
}

func cardEditPath(model string) string { return "/models/" + url.PathEscape(model) + "/card" }

// modelOf is the model that a version belongs to, or the model itself.
func modelOf(s models.Subject) string {
	if s.Ref.Kind == models.ModelVersion {
		if m, _, ok := models.SplitVersion(s.Ref.Key); ok {
			return m
		}
	}
	return s.Ref.Key
}

// cardTemplate is what a new model card starts with.
const cardTemplate = `---
license: 
tags: []
datasets: []
metrics: []
---

# Model details

## Uses

## Bias, risks and limitations

## Training details

## Evaluation

## Model card contact
`

func cardText(p CardPage) string {
	if p.Markdown == "" && p.Revision == 0 && p.Error == "" {
		return cardTemplate
	}
	return p.Markdown
}

func modelPath(model string) string { return "/models/" + url.PathEscape(model) }
