package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestEveryPartMeasures(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), &out, "", options{rounds: 1, sockets: 20, cards: 200, window: 100 * time.Millisecond, dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"A1", "A2", "A4", "B1", "B2", "B3", "B4", "C1", "C2", "F1"} {
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

func TestCells(t *testing.T) {
	var p pairs
	p.add(10, 40)
	p.add(30, 40)
	p.add(20, 50)
	for _, c := range []struct {
		row  row
		want string
	}{
		{p.row("rate", 0.45, true, perSecond), "rate|20/s|40/s|0.40|≥ 0.45|no"},
		{p.row("time", 0.4, false, perSecond), "time|20/s|40/s|0.40|≤ 0.40|yes"},
		{absentRow("peer", 0.1), "peer|–|absent|–|≤ 0.10|absent"},
	} {
		if got := strings.Join(c.row.cells(), "|"); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestQuantile(t *testing.T) {
	list := []time.Duration{5, 1, 4, 2, 3}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 3, 0.99: 5, 1: 5} {
		if got := quantile(list, q); got != want {
			t.Errorf("quantile %v is %d, want %d", q, got, want)
		}
	}
}
