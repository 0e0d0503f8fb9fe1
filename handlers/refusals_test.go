package handlers

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// An authenticated refused write leaves one row of activity; a stranger's leaves none.
func TestRefusalsAreRecorded(t *testing.T) {
	s := newSite(t)
	p := s.project("MINE")
	s.token("viewer", models.Viewer, p.ID)
	before, err := s.store.Seq(context.Background())
	require.NoError(t, err)
	require.Equal(t, 403, s.ask("viewer", "PATCH", "/api/v1/projects/MINE", `{"name":"x"}`).status)
	require.Equal(t, 401, s.ask("", "PATCH", "/api/v1/projects/MINE", `{"name":"x"}`).status)
	after, err := s.store.Seq(context.Background())
	require.NoError(t, err)
	require.Equal(t, before+1, after)
}
