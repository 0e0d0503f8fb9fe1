package views

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"throughline/models"
	"throughline/models/graph"
)

// The measures of a step graph, in its own units.
const (
	boxWidth, boxHeight = 140.0, 46.0
	boxGapX, boxGapY    = 28.0, 14.0
	graphEdge           = 4.0
	mostBoxes           = 200 // beyond that nobody would find anything
)

// stepBox is a step as it is drawn.
type stepBox struct {
	Step
	X, Y float64
	ID   string // of the line in the list that says the same
}

// stepGraph is a pipeline run's steps as a drawing. Guessed tells that no source
// said what waits for what, so that the order is by time.
type stepGraph struct {
	Width, Height float64
	Boxes         []stepBox
	Lines         []string // paths
	Guessed       bool
}

// graphOf draws steps; the zero graph when there is nothing that a list does not
// say as well.
func graphOf(steps []Step) (g stepGraph) {
	if len(steps) < 2 || len(steps) > mostBoxes {
		return g
	}
	edges := edgesOf(steps)
	if g.Guessed = len(edges) == 0; g.Guessed {
		edges = edgesByTime(steps)
	}
	l := graph.Lay(len(steps), edges)
	for i, p := range l.Places {
		x, y := corner(p)
		g.Boxes = append(g.Boxes, stepBox{Step: steps[i], X: x, Y: y, ID: stepID(i)})
	}
	for _, p := range l.Paths {
		g.Lines = append(g.Lines, curve(p))
	}
	g.Width = 2*graphEdge + float64(l.Columns)*(boxWidth+boxGapX) - boxGapX
	g.Height = 2*graphEdge + float64(l.Rows)*(boxHeight+boxGapY) - boxGapY
	return g
}

func stepID(i int) string { return "step-" + itoa(i+1) }

func corner(p graph.Place) (x, y float64) {
	return graphEdge + float64(p.Column)*(boxWidth+boxGapX), graphEdge + float64(p.Row)*(boxHeight+boxGapY)
}

func edgesOf(steps []Step) (out []graph.Edge) {
	at := map[string]int{}
	for i, s := range steps {
		at[s.Name] = i
	}
	for i, s := range steps {
		for _, name := range s.After {
			if from, known := at[name]; known {
				out = append(out, graph.Edge{From: from, To: i})
			}
		}
	}
	return out
}

// edgesByTime joins steps that began after others had ended: what ran side by side
// stands in one column. Steps without times stand one after the other.
func edgesByTime(steps []Step) (out []graph.Edge) {
	var before, now []int
	var end time.Time
	for i, s := range steps {
		if len(now) > 0 && (s.Start.IsZero() || end.IsZero() || !s.Start.Before(end)) {
			before, now, end = now, nil, time.Time{}
		}
		now = append(now, i)
		if end.IsZero() || !s.End.IsZero() && s.End.Before(end) {
			end = s.End
		}
		for _, from := range before {
			out = append(out, graph.Edge{From: from, To: i})
		}
	}
	return out
}

// curve is a path from the right side of one box to the left side of another; in
// the columns between it passes where no box stands.
func curve(p graph.Path) string {
	var b strings.Builder
	for i, v := range p.Via {
		x, y := corner(v)
		y += boxHeight / 2
		switch {
		case i == 0:
			fmt.Fprintf(&b, "M%g %g", x+boxWidth, y)
			continue
		case i == len(p.Via)-1:
			b.WriteString(bend(p.Via[i-1], x, y))
		default:
			b.WriteString(bend(p.Via[i-1], x, y))
			fmt.Fprintf(&b, "H%g", x+boxWidth)
		}
	}
	return b.String()
}

// bend is a curve over the gap between two columns.
func bend(from graph.Place, x, y float64) string {
	fx, fy := corner(from)
	fx, fy = fx+boxWidth, fy+boxHeight/2
	middle := (fx + x) / 2
	if math.Abs(fy-y) < 1 {
		return fmt.Sprintf("H%g", x)
	}
	return fmt.Sprintf("C%g %g %g %g %g %g", middle, fy, middle, y, x, y)
}

// says is a box as a screen reader speaks it.
func (b stepBox) says() string {
	text := b.Title + ", " + b.State.Word()
	if t := stepTook(b.Step); t != "" {
		text += ", " + t
	}
	if len(b.After) > 0 {
		text += ", after " + strings.Join(b.After, ", ")
	}
	return text
}

// below is a box's second line.
func (b stepBox) below() string {
	words := []string{b.State.Word()}
	if b.Cached {
		words = []string{"cached"}
	}
	if t := stepTook(b.Step); t != "" {
		words = append(words, t)
	}
	if b.Attempt > 1 {
		words = append(words, "attempt "+itoa(b.Attempt))
	}
	return strings.Join(words, " · ")
}

// failedStep is the first step that failed, with its place.
func failedStep(steps []Step) (place int, s *Step) {
	for i := range steps {
		if steps[i].State == models.Failed {
			return i + 1, &steps[i]
		}
	}
	return 0, nil
}

// px is a length in a drawing.
func px(f float64) string { return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64) }
