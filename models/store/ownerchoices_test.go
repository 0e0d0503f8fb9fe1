package store

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// TestTheOwnersOfTheCodeAreProposedForTheModel: and for no other model.
func TestTheOwnersOfTheCodeAreProposedForTheModel(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx, h := context.Background(), newHub(t, s)
		h.tell(names())
		h.apply("github", "owners", models.Description{Ref: ref(models.Repository, "github.com/acme/fraud"), At: day(1), Owners: []models.OwnerClaim{{Person: "@acme/risk"}}})
		choices, err := s.OwnerChoices(ctx, h.find(models.Model, "fraud-score").ID)
		require.NoError(t, err)
		require.NotEmpty(t, choices)
		require.Equal(t, OwnerChoice{Value: "@acme/risk", Name: "owns acme/fraud"}, choices[0])
		h.apply("cloudevents", "other", models.Description{Ref: ref(models.ModelVersion, "other/1"), At: day(1), State: models.Registered})
		other, err := s.OwnerChoices(ctx, h.find(models.Model, "other").ID)
		require.NoError(t, err)
		require.NotContains(t, other, choices[0])
	})
}
