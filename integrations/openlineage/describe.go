package openlineage

import (
	"encoding/json"
	"slices"
	"strings"

	"throughline/models"
)

// known are the dataset facets that have facts of their own.
var known = []string{"schema", "version", "dataSource", "symlinks", "columnLineage", "lineage", "lifecycleStateChange", "documentation",
	"ownership", "tags", "datasetType", "storage", "dataQualityAssertions", "dataQualityMetrics"}

// describe puts what is known of a dataset among its facts.
func (e event) describe(whole *models.Description, d dataset) {
	facts := whole.Facts
	schema(facts, d.Facets)
	statistics(facts, d)
	e.lifecycle(whole, d)
	words(facts, d.Facets)
	d.Facets.rest(facts, known...)
	d.Input.rest(facts, "subset", "dataQualityAssertions", "dataQualityMetrics")
}

// words are the facets of one value or two.
func words(facts map[string]any, f facets) {
	var doc struct{ Description string }
	if f.read("documentation", &doc) {
		put(facts, "description", text(doc.Description, 4000))
	} else if f.deleted("documentation") {
		facts["description"] = nil
	}
	var source struct{ Name, URI string }
	if f.read("dataSource", &source) {
		put(facts, "source", withoutUser(text(source.URI, 500)))
	}
	var kind struct{ DatasetType, SubType string }
	if f.read("datasetType", &kind) {
		put(facts, "type", strings.ToLower(strings.Trim(text(kind.DatasetType, 100)+" "+text(kind.SubType, 100), " ")))
	}
	var storage struct{ StorageLayer, FileFormat string }
	if f.read("storage", &storage) {
		put(facts, "storage", strings.Trim(text(storage.StorageLayer, 100)+" "+text(storage.FileFormat, 100), " "))
	}
	tags(facts, f)
}

// withoutUser is an address without the credentials that may stand in it.
func withoutUser(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return address
	}
	host, path, slash := strings.Cut(rest, "/")
	host = host[strings.LastIndexByte(host, '@')+1:]
	if path, _, _ = strings.Cut(path, "?"); slash {
		host += "/" + path
	}
	return scheme + "://" + host
}

func tags(facts map[string]any, f facets) {
	var list struct {
		Tags []struct{ Key, Value, Field string }
	}
	if !f.read("tags", &list) {
		if f.deleted("tags") {
			facts["tags"] = nil
		}
		return
	}
	var out []string
	for _, t := range list.Tags[:min(len(list.Tags), 100)] {
		tag := text(t.Key, 100)
		if v := text(t.Value, 200); v != "" && v != "true" {
			tag += "=" + v
		}
		if t.Field != "" {
			tag = text(t.Field, 100) + ":" + tag
		}
		out = append(out, tag)
	}
	slices.Sort(out)
	facts["tags"] = slices.Compact(out)
}

// field is a column of the facet "schema".
type field struct {
	Name, Type, Description string
	Fields                  []field
}

// mostColumns limits the columns of one dataset.
const mostColumns = 5000

// schema keeps the columns, with the fields within them.
func schema(facts map[string]any, f facets) {
	var s struct{ Fields []field }
	if f.deleted("schema") {
		facts[models.FactSchema] = nil
	}
	if f.read("schema", &s) && s.Fields != nil {
		left := mostColumns
		facts[models.FactSchema] = fields(s.Fields, 8, &left)
	}
}

func fields(list []field, depth int, left *int) []models.Field {
	out := []models.Field{}
	for _, f := range list {
		if *left--; *left < 0 || depth == 0 {
			break
		}
		column := models.Field{Name: text(f.Name, 300), Type: text(f.Type, 300), Description: text(f.Description, 1000)}
		if len(f.Fields) > 0 {
			column.Fields = fields(f.Fields, depth-1, left)
		}
		out = append(out, column)
	}
	return out
}

// statistics are rows and bytes, as written or as measured.
func statistics(facts map[string]any, d dataset) {
	var measured struct{ RowCount, Bytes, FileCount json.Number }
	if d.Facets.read("dataQualityMetrics", &measured) || d.Input.read("dataQualityMetrics", &measured) {
		number(facts, "rows", measured.RowCount)
		number(facts, "bytes", measured.Bytes)
		number(facts, "files", measured.FileCount)
	}
	var written struct{ RowCount, Size, FileCount json.Number }
	if d.Output.read("outputStatistics", &written) {
		number(facts, "rows", written.RowCount)
		number(facts, "bytes", written.Size)
		number(facts, "files", written.FileCount)
	}
}

func number(facts map[string]any, name string, n json.Number) {
	if whole, err := n.Int64(); err == nil && whole >= 0 {
		facts[name] = whole
	}
}
