package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models/chain"
)

// busyHub is a hub in which enough happened to tamper with.
func busyHub(t *testing.T, s *Store) {
	h := newHub(t, s)
	h.tell(names())
	rows, broken, err := s.VerifyActivity(context.Background())
	require.NoError(t, err)
	require.Zero(t, broken)
	require.Greater(t, rows, int64(14))
}

func (s *Store) tamper(t *testing.T, q string, args ...any) {
	t.Helper()
	_, err := s.reader.Exec(s.dialect.rebind(q), args...) // the writer keeps its one connection
	require.NoError(t, err)
}

// Row 57: whatever is done to the table beside Throughline, the first row that is
// not what was written is named.
func TestTamperingIsFound(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		busyHub(t, s)
		again := s.keepRows(t)
		for name, c := range tamperings() {
			t.Run(name, func(t *testing.T) {
				defer again()
				s.tamperAndFind(t, c)
			})
		}
	})
}

// tampering is what somebody does by SQL, and what is to be found.
type tampering struct {
	sql     []string
	seq     int64 // -1: the last, -2: the one after it
	problem chain.Problem
}

func tamperings() map[string]tampering {
	edit := func(column, value string) []string {
		return []string{"UPDATE activity SET " + column + " = " + value + " WHERE seq = 7"}
	}
	return map[string]tampering{
		"at":         {edit("at", "at + 1"), 7, chain.Edited},
		"actor":      {edit("actor", "'person:9'"), 7, chain.Edited},
		"by_name":    {edit("by_name", "'Eve'"), 7, chain.Edited},
		"action":     {edit("action", "'card.moved '"), 7, chain.Edited},
		"project_id": {edit("project_id", "0"), 7, chain.Edited},
		"subject_id": {edit("subject_id", "99"), 7, chain.Edited},
		"detail":     {edit("detail", "'{}'"), 7, chain.Edited},
		"hash":       {edit("hash", "'0000'"), 7, chain.Edited},
		"the first":  {[]string{"UPDATE activity SET by_name = 'Eve' WHERE seq = 1"}, 1, chain.Edited},
		"two edits":  {[]string{"UPDATE activity SET by_name = 'Eve' WHERE seq IN (11, 5)"}, 5, chain.Edited},
		"deleted":    {[]string{"DELETE FROM activity WHERE seq = 7"}, 7, chain.Missing},
		"deleted and closed up": {[]string{"DELETE FROM activity WHERE seq = 7", "UPDATE activity SET seq = -seq WHERE seq > 7",
			"UPDATE activity SET seq = -seq - 1 WHERE seq < 0"}, 7, chain.Edited},
		"the first deleted": {[]string{"DELETE FROM activity WHERE seq = 1"}, 1, chain.Missing},
		"all deleted":       {[]string{"DELETE FROM activity"}, 1, chain.CutOff},
		"swapped": {[]string{"UPDATE activity SET seq = -1 WHERE seq = 7", "UPDATE activity SET seq = 7 WHERE seq = 12",
			"UPDATE activity SET seq = 12 WHERE seq = -1"}, 7, chain.OutOfOrder},
		"inserted": {[]string{"UPDATE activity SET seq = -seq WHERE seq >= 7", "UPDATE activity SET seq = -seq + 1 WHERE seq < 0",
			"INSERT INTO activity SELECT 7, at, actor, 'Eve', action, project_id, subject_id, detail, hash FROM activity WHERE seq = 6"}, 7, chain.OutOfOrder},
		"inserted before": {[]string{"INSERT INTO activity SELECT 0, at, actor, 'Eve', action, project_id, subject_id, detail, hash FROM activity WHERE seq = 6"}, 0, chain.Added},
		"the last cut":    {[]string{"DELETE FROM activity WHERE seq = (SELECT MAX(seq) FROM activity)"}, -1, chain.CutOff},
		"the last edited": {[]string{"UPDATE activity SET by_name = 'Eve' WHERE seq = (SELECT MAX(seq) FROM activity)"}, -1, chain.Edited},
		"the head gone":   {[]string{"DELETE FROM hub WHERE name = 'activity.head'"}, -2, chain.Headless},
		"the head broken": {[]string{"UPDATE hub SET value = 'x' WHERE name = 'activity.head'"}, -2, chain.Headless},
	}
}

