package models

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestAShapeLosesNoPeak(t *testing.T) {
	for _, r := range [][2]int64{{0, 99999}, {-50000, 49999}, {math.MinInt64, math.MaxInt64}} {
		s := NewShape(r[0], r[1], 100)
		step := int64(1)
		if r[0] == math.MinInt64 {
			step = math.MaxInt64 / 50000
		}
		for n := range int64(100000) {
			v := math.Sin(float64(n) / 1000)
			if n == 31337 {
				v = 99
			}
			s.Add(Point{Step: r[0] + n*step, Value: v})
		}
		points, whole := s.Points()
		peak := false
		for n, p := range points {
			peak = peak || p.Value == 99
			if n > 0 && p.Step < points[n-1].Step {
				t.Fatal("not by step")
			}
		}
		if whole || !peak || len(points) > 100 || len(points) < 60 {
			t.Errorf("%v: %d points, peak %v, whole %v", r, len(points), peak, whole)
		}
	}
	few := NewShape(0, 9, 100)
	for n := range int64(10) {
		few.Add(Point{Step: n, Value: math.NaN()})
		few.Add(Point{Step: n, Value: 1})
	}
	if points, whole := few.Points(); len(points) != 10 || !whole {
		t.Errorf("%d of few", len(points))
	}
}

// A history is read in the order of its chunks, and what a client sent twice is there twice.
func TestAShapeIsTheSameInAnyOrder(t *testing.T) {
	for _, count := range []int{40, 5000} {
		list := make([]Point, count)
		for n := range list {
			list[n] = Point{At: int64(n % 7), Step: int64(n / 2), Value: float64(n % 5)}
		}
		want := shapeOf(list)
		for range 20 {
			rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			if got := shapeOf(append(list, list[:3]...)); !slices.Equal(want, got) {
				t.Fatalf("%d points: %v, want %v", count, got, want)
			}
		}
	}
}

func shapeOf(list []Point) []Point {
	s := NewShape(0, 2500, 100)
	for _, p := range list {
		s.Add(p)
	}
	points, _ := s.Points()
	return points
}

func FuzzUnpackPoints(f *testing.F) {
	f.Add(PackPoints(nil, "loss", []Point{{1, 2, 3}, {2, 3, math.NaN()}, {3, 3, 0.5}}), "loss")
	f.Fuzz(func(t *testing.T, chunk []byte, key string) {
		_ = UnpackPoints(chunk, key, func(string, Point) {})
	})
}

func TestPointsArePackedWhole(t *testing.T) {
	list := []Point{{0, 0, 0}, {1, 5, math.Copysign(0, -1)}, {-3, math.MaxInt64, math.MaxFloat64}, {math.MinInt64, -1, 1e300}, {7, 7, 12345}, {7, 7, 12345}, {8, 8, math.NaN()}}
	chunk := PackPoints(PackPoints(nil, "a", list), "b", list[:2])
	var got []Point
	if err := UnpackPoints(chunk, "a", func(_ string, p Point) { got = append(got, p) }); err != nil || len(got) != len(list) {
		t.Fatal(err, len(got))
	}
	for n, p := range got {
		if p.Step != list[n].Step || p.At != list[n].At || math.Float64bits(p.Value) != math.Float64bits(list[n].Value) {
			t.Errorf("point %d: %+v, want %+v", n, p, list[n])
		}
	}
	if UnpackPoints(chunk[:len(chunk)-1], "", func(string, Point) {}) == nil {
		t.Error("a chunk that ends early was read")
	}
}
