package openlineage

import (
	"strings"

	"throughline/models"
)

// place is the name of a dataset in another event or facet.
type place struct {
	Namespace, Name, Type string
}

// lifecycle keeps what was done to a dataset as a whole. One that was renamed is
// made from the one before, which is told where it went.
func (e event) lifecycle(whole *models.Description, d dataset) {
	var f struct {
		Change   string `json:"lifecycleStateChange"`
		Previous place  `json:"previousIdentifier"`
	}
	if !d.Facets.read("lifecycleStateChange", &f) || f.Change == "" {
		return
	}
	whole.Facts["lifecycle"] = strings.ToUpper(text(f.Change, 50))
	put(whole.Facts, "lifecycle_at", models.StepTime(e.at))
	previous := e.keyOf(f.Previous.Namespace, f.Previous.Name)
	if previous == "" || previous == whole.Ref.Key {
		return
	}
	whole.Facts["renamed_from"] = previous
	whole.Links = append(whole.Links, models.LinkTo{Relation: models.DerivedFrom, To: refTo(models.Dataset, previous)})
}

// alike are the other names of a dataset: a table of a catalogue and the folder
// that holds it. Each is a dataset of its own that says which it is, and is made
// from the one that the producer names, so that both stand on one line. A dataset
// that was renamed is told so here too.
func (e event) alike(whole *models.Description, d dataset) (out []models.Description) {
	if previous, ok := whole.Facts["renamed_from"].(string); ok {
		out = append(out, models.Description{Ref: refTo(models.Dataset, previous), At: e.at,
			Facts: map[string]any{"lifecycle": "RENAME", "lifecycle_at": models.StepTime(e.at), "renamed_to": whole.Ref.Key}})
	}
	var f struct{ Identifiers []place }
	d.Facets.read("symlinks", &f)
	var names []string
	for _, i := range f.Identifiers[:min(len(f.Identifiers), 20)] {
		key := e.keyOf(i.Namespace, i.Name)
		if key == "" || key == whole.Ref.Key {
			continue
		}
		names = append(names, key)
		other := models.Description{Ref: refTo(models.Dataset, key), At: e.at, Facts: map[string]any{"same_as": whole.Ref.Key},
			Links: []models.LinkTo{{Relation: models.DerivedFrom, To: whole.Ref}}}
		put(other.Facts, "type", strings.ToLower(text(i.Type, 50)))
		schema(other.Facts, d.Facets)
		out = append(out, other)
		whole.Links = append(whole.Links, models.LinkTo{Relation: models.Mentions, To: other.Ref})
	}
	if names != nil {
		whole.Facts["also_known_as"] = names
	}
	return out
}
