package modelcard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"throughline/models"
)

// said is what a front matter says about its model.
type said struct {
	model    string
	facts    map[string]any
	taken    map[string]int // how often a result's name was wanted
	bases    []string
	datasets []string
}

// facts reads the keys of the Hugging Face specification. A value of a wrong
// shape is a problem of its own and the others stand.
func (f *front) facts() said {
	s := said{facts: map[string]any{}, taken: map[string]int{}}
	if f.root == nil {
		return s
	}
	keys := f.fields(f.root)
	for key, fact := range textKeys {
		if text := f.one(key, keys); text != "" {
			s.facts[fact] = text
		}
	}
	for key, fact := range listKeys {
		if list := f.many(key, keys); len(list) > 0 {
			s.facts[fact] = list
		}
	}
	s.bases, s.datasets = f.many("base_model", keys), f.many("datasets", keys)
	if co2, ok := f.emissions(keys["co2_eq_emissions"]); ok {
		s.facts["co2"] = co2
	}
	s.model = f.one("model_name", keys)
	f.index(&s, keys["model-index"])
	f.sortProblems()
	return s
}

// textKeys and listKeys say which fact a key of the front matter becomes.
var (
	textKeys = map[string]string{"license": "license", "license_name": "license_name", "license_link": "license_link",
		"pipeline_tag": "pipeline_tag", "library_name": "library", "base_model_relation": "base_model_relation"}
	listKeys = map[string]string{"tags": "tags", "language": "language", "metrics": "metrics", "base_model": "base_model"}
)

// one is a key's text; a list of texts is joined.
func (f *front) one(key string, keys map[string]ast.Node) string {
	return strings.Join(f.many(key, keys), ", ")
}

// many is a key's list of texts; one text is a list of one.
func (f *front) many(key string, keys map[string]ast.Node) (out []string) {
	for _, item := range f.items(keys[key]) {
		text, ok := f.text(item)
		switch {
		case ok && text != "":
			out = append(out, text)
		case !ok && f.open(item) != nil && f.open(item).Type() != ast.NullType:
			f.misshapen(item, key+" must be a text or a list of texts.")
			return nil
		}
	}
	return out
}

// misshapen notes a problem once, for some keys are read twice, and no more of
// them than a person would read.
func (f *front) misshapen(n ast.Node, message string) {
	p := models.Problem{Line: f.line(n), Message: message}
	if len(f.problems) < maxProblems && !slices.Contains(f.problems, p) {
		f.problems = append(f.problems, p)
	}
}

// emissions is a number of grams, or the same under "emissions".
func (f *front) emissions(n ast.Node) (any, bool) {
	if fields := f.fields(n); fields != nil {
		return f.value(fields["emissions"])
	}
	return f.value(n)
}

// index reads model-index: the results of evaluations, as their authors report them.
func (f *front) index(s *said, n ast.Node) {
	for _, entry := range f.items(n) {
		fields := f.fields(entry)
		if fields == nil {
			f.misshapen(entry, "model-index must be a list of mappings with name and results.")
			continue
		}
		if name, ok := f.text(fields["name"]); ok && s.model == "" {
			s.model = name
		}
		for _, result := range f.items(fields["results"]) {
			f.result(s, f.fields(result), result)
		}
	}
}

// result keeps each metric as the fact result.TASK/DATASET/METRIC.
func (f *front) result(s *said, fields map[string]ast.Node, n ast.Node) {
	if fields == nil {
		f.misshapen(n, "A result must be a mapping with task, dataset and metrics.")
		return
	}
	task, dataset := f.fields(fields["task"]), f.fields(fields["dataset"])
	place := f.slug(task["type"]) + "/" + f.slug(dataset["type"])
	split, _ := f.text(dataset["split"])
	for _, item := range f.items(fields["metrics"]) {
		metric := f.fields(item)
		value, ok := f.value(metric["value"])
		if !ok {
			continue
		}
		name, _ := f.text(metric["name"])
		s.facts[s.free("result."+place+"/"+f.slug(metric["type"]), split, name)] = value
	}
}

func (f *front) slug(n ast.Node) string {
	text, _ := f.text(n)
	if text == "" || len(text) > maxName {
		return "unknown"
	}
	return text
}

// free is a name that no fact has yet: as it is, with the split or the metric's
// own name, or with a number.
func (s said) free(name string, more ...string) string {
	if s.facts[name] == nil {
		return name
	}
	for _, word := range more {
		if named := name + " (" + word + ")"; word != "" && s.facts[named] == nil {
			return named
		}
	}
	for {
		s.taken[name]++
		if numbered := fmt.Sprintf("%s (%d)", name, s.taken[name]+1); s.facts[numbered] == nil {
			return numbered
		}
	}
}

// links are what the model was made from.
func (s said) links(model string) (links []models.LinkTo) {
	for _, base := range s.bases {
		if fits(base) && base != model {
			links = append(links, models.LinkTo{Relation: models.DerivedFrom, To: models.Ref{Kind: models.Model, Key: base}})
		}
	}
	for _, dataset := range s.datasets {
		if !fits(dataset) {
			continue
		}
		if !strings.Contains(dataset, "/") {
			dataset = models.DatasetKey("huggingface.co", dataset)
		}
		links = append(links, models.LinkTo{Relation: models.Mentions, To: models.Ref{Kind: models.Dataset, Key: dataset}})
	}
	return links
}
