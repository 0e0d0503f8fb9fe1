package store

import (
	"encoding/json"

	"throughline/models"
	"throughline/models/forget"
)

// withoutForgotten is an inbound event without those who were anonymised: sources
// go on telling of them. Nobody on the list costs one small query per commit.
func (u *unit) withoutForgotten(in Inbound) (Inbound, error) {
	f, err := u.forgot()
	if f == nil || err != nil {
		return in, err
	}
	in.ID, in.Name, in.Problem = f.in(in.ID, forget.Plain), f.in(in.Name, forget.Plain), f.in(in.Problem, forget.Prose)
	header := orEmpty(nil)
	for name, value := range in.Header {
		header[name] = f.in(value, forget.Prose)
	}
	in.Header = header
	in.Body = f.body(in.Body)
	return in, nil
}

// body is a delivery's raw text without the forgotten.
func (f *forgotten) body(raw []byte) []byte {
	text := string(raw)
	out := f.in(plainEscapes(text), forget.JSON)
	if out == plainEscapes(text) {
		return raw
	}
	return []byte(out)
}

// describeWithout is a description without the forgotten. Its rank was taken
// before, so that it stands against others as it would have.
func (f *forgotten) describeWithout(d models.Description) models.Description {
	if f == nil {
		return d
	}
	d.Ref.Key = f.in(d.Ref.Key, forget.Plain)
	d.Title, d.URL, d.Raw, d.Text = f.in(d.Title, forget.Prose), f.in(d.URL, forget.Plain), f.in(d.Raw, forget.Plain), f.in(d.Text, forget.Prose)
	d.Facts = f.facts(d.Facts)
	links := make([]models.LinkTo, len(d.Links))
	for i, l := range d.Links {
		l.To.Key = f.in(l.To.Key, forget.Plain)
		links[i] = l
	}
	d.Links = links
	owners := make([]models.OwnerClaim, len(d.Owners))
	for i, o := range d.Owners {
		o.Person = f.in(o.Person, forget.Person)
		owners[i] = o
	}
	d.Owners = owners
	return d
}

// facts goes through JSON, where whole strings and the names of facts are known.
func (f *forgotten) facts(facts map[string]any) map[string]any {
	if len(facts) == 0 {
		return facts
	}
	text, err := json.Marshal(facts)
	if err != nil {
		return facts
	}
	clean, changed := f.forgetter().In(string(text), forget.JSON)
	var out map[string]any
	if !changed || json.Unmarshal([]byte(clean), &out) != nil {
		return facts
	}
	return out
}
