package promises

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// bell is the smallest source: {"bell":"key"} rings once, everything else is not for us.
type bell struct{}

func (bell) About() integrations.About { return integrations.About{Name: "bell"} }

func (bell) Receive(_ context.Context, _ integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	var body struct{ Bell *string }
	if err := json.Unmarshal(r.Body, &body); err != nil {
		return nil, models.Errorf(models.Invalid, "no JSON: %w", err)
	}
	if body.Bell == nil || *body.Bell == "" {
		return []integrations.Event{{Name: "silence", Body: r.Body, Ignored: true}}, nil
	}
	said := models.Description{Ref: models.Ref{Kind: models.Run, Key: *body.Bell}, At: time.Unix(1, 0), State: models.Passed}
	return []integrations.Event{{Name: "bell", Body: r.Body, Batch: models.Batch{Descriptions: []models.Description{said}}}}, nil
}

func (b bell) Replay(ctx context.Context, a integrations.Account, _ string, h http.Header, body []byte) (integrations.Event, error) {
	events, err := b.Receive(ctx, a, integrations.Request{Header: h, Body: body})
	if err != nil {
		return integrations.Event{}, err
	}
	return events[0], nil
}

func TestKeep(t *testing.T) {
	Keep(t, bell{}, Cases{
		Valid:   map[string]integrations.Request{"ring": {Body: []byte(`{"bell":"run-1"}`)}},
		Unknown: map[string]integrations.Request{"other": {Body: []byte(`{"drum":1}`)}},
	})
}

func FuzzKeep(f *testing.F) {
	Fuzz(f, bell{}, integrations.Account{}, integrations.Request{Body: []byte(`{"bell":"run-1"}`)})
}

func TestSound(t *testing.T) {
	run := models.Ref{Kind: models.Run, Key: "1"}
	good := models.Description{Ref: run, At: time.Unix(1, 0), URL: "https://x.example/1", State: models.Passed, Facts: map[string]any{"user": "dana"},
		Links: []models.LinkTo{{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: "github.com/o/n@aaaaaaa"}}}}
	if err := Sound(models.Batch{Descriptions: []models.Description{good}}); err != nil {
		t.Errorf("a sound batch: %v", err)
	}
	for claim, spoil := range map[string]func(d *models.Description){
		"a kind nobody knows":         func(d *models.Description) { d.Ref.Kind = "tower" },
		"no key":                      func(d *models.Description) { d.Ref.Key = "" },
		"an integration":              func(d *models.Description) { d.Ref.Integration = 3 },
		"another kind's state":        func(d *models.Description) { d.State = models.Merged },
		"a script for an address":     func(d *models.Description) { d.URL = "javascript:alert(1)" },
		"a year beyond JSON":          func(d *models.Description) { d.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"a reserved fact":             func(d *models.Description) { d.Facts = map[string]any{"_state": "live"} },
		"a fact that is no JSON":      func(d *models.Description) { d.Facts = map[string]any{"x": func() {}} },
		"a relation nobody knows":     func(d *models.Description) { d.Links = []models.LinkTo{{Relation: "likes", To: run}} },
		"a link to nothing":           func(d *models.Description) { d.Links = []models.LinkTo{{Relation: models.Mentions}} },
		"a state where there is none": func(d *models.Description) { d.Ref.Kind = models.Commit },
	} {
		d := good
		spoil(&d)
		if Sound(models.Batch{Descriptions: []models.Description{d}}) == nil {
			t.Errorf("%s passes", claim)
		}
	}
}

func TestVerdict(t *testing.T) {
	for claim, c := range map[string]struct {
		err error
		ok  bool
	}{
		"a refusal":         {models.Errorf(models.Invalid, "no"), true},
		"a wrong signature": {integrations.ErrSignature, true},
		"our own fault":     {errors.New("panic: boom"), false},
	} {
		if (verdict(nil, c.err) == nil) != c.ok {
			t.Errorf("%s: %v", claim, verdict(nil, c.err))
		}
	}
}

func TestWrongTypesReachEveryValue(t *testing.T) {
	out := wrongTypes([]byte(`{"a":{"b":[1]}}`))
	if len(out) != 18 { // a, b and the one element, each in six wrong types
		t.Errorf("%d copies: %q", len(out), out)
	}
	if wrongTypes([]byte("no JSON")) != nil {
		t.Error("soup has no values")
	}
}
