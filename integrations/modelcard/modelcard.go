// Package modelcard takes model cards: Markdown with the front matter that
// Hugging Face made usual. The text is kept whole; the front matter becomes facts
// of the model and links to what it was made from.
package modelcard

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"throughline/integrations"
	"throughline/models"
)

// Source listens to model cards and reads them.
type Source struct{}

// New is the source.
func New() Source { return Source{} }

const (
	maxText = 1 << 20
	maxName = 500 // bytes of a model's name or version
)

// About describes the source.
func (Source) About() integrations.About {
	return integrations.About{
		Name:    "modelcard",
		Title:   "Model cards",
		Summary: "Model cards as Markdown, posted by your pipeline or repository.",
		Auth:    integrations.ByToken,
		MaxBody: maxText,
	}
}

// card is a posted model card. It is also what is kept for replay, with the
// name and time that stood in the address or were missing.
type card struct {
	Model    string    `json:"model,omitempty"`
	Version  word      `json:"version,omitempty"`
	Markdown *string   `json:"markdown"`
	At       time.Time `json:"at,omitzero"`
}

// word is a JSON string or number as text.
type word string

// UnmarshalJSON takes a string or a number.
func (w *word) UnmarshalJSON(raw []byte) error {
	var n json.Number
	if err := json.Unmarshal(raw, &n); err == nil && raw[0] != '"' {
		*w = word(n)
		return nil
	}
	var s string
	err := json.Unmarshal(raw, &s)
	*w = word(s)
	return err
}

// Receive decodes one posted card: text/markdown, or application/json
// {"model","version","markdown","at"}. A card that says no time is of now.
func (s Source) Receive(_ context.Context, _ integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	c, err := posted(r)
	if err != nil {
		return nil, err
	}
	if c.At.IsZero() {
		c.At = r.Now
	}
	e, err := s.event(c)
	if err != nil {
		return nil, err
	}
	return []integrations.Event{e}, nil
}

// Replay decodes a kept card again.
func (s Source) Replay(_ context.Context, _ integrations.Account, _ string, _ http.Header, body []byte) (integrations.Event, error) {
	c, err := fromJSON(body)
	if err != nil {
		return integrations.Event{}, err
	}
	return s.event(c)
}

func (s Source) event(c card) (integrations.Event, error) {
	c.At = c.At.UTC()
	batch, err := s.ReadCard(c.Model, *c.Markdown, c.At)
	if err != nil {
		return integrations.Event{}, err
	}
	batch.Cards[0].Version = string(c.Version)
	body, err := json.Marshal(c)
	if err != nil {
		return integrations.Event{}, models.Errorf(models.Invalid, "The model card cannot be kept: %w", err)
	}
	return integrations.Event{Name: "model_card.posted", Body: body, Batch: batch, Problems: batch.Cards[0].Problems}, nil
}

func posted(r integrations.Request) (card, error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := strings.ToLower(params["charset"])
	if err != nil || charset != "" && charset != "utf-8" && charset != "us-ascii" {
		media = ""
	}
	var c card
	switch media {
	case "text/markdown", "text/x-markdown", "text/plain":
		text := string(r.Body)
		c.Markdown = &text
	case "application/json":
		if c, err = fromJSON(r.Body); err != nil {
			return c, err
		}
	default:
		return c, models.Errorf(models.Unsupported, "The media type %q is not read; send text/markdown or application/json in UTF-8.", r.Header.Get("Content-Type"))
	}
	return c, c.address(r)
}

// address takes in what the query and headers say.
func (c *card) address(r integrations.Request) error {
	for _, name := range []string{r.Header.Get("X-Model"), r.Query.Get("model")} {
		if name != "" {
			c.Model = name
		}
	}
	if version := r.Query.Get("version"); version != "" {
		c.Version = word(version)
	}
	if raw := r.Query.Get("at"); raw != "" {
		at, err := time.Parse(time.RFC3339, raw)
		if err != nil {
			return models.FieldErrorf(models.Invalid, "at", "at: %.40q is not an RFC 3339 time.", raw)
		}
		c.At = at
	}
	return c.check()
}

func fromJSON(body []byte) (c card, err error) {
	if err := json.Unmarshal(body, &c); err != nil {
		return c, models.Errorf(models.Invalid, "The body is not a model card in JSON: %w.", err)
	}
	if c.Markdown == nil {
		return c, models.FieldErrorf(models.Invalid, "markdown", "markdown: the text is missing.")
	}
	return c, c.check()
}

func (c card) check() error {
	if year := c.At.UTC().Year(); !c.At.IsZero() && (year < 1970 || year > 9999) {
		return models.FieldErrorf(models.Invalid, "at", "at: the year %d is none of ours.", year)
	}
	if c.Version != "" && (!fits(string(c.Version)) || strings.Contains(string(c.Version), "/")) {
		return models.FieldErrorf(models.Invalid, "version", "version: %.80q cannot be the version of a model.", c.Version)
	}
	if c.Model != "" && !fits(c.Model) {
		return models.FieldErrorf(models.Invalid, "model", "model: %.80q cannot be the name of a model.", c.Model)
	}
	return nil
}

// fits tells whether a text can be the name or version of a model.
func fits(name string) bool {
	return name != "" && name == strings.TrimSpace(name) && len(name) <= maxName && utf8.ValidString(name) && !strings.ContainsFunc(name, unicode.IsControl)
}
