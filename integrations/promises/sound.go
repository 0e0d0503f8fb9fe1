package promises

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"throughline/models"
)

// Sound is an error when a batch says something that no source may say: a
// subject without a key, a state its kind cannot have, an address that is not of
// the web, a fact that is not JSON.
func Sound(b models.Batch) error {
	for _, d := range b.Descriptions {
		if err := soundDescription(d); err != nil {
			return fmt.Errorf("%s %q: %w", d.Ref.Kind, d.Ref.Key, err)
		}
	}
	for _, c := range b.Cards {
		if c.Model == "" {
			return fmt.Errorf("a model card without a model")
		}
	}
	return nil
}

func soundDescription(d models.Description) error {
	if err := soundRef(d.Ref); err != nil {
		return err
	}
	if d.State != "" && !slices.Contains(models.StatesOf(d.Ref.Kind), d.State) {
		return fmt.Errorf("cannot be %q", d.State)
	}
	if !soundTime(d.At) || !soundTime(d.StateAt) {
		return fmt.Errorf("the times %v and %v cannot be kept", d.At, d.StateAt)
	}
	if u, err := url.Parse(d.URL); d.URL != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		return fmt.Errorf("%q is no web address", d.URL)
	}
	if err := soundFacts(d); err != nil {
		return err
	}
	return soundLinks(d.Links)
}

func soundRef(r models.Ref) error {
	switch {
	case !r.Kind.Known():
		return fmt.Errorf("unknown kind %q", r.Kind)
	case r.Key == "" || !utf8.ValidString(r.Key):
		return fmt.Errorf("%q is no key", r.Key)
	case r.Integration != 0:
		return fmt.Errorf("a source stamps no integration")
	}
	return nil
}

func soundFacts(d models.Description) error {
	for name, value := range d.Facts {
		if name == "" || name[0] == '_' {
			return fmt.Errorf("%q is no name of a fact", name)
		}
		if _, err := json.Marshal(value); err != nil {
			return fmt.Errorf("fact %q: %w", name, err)
		}
	}
	return nil
}

func soundLinks(links []models.LinkTo) error {
	for _, l := range links {
		if !slices.Contains(models.Relations, l.Relation) {
			return fmt.Errorf("unknown relation %q", l.Relation)
		}
		if err := soundRef(l.To); err != nil {
			return fmt.Errorf("%s: %w", l.Relation, err)
		}
	}
	return nil
}

// soundTime tells whether JSON can hold the time: its year has four digits.
func soundTime(t time.Time) bool { return t.Year() >= 0 && t.Year() <= 9999 }
