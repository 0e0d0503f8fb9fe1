package store

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// lastOf is the detail of the newest row of an action.
func lastOf(t *testing.T, s *Store, action string) map[string]any {
	t.Helper()
	list, _, err := s.Audit(context.Background(), admin, AuditFilter{Action: action, Limit: 1})
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0].Detail
}

// Row 56: what was changed says what it was before and what it is now.
func TestChangesSayBeforeAndAfter(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		ana, err := s.CreatePerson(ctx, admin, NewPerson{Email: "ana@example.com", Name: "Ana", Password: "a long enough password"})
		require.NoError(t, err)
		says := func(action string, from, to any) {
			t.Helper()
			detail := lastOf(t, s, action)
			require.Equal(t, []any{from, to}, []any{detail["from"], detail["to"]}, action)
		}
		type m = map[string]any
		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, ana.ID, models.Viewer))
		says("member.set", m{"role": nil}, m{"role": "viewer"})
		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, ana.ID, models.Maintainer))
		says("member.set", m{"role": "viewer"}, m{"role": "maintainer"})
		require.NoError(t, s.RemoveMember(ctx, admin, h.project.ID, ana.ID))
		says("member.removed", m{"role": "maintainer"}, m{"role": nil})
		require.NoError(t, s.SetHubRole(ctx, admin, ana.ID, models.Viewer))
		says("person.role", m{"role": ""}, m{"role": "viewer"})

		p := h.project
		p.Name = "Fraud, again"
		require.NoError(t, s.UpdateProject(ctx, admin, p))
		says("project.changed", m{"name": "Fraud scoring"}, m{"name": "Fraud, again"})

		hook := h.sources["github"]
		require.NoError(t, s.UpdateIntegration(ctx, admin, hook.ID, map[string]string{"url": "https://u:pw@x.example.com/?k=v"}, map[string]string{"secret": "hunter2hunter2"}))
		says("integration.changed", m{"url": nil}, m{"url": "https://x.example.com/"})
		require.Equal(t, []any{"secret"}, lastOf(t, s, "integration.changed")["secrets"])
		require.NotContains(t, encode(lastOf(t, s, "integration.changed")), "hunter2")

		b, err := s.BoardSettings(ctx, p.ID)
		require.NoError(t, err)
		b.Columns = append(b.Columns, ColumnSetting{Name: "Parked", Limit: 3})
		require.NoError(t, s.SaveBoardSettings(ctx, admin, p.ID, b))
		detail := lastOf(t, s, "board.changed")
		require.NotContains(t, detail["to"], "rules", "which stayed")
		require.Contains(t, detail["to"].(m)["columns"], "Parked (3)")
		require.NotContains(t, detail["from"].(m)["columns"], "Parked (3)")

		score := ref(models.Model, "fraud-score")
		_, err = s.SetOwners(ctx, admin, score, []models.OwnerClaim{{Person: "ana@example.com"}})
		require.NoError(t, err)
		_, err = s.SetOwners(ctx, admin, score, []models.OwnerClaim{{Person: "ana@example.com", As: "steward"}})
		require.NoError(t, err)
		says("owner.assigned", []any{m{"person": float64(ana.ID), "as": "owner"}}, []any{m{"person": float64(ana.ID), "as": "steward"}})
		require.Nil(t, brokenAt(t, s))
	})
}
