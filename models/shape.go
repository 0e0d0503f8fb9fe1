package models

import (
	"cmp"
	"math"
	"slices"
)

// Shape takes in the points of a metric and keeps what a chart of limited width
// can show: for each stretch of steps the least and the greatest value. The order
// of the points does not matter, nor that one comes again.
type Shape struct {
	first, wide float64 // the first step, and how many steps a stretch is
	stretches   []stretch
	few         []Point // all points, as long as they are few
	limit       int
	many        bool
}

type stretch struct {
	low, high Point
	filled    bool
}

// NewShape is an empty shape for steps from first to last, of at most limit points.
func NewShape(first, last int64, limit int) Shape {
	limit = max(limit, 2)
	count := limit / 2
	span := float64(last) - float64(first) // of the whole range of int64 too
	return Shape{first: float64(first), wide: max(1, (span+1)/float64(count)), stretches: make([]stretch, count), limit: limit}
}

// Add takes in a point. One that is no number does not shape a chart.
func (s *Shape) Add(p Point) {
	if math.IsNaN(p.Value) {
		return
	}
	if !s.many {
		s.few = append(s.few, p)
		if len(s.few) <= s.limit {
			return
		}
		s.many = true
		for _, q := range s.few {
			s.put(q)
		}
		s.few = nil
		return
	}
	s.put(p)
}

func (s *Shape) put(p Point) {
	n := int((float64(p.Step) - s.first) / s.wide)
	at := &s.stretches[min(max(n, 0), len(s.stretches)-1)]
	if !at.filled {
		at.low, at.high, at.filled = p, p, true
	}
	if p.Value < at.low.Value || p.Value == at.low.Value && p.Compare(at.low) < 0 {
		at.low = p
	}
	if p.Value > at.high.Value || p.Value == at.high.Value && p.Compare(at.high) < 0 {
		at.high = p
	}
}

// Points are what a chart shows, by step. whole tells whether nothing was left out.
func (s *Shape) Points() (points []Point, whole bool) {
	points = UniquePoints(s.few)
	for _, at := range s.stretches {
		if at.filled {
			points = append(points, at.low)
			if !at.high.Same(at.low) {
				points = append(points, at.high)
			}
		}
	}
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.At, b.At)) })
	return points, !s.many
}
