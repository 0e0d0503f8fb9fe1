package store

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// TestAColumnThatIsGoneEndsItsAnnouncement, not before a version without it came, and
// not for the column that stays.
func TestAColumnThatIsGoneEndsItsAnnouncement(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.dataStory()
		now := day(6)
		s.now = func() time.Time { return now }
		tx := h.find(models.Dataset, "s3://lake/tx")
		announce := func(column string) int64 {
			id, err := s.AnnounceChange(ctx, admin, tx, models.DataChange{Kind: "column_removed", Columns: []string{column}, On: day(20)})
			require.NoError(t, err)
			return id
		}
		goes, stays := announce("country"), announce("id")
		noted := func() int { n, err := s.NoteGone(ctx); require.NoError(t, err); return n }
		stateOf := func(id int64) models.ChangeState {
			c, err := s.Change(ctx, admin, id)
			require.NoError(t, err)
			return c.State
		}
		require.Zero(t, noted(), "nothing came since")
		now = day(7)
		h.apply("cloudevents", "v2", models.Description{Ref: ref(models.DatasetVersion, "s3://lake/tx@v2"), At: day(7), Facts: map[string]any{models.FactSchema: []models.Field{{Name: "id"}, {Name: "country"}}}})
		require.Zero(t, noted(), "it is still there")
		now = day(8)
		h.apply("cloudevents", "v3", models.Description{Ref: ref(models.DatasetVersion, "s3://lake/tx@v3"), At: day(8), Facts: map[string]any{models.FactSchema: []models.Field{{Name: "id"}}}})
		require.Equal(t, 1, noted())
		require.Zero(t, noted(), "once")
		require.Equal(t, models.ChangeHappened, stateOf(goes))
		require.Equal(t, models.ChangePlanned, stateOf(stays))
	})
}
