package store

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func TestAnExportHoldsWhatIsKnownAndNoSecret(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		a := h.traces()
		other := makePerson(t, s, "kim@example.com", models.Contributor)
		_, err := s.AddComment(ctx, models.Principal{PersonID: other.ID, Name: other.Name, Hub: models.Contributor}, h.find(models.Run, "danas-run").ID, "kim's own words")
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, s.ExportPerson(ctx, admin, a, []string{"dwhit"}, &b))
		var out map[string]any
		require.NoError(t, json.Unmarshal(b.Bytes(), &out), b.String())
		for _, section := range []string{"account", "memberships", "sessions", "tokens_created", "comments", "answers_for", "links_made", "model_cards_written", "activity", "named_in_subjects"} {
			require.NotEmpty(t, out[section], section)
		}
		require.Equal(t, "I did this", out["comments"].([]any)[0].(map[string]any)["body"])
		require.NotContains(t, b.String(), "kim's own words", "others' words are theirs")
		for _, secret := range []string{"hash", "csrf", "argon2id"} {
			require.NotContains(t, b.String(), secret)
		}
		rows, err := s.Activity(ctx, admin, ActivityFilter{Limit: 1})
		require.NoError(t, err)
		require.Equal(t, "person.exported", rows[0].Action)
	})
}

func TestColumnsOfSecretsAreKnownByTheirNames(t *testing.T) {
	for _, name := range []string{"hash", "password_hash", "csrf", "secret", "credential", "record", "passkey_handle"} {
		require.True(t, secretColumn(name), name)
	}
	require.False(t, secretColumn("created_at"))
}
