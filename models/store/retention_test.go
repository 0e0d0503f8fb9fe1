package store

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func TestWhatIsOldGoesAndTheRestStays(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		a := makePerson(t, s, "kim@example.com", models.Nobody)
		_, err := s.NewSession(ctx, a, "Firefox")
		require.NoError(t, err)
		old := time.Now()
		for i := range cleanedAtOnce + 50 {
			h.apply("github", fmt.Sprint("old", i), models.Description{Ref: ref(models.PullRequest, "acme/fraud#1"), At: day(0), State: models.Open})
		}
		_, err = s.Apply(ctx, Inbound{Integration: h.sources["github"], ID: "p", Name: "push", Problem: "broken", Body: []byte("kept")})
		require.NoError(t, err)
		s.now = func() time.Time { return old.AddDate(0, 0, 89) }
		h.apply("github", "new", models.Description{Ref: ref(models.PullRequest, "acme/fraud#1"), At: day(1), State: models.Merged})

		c, err := s.Clean(ctx, admin)
		require.NoError(t, err)
		require.Zero(t, c.Removed["deliveries"], "not yet old enough")
		require.EqualValues(t, 1, c.Removed["sessions"])
		s.now = func() time.Time { return old.AddDate(0, 0, 91) }
		before := h.state()
		c, err = s.Clean(ctx, admin)
		require.NoError(t, err)
		require.EqualValues(t, cleanedAtOnce+50, c.Removed["deliveries"], "in more than one write")
		require.Equal(t, before, h.state(), "what was read from them stays")
		rows, err := s.Activity(ctx, admin, ActivityFilter{Limit: 2})
		require.NoError(t, err)
		require.Equal(t, []string{"retention.ran", "retention.ran"}, []string{rows[0].Action, rows[1].Action}, "one row for each run that removed something")

		list, err := s.Deliveries(ctx, h.project.ID, DeliveryFilter{State: "parked"})
		require.NoError(t, err)
		parked, err := s.Delivery(ctx, h.project.ID, list[0].ID)
		require.NoError(t, err)
		require.Equal(t, "kept", string(parked.Body), "parked ones stay until somebody handles them")
		applied, err := s.Deliveries(ctx, h.project.ID, DeliveryFilter{State: "applied", Limit: 200})
		require.NoError(t, err)
		young, err := s.Delivery(ctx, h.project.ID, applied[0].ID)
		require.NoError(t, err)
		require.True(t, young.Purged.IsZero())
		gone, err := s.Delivery(ctx, h.project.ID, applied[1].ID)
		require.NoError(t, err)
		require.False(t, gone.Purged.IsZero())
		_, err = s.Replay(ctx, admin, gone, models.Batch{}, false, "")
		require.Equal(t, models.Conflict, models.CodeOf(err))
		require.ErrorContains(t, err, "was removed")

		seq, err := s.Seq(ctx)
		require.NoError(t, err)
		c, err = s.Clean(ctx, admin)
		require.NoError(t, err)
		require.Zero(t, c.Total())
		again, err := s.Seq(ctx)
		require.NoError(t, err)
		require.Equal(t, seq, again, "a run that removes nothing leaves no row")
		last, err := s.LastCleaning(ctx)
		require.NoError(t, err)
		require.Equal(t, c.At, last.At)
		s.verifies(t)
	})
}

func TestKeepingForEverAndNonsense(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.apply("github", "1", models.Description{Ref: ref(models.PullRequest, "acme/fraud#1"), At: day(0), State: models.Open})
		keep := models.DefaultKeeping()
		keep.Deliveries = 0
		require.NoError(t, s.SetKeeping(ctx, admin, keep))
		s.now = func() time.Time { return time.Now().AddDate(10, 0, 0) }
		c, err := s.Clean(ctx, admin)
		require.NoError(t, err)
		require.Zero(t, c.Removed["deliveries"])
		got, err := s.Keeping(ctx)
		require.NoError(t, err)
		require.Equal(t, keep, got)
		keep.Comments = -1
		require.Equal(t, models.Unprocessed, models.CodeOf(s.SetKeeping(ctx, admin, keep)))
	})
}

func TestOneReplicaCleansAtATime(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		if !s.dialect.numbers {
			t.Skip("SQLite has one process")
		}
		unlock, err := s.lockCleaner(context.Background())
		require.NoError(t, err)
		unlock = sync.OnceFunc(unlock)
		defer unlock()
		_, err = s.Clean(context.Background(), admin)
		require.Equal(t, models.Conflict, models.CodeOf(err))
		unlock()
		_, err = s.Clean(context.Background(), admin)
		require.NoError(t, err)
	})
}
