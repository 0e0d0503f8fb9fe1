package store

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func TestAnInvitationLetsOneIn(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		kim := h.somebody("kim@example.com", models.Nobody)
		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, kim.ID, models.Maintainer))
		team, err := s.CreateTeam(ctx, admin, "fraud-data", "Fraud data")
		require.NoError(t, err)
		require.NoError(t, s.SetTeamMember(ctx, admin, team, kim.ID, "", true))
		inviter := h.signedIn(kim)
		code, inv, err := s.Invite(ctx, inviter, NewInvitation{Email: "Dana@Example.com", ProjectID: h.project.ID, Role: models.Contributor, Team: team, Function: "data_scientist"})
		require.NoError(t, err)
		require.Equal(t, "Kim", inv.By)
		_, _, err = s.Join(ctx, code, NewPerson{Email: "eve@example.com", Password: "long enough"})
		require.Equal(t, models.Unprocessed, models.CodeOf(err), "for another address")
		_, _, err = s.Join(ctx, "guess", NewPerson{Email: "kim@example.com", Password: "long enough"})
		require.EqualError(t, err, NoInvitation, "a guess learns nothing of addresses")
		before, err := s.Seq(ctx)
		require.NoError(t, err)
		dana, _, err := s.Join(ctx, code, NewPerson{Email: "dana@example.com", Name: "Dana", Password: "long enough", Hub: models.Administrator})
		require.NoError(t, err)
		require.Equal(t, models.Nobody, dana.Hub, "an invitation's word counts, not the form's")
		require.Equal(t, models.Contributor, h.roleOf(dana))
		members, err := s.TeamMembers(ctx, team)
		require.NoError(t, err)
		require.Len(t, members, 2)
		list, err := s.Activity(ctx, admin, ActivityFilter{Limit: 1})
		require.NoError(t, err)
		require.Equal(t, before+1, list[0].Seq, "one row")
		require.Equal(t, "invitation.used", list[0].Action)
		require.Equal(t, "person:"+itoa(kim.ID), list[0].Detail["invited_by"])
		text, err := json.Marshal(list[0].Detail)
		require.NoError(t, err)
		require.NotContains(t, string(text), "example.com", "people stand there by their id")
		_, err = s.Accept(ctx, inviter, code)
		require.EqualError(t, err, NoInvitation, "used")
	})
}

func TestInvitationsEnd(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		now := time.Now()
		s.now = func() time.Time { return now }
		dana, kim := h.somebody("dana@example.com", models.Nobody), h.somebody("kim@example.com", models.Nobody)
		by := h.signedIn(dana)
		refuses := func(code, why string) {
			t.Helper()
			_, err := s.Accept(ctx, by, code)
			require.EqualError(t, err, NoInvitation, why)
			_, _, err = s.OpenInvitation(ctx, code)
			if why != "the inviter left" {
				require.EqualError(t, err, NoInvitation, why)
			}
		}
		refuses("unknown", "unknown")
		offer := NewInvitation{ProjectID: h.project.ID, Role: models.Viewer}
		code, inv, err := s.Invite(ctx, admin, offer)
		require.NoError(t, err)
		require.Equal(t, models.NotFound, models.CodeOf(s.RevokeInvitation(ctx, admin, InvitationsFor{Project: 999}, inv.ID)), "of another project")
		require.NoError(t, s.RevokeInvitation(ctx, admin, InvitationsFor{Project: h.project.ID}, inv.ID))
		refuses(code, "revoked")
		code, _, err = s.Invite(ctx, admin, offer)
		require.NoError(t, err)
		list, err := s.Invitations(ctx, InvitationsFor{})
		require.NoError(t, err)
		require.Len(t, list, 1)
		now = now.Add(InvitationLife)
		refuses(code, "expired")
		by = h.signedIn(dana)

		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, kim.ID, models.Maintainer))
		code, _, err = s.Invite(ctx, h.signedIn(kim), NewInvitation{ProjectID: h.project.ID, Role: models.Maintainer})
		require.NoError(t, err)
		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, kim.ID, models.Viewer))
		refuses(code, "the inviter left")
	})
}

func TestNobodyInvitesToMoreThanTheyHold(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		team, err := s.CreateTeam(ctx, admin, "fraud-data", "Fraud data")
		require.NoError(t, err)
		by := models.Principal{TokenID: 2, Projects: map[int64]models.Role{h.project.ID: models.Maintainer}}
		for name, n := range map[string]NewInvitation{
			"a greater role": {ProjectID: h.project.ID, Role: models.Administrator},
			"a hub role":     {Hub: models.Viewer},
			"another's team": {Team: team},
		} {
			_, _, err := s.Invite(ctx, by, n)
			require.Equal(t, models.Forbidden, models.CodeOf(err), name)
		}
		for name, n := range map[string]NewInvitation{
			"no address":           {Email: "a&b"},
			"for ever":             {Life: 365 * 24 * time.Hour},
			"a role of no project": {Role: models.Viewer},
		} {
			_, _, err := s.Invite(ctx, admin, n)
			require.Equal(t, models.Unprocessed, models.CodeOf(err), name)
		}
	})
}

// An invitation takes nothing away.
func TestAnInvitationLessensNothing(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		dana := h.somebody("dana@example.com", models.Maintainer)
		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, dana.ID, models.Maintainer))
		code, _, err := s.Invite(ctx, admin, NewInvitation{ProjectID: h.project.ID, Role: models.Viewer, Hub: models.Viewer})
		require.NoError(t, err)
		_, err = s.Accept(ctx, h.signedIn(dana), code)
		require.NoError(t, err)
		require.Equal(t, models.Maintainer, h.roleOf(dana))
		after, err := s.Person(ctx, dana.ID)
		require.NoError(t, err)
		require.Equal(t, models.Maintainer, after.Hub)
	})
}
