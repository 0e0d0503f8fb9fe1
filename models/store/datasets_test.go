package store

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// dataStory is a raw dataset, features made from it, a model trained on the
// features and live, and one that has nothing to do with it.
func (h *hub) dataStory() {
	raw, features := ref(models.DatasetVersion, "s3://lake/tx@v1"), ref(models.DatasetVersion, "s3://lake/features@f1")
	fields := []models.Field{{Name: "id", Type: "bigint"}, {Name: "country", Type: "text"}}
	h.apply("cloudevents", "d1", models.Description{Ref: ref(models.PipelineRun, "etl-1"), At: day(1), State: models.Passed, Facts: map[string]any{"pipeline": "etl"},
		Links: []models.LinkTo{{Relation: models.Reads, To: raw}, {Relation: models.Writes, To: features}}},
		models.Description{Ref: raw, At: day(1), Facts: map[string]any{"rows": 12, models.FactSchema: fields}},
		models.Description{Ref: features, At: day(1), Links: []models.LinkTo{{Relation: models.DerivedFrom, To: raw}},
			Quality: []models.QualityResult{{Name: "not_null", Column: "id", State: models.Passed, At: day(1)}}})
	h.apply("cloudevents", "d2", models.Description{Ref: ref(models.Run, "r1"), At: day(2), State: models.Passed, Links: []models.LinkTo{{Relation: models.TrainedOn, To: features}}},
		models.Description{Ref: ref(models.ModelVersion, "churn/1"), At: day(3), State: models.Registered, Links: []models.LinkTo{{Relation: models.ProducedBy, To: ref(models.Run, "r1")}}},
		models.Description{Ref: ref(models.ModelVersion, "other/1"), At: day(3), State: models.Registered})
	for _, m := range []string{"churn", "other"} {
		h.apply("cloudevents", "live "+m, models.Description{Ref: ref(models.Deployment, "d-"+m), At: day(4), State: models.Live,
			Facts: map[string]any{"environment": "production", "model": m, "version": "1"}, Links: []models.LinkTo{{Relation: models.Deploys, To: ref(models.ModelVersion, m+"/1")}}})
	}
}

func TestADatasetsSheetSaysWhatStandsAroundIt(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.dataStory()
		raw, err := s.DataSheet(ctx, admin, h.find(models.Dataset, "s3://lake/tx"))
		require.NoError(t, err)
		require.Equal(t, []string{"s3://lake/features"}, keysOf(raw.Downstream))
		require.Empty(t, raw.Upstream)
		require.Equal(t, []string{"d-churn"}, keysOf(raw.Live), "two steps away")
		require.Equal(t, []string{"etl-1"}, keysOf(raw.Readers))
		require.Equal(t, "country", raw.Schema[1].Name)
		require.Equal(t, models.Unknown, raw.State)

		features, err := s.DataSheet(ctx, admin, h.find(models.Dataset, "s3://lake/features"))
		require.NoError(t, err)
		require.Equal(t, []string{"s3://lake/tx"}, keysOf(features.Upstream))
		require.Equal(t, "etl-1", features.Versions[0].Writer.Ref.Key)
		require.Equal(t, []string{"r1"}, keysOf(features.Versions[0].UsedBy))
		require.Equal(t, models.Fresh, features.State)

		h.apply("cloudevents", "bad", models.Description{Ref: ref(models.DatasetVersion, "s3://lake/features@f2"), At: day(5),
			Quality: []models.QualityResult{{Name: "not_null", Column: "id", State: models.Failed, At: day(5)}}})
		features, err = s.DataSheet(ctx, admin, h.find(models.Dataset, "s3://lake/features"))
		require.NoError(t, err)
		require.Equal(t, models.Failed, features.State)
		require.Len(t, features.Checks, 1, "a check goes on from one version to the next")
		require.Len(t, features.Checks[0].Results, 2)
		failing, err := s.FailingChecks(ctx, []int64{features.Dataset.ID, raw.Dataset.ID})
		require.NoError(t, err)
		require.Equal(t, map[int64]int{features.Dataset.ID: 1}, failing)
	})
}

func keysOf(list []models.Subject) (out []string) {
	for _, s := range list {
		out = append(out, s.Ref.Key)
	}
	return out
}

func TestADatasetTurnsLateByTheClockAlone(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.dataStory()
		now := day(1).Add(10 * time.Hour)
		s.now = func() time.Time { return now }
		dataset := h.find(models.Dataset, "s3://lake/features")
		require.NoError(t, s.PromiseFreshness(ctx, admin, dataset, 24*time.Hour))
		noted := func() int { n, err := s.NoteLate(ctx); require.NoError(t, err); return n }
		state := func() models.State {
			d, err := s.DataSheet(ctx, admin, dataset)
			require.NoError(t, err)
			return d.State
		}
		require.Zero(t, noted())
		require.Equal(t, models.Fresh, state())
		now = day(2).Add(time.Hour)
		require.Equal(t, models.Late, state())
		require.Equal(t, 1, noted())
		require.Zero(t, noted(), "once")
		h.apply("cloudevents", "new", models.Description{Ref: ref(models.DatasetVersion, "s3://lake/features@f3"), At: now, Facts: map[string]any{"rows": 1}})
		require.Equal(t, models.Fresh, state())
		require.Equal(t, 1, noted(), "it is fresh again")
		require.NoError(t, s.PromiseFreshness(ctx, admin, dataset, 0))
		require.Equal(t, models.Unprocessed, models.CodeOf(s.PromiseFreshness(ctx, admin, dataset, time.Second)))
	})
}