func (s *Store) tamperAndFind(t *testing.T, c tampering) {
	last, err := s.Seq(context.Background())
	require.NoError(t, err)
	for _, q := range c.sql {
		s.tamper(t, q)
	}
	want := c.seq
	if want < 0 {
		want = last - 1 - want
	}
	found, err := s.CheckActivity(context.Background())
	require.NoError(t, err)
	require.NotNil(t, found.Break)
	require.Equal(t, want, found.Break.Row.Seq, found.Break.Text)
	require.Equal(t, c.problem, found.Break.Problem, found.Break.Text)
}

// keepRows returns a function that brings the activity back as it is now.
func (s *Store) keepRows(t *testing.T) func() {
	s.tamper(t, "CREATE TABLE kept_rows AS SELECT * FROM activity")
	s.tamper(t, "CREATE TABLE kept_head AS SELECT * FROM hub WHERE name = 'activity.head'")
	return func() {
		s.tamper(t, "DELETE FROM activity")
		s.tamper(t, "INSERT INTO activity SELECT * FROM kept_rows")
		s.tamper(t, "DELETE FROM hub WHERE name = 'activity.head'")
		s.tamper(t, "INSERT INTO hub SELECT * FROM kept_head")
		require.Nil(t, brokenAt(t, s))
	}
}

// SQLite keeps a text in a column of numbers: that is an edit, not an error.
func TestAValueOfAnotherTypeIsAnEdit(t *testing.T) {
	s := open(t, Options{DataDir: t.TempDir()})
	busyHub(t, s)
	for seq, value := range map[int]string{9: "'yesterday'", 5: "at || 'x'", 3: "1.5"} {
		s.tamper(t, fmt.Sprintf("UPDATE activity SET at = %s WHERE seq = %d", value, seq))
		_, broken, err := s.VerifyActivity(context.Background())
		require.NoError(t, err)
		require.LessOrEqual(t, broken, int64(seq))
		require.NotZero(t, broken)
	}
}

// Row 57: rows cut off the end stay missed, whatever is written after.
func TestACutTailIsNotCoveredByLaterRows(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		busyHub(t, s)
		last, err := s.Seq(context.Background())
		require.NoError(t, err)
		s.tamper(t, "DELETE FROM activity WHERE seq > ?", last-3)
		_, err = s.CreateProject(context.Background(), admin, "LATER", "Later")
		require.NoError(t, err)
		found, err := s.CheckActivity(context.Background())
		require.NoError(t, err)
		require.NotNil(t, found.Break)
		require.Equal(t, last-2, found.Break.Row.Seq, found.Break.Text)
	})
}

// A history written anew, with hashes and a head that fit, is told from the one
// whose head was noted.
func TestANotedHeadTellsAHistoryWrittenAnew(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		busyHub(t, s)
		found, err := s.CheckActivity(ctx)
		require.NoError(t, err)
		noted := found.Last
		_, err = s.CreateProject(ctx, admin, "LATER", "Later")
		require.NoError(t, err)
		found, err = s.CheckActivity(ctx, noted)
		require.NoError(t, err)
		require.Nil(t, found.Break)
		s.rewrite(t, 7)
		found, err = s.CheckActivity(ctx)
		require.NoError(t, err)
		require.Nil(t, found.Break, "the hashes fit")
		found, err = s.CheckActivity(ctx, noted)
		require.NoError(t, err)
		require.Equal(t, noted.Seq, found.Break.Row.Seq)
		require.Equal(t, chain.Rewritten, found.Break.Problem)
		found, err = s.CheckActivity(ctx, chain.Head{Seq: 9999, Hash: "ab"})
		require.NoError(t, err)
		require.Equal(t, chain.CutOff, found.Break.Problem)
	})
}

// rewrite changes a row and makes all hashes fit again, as somebody may who knows
// how they are made.
func (s *Store) rewrite(t *testing.T, from int64) {
	t.Helper()
	s.tamper(t, "UPDATE activity SET by_name = 'Eve' WHERE seq = ?", from)
	last, err := s.Seq(context.Background())
	require.NoError(t, err)
	require.NoError(t, s.write(context.Background(), admin, func(u *unit) error {
		before, err := u.activityRow(from - 1)
		require.NoError(t, err)
		for seq := from; seq <= last; seq++ {
			r, err := u.activityRow(seq)
			require.NoError(t, err)
			r.Hash = r.Sum(before.Hash)
			_, err = u.exec(`UPDATE activity SET hash = ? WHERE seq = ?`, r.Hash, seq)
			require.NoError(t, err)
			before = r
		}
		_, err = u.exec(`UPDATE hub SET value = ? WHERE name = 'activity.head'`, chain.Head{Seq: last, Hash: before.Hash}.String())
		return err
	}))
}
