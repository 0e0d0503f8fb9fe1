package search

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"throughline/models"
)

func numeric(key, op string, n float64, as string) Clause {
	return Clause{Entity: Metric, Key: key, Op: op, Number: n, Text: as, Numeric: true}
}

func word(e Entity, key, op, value string) Clause {
	return Clause{Entity: e, Key: key, Op: op, Text: value}
}

var filters = []struct {
	name    string
	grammar Grammar
	filter  string
	want    []Clause
}{
	{"nothing", Runs, "  ", []Clause{}},
	{"a metric", Runs, "metrics.auc >= .5", []Clause{numeric("auc", ">=", .5, ".5")}},
	{"a small negative number without spaces", Runs, "metric.loss<-1e-3", []Clause{numeric("loss", "<", -1e-3, "-1e-3")}},
	{"keys in backquotes and quotes", Runs, "metrics.`val auc` > 1 AND tags.\"a/b\" = 'x'", []Clause{numeric("val auc", ">", 1, "1"), word(Tag, "a/b", "=", "x")}},
	{"a key with dots", Runs, "tags.mlflow.user = 'ann'", []Clause{word(Tag, "mlflow.user", "=", "ann")}},
	{"keywords in any case, also as keys", Runs, "tags.and like 'x' aNd params.in = 'y' AND", []Clause{word(Tag, "and", "LIKE", "x"), word(Param, "in", "=", "y")}},
	{"no escapes in quotes", Runs, `tags.a = 'it''s' and tags.b = "\n"`, []Clause{word(Tag, "a", "=", "it''s"), word(Tag, "b", "=", `\n`)}},
	{"an attribute by its other name", Runs, "created > 5", []Clause{{Entity: Attribute, Key: "start_time", Op: ">", Number: 5, Text: "5", Numeric: true}}},
	{"a list", Runs, `run_id NOT IN ('a', "b",)`, []Clause{{Entity: Attribute, Key: "run_id", Op: "NOT IN", List: []string{"a", "b"}}}},
	{"datasets", Runs, "datasets.context IN ('training')", []Clause{{Entity: Dataset, Key: "context", Op: "IN", List: []string{"training"}}}},
	{"missing and present", Runs, "tags.a IS NULL AND params.b is not null", []Clause{{Entity: Tag, Key: "a", Op: "IS NULL"}, {Entity: Param, Key: "b", Op: "IS NOT NULL"}}},
	{"experiments", Experiments, "name ILIKE 'Fraud%' AND creation_time > 10", []Clause{word(Attribute, "name", "ILIKE", "Fraud%"), {Entity: Attribute, Key: "creation_time", Op: ">", Number: 10, Text: "10", Numeric: true}}},
	{"models that are no prompts", RegisteredModels, "tag.`mlflow.prompt.is_prompt` != 'true'", []Clause{word(Tag, "mlflow.prompt.is_prompt", "!=", "true")}},
	{"a quoted version", ModelVersions, "version_number = '2'", []Clause{{Entity: Attribute, Key: "version_number", Op: "=", Number: 2, Text: "2", Numeric: true}}},
	{"logged models, without quotes", LoggedModels, "params.lr = 0.1 AND name = abc AND creation_time > 5", []Clause{word(Param, "lr", "=", "0.1"), word(Attribute, "name", "=", "abc"), {Entity: Attribute, Key: "creation_timestamp_ms", Op: ">", Number: 5, Text: "5", Numeric: true}}},
	{"logged models, a list of anything", LoggedModels, "tags.a IN ('x','y')", []Clause{{Entity: Tag, Key: "a", Op: "IN", List: []string{"x", "y"}}}},
}

func TestFiltersAreRead(t *testing.T) {
	for _, c := range filters {
		got, err := c.grammar.Filter(c.filter)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %s is %+v, %v", c.name, c.filter, got, err)
		}
	}
}

