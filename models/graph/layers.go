package graph

import (
	"cmp"
	"slices"
)

// layers is a graph whose edges each lead to the next column: longer ones pass
// nodes of their own, numbered after the real ones.
type layers struct {
	column   []int   // of each node
	before   [][]int // neighbours in the column before
	after    [][]int // and in the one after
	chains   [][]int // of each edge: its nodes from end to end
	edges    []Edge
	order    [][]int // of each column: its nodes from the top
	position []int   // of each node in its column
}

// chain gives each node the column behind the last that it waits for, and cuts
// long edges.
func (l *layers) chain(n int, edges []Edge) {
	l.edges, l.before, l.after = edges, make([][]int, n), make([][]int, n)
	for range n { // the longest path has at most n columns
		moved := false
		for _, e := range edges {
			if l.column[e.To] <= l.column[e.From] {
				l.column[e.To], moved = l.column[e.From]+1, true
			}
		}
		if !moved {
			break
		}
	}
	for _, e := range edges {
		l.chains = append(l.chains, l.cut(e))
	}
}

// cut joins the ends of an edge by a node in each column between them.
func (l *layers) cut(e Edge) []int {
	nodes := []int{e.From}
	for c := l.column[e.From] + 1; c < l.column[e.To]; c++ {
		nodes = append(nodes, len(l.column))
		l.column, l.before, l.after = append(l.column, c), append(l.before, nil), append(l.after, nil)
	}
	nodes = append(nodes, e.To)
	for i := 1; i < len(nodes); i++ {
		a, b := nodes[i-1], nodes[i]
		l.after[a], l.before[b] = append(l.after[a], b), append(l.before[b], a)
	}
	return nodes
}

// fill puts the nodes into their columns in the order they were given.
func (l *layers) fill() {
	l.position = make([]int, len(l.column))
	for v, c := range l.column {
		for len(l.order) <= c {
			l.order = append(l.order, nil)
		}
		l.position[v] = len(l.order[c])
		l.order[c] = append(l.order[c], v)
	}
}

// sweep orders each column by the middle of its neighbours in the one that was
// ordered before.
func (l *layers) sweep(forwards bool) {
	near, columns := l.before, slices.Clone(l.order)
	if !forwards {
		near = l.after
		slices.Reverse(columns)
	}
	for _, nodes := range columns {
		middle := make(map[int]float64, len(nodes))
		for _, v := range nodes {
			middle[v] = l.middle(v, near[v])
		}
		slices.SortStableFunc(nodes, func(a, b int) int { return cmp.Compare(middle[a], middle[b]) })
		for i, v := range nodes {
			l.position[v] = i
		}
	}
}

func (l *layers) middle(v int, near []int) float64 {
	if len(near) == 0 {
		return float64(l.position[v])
	}
	sum := 0
	for _, w := range near {
		sum += l.position[w]
	}
	return float64(sum) / float64(len(near))
}

func (l *layers) layout(n int) Layout {
	out := Layout{Columns: len(l.order)}
	place := func(v int) Place { return Place{Column: l.column[v], Row: l.position[v]} }
	for _, nodes := range l.order {
		out.Rows = max(out.Rows, len(nodes))
	}
	for v := range n {
		out.Places = append(out.Places, place(v))
	}
	for i, e := range l.edges {
		p := Path{Edge: e}
		for _, v := range l.chains[i] {
			p.Via = append(p.Via, place(v))
		}
		out.Paths = append(out.Paths, p)
	}
	return out
}
