package promises

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"throughline/integrations"
	"throughline/models"
)

// mutations limits how many altered copies of one valid body are tried.
const mutations = 400

// survives posts everything a hostile or broken sender may put in place of a body.
func (k keeper) survives(t *testing.T, r integrations.Request) {
	for _, body := range soup() {
		if events, ok := k.try(t, r, body); ok && understood(events) {
			t.Errorf("%.60q was understood as %+v", body, events)
		}
	}
	for _, share := range []int{1, 2, 3, 5, 7} {
		if len(r.Body) > 8 {
			k.try(t, r, string(r.Body[:len(r.Body)*share/8]))
		}
	}
	for _, body := range wrongTypes(r.Body) {
		k.try(t, r, body)
	}
}

// try posts a body unsigned and, where the source has signatures, signed.
func (k keeper) try(t *testing.T, r integrations.Request, body string) (events []integrations.Event, ok bool) {
	t.Helper()
	broken := clone(r)
	broken.Body = []byte(body)
	if k.cases.Sign != nil {
		if _, err := k.receive(broken); !errors.Is(err, integrations.ErrSignature) && body != string(r.Body) {
			t.Errorf("unsigned %.60q: the answer is %v", body, err)
		}
		k.cases.Sign(&broken)
	}
	events, err := k.receive(broken)
	if problem := verdict(events, err); problem != nil {
		t.Errorf("%.200q: %v", body, problem)
	}
	return events, err == nil
}

// verdict is nil for an answer a source may give to anything at all.
func verdict(events []integrations.Event, err error) error {
	if err != nil && !errors.Is(err, integrations.ErrSignature) && models.CodeOf(err) == models.Internal {
		return fmt.Errorf("not an error for the sender: %w", err)
	}
	for _, e := range events {
		if problem := Sound(e.Batch); problem != nil {
			return fmt.Errorf("%s: %w", e.Name, problem)
		}
	}
	return nil
}

func understood(events []integrations.Event) bool {
	return slices.ContainsFunc(events, func(e integrations.Event) bool {
		return !e.Ignored && e.Err == nil && len(e.Batch.Descriptions) > 0
	})
}

// soup is bytes that no upstream sends.
func soup() []string {
	return []string{"", " ", "null", "true", "0", "-1", `"x"`, "[]", "[[]]", "[null]", "[{}]", "{}", `{"":null}`,
		`{"a":`, "{]", "\x00", "\xff\xfe\x00", "\ufeff{}", `{"id":99999999999999999999999999}`, `{"id":1e999}`,
		`{"a":"\ud800"}`, "payload=%7B", "%", "a=b&c=d", "<xml/>", "---\na: &a [*a]\n",
		strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 20_000),
		strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000), strings.Repeat("\x80", 4096)}
}

// wrongTypes are copies of a JSON body, each with one value of another type.
func wrongTypes(body []byte) (out []string) {
	var root any
	if json.Unmarshal(body, &root) != nil {
		return nil
	}
	walk(root, func(set func(any), old any) bool {
		for _, wrong := range []any{nil, "x\x00<b>", -1.5, []any{1}, map[string]any{}, true} {
			set(wrong)
			if text, err := json.Marshal(root); err == nil {
				out = append(out, string(text))
			}
		}
		set(old)
		return len(out) < mutations
	})
	return out
}

// walk visits the values of a JSON tree breadth first until visit says no.
func walk(root any, visit func(set func(any), old any) bool) {
	for queue := []any{root}; len(queue) > 0; queue = queue[1:] {
		switch node := queue[0].(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(node)) {
				queue = append(queue, node[key])
				if !visit(func(v any) { node[key] = v }, node[key]) {
					return
				}
			}
		case []any:
			for i := range node[:min(2, len(node))] {
				queue = append(queue, node[i])
				if !visit(func(v any) { node[i] = v }, node[i]) {
					return
				}
			}
		}
	}
}
