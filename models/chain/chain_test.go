package chain

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRowsShareNoEncoding(t *testing.T) {
	require.NotEqual(t, Row{Actor: "ab"}.Sum(""), Row{Actor: "a", ByName: "b"}.Sum(""))
}

// The recipe is public: auditors recompute it with tools of their own.
func TestTheRecipeOfAHashStays(t *testing.T) {
	r := Row{Seq: 1, At: 1700000000000, Actor: "person:3", ByName: "Dana", Action: "member.set", ProjectID: 2, Detail: `{"person":4,"role":"viewer"}`}
	require.Equal(t, "433bde23770b5c8ca0bb86f4aeceee2d54a1db62f3ef2d7f4d037b3d41aca9b9", r.Sum(""))
}

func TestHeadsAreReadAsTheyArePrinted(t *testing.T) {
	for _, h := range []Head{{}, {12, "ab"}} {
		got, err := ParseHead(h.String())
		require.NoError(t, err)
		require.Equal(t, h, got)
	}
	for _, wrong := range []string{"", "12", "12:", ":ab", "0:ab", "-1:ab", "x:ab", "1 ab"} {
		_, err := ParseHead(wrong)
		require.Error(t, err, wrong)
	}
}

// written is a chain of n rows.
func written(n int) (rows []Row) {
	before := ""
	for i := range n {
		r := Row{Seq: int64(i + 1), At: int64(1000 * i), Actor: "system", Action: "test", Detail: "{}"}
		r.Hash = r.Sum(before)
		rows, before = append(rows, r), r.Hash
	}
	return rows
}

func walk(w *Walk, rows []Row, head Head) *Report {
	for _, r := range rows {
		w.Step(r)
	}
	return w.End(head)
}

func TestAWalkGoesOnFromWhereItEnded(t *testing.T) {
	rows := written(9)
	first := walk(NewWalk(Head{}, nil), rows[:5], Head{5, rows[4].Hash})
	require.Nil(t, first.Break)
	second := walk(NewWalk(first.Last, nil), rows[5:], Head{9, rows[8].Hash})
	require.Nil(t, second.Break)
	require.Equal(t, int64(4), second.Rows)
}

func TestABreakIsToldInASentence(t *testing.T) {
	rows := written(9)
	rows[3].ByName = "Eve"
	found := walk(NewWalk(Head{}, nil), rows, Head{9, rows[8].Hash})
	require.Equal(t, int64(3), found.Rows)
	require.Equal(t, "Row 4 (1970-01-01 00:00:03 UTC, test by system) was edited: its hash does not fit what it says.", found.Break.Text)
}
