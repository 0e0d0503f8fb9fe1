package handlers

import (
	"context"
	"fmt"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

// validTeamWrites are the valid requests about teams, invitations and leavers.
var validTeamWrites = map[string]func(w *writer) (path, body string){
	"POST /teams":             func(w *writer) (string, string) { return "/teams", fields("key", w.name(), "name", "Team") },
	"POST /teams/:key":        func(w *writer) (string, string) { return "/teams/" + w.team(0), fields("name", "Another name") },
	"POST /teams/:key/delete": func(w *writer) (string, string) { return "/teams/" + w.team(0) + "/delete", "" },
	"POST /teams/:key/members": func(w *writer) (string, string) {
		return "/teams/" + w.team(0) + "/members", fields("email", w.account().Email, "function", "manager")
	},
	"POST /teams/:key/members/:id/remove": func(w *writer) (string, string) {
		p := w.account()
		return fmt.Sprintf("/teams/%s/members/%d/remove", w.team(p.ID), p.ID), ""
	},
	"POST /projects/:key/teams": func(w *writer) (string, string) {
		return "/projects/MINE/teams", fields("team", w.team(0), "role", "viewer")
	},
	"POST /projects/:key/teams/:team/remove": func(w *writer) (string, string) { return "/projects/MINE/teams/" + w.playing() + "/remove", "" },
	"POST /api/v1/teams":                     func(w *writer) (string, string) { return "/api/v1/teams", `{"key":"` + w.name() + `","name":"Team"}` },
	"PATCH /api/v1/teams/:key":               func(w *writer) (string, string) { return "/api/v1/teams/" + w.team(0), `{"name":"Another name"}` },
	"DELETE /api/v1/teams/:key":              func(w *writer) (string, string) { return "/api/v1/teams/" + w.team(0), "" },
	"PUT /api/v1/teams/:key/members/:id": func(w *writer) (string, string) {
		return fmt.Sprintf("/api/v1/teams/%s/members/%d", w.team(0), w.account().ID), `{}`
	},
	"DELETE /api/v1/teams/:key/members/:id": func(w *writer) (string, string) {
		p := w.account()
		return fmt.Sprintf("/api/v1/teams/%s/members/%d", w.team(p.ID), p.ID), ""
	},
	"PUT /api/v1/projects/:key/teams/:team": func(w *writer) (string, string) {
		return "/api/v1/projects/MINE/teams/" + w.team(0), `{"role":"viewer"}`
	},
	"DELETE /api/v1/projects/:key/teams/:team": func(w *writer) (string, string) { return "/api/v1/projects/MINE/teams/" + w.playing(), "" },

	"POST /invitations":                      fixed("/invitations", fields("hub_role", "viewer")),
	"POST /projects/:key/invitations":        fixed("/projects/MINE/invitations", fields("role", "viewer")),
	"POST /teams/:key/invitations":           func(w *writer) (string, string) { return "/teams/" + w.team(0) + "/invitations", "" },
	"POST /api/v1/invitations":               fixed("/api/v1/invitations", `{"hub_role":"viewer"}`),
	"POST /api/v1/projects/:key/invitations": fixed("/api/v1/projects/MINE/invitations", `{"role":"viewer"}`),
	"POST /api/v1/teams/:key/invitations":    func(w *writer) (string, string) { return "/api/v1/teams/" + w.team(0) + "/invitations", `{}` },
	"POST /invitations/:id/revoke": func(w *writer) (string, string) {
		return "/invitations/" + w.invitation(store.NewInvitation{Hub: models.Viewer}) + "/revoke", ""
	},
	"POST /projects/:key/invitations/:id/revoke": func(w *writer) (string, string) {
		return "/projects/MINE/invitations/" + w.invitation(w.toMine()) + "/revoke", ""
	},
	"POST /teams/:key/invitations/:id/revoke": func(w *writer) (string, string) {
		t, i := w.toTeam()
		return "/teams/" + t + "/invitations/" + i + "/revoke", ""
	},
	"DELETE /api/v1/invitations/:id": func(w *writer) (string, string) {
		return "/api/v1/invitations/" + w.invitation(store.NewInvitation{Hub: models.Viewer}), ""
	},
	"DELETE /api/v1/projects/:key/invitations/:id": func(w *writer) (string, string) {
		return "/api/v1/projects/MINE/invitations/" + w.invitation(w.toMine()), ""
	},
	"DELETE /api/v1/teams/:key/invitations/:id": func(w *writer) (string, string) {
		t, i := w.toTeam()
		return "/api/v1/teams/" + t + "/invitations/" + i, ""
	},
	"POST /invite/:code": func(w *writer) (string, string) {
		return "/invite/" + w.code(), fields("name", "Cy", "email", w.name()+"@example.com", "password", "a quite unusual phrase")
	},
	"POST /api/v1/invitations/accept": func(w *writer) (string, string) { return "/api/v1/invitations/accept", `{"code":"` + w.code() + `"}` },
	"POST /people/:id/handover": func(w *writer) (string, string) {
		return fmt.Sprintf("/people/%d/handover", w.owner().ID), fields("to", "kim@example.com")
	},
	"POST /api/v1/people/:id/handover": func(w *writer) (string, string) {
		return fmt.Sprintf("/api/v1/people/%d/handover", w.owner().ID), `{"to":"kim@example.com"}`
	},
}

// team makes a team, with a member unless that is 0, and returns its key.
func (w *writer) team(member int64) string {
	ctx := context.Background()
	t, err := w.store.CreateTeam(ctx, system, w.name(), "Team")
	require.NoError(w.t, err)
	if member != 0 {
		require.NoError(w.t, w.store.SetTeamMember(ctx, system, t, member, "", false))
	}
	return t.Key
}

// playing is the key of a team that has a role in the project.
func (w *writer) playing() string {
	key := w.team(0)
	t, err := w.store.Team(context.Background(), key)
	require.NoError(w.t, err)
	require.NoError(w.t, w.store.SetTeamRole(context.Background(), system, w.project.ID, t, models.Viewer, ""))
	return key
}

func (w *writer) toMine() store.NewInvitation {
	return store.NewInvitation{ProjectID: w.project.ID, Role: models.Viewer}
}

// toTeam is the key of a team and the number of an invitation to it.
func (w *writer) toTeam() (key, id string) {
	key = w.team(0)
	t, err := w.store.Team(context.Background(), key)
	require.NoError(w.t, err)
	return key, w.invitation(store.NewInvitation{Team: t})
}

func (w *writer) invitation(n store.NewInvitation) (id string) {
	_, i, err := w.store.Invite(context.Background(), system, n)
	require.NoError(w.t, err)
	return itoa(i.ID)
}

func (w *writer) code() string {
	code, _, err := w.store.Invite(context.Background(), system, w.toMine())
	require.NoError(w.t, err)
	return code
}

// owner is a person who owns something.
func (w *writer) owner() models.Account {
	p := w.account()
	_, err := w.store.SetOwners(context.Background(), models.Principal{Name: "test", Hub: models.Administrator}, models.Ref{Kind: models.Model, Key: "churn"}, []models.OwnerClaim{{Person: p.Email, As: "owner"}})
	require.NoError(w.t, err)
	return p
}