func TestThoseWhoseLiveModelsUseTheDataAnswer(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.dataStory()
		kim, lee := h.somebody("kim@example.com", models.Contributor), h.signedIn(h.somebody("lee@example.com", models.Contributor))
		_, err := s.SetOwners(ctx, admin, ref(models.Model, "churn"), []models.OwnerClaim{{Person: "kim@example.com"}})
		require.NoError(t, err)
		me, raw := h.signedIn(kim), h.find(models.Dataset, "s3://lake/tx")

		_, err = s.AnnounceChange(ctx, lee, raw, models.DataChange{Kind: "column_removed", On: s.now().AddDate(0, 0, 7)})
		require.Contains(t, err.Error(), "Name the columns")
		_, err = s.AnnounceChange(ctx, lee, raw, models.DataChange{Kind: "column_removed", Columns: []string{"country"}, On: s.now().AddDate(0, 0, -7)})
		require.Contains(t, err.Error(), "over")
		id, err := s.AnnounceChange(ctx, lee, raw, models.DataChange{Kind: "column_removed", Columns: []string{"country"}, On: s.now().AddDate(0, 0, 7), Text: "GDPR"})
		require.NoError(t, err)

		asked := func(by models.Principal) int {
			list, err := s.AskedOf(ctx, by)
			require.NoError(t, err)
			return len(list)
		}
		change := func() models.DataChange { c, err := s.Change(ctx, me, id); require.NoError(t, err); return c }
		require.Equal(t, 1, asked(me))
		require.Zero(t, asked(lee), "Lee owns nothing of it")
		c := change()
		require.Len(t, c.Lines, 1)
		require.Equal(t, "churn", c.Lines[0].Model.Ref.Key)
		require.Len(t, c.Lines[0].Silent(), 1)
		require.Equal(t, 1, c.Waiting())

		answer := models.ChangeAnswer{Model: c.Lines[0].Model.ID, Verdict: models.VerdictBlocked}
		require.Contains(t, s.AnswerChange(ctx, me, c, answer).Error(), "stands in the way")
		answer.Text = "retraining takes two weeks"
		require.NoError(t, s.AnswerChange(ctx, me, c, answer))
		require.Equal(t, models.VerdictBlocked, change().Worst())
		answer.Verdict = models.VerdictSafe
		require.NoError(t, s.AnswerChange(ctx, me, change(), answer))
		require.Equal(t, models.VerdictSafe, change().Worst(), "a later answer counts")
		require.Zero(t, asked(me))

		other := models.ChangeAnswer{Model: h.find(models.Model, "other").ID, Verdict: models.VerdictSafe}
		require.Contains(t, s.AnswerChange(ctx, me, c, other).Error(), "does not affect")
		require.NoError(t, s.EndChange(ctx, lee, change(), models.ChangeWithdrawn))
		require.Equal(t, models.Conflict, models.CodeOf(s.EndChange(ctx, lee, c, models.ChangeHappened)))
		require.Equal(t, models.Conflict, models.CodeOf(s.AnswerChange(ctx, me, change(), answer)))
		require.Len(t, change().Lines, 1, "what was answered stays")

		stranger := models.Principal{PersonID: 99}
		_, err = s.Change(ctx, stranger, id)
		require.Equal(t, models.NotFound, models.CodeOf(err))
	})
}

// TestTheMaintainersAreAskedWhereNobodyIsLeft: an owner who left is asked nothing.
func TestTheMaintainersAreAskedWhereNobodyIsLeft(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.dataStory()
		kim, mia := h.somebody("kim@example.com", models.Contributor), h.signedIn(h.somebody("mia@example.com", models.Maintainer))
		lee := h.signedIn(h.somebody("lee@example.com", models.Contributor))
		_, err := s.SetOwners(ctx, admin, ref(models.Model, "churn"), []models.OwnerClaim{{Person: "kim@example.com"}})
		require.NoError(t, err)
		_, err = s.AnnounceChange(ctx, lee, h.find(models.Dataset, "s3://lake/tx"), models.DataChange{Kind: "dataset_retired", On: s.now().AddDate(0, 0, 7)})
		require.NoError(t, err)
		asked := func(by models.Principal) int {
			list, err := s.AskedOf(ctx, by)
			require.NoError(t, err)
			return len(list)
		}
		require.Zero(t, asked(mia), "Kim is here")
		require.NoError(t, s.SetDisabled(ctx, admin, kim.ID, true))
		require.Equal(t, 1, asked(mia))
		require.Zero(t, asked(lee), "a contributor is not asked for what is not theirs")
	})
}
