package store

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

const sha3 = "3333333333333333333333333333333333333333"

// TestWhatAChangeAffects: live models built from its own commits come first,
// then its versions that wait, then the others of its repository; models whose
// code lives elsewhere, or that the reader may not see, are not there.
func TestWhatAChangeAffects(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx, h := context.Background(), newHub(t, s)
		h.tell(names())
		commit := ref(models.Commit, "github.com/acme/fraud@"+sha3)
		pull := func(key, sha string) models.Description {
			return models.Description{Ref: ref(models.PullRequest, key), At: day(9), State: models.Open, Facts: map[string]any{"repository": "github.com/" + key[:len(key)-2]},
				Links: []models.LinkTo{{Relation: models.Contains, To: ref(models.Commit, "github.com/"+key[:len(key)-2]+"@"+sha)}}}
		}
		h.apply("github", "next", pull("acme/fraud#8", sha3), pull("acme/other#9", sha3))
		h.apply("cloudevents", "run", models.Description{Ref: ref(models.Run, "run-9"), At: day(9), State: models.Passed, Links: []models.LinkTo{{Relation: models.BuiltFrom, To: commit}}})
		h.apply("cloudevents", "version", models.Description{Ref: ref(models.ModelVersion, "fraud-score/9"), At: day(9), State: models.Registered,
			Links: []models.LinkTo{{Relation: models.ProducedBy, To: ref(models.Run, "run-9")}}})

		merged, err := s.AffectedBy(ctx, admin, h.find(models.PullRequest, "acme/fraud#7"))
		require.NoError(t, err)
		require.Len(t, merged, 1)
		require.Equal(t, []any{"production", "fraud-score", "1", true, models.Verified}, []any{merged[0].Environment, merged[0].Model, merged[0].Version, merged[0].Direct, merged[0].Evidence})
		require.NotEmpty(t, merged[0].Gaps)

		next, err := s.AffectedBy(ctx, admin, h.find(models.PullRequest, "acme/fraud#8"))
		require.NoError(t, err)
		require.Len(t, next, 2)
		require.Equal(t, []any{"", "9", true}, []any{next[0].Environment, next[0].Version, next[0].Direct})
		require.Equal(t, []any{"production", "1", false, "built from acme/fraud"}, []any{next[1].Environment, next[1].Version, next[1].Direct, next[1].How})

		elsewhere, err := s.AffectedBy(ctx, admin, h.find(models.PullRequest, "acme/other#9"))
		require.NoError(t, err)
		require.Empty(t, elsewhere)

		stranger, err := s.AffectedBy(ctx, models.Principal{TokenID: 9, Name: "stranger"}, h.find(models.PullRequest, "acme/fraud#7"))
		require.NoError(t, err)
		require.Empty(t, stranger)
	})
}