var refusals = []struct {
	grammar      Grammar
	filter, want string
	place        string // what the error points at
}{
	{Runs, "metrics.auc > 1 AND foo.b > 1", "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']", "foo.b"},
	{Runs, "metrics.val/auc > 0.5", "Invalid comparison clause. Expected 'Identifier' found 'metrics.val/auc'", "metrics.val/auc"},
	{Runs, "metrics.a > 1 OR metrics.b > 2", "Invalid clause(s) in filter string: 'OR'", "OR"},
	{Runs, "tags.a = 'x' # c", "Invalid clause(s) in filter string: '# c'", "# c"},
	{Runs, "metrics.a > 1; drop table runs", "Search filter contained multiple expression 'metrics.a > 1; drop table runs'. Provide AND-ed expression list.", ";"},
	{Runs, "params.lr > '0.1'", "Invalid comparator '>' not one of '{'!=', '=', 'LIKE', 'ILIKE', 'IS NULL', 'IS NOT NULL'}'", ">"},
	{Runs, "tags.a NOT LIKE 'x'", "Invalid comparator 'NOT LIKE' not one of '{'!=', '=', 'LIKE', 'ILIKE', 'IS NULL', 'IS NOT NULL'}'", "NOT LIKE"},
	{Runs, "tags.a = x", "Parameter value is either not quoted or unidentified quote types used for string value x. Use either single or double quotes.", "x"},
	{Runs, "metrics.a IS NULL", "IS NULL / IS NOT NULL is only supported for tags and params, not for 'metric' 'a'", "metrics.a"},
	{Runs, "run_id = ('a')", "'=' needs a single value, IN and NOT IN need a list in parentheses.", "('a')"},
	{Runs, "run_id IN ('a' 'b')", "While parsing a list in the query, expected a non-empty list of string values, but got ill-formed list.", "'b'"},
	{Runs, "metrics.a > 1e999", "The number 1e999 is out of range.", "1e999"},
	{Runs, "tags.a = 'x\x00'", "The filter contains a zero byte.", "\x00"},
	{Experiments, "name = 'a' OR name = 'b'", "Invalid clause(s) in filter string: OR", "OR"},
	{ModelVersions, "current_stage = 'Production'", "Invalid attribute key 'current_stage' specified. Valid keys are '{'name', 'run_id', 'version_number', 'source_path'}'", "current_stage"},
	{LoggedModels, "tag.a = 'x'", "Invalid entity type: 'tag'. Expected one of ['attributes', 'metrics', 'params', 'tags'].", "tag.a"},
}

func TestRefusalsSayWhatAndWhere(t *testing.T) {
	for _, c := range refusals {
		_, err := c.grammar.Filter(c.filter)
		var e *Error
		if !errors.As(err, &e) || models.CodeOf(err) != models.Invalid {
			t.Errorf("%s: %v", c.filter, err)
			continue
		}
		if got := c.filter[e.At : e.At+e.Length]; e.Error() != c.want || got != c.place {
			t.Errorf("%s: %q at %q", c.filter, e.Error(), got)
		}
	}
}

// Row 46: what is too large to be a person's filter is refused before a database
// hears of it.
func TestFiltersAreBounded(t *testing.T) {
	for name, filter := range map[string]string{
		"10,000 clauses": strings.Repeat("metrics.a > 1 AND ", 3000),
		"a long text":    "tags.a = '" + strings.Repeat("x", maxText) + "'",
		"a long pattern": "tags.a LIKE '" + strings.Repeat("%a", maxPattern) + "'",
		"a long list":    "run_id IN ('a'" + strings.Repeat(",'a'", maxList) + ")",
		"parentheses":    strings.Repeat("(", maxText),
	} {
		if _, err := Runs.Filter(filter); models.CodeOf(err) != models.Invalid || len(err.Error()) > 20<<10 {
			t.Errorf("%s: %.200v", name, err)
		}
	}
	if _, err := Runs.Orders(make([]string, maxOrders+1)); models.CodeOf(err) != models.Invalid {
		t.Errorf("many orders: %v", err)
	}
}

func TestOrdersAreRead(t *testing.T) {
	got, err := Runs.Orders([]string{"metric.`val auc` asc", "params.lr", "Created  DESC"})
	want := []Order{{Entity: Metric, Key: "val auc"}, {Entity: Param, Key: "lr"}, {Entity: Attribute, Key: "start_time", Desc: true}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	for text, want := range map[string]string{
		"foo.bar":                   "Invalid entity type 'foo'. Valid values are ['metric', 'parameter', 'tag', 'attribute', 'dataset']",
		"metrics.a DESC NULLS LAST": "Invalid order_by clause 'metrics.a DESC NULLS LAST'. Could not be parsed.",
		"start_time down":           "Invalid ordering key in order_by clause 'start_time down'.",
		"start_time; drop table x":  "Invalid order_by clause 'start_time; drop table x'. Could not be parsed.",
		"":                          "Invalid order_by clause ''. Could not be parsed.",
	} {
		if _, err := Runs.Orders([]string{text}); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	if _, err := Runs.Orders([]string{"start_time", "created DESC"}); err == nil {
		t.Error("one key twice is accepted")
	}
}

func FuzzFilter(f *testing.F) {
	for _, c := range filters {
		f.Add(c.filter)
	}
	for _, c := range refusals {
		f.Add(c.filter)
	}
	f.Fuzz(func(t *testing.T, filter string) {
		for _, g := range []Grammar{Runs, Experiments, RegisteredModels, ModelVersions, LoggedModels} {
			_, err := g.Filter(filter)
			if e := (*Error)(nil); errors.As(err, &e) && (e.At < 0 || e.At+e.Length > len(filter)) {
				t.Errorf("%q: error at %d+%d", filter, e.At, e.Length)
			}
			if o, err := g.Orders([]string{filter}); err == nil && len(o) != 1 {
				t.Errorf("%q orders by %d keys", filter, len(o))
			}
		}
	})
}
