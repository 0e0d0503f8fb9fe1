// Package sheet writes CSV that a spreadsheet shows and never runs: a cell that
// would be taken for a formula gets an apostrophe before it.
package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Writer writes rows of cells. Call Flush at the end.
type Writer struct{ csv *csv.Writer }

// NewWriter writes to w.
func NewWriter(w io.Writer) *Writer { return &Writer{csv.NewWriter(w)} }

// Row writes one row. Texts are made safe, numbers stay as they are.
func (w *Writer) Row(cells ...any) error {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = Cell(fmt.Sprint(cell))
	}
	return w.csv.Write(row)
}

// Flush writes what is held back and returns the first error there was.
func (w *Writer) Flush() error {
	w.csv.Flush()
	return w.csv.Error()
}

var number = regexp.MustCompile(`^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$`)

// Cell is a text that no spreadsheet runs: what begins like a formula (= + - @, a
// tab or the end of a line, also as the wide letters of East Asian writing) is
// preceded by an apostrophe, unless it is a number, such as -0.5.
func Cell(text string) string {
	if number.MatchString(text) || !strings.ContainsAny(first(text), "=+-@\t\r\n＝＋－＠") {
		return text
	}
	return "'" + text
}

func first(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}
