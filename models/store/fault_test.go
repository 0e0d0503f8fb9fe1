package store

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// TestACutDatabaseCostsRetriesOnly ends every connection to PostgreSQL while the
// store is open: what it acknowledged is there, and it goes on by itself.
func TestACutDatabaseCostsRetriesOnly(t *testing.T) {
	if pgAddress == "" {
		t.Skip("no PostgreSQL binaries")
	}
	s := open(t, Options{DatabaseURL: freshDatabase(t)})
	h := newHub(t, s)
	for round := range 3 {
		h.apply("github", string(rune('a'+round)), models.Description{Ref: ref(models.Run, string(rune('a'+round))), At: day(round), State: models.Running})
		cutOff(t, s)
		require.Eventually(t, func() bool {
			_, err := s.CreateProject(context.Background(), admin, "AFTER"+string(rune('A'+round)), "After the cut")
			if err != nil {
				require.Equal(t, models.Busy, models.CodeOf(err), "%v", err)
			}
			return err == nil
		}, 10*time.Second, 50*time.Millisecond)
		h.find(models.Run, string(rune('a'+round)))
		require.NoError(t, s.Ready(context.Background()))
	}
}

func cutOff(t *testing.T, s *Store) {
	t.Helper()
	var name string
	require.NoError(t, s.row(context.Background(), `SELECT current_database()`, nil, &name))
	other, err := connect(context.Background(), Options{DatabaseURL: pgAddress})
	require.NoError(t, err)
	defer other.bells.stop()
	_, err = other.writer.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
	require.NoError(t, err)
}

func TestAWriteIsRefusedOnceTheStoreCloses(t *testing.T) {
	s, err := Open(context.Background(), Options{DataDir: t.TempDir()})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	_, err = s.CreateProject(context.Background(), admin, "LATE", "Late")
	require.Equal(t, models.Busy, models.CodeOf(err))
	require.Equal(t, models.Busy, models.CodeOf(s.Ready(context.Background())))
}
