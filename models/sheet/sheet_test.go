package sheet

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Row 32: no cell is a formula, and numbers stay numbers.
func TestNoCellIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		`=HYPERLINK("http://evil.test")`: `'=HYPERLINK("http://evil.test")`,
		"+1+cmd|' /C calc'!A0":           "'+1+cmd|' /C calc'!A0",
		"-2+3":                           "'-2+3", "@SUM(1)": "'@SUM(1)", "\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "＝1": "'＝1",
		"-": "'-", "-Inf": "'-Inf", "-0x1": "'-0x1",
		"-0.5": "-0.5", "+4": "+4", "-1.5e-7": "-1.5e-7", "12": "12", "": "", "plain": "plain", "a=b": "a=b", `{"a":1}`: `{"a":1}`,
	} {
		require.Equal(t, want, Cell(text))
	}
}

func TestRowsAreReadBack(t *testing.T) {
	var b strings.Builder
	w := NewWriter(&b)
	require.NoError(t, w.Row(7, -0.5, `say "hi"`, "two\nlines", "=1,2"))
	require.NoError(t, w.Flush())
	rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{{"7", "-0.5", `say "hi"`, "two\nlines", "'=1,2"}}, rows)
}
