package views

import (
	"net/url"
	"strings"

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

// cardHTML draws a model card without its front matter.
func cardHTML(text string) string { return markdownHTML(withoutFrontMatter(text)) }

func withoutFrontMatter(text string) string {
	text = strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff")
	if !strings.HasPrefix(text, "---\n") {
		return text
	}
	if end := strings.Index(text[4:], "\n---"); end >= 0 {
		rest := text[4+end+4:]
		_, body, _ := strings.Cut(rest, "\n")
		return body
	}
	return text
}

// cardTemplate is what a new model card starts with.
const cardTemplate = `---
license: 
tags: []
datasets: []
metrics: []
---

# Model card

## Intended use

## Training data

## Evaluation

## Limitations

## Ethical considerations
`

func cardText(p CardPage) string {
	if p.Markdown == "" && p.Revision == 0 && p.Error == "" {
		return cardTemplate
	}
	return p.Markdown
}

func modelPath(model string) string { return "/models/" + url.PathEscape(model) }
