package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestEveryPartMeasures(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out, "", options{rounds: 1, sockets: 20, cards: 200, dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"A1", "A2", "A4", "B1", "B2", "C1"} {
		if !strings.Contains(out.String(), "\n"+name+" ") {
			t.Errorf("the table lacks %s:\n%s", name, out.String())
		}
	}
}

func TestRowsHoldOrNot(t *testing.T) {
	for _, c := range []struct {
		ratio, goal float64
		atLeast     bool
		want        bool
	}{{0.5, 0.45, true, true}, {0.4, 0.45, true, false}, {1.2, 1.25, false, true}, {1.3, 1.25, false, false}} {
		if got := (row{ratio: c.ratio, goal: c.goal, atLeast: c.atLeast}).holds(); got != c.want {
			t.Errorf("%+v holds: %v", c, got)
		}
	}
}
