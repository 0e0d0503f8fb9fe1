package modelcard

import (
	"strings"
	"time"
	"unicode/utf8"

	"throughline/models"
)

// ReadCard reads a model card. name is the model it is about; where it is empty,
// the front matter names the model (model_name, or the first of model-index). A
// fault in the front matter is a Problem and the text is kept; front matter made
// to exhaust a reader is refused as Unprocessed.
func (Source) ReadCard(name, markdown string, at time.Time) (models.Batch, error) {
	if err := readable(markdown); err != nil {
		return models.Batch{}, err
	}
	front, err := readFront(markdown)
	if err != nil {
		return models.Batch{}, err
	}
	said := front.facts()
	if name == "" {
		name = said.model
	}
	if !fits(name) {
		return models.Batch{}, models.FieldErrorf(models.Invalid, "model", "model: name the model, by ?model=NAME or by model_name in the front matter.")
	}
	batch := models.Batch{Cards: []models.CardText{{Model: name, Markdown: markdown, At: at, Problems: front.problems}}}
	d := models.Description{Ref: models.Ref{Kind: models.Model, Key: name}, At: at, Facts: said.facts, Links: said.links(name)}
	if len(d.Facts)+len(d.Links) > 0 {
		batch.Descriptions = []models.Description{d}
	}
	return batch, nil
}

func readable(markdown string) error {
	switch {
	case len(markdown) > maxText:
		return models.Errorf(models.TooLarge, "A model card may be 1 MiB long; this one has %d bytes.", len(markdown))
	case strings.TrimSpace(markdown) == "":
		return models.FieldErrorf(models.Invalid, "markdown", "markdown: the text is empty.")
	case !utf8.ValidString(markdown):
		return models.FieldErrorf(models.Invalid, "markdown", "markdown: the text is not UTF-8, at byte %d.", firstInvalid(markdown))
	}
	return nil
}

// firstInvalid is the offset of the first byte that is not UTF-8.
func firstInvalid(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(s)
}
