package markdown

import (
	"regexp"
	"strings"
)

// What a text may cost to render. Emphasis, links and nested quotes take time by
// the square of their number within one block, and a table has a cell for each
// column in each row, however short the row is.
const (
	maxSquares = 30_000_000
	maxCells   = 200_000
)

// costly tells whether a text was made to keep the renderer busy. A block of
// Markdown never spans a blank line, so the lines between two are its bound.
func costly(src string) bool {
	squares, cells := 0, 0
	var marks, pipes, lines int
	for line := range strings.Lines(src + "\n\n") {
		if strings.Trim(line, " \t\r\n") != "" {
			nest := containers(line)
			squares += nest * nest
			marks += countAny(line, "*_[~`<")
			pipes, lines = max(pipes, strings.Count(line, "|")), lines+1
			continue
		}
		squares += marks * marks
		cells += pipes * lines
		marks, pipes, lines = 0, 0, 0
		if squares > maxSquares || cells > maxCells {
			return true
		}
	}
	return false
}

var containerPattern = regexp.MustCompile(`^[ \t]*(?:(?:>|[-+*][ \t]|[0-9]{1,9}[.)][ \t])[ \t]*)*`)

// containers bounds how many quotes and lists begin on a line.
func containers(line string) int {
	return countAny(containerPattern.FindString(line), ">-+*.)")
}

func countAny(s, set string) (n int) {
	for i := range len(s) {
		if strings.IndexByte(set, s[i]) >= 0 {
			n++
		}
	}
	return n
}
