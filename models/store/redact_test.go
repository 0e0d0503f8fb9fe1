package store

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models/chain"
)

// redactRows takes a name out of some rows, as anonymising a person does.
func redactRows(t *testing.T, s *Store, name string, seqs ...int64) {
	t.Helper()
	require.NoError(t, s.write(context.Background(), admin, func(u *unit) error {
		rows := map[int64]wording{}
		for _, seq := range seqs {
			r, err := u.activityRow(seq)
			require.NoError(t, err)
			rows[seq] = wording{byName: name, detail: r.Detail}
		}
		return u.redact("person.anonymised", map[string]any{"person": 3}, rows)
	}))
}

func brokenAt(t *testing.T, s *Store) *chain.Break {
	t.Helper()
	found, err := s.CheckActivity(context.Background())
	require.NoError(t, err)
	return found.Break
}

func TestARedactedRowHolds(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		busyHub(t, s)
		redactRows(t, s, "Former member 3", 4, 7, 9)
		found, err := s.CheckActivity(context.Background())
		require.NoError(t, err)
		require.Nil(t, found.Break)
		require.Equal(t, int64(3), found.Redacted)
		redactRows(t, s, "Former member 4", 7, found.Last.Seq)
		require.Nil(t, brokenAt(t, s), "again, and with the row that vouches")
		redactRows(t, s, "nobody")
		require.Nil(t, brokenAt(t, s), "no rows")
	})
}

func TestManyRedactedRowsShareVouchingRows(t *testing.T) {
	s := open(t, Options{DataDir: t.TempDir()})
	h := newHub(t, s)
	var seqs []int64
	for n := range vouchedAtOnce + 1 {
		require.NoError(t, s.write(context.Background(), admin, func(u *unit) error {
			seq, err := u.record(h.project.ID, 0, "test", map[string]any{"n": n})
			seqs = append(seqs, seq)
			return err
		}))
	}
	before, err := s.Seq(context.Background())
	require.NoError(t, err)
	redactRows(t, s, "Former member 3", seqs...)
	after, err := s.Seq(context.Background())
	require.NoError(t, err)
	require.Equal(t, before+2, after)
	require.Nil(t, brokenAt(t, s))
}

// Row 57: redacting is no way around the chain.
func TestTamperingWithRedactedRowsIsFound(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		busyHub(t, s)
		redactRows(t, s, "Former member 3", 7)
		again := s.keepRows(t)
		for name, tamper := range redactionTamperings() {
			t.Run(name, func(t *testing.T) {
				defer again()
				named := tamper(t, s)
				b := brokenAt(t, s)
				require.NotNil(t, b)
				require.Equal(t, named, b.Row.Seq, b.Text)
			})
		}
	})
}

// redactionTamperings are what somebody may do to redacted rows; each returns the
// row that is to be named.
func redactionTamperings() map[string]func(t *testing.T, s *Store) int64 {
	voucher := func(t *testing.T, s *Store) int64 {
		seq, err := s.Seq(context.Background())
		require.NoError(t, err)
		return seq
	}
	return map[string]func(t *testing.T, s *Store) int64{
		"edited again": func(t *testing.T, s *Store) int64 {
			s.tamper(t, "UPDATE activity SET by_name = 'Eve' WHERE seq = 7")
			return 7
		},
		"its hash edited": func(t *testing.T, s *Store) int64 {
			s.tamper(t, "UPDATE activity SET hash = 'ab' WHERE seq = 7")
			return 7
		},
		"back to older words": func(t *testing.T, s *Store) int64 {
			redactRows(t, s, "Former member 4", 7)
			s.tamper(t, "UPDATE activity SET by_name = 'Former member 3' WHERE seq = 7")
			return 7
		},
		"another row redacted by hand": func(t *testing.T, s *Store) int64 {
			s.tamper(t, "UPDATE activity SET by_name = 'Former member 3' WHERE seq = 8")
			return 8
		},
		"the vouching row edited": func(t *testing.T, s *Store) int64 {
			s.tamper(t, "UPDATE activity SET by_name = 'Eve' WHERE seq = ?", voucher(t, s))
			return voucher(t, s)
		},
		"the vouching row made to fit": func(t *testing.T, s *Store) int64 {
			s.tamper(t, "UPDATE activity SET by_name = 'Eve' WHERE seq = 7")
			at := voucher(t, s)
			require.NoError(t, s.write(context.Background(), admin, func(u *unit) error {
				r, err := u.activityRow(7)
				require.NoError(t, err)
				_, err = u.exec(`UPDATE activity SET detail = ? WHERE seq = ?`, encode(map[string]any{"person": 3, "rows": map[int64]string{7: r.Seal()}}), at)
				return err
			}))
			return at
		},
		"the vouching row's claim edited": func(t *testing.T, s *Store) int64 {
			s.tamper(t, "UPDATE activity SET detail = ? WHERE seq = ?", encode(map[string]any{"person": 3, "rows": map[int64]string{7: "ab"}}), voucher(t, s))
			return voucher(t, s)
		},
		"the vouching row's action edited": func(t *testing.T, s *Store) int64 {
			s.tamper(t, "UPDATE activity SET action = 'x' WHERE seq = ?", voucher(t, s))
			return 7
		},
		"the vouching row deleted": func(t *testing.T, s *Store) int64 {
			s.tamper(t, "DELETE FROM activity WHERE seq = ?", voucher(t, s))
			return 7
		},
	}
}

func TestOnlyWordsAreRedacted(t *testing.T) {
	s := open(t, Options{DataDir: t.TempDir()})
	busyHub(t, s)
	redactRows(t, s, "Former member 3", 7)
	last, err := s.Seq(context.Background())
	require.NoError(t, err)
	refused := s.write(context.Background(), admin, func(u *unit) error {
		return u.redact("person.anonymised", nil, map[int64]wording{last: {byName: "x", detail: "{}"}})
	})
	require.ErrorContains(t, refused, "vouches for others")
	refused = s.write(context.Background(), admin, func(u *unit) error { return u.redact("card.moved", nil, nil) })
	require.ErrorContains(t, refused, "does not vouch")
}
