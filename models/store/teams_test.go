package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// somebody makes an account.
func (h *hub) somebody(email string, role models.Role) models.Account {
	h.t.Helper()
	a, err := h.s.CreatePerson(context.Background(), models.Principal{}, NewPerson{Email: email, Name: strings.ToUpper(email[:1]) + strings.Split(email, "@")[0][1:], Hub: role})
	require.NoError(h.t, err)
	return a
}

// signedIn is an account with a session, by the rights of this moment.
func (h *hub) signedIn(a models.Account) models.Principal {
	h.t.Helper()
	value, err := h.s.NewSession(context.Background(), a, "test")
	require.NoError(h.t, err)
	session, err := h.s.PrincipalBySession(context.Background(), value)
	require.NoError(h.t, err)
	return session.Principal
}

func (h *hub) roleOf(a models.Account) models.Role {
	h.t.Helper()
	roles, err := h.s.rolesOf(context.Background(), a.ID)
	require.NoError(h.t, err)
	return roles[h.project.ID]
}

func TestAPersonHoldsTheGreatestRoleOfTheirTeams(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		dana := h.somebody("dana@example.com", models.Nobody)
		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, dana.ID, models.Contributor))
		for key, role := range map[string]models.Role{"readers": models.Viewer, "keepers": models.Maintainer} {
			team, err := s.CreateTeam(ctx, admin, key, key)
			require.NoError(t, err)
			require.NoError(t, s.SetTeamMember(ctx, admin, team, dana.ID, "data_scientist", false))
			require.NoError(t, s.SetTeamRole(ctx, admin, h.project.ID, team, role, ""))
		}
		require.Equal(t, models.Maintainer, h.roleOf(dana))
		keepers, err := s.Team(ctx, "keepers")
		require.NoError(t, err)
		require.NoError(t, s.RemoveTeamRole(ctx, admin, h.project.ID, keepers))
		require.Equal(t, models.Contributor, h.roleOf(dana), "her own role stays")
		require.NoError(t, s.RemoveMember(ctx, admin, h.project.ID, dana.ID))
		require.Equal(t, models.Viewer, h.roleOf(dana))
		readers, err := s.Team(ctx, "readers")
		require.NoError(t, err)
		require.NoError(t, s.DeleteTeam(ctx, admin, readers))
		require.Equal(t, models.Nobody, h.roleOf(dana))
	})
}

func TestWhoMayChangeATeam(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		dana, kim := h.somebody("dana@example.com", models.Nobody), h.somebody("kim@example.com", models.Nobody)
		team, err := s.CreateTeam(ctx, admin, "fraud-data", "Fraud data")
		require.NoError(t, err)
		require.NoError(t, s.SetTeamMember(ctx, admin, team, dana.ID, "", true))
		lead := h.signedIn(dana)
		require.NoError(t, s.SetTeamMember(ctx, lead, team, kim.ID, "manager", false))
		require.Equal(t, models.Forbidden, models.CodeOf(s.SetTeamMember(ctx, h.signedIn(kim), team, kim.ID, "", true)), "a member makes no lead of themself")
		require.Equal(t, models.Unprocessed, models.CodeOf(s.SetTeamMember(ctx, lead, team, kim.ID, "wizard", false)))
		require.NoError(t, s.SetTeamMember(ctx, admin, team, dana.ID, "", false))
		require.Equal(t, models.Forbidden, models.CodeOf(s.RemoveTeamMember(ctx, lead, team, kim.ID)), "who leads no more")
		_, err = s.CreateTeam(ctx, admin, "fraud-data", "Again")
		require.Equal(t, models.Conflict, models.CodeOf(err))
		_, err = s.CreateTeam(ctx, admin, "Fraud Data", "Bad key")
		require.Equal(t, models.Unprocessed, models.CodeOf(err))
	})
}

func TestNobodyGivesATeamMoreThanTheyHold(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		team, err := s.CreateTeam(ctx, admin, "fraud-data", "Fraud data")
		require.NoError(t, err)
		maintainer := models.Principal{TokenID: 2, Projects: map[int64]models.Role{h.project.ID: models.Maintainer}}
		require.Equal(t, models.Forbidden, models.CodeOf(s.SetTeamRole(ctx, maintainer, h.project.ID, team, models.Administrator, "")))
		require.NoError(t, s.SetTeamRole(ctx, admin, h.project.ID, team, models.Administrator, ""))
		require.Equal(t, models.Forbidden, models.CodeOf(s.SetTeamRole(ctx, maintainer, h.project.ID, team, models.Viewer, "")))
		require.Equal(t, models.Forbidden, models.CodeOf(s.RemoveTeamRole(ctx, maintainer, h.project.ID, team)))
	})
}

