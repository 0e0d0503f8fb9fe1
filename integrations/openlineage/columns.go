package openlineage

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"throughline/models"
)

// origin is a column that another is made from (facets columnLineage, lineage).
type origin struct {
	Namespace, Name, Field string
	Transformations        []struct {
		Type, Subtype string
		Masking       bool
	}
}

// lines are where the columns of a dataset come from.
type lines struct {
	Fields map[string]struct {
		InputFields []origin
		Inputs      []origin // of the facet lineage
		Type        string   `json:"transformationType"`
	}
	Dataset []origin // what the whole depends on: joins, filters
	Inputs  []origin // of the facet lineage
}

// WholeDataset is the name in models.FactColumns of what no single column but the
// whole depends on, such as the column that rows are filtered by.
const WholeDataset = "*"

// columns keeps where columns come from, and returns the datasets they come from.
func (e event) columns(facts map[string]any, d dataset) []string {
	var f lines
	if d.Facets.deleted("columnLineage") {
		facts[models.FactColumns] = nil
	}
	if !d.Facets.read("columnLineage", &f) && !d.Facets.read("lineage", &f) {
		return nil
	}
	out, datasets, left := map[string][]models.ColumnSource{}, map[string]bool{}, mostColumns
	add := func(column, how string, list []origin) {
		for _, o := range list {
			key := e.keyOf(o.Namespace, o.Name)
			if left--; key == "" || left < 0 {
				continue
			}
			datasets[key] = true
			if o.Field != "" {
				out[column] = append(out[column], o.source(key, how))
			}
		}
	}
	for _, column := range slices.Sorted(maps.Keys(f.Fields)) {
		add(text(column, 300), f.Fields[column].Type, append(f.Fields[column].InputFields, f.Fields[column].Inputs...))
	}
	add(WholeDataset, "", append(f.Dataset, f.Inputs...))
	if len(out) > 0 {
		facts[models.FactColumns] = out
	}
	return slices.Sorted(maps.Keys(datasets))
}

func (o origin) source(dataset, how string) models.ColumnSource {
	s := models.ColumnSource{Dataset: dataset, Column: text(o.Field, 300)}
	for _, t := range o.Transformations {
		s.How = cmp.Or(s.How, t.Subtype, t.Type)
		s.Masked = s.Masked || t.Masking
	}
	s.How = strings.ToLower(text(cmp.Or(s.How, how), 50))
	s.Masked = s.Masked || s.How == "masked"
	return s
}
