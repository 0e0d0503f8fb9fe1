package graph

import (
	"math/rand"
	"testing"
)

func TestWhatWaitsStandsToTheRight(t *testing.T) {
	l := Lay(5, []Edge{{0, 1}, {0, 2}, {1, 3}, {2, 3}, {0, 3}, {3, 4}})
	for _, e := range l.Paths {
		if l.Places[e.From].Column >= l.Places[e.To].Column {
			t.Errorf("%v stands at %v and %v", e.Edge, l.Places[e.From], l.Places[e.To])
		}
		if want := l.Places[e.To].Column - l.Places[e.From].Column + 1; len(e.Via) != want {
			t.Errorf("%v passes %d places, not %d", e.Edge, len(e.Via), want)
		}
	}
	if l.Columns != 4 || l.Rows != 2 || len(l.Paths) != 5 { // 0 → 3 is said by 0 → 1 → 3
		t.Errorf("%d columns, %d rows, %d paths", l.Columns, l.Rows, len(l.Paths))
	}
}

func TestALongLinePassesEachColumn(t *testing.T) {
	l := Lay(5, []Edge{{0, 1}, {1, 2}, {2, 3}, {4, 3}}) // nothing else leads from 4 to 3
	for _, p := range l.Paths {
		for i, v := range p.Via[1:] {
			if v.Column != p.Via[i].Column+1 {
				t.Errorf("%v leaps from %v to %v", p.Edge, p.Via[i], v)
			}
		}
	}
}

func TestNoTwoStandInOnePlace(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 200 {
		n := 1 + r.Intn(60)
		var edges []Edge
		for range r.Intn(3 * n) { // circles and nonsense, too
			edges = append(edges, Edge{r.Intn(n+2) - 1, r.Intn(n+2) - 1})
		}
		l, taken := Lay(n, edges), map[Place]bool{}
		for v, p := range l.Places {
			if taken[p] || p.Column < 0 || p.Column >= l.Columns || p.Row < 0 || p.Row >= l.Rows {
				t.Fatalf("node %d of %d stands at %v of %d×%d", v, n, p, l.Columns, l.Rows)
			}
			taken[p] = true
		}
	}
}

func TestTwoParallelLinesDoNotCross(t *testing.T) {
	l := Lay(6, []Edge{{0, 5}, {1, 4}, {5, 3}, {4, 2}}) // a→x→p and b→y→q, given crosswise
	if (l.Places[0].Row < l.Places[1].Row) != (l.Places[5].Row < l.Places[4].Row) || (l.Places[5].Row < l.Places[4].Row) != (l.Places[3].Row < l.Places[2].Row) {
		t.Errorf("the lines cross: %v", l.Places)
	}
}

func BenchmarkTwoHundredSteps(b *testing.B) {
	r := rand.New(rand.NewSource(2))
	var edges []Edge
	for v := 1; v < 200; v++ {
		for range 3 {
			edges = append(edges, Edge{r.Intn(v), v})
		}
	}
	for b.Loop() {
		Lay(200, edges)
	}
}
