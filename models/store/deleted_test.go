package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func TestWhatItsSourceDeletedIsNeverShownAsLive(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		h.tell([]string{"cloudevents started", "cloudevents registered", "cloudevents live"})
		require.Equal(t, models.Live, h.find(models.ModelVersion, "fraud-score/1").State)
		deleted := func(id string, n int, yes any) {
			facts := map[string]any{"deleted": yes}
			h.apply("cloudevents", id, models.Description{Ref: ref(models.ModelVersion, "fraud-score/1"), At: day(n), Facts: facts},
				models.Description{Ref: ref(models.Run, "run-1"), At: day(n), Facts: facts})
		}
		deleted("gone", 10, true)
		require.Equal(t, models.Retired, h.find(models.ModelVersion, "fraud-score/1").State)
		require.Equal(t, models.Cancelled, h.find(models.Run, "run-1").State, "nobody will tell of its end")
		deleted("back", 12, nil)
		require.Equal(t, models.Live, h.find(models.ModelVersion, "fraud-score/1").State)
		require.Equal(t, models.Running, h.find(models.Run, "run-1").State)
		deleted("late", 11, true) // an old word comes late
		require.Equal(t, models.Live, h.find(models.ModelVersion, "fraud-score/1").State)
	})
}
