package store

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func TestWhatIsSaidOfDataIsKeptWithItsHistory(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		set := ref(models.Dataset, "s3://lake/tx")
		kim := member(h.project.ID, models.Contributor)
		require.NoError(t, s.SetGovernance(ctx, kim, set, models.Governance{Classification: models.PersonalData}, false))
		full := models.Governance{Classification: models.PersonalData, LegalBasis: "contract", Purpose: "Scoring", Retention: "p2y", Steward: "data office"}
		require.NoError(t, s.SetGovernance(ctx, admin, set, full, true))
		id := h.find(set.Kind, set.Key).ID
		list, err := s.GovernanceHistory(ctx, id)
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, models.Retention("P2Y"), list[0].Retention)
		require.False(t, list[0].ReviewedAt.IsZero())
		require.True(t, list[0].Until.IsZero())
		require.Empty(t, list[1].LegalBasis)
		require.Equal(t, list[0].Since, list[1].Until, "one ends where the next begins")
		of, err := s.GovernanceOf(ctx, []int64{id})
		require.NoError(t, err)
		require.Equal(t, "Scoring", of[id].Purpose)

		found, _, err := s.Subjects(ctx, kim, SubjectFilter{Kinds: []models.Kind{models.Dataset}, Classification: models.PersonalData})
		require.NoError(t, err)
		require.Len(t, found, 1)
		found, _, err = s.Subjects(ctx, kim, SubjectFilter{Kinds: []models.Kind{models.Dataset}, Classification: models.PublicData})
		require.NoError(t, err)
		require.Empty(t, found)

		rows, err := s.Activity(ctx, admin, ActivityFilter{Subject: id, Limit: 1})
		require.NoError(t, err)
		require.Equal(t, "governance.set", rows[0].Action)
	})
}

func TestOnlyContributorsGovernAndOnlyDatasets(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		set, fine := ref(models.Dataset, "s3://lake/tx"), models.Governance{Classification: models.InternalData}
		for _, c := range []struct {
			by   models.Principal
			at   models.Ref
			g    models.Governance
			code models.Code
		}{
			{member(h.project.ID, models.Viewer), set, fine, models.Forbidden},
			{member(h.project.ID+1, models.Administrator), set, fine, models.NotFound},
			{admin, ref(models.Run, "run-1"), fine, models.Unprocessed},
			{admin, set, models.Governance{Classification: "secret"}, models.Unprocessed},
			{admin, set, models.Governance{LegalBasis: "because"}, models.Unprocessed},
			{admin, set, models.Governance{Retention: "a while"}, models.Unprocessed},
		} {
			require.Equal(t, c.code, models.CodeOf(s.SetGovernance(ctx, c.by, c.at, c.g, false)), "%+v", c)
		}
		list, err := s.GovernanceHistory(ctx, h.find(set.Kind, set.Key).ID)
		require.NoError(t, err)
		require.Empty(t, list)
	})
}

func TestLiveModelsOfDataKeptTooLongAreWarnedOf(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		require.NoError(t, s.SetGovernance(ctx, admin, ref(models.Dataset, "s3://lake/tx"), models.Governance{Classification: models.SpecialCategory, Retention: "P30D"}, false))
		line, err := s.Throughline(ctx, admin, "production", "fraud-score")
		require.NoError(t, err)
		require.Len(t, line.Warnings(day(10)), 1, "no legal basis")
		late := line.Warnings(day(40))
		require.Len(t, late, 2)
		require.Equal(t, "retention_ended", late[1].Problem)
		require.NotContains(t, gapKinds(line), "retention", "warnings are no gaps")

		version := h.find(models.DatasetVersion, "s3://lake/tx@sha256:ab")
		taken, err := s.VersionTimes(ctx, []int64{version.ID})
		require.NoError(t, err)
		require.Equal(t, day(4), taken[version.ID], "the version's time is its run's, not ours")
		live, err := s.LiveOn(ctx, admin, []int64{version.ID})
		require.NoError(t, err)
		require.Len(t, live, 1)
		require.Equal(t, "d1", live[0].Ref.Key)
		live, err = s.LiveOn(ctx, member(h.project.ID+1, models.Viewer), []int64{version.ID})
		require.NoError(t, err)
		require.Empty(t, live, "not theirs to see")
	})
}
