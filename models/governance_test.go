package models

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPeriodsOfRetention(t *testing.T) {
	taken := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{"P90D": "2026-05-01", "p6w": "2026-03-14", "P1M": "2026-03-03", " P2Y ": "2028-01-31"} {
		r, err := ParseRetention(text)
		require.NoError(t, err)
		require.Equal(t, want, r.End(taken).Format(time.DateOnly), text)
	}
	for _, bad := range []string{"2Y", "P", "PY", "P0D", "P-1D", "P+1D", "P1H", "P1Y6M", "P99999D", "P1.5Y", "forever"} {
		_, err := ParseRetention(bad)
		require.Error(t, err, bad)
	}
	none, err := ParseRetention("")
	require.NoError(t, err)
	require.True(t, none.End(taken).IsZero())
	require.Equal(t, "2 years", Retention("P2Y").Word())
	require.Equal(t, "1 day", Retention("P1D").Word())
}

func TestPersonalDataNeedsABasisAndAnEnd(t *testing.T) {
	set := Ref{Kind: Dataset, Key: "s3://lake/people"}
	kinds := func(g Governance) (out []string) {
		for _, w := range g.Warnings(set) {
			out = append(out, w.Problem)
		}
		return out
	}
	require.Empty(t, kinds(Governance{Classification: Confidential}))
	require.Equal(t, []string{"legal_basis", "retention"}, kinds(Governance{Classification: PersonalData}))
	require.Equal(t, []string{"retention"}, kinds(Governance{Classification: SpecialCategory, LegalBasis: "consent"}))
	require.Empty(t, kinds(Governance{Classification: PersonalData, LegalBasis: "contract", Retention: "P2Y"}))
}

func TestAVersionIsKeptTooLongFromItsEndOn(t *testing.T) {
	g, taken := Governance{Retention: "P30D"}, time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	version := Ref{Kind: DatasetVersion, Key: "s3://lake/tx@sha256:abcdef0123"}
	_, ended := g.Ended(version, taken, taken.AddDate(0, 0, 30).Add(-time.Second))
	require.False(t, ended)
	w, ended := g.Ended(version, taken, taken.AddDate(0, 0, 30))
	require.True(t, ended)
	require.Equal(t, "The retention of version sha256:abcdef01 ended on 31 October 2026.", w.Message)
	require.Equal(t, "s3://lake/tx", w.Dataset.Key)
	_, ended = g.Ended(version, time.Time{}, taken.AddDate(9, 0, 0))
	require.False(t, ended, "nobody knows when it was taken")
}
