package chain

import "fmt"

func broken(r Row, p Problem, format string, args ...any) *Break {
	return &Break{Row: r, Problem: p, Text: fmt.Sprintf(format, args...)}
}

func edited(r Row, how string) *Break {
	return broken(r, Edited, "Row %d%s was edited: %s.", r.Seq, told(r), how)
}

// NoHead is the break of a chain of which nothing says where it ends, although
// something should.
func NoHead(last Head) *Break {
	return broken(Row{Seq: last.Seq + 1}, Headless, "Nothing says that row %d is the last: the head of the chain was taken out of the table hub.", last.Seq)
}
