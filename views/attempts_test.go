package views

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"throughline/models"
)

func TestEarlierAttempts(t *testing.T) {
	s := models.Subject{Facts: map[string]any{"attempt": 3, "tried.1.test": "passed", "tried.1.train": "failed", "tried.2.train": "cancelled", "tried.3.train": "passed"}}
	want := []Attempt{{Number: 2, State: models.Cancelled, Steps: 1}, {Number: 1, State: models.Failed, Failed: []string{"train"}, Steps: 2}}
	if diff := cmp.Diff(want, Attempts(s)); diff != "" {
		t.Error(diff)
	}
	if first := Attempts(models.Subject{Facts: map[string]any{"attempt": 1, "tried.1.test": "failed"}}); first != nil {
		t.Errorf("the only attempt is no earlier one: %+v", first)
	}
}