// gaps are the owner gaps of the line that tell a story.
func (h *hub) gaps() map[models.GapKind]models.Gap {
	h.t.Helper()
	l, err := h.s.Throughline(context.Background(), admin, "production", "fraud-score")
	require.NoError(h.t, err)
	out := map[models.GapKind]models.Gap{}
	for _, g := range l.Gaps {
		if g.Missing == models.GapOwnerModel || g.Missing == models.GapOwnerDataset {
			out[g.Missing] = g
		}
	}
	return out
}

func (h *hub) assign(person string) {
	h.t.Helper()
	for _, ref := range []models.Ref{ref(models.Model, "fraud-score"), ref(models.Dataset, "s3://lake/tx")} {
		_, err := h.s.SetOwners(context.Background(), admin, ref, []models.OwnerClaim{{Person: person}})
		require.NoError(h.t, err)
	}
}

// Row 07: who left no longer answers for anything, until they come back or
// somebody takes it.
func TestALeaversOwnershipsBecomeGaps(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		dana, kim := h.somebody("dana@example.com", models.Nobody), h.somebody("kim@example.com", models.Nobody)
		h.assign("Dana@example.com")
		require.Empty(t, h.gaps(), "an account that was never in the project counts")
		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, dana.ID, models.Viewer))
		require.Empty(t, h.gaps())

		require.NoError(t, s.RemoveMember(ctx, admin, h.project.ID, dana.ID))
		gaps := h.gaps()
		require.Len(t, gaps, 2)
		require.Contains(t, gaps[models.GapOwnerModel].ClosesBy.How, "Dana left on "+dayOf(time.Now().UTC()))
		require.Contains(t, gaps[models.GapOwnerModel].ClosesBy.How, "take over or assign")
		leavers, err := s.Leavers(ctx, h.project.ID)
		require.NoError(t, err)
		require.Len(t, leavers, 1)
		require.Equal(t, 2, leavers[0].Open)
		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, dana.ID, models.Viewer))
		require.Empty(t, h.gaps(), "coming back restores")

		require.NoError(t, s.SetDisabled(ctx, admin, dana.ID, true))
		require.Len(t, h.gaps(), 2)
		require.NoError(t, s.SetDisabled(ctx, admin, dana.ID, false))
		require.Empty(t, h.gaps())

		require.NoError(t, s.RemoveMember(ctx, admin, h.project.ID, dana.ID))
		handover, err := s.Handover(ctx, admin, dana.ID)
		require.NoError(t, err)
		require.Len(t, handover.Owned, 2)
		before, err := s.Seq(ctx)
		require.NoError(t, err)
		moved, err := s.HandOver(ctx, admin, dana.ID, 0, kim.Email)
		require.NoError(t, err)
		require.Equal(t, 2, moved)
		after, err := s.Seq(ctx)
		require.NoError(t, err)
		require.Equal(t, before+1, after, "one row for all at once")
		require.Empty(t, h.gaps())
		leavers, err = s.Leavers(ctx, h.project.ID)
		require.NoError(t, err)
		require.Empty(t, leavers)
		_, err = s.HandOver(ctx, admin, dana.ID, 0, kim.Email)
		require.Equal(t, models.NotFound, models.CodeOf(err))
	})
}

func TestAnOwnerInSeveralProjectsLeavesWithTheLast(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		other, err := s.CreateProject(ctx, admin, "OTHER", "Other")
		require.NoError(t, err)
		dana := h.somebody("dana@example.com", models.Nobody)
		h.assign(dana.Email)
		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, dana.ID, models.Viewer))
		require.NoError(t, s.SetMember(ctx, admin, other.ID, dana.ID, models.Viewer))
		require.NoError(t, s.RemoveMember(ctx, admin, other.ID, dana.ID))
		require.Empty(t, h.gaps(), "another project's leaver")
		require.NoError(t, s.SetHubRole(ctx, admin, dana.ID, models.Viewer))
		require.NoError(t, s.RemoveMember(ctx, admin, h.project.ID, dana.ID))
		require.Empty(t, h.gaps(), "still there by the role in the hub")
		require.NoError(t, s.SetHubRole(ctx, admin, dana.ID, models.Nobody))
		require.Len(t, h.gaps(), 2)
	})
}

