package handlers

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

// A disabled account and one that was removed are out at once.
func TestDisabledAndRemovedAreOut(t *testing.T) {
	s := newSite(t)
	ctx := context.Background()
	p := s.project("MINE")
	s.person("admin@example.com", models.Administrator)
	ana := s.person("ana@example.com", models.Nobody)
	require.NoError(t, s.store.SetMember(ctx, system, p.ID, ana.ID, models.Viewer))
	b := s.browser()
	require.Equal(t, 303, b.signIn("ana@example.com").status)
	require.Equal(t, 200, b.get("/api/v1/projects/MINE").status)
	require.NoError(t, s.store.RemoveMember(ctx, system, p.ID, ana.ID))
	gone, absent := b.get("/api/v1/projects/MINE"), b.get("/api/v1/projects/NONE")
	require.Equal(t, 404, gone.status)
	require.Equal(t, strip(absent.body, "NONE"), strip(gone.body, "MINE"), "invisible answers like absent")
	require.NoError(t, s.store.SetDisabled(ctx, system, ana.ID, true))
	require.Equal(t, 401, b.get("/api/v1/projects").status)
	require.Equal(t, 401, s.browser().signIn("ana@example.com").status)
}

var requestID = regexp.MustCompile(`urn:request:[0-9a-f]+`)

func strip(body, key string) string {
	return strings.ReplaceAll(requestID.ReplaceAllString(body, ""), key, "KEY")
}

func TestATokenExpires(t *testing.T) {
	s := newSite(t)
	value, _, err := s.store.CreateToken(context.Background(), system, store.NewToken{Name: "short", Role: models.Viewer, ExpiresAt: time.Now().Add(300 * time.Millisecond)})
	require.NoError(t, err)
	s.tokens["short"] = value
	require.Equal(t, 200, s.ask("short", "GET", "/api/v1/projects", "").status)
	require.Eventually(t, func() bool { return s.ask("short", "GET", "/api/v1/projects", "").status == 401 }, 5*time.Second, 100*time.Millisecond)
}
