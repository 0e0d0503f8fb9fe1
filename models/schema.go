package models

import (
	"slices"
	"strings"
)

// FactSchema is the fact of a dataset, or of one version of it, that lists its columns: []Field.
const FactSchema = "schema"

// FactColumns is the fact of a dataset that says where its columns come from:
// map[string][]ColumnSource, by column.
const FactColumns = "column_lineage"

// Field is one column of a dataset, or one field of such a column.
type Field struct {
	Name        string  `json:"name"`
	Type        string  `json:"type,omitempty"`
	Description string  `json:"description,omitempty"`
	Fields      []Field `json:"fields,omitempty"`
}

// ColumnSource is a column that another one is made from.
type ColumnSource struct {
	Dataset string `json:"dataset"` // its key: NAMESPACE/NAME
	Column  string `json:"column"`
	How     string `json:"how,omitempty"` // identity, aggregation, filter, …
	Masked  bool   `json:"masked,omitempty"`
}

// FieldChange is one difference between two schemas. Was is empty for a column
// that was added, Is for one that is gone.
type FieldChange struct {
	Path    string `json:"column"` // address.street for a field of a column
	Was, Is string // types
	Added   bool   `json:"added,omitempty"`
	Removed bool   `json:"removed,omitempty"`
}

// DiffFields are the columns that were added, removed, or have another type, by
// their names. The order of columns does not count.
func DiffFields(was, is []Field) (out []FieldChange) {
	before, after := flatFields("", was), flatFields("", is)
	for path, t := range before {
		if now, still := after[path]; !still {
			out = append(out, FieldChange{Path: path, Was: t, Removed: true})
		} else if now != t {
			out = append(out, FieldChange{Path: path, Was: t, Is: now})
		}
	}
	for path, t := range after {
		if _, known := before[path]; !known {
			out = append(out, FieldChange{Path: path, Is: t, Added: true})
		}
	}
	slices.SortFunc(out, func(a, b FieldChange) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// flatFields are the types of all columns by their paths.
func flatFields(within string, list []Field) map[string]string {
	out := make(map[string]string, len(list))
	for _, f := range list {
		path := within + f.Name
		out[path] = f.Type
		for inner, t := range flatFields(path+".", f.Fields) {
			out[inner] = t
		}
	}
	return out
}