func TestATeamAnswersWhileSomebodyIsInIt(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		_, err := s.SetOwners(ctx, admin, ref(models.Model, "fraud-score"), []models.OwnerClaim{{Person: "team:nobody"}})
		require.Equal(t, models.Unprocessed, models.CodeOf(err), "a team that is not there")
		team, err := s.CreateTeam(ctx, admin, "fraud-data", "Fraud data")
		require.NoError(t, err)
		h.assign("Team:Fraud-Data")
		require.Len(t, h.gaps(), 2)
		require.Contains(t, h.gaps()[models.GapOwnerModel].ClosesBy.How, "Fraud data has no members")
		dana := h.somebody("dana@example.com", models.Nobody)
		require.NoError(t, s.SetTeamMember(ctx, admin, team, dana.ID, "", false))
		require.NoError(t, s.SetTeamRole(ctx, admin, h.project.ID, team, models.Contributor, ""))
		require.Empty(t, h.gaps())
		require.NoError(t, s.SetDisabled(ctx, admin, dana.ID, true))
		require.Len(t, h.gaps(), 2)
		require.NoError(t, s.SetDisabled(ctx, admin, dana.ID, false))
		require.NoError(t, s.RemoveTeamRole(ctx, admin, h.project.ID, team))
		require.Contains(t, h.gaps()[models.GapOwnerModel].ClosesBy.How, "Fraud data left on")
		require.NoError(t, s.SetTeamRole(ctx, admin, h.project.ID, team, models.Contributor, ""))
		require.NoError(t, s.DeleteTeam(ctx, admin, team))
		require.Len(t, h.gaps(), 2)
	})
}

// A request that began before its sender was removed writes nothing.
func TestARequestThatBeganBeforeARemovalWritesNothing(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		dana := h.somebody("dana@example.com", models.Nobody)
		team, err := s.CreateTeam(ctx, admin, "fraud-data", "Fraud data")
		require.NoError(t, err)
		require.NoError(t, s.SetTeamMember(ctx, admin, team, dana.ID, "", false))
		id := h.find(models.Model, "fraud-score").ID
		for name, step := range map[string]struct {
			role models.Role
			end  func() error
		}{
			"removed":         {models.Contributor, func() error { return s.RemoveMember(ctx, admin, h.project.ID, dana.ID) }},
			"lessened":        {models.Maintainer, func() error { return s.SetMember(ctx, admin, h.project.ID, dana.ID, models.Viewer) }},
			"account closed":  {models.Contributor, func() error { return s.SetDisabled(ctx, admin, dana.ID, true) }},
			"team left":       {"", func() error { return s.RemoveTeamMember(ctx, admin, team, dana.ID) }},
			"team's role out": {"", func() error { return s.RemoveTeamRole(ctx, admin, h.project.ID, team) }},
		} {
			require.NoError(t, s.SetDisabled(ctx, admin, dana.ID, false))
			_ = s.RemoveMember(ctx, admin, h.project.ID, dana.ID)
			_ = s.RemoveTeamRole(ctx, admin, h.project.ID, team)
			require.NoError(t, s.SetTeamMember(ctx, admin, team, dana.ID, "", false))
			if step.role != "" {
				require.NoError(t, s.SetMember(ctx, admin, h.project.ID, dana.ID, step.role))
			} else {
				require.NoError(t, s.SetTeamRole(ctx, admin, h.project.ID, team, models.Contributor, ""))
			}
			began := h.signedIn(dana)
			_, err := s.AddComment(ctx, began, id, "before")
			require.NoError(t, err, name)
			require.NoError(t, step.end(), name)
			_, err = s.AddComment(ctx, began, id, "after")
			require.Contains(t, []models.Code{models.Forbidden, models.Unauthorised}, models.CodeOf(err), name)
		}
	})
}

// Open boards hear of a leaver: their cards name no owner who is gone.
func TestALeaversCardsChangeOnOpenBoards(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		dana := h.somebody("dana@example.com", models.Nobody)
		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, dana.ID, models.Viewer))
		version := ref(models.ModelVersion, "fraud-score/1")
		_, err := s.SetOwners(ctx, admin, version, []models.OwnerClaim{{Person: dana.Email}})
		require.NoError(t, err)
		since, err := s.Seq(ctx)
		require.NoError(t, err)
		require.NoError(t, s.RemoveMember(ctx, admin, h.project.ID, dana.ID))
		changes, _, _, err := s.ProjectChanges(ctx, h.project.ID, since)
		require.NoError(t, err)
		require.Len(t, changes, 1)
		require.Equal(t, version, changes[0].Subject)
		require.Empty(t, changes[0].Card.Owners)
	})
}
