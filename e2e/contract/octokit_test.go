package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const examples = "../node_modules/@octokit/webhooks-examples/api.github.com/index.json"

type delivery struct {
	event, id string
	payload   json.RawMessage
}

// TestEveryRecordedPayloadInAnyOrder posts all of GitHub's published examples:
// once in their order, and twice each in a shuffled one. Both must end alike.
func TestEveryRecordedPayloadInAnyOrder(t *testing.T) {
	once := recorded(t)
	twice := append(slices.Clone(once), once...)
	rand.New(rand.NewPCG(7, 11)).Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
	inOrder, shuffled := replay(t, once), replay(t, twice)
	if diff := cmp.Diff(inOrder, shuffled); diff != "" {
		t.Errorf("the state depends on the order (- in order, + shuffled):\n%.4000s", diff)
	}
	if len(inOrder) < 30 {
		t.Errorf("only %d subjects came of %d payloads", len(inOrder), len(once))
	}
}

func recorded(t *testing.T) (list []delivery) {
	t.Helper()
	raw, err := os.ReadFile(examples)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") != "true" {
		t.Skip("the recorded payloads are not installed: npm ci --ignore-scripts in e2e")
	}
	if err != nil {
		t.Fatal(err)
	}
	var events []struct {
		Name     string            `json:"name"`
		Examples []json.RawMessage `json:"examples"`
	}
	if err := json.Unmarshal(raw, &events); err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		for n, payload := range e.Examples {
			list = append(list, delivery{e.Name, fmt.Sprintf("%s-%d", e.Name, n), payload})
		}
	}
	if len(list) != 329 {
		t.Fatalf("%d payloads instead of 329", len(list))
	}
	return list
}

// replay posts the deliveries to a fresh hub and returns what it then knows.
func replay(t *testing.T, list []delivery) map[string]string {
	t.Helper()
	h := startHub(t)
	h.project("HUB", "hub")
	seen := map[string]bool{}
	for _, d := range list {
		status, body := h.github("hub", "s", d.event, d.id, d.payload)
		if want := map[bool]int{false: http.StatusAccepted, true: http.StatusOK}[seen[d.id]]; status != want {
			t.Errorf("%s: %d instead of %d: %s", d.id, status, want, body)
		}
		seen[d.id] = true
	}
	i := h.want(http.StatusOK, http.MethodGet, "/api/v1/projects/HUB/integrations/github/hub", nil)
	if fmt.Sprint(i["parked"]) != "0" {
		t.Errorf("%v deliveries are parked", i["parked"])
	}
	return h.state()
}

// state is what the hub knows of subjects and links, without what tells when, in
// which order and at which address it learnt it.
func (h *hub) state() map[string]string {
	h.Helper()
	out := map[string]string{}
	for _, s := range h.all("") {
		maps.DeleteFunc(s, func(name string, _ any) bool {
			return slices.Contains([]string{"id", "seq", "updated_at", "url"}, name)
		})
		raw, _ := json.Marshal(s)
		out[fmt.Sprint(s["kind"], " ", s["key"])] = string(raw)
	}
	for after := ""; ; {
		page := h.want(http.StatusOK, http.MethodGet, "/api/v1/links?limit=200"+after, nil)
		for _, l := range page["links"].([]any) {
			link := l.(object)
			out[strings.Join([]string{"link", end(link["from"]), fmt.Sprint(link["relation"]), end(link["to"])}, " ")] = fmt.Sprint(link["evidence"])
		}
		next, _ := page["next"].(string)
		if next == "" {
			return out
		}
		after = "&after=" + next
	}
}

func end(v any) string {
	subject, _ := v.(object)
	return fmt.Sprint(subject["kind"], "/", subject["key"])
}
