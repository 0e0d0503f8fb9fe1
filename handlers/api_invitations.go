package handlers

import (
	"context"
	"net/http"
	"time"

	"throughline/models"
	"throughline/models/store"
)

// invitationOperations: those of the hub offer anything, those of a project a role
// there, those of a team a place in it.
func (h *Handlers) invitationOperations() []Route {
	out := []Route{op(http.MethodPost, "/invitations/accept", aPerson(), "Take what an invitation offers", h.acceptInvitation)}
	for _, of := range []struct {
		path, what string
		rule       Rule
	}{
		{"/invitations", "the hub", inHub(models.Administrator)},
		{"/projects/{key}/invitations", "a project", inProject(models.Maintainer)},
		{"/teams/{key}/invitations", "a team", byLead()},
	} {
		out = append(out, op(http.MethodGet, of.path, of.rule, "List the open invitations of "+of.what, h.listInvitations),
			created(of.path, of.rule, "Invite to "+of.what+"; the link is shown this once", h.createInvitation),
			op(http.MethodDelete, of.path+"/{id}", of.rule, "Revoke an invitation of "+of.what, h.revokeInvitation))
	}
	return out
}

type invitationJSON struct {
	ID        int64           `json:"id"`
	Email     string          `json:"email,omitempty" doc:"For this address only"`
	Project   string          `json:"project,omitempty"`
	Role      models.Role     `json:"role,omitempty" doc:"In the project"`
	Team      string          `json:"team,omitempty"`
	Hub       models.Role     `json:"hub_role,omitempty" doc:"In the whole hub"`
	Function  models.Function `json:"function,omitempty"`
	By        string          `json:"by,omitempty"`
	CreatedAt *time.Time      `json:"created_at"`
	ExpiresAt *time.Time      `json:"expires_at"`
	URL       string          `json:"url,omitempty" doc:"The link, shown once, when it is made"`
}

func invitationOf(i models.Invitation) invitationJSON {
	return invitationJSON{ID: i.ID, Email: i.Email, Project: i.Project, Role: i.Role, Team: i.Team, Hub: i.Hub, Function: i.Function,
		By: i.By, CreatedAt: when(i.CreatedAt), ExpiresAt: when(i.ExpiresAt)}
}

type invitationList struct {
	Invitations []invitationJSON `json:"invitations"`
	Next        string           `json:"next,omitempty"`
}

// invitationsHere are those of the route's project or team, or of the hub.
func invitationsHere(ctx context.Context) store.InvitationsFor {
	return store.InvitationsFor{Project: request(ctx).project.ID, Team: request(ctx).team.ID}
}

func (h *Handlers) listInvitations(ctx context.Context, in *struct{ Paging }) (*body[invitationList], error) {
	list, err := h.Store.Invitations(ctx, invitationsHere(ctx))
	if err != nil {
		return nil, err
	}
	before, err := cursor(in.After)
	if err != nil {
		return nil, err
	}
	for before > 0 && len(list) > 0 && list[0].ID >= before {
		list = list[1:]
	}
	list = list[:min(len(list), in.limit())]
	next := nextOf(list, in.Paging, func(i models.Invitation) int64 { return i.ID })
	return reply(invitationList{Invitations: each(list, invitationOf), Next: next}), nil
}

func (h *Handlers) createInvitation(ctx context.Context, in *struct {
	Body struct {
		Email    string          `json:"email,omitempty" doc:"For this address only; absent: whoever has the link"`
		Project  string          `json:"project,omitempty" doc:"Of the hub's: a project's key"`
		Role     models.Role     `json:"role,omitempty" doc:"In the project"`
		Team     string          `json:"team,omitempty" doc:"Of the hub's: a team's key"`
		Hub      models.Role     `json:"hub_role,omitempty"`
		Function models.Function `json:"function,omitempty"`
		Days     int             `json:"days,omitempty" minimum:"1" maximum:"30" default:"7"`
	}
}) (*body[invitationJSON], error) {
	n := store.NewInvitation{Email: in.Body.Email, Role: in.Body.Role, Hub: in.Body.Hub, Function: in.Body.Function, Life: time.Duration(in.Body.Days) * 24 * time.Hour}
	if err := h.invitationTo(ctx, &n, in.Body.Project, in.Body.Team); err != nil {
		return nil, err
	}
	code, made, err := h.Store.Invite(ctx, actor(ctx), n)
	if err != nil {
		return nil, err
	}
	out := invitationOf(made)
	out.URL = h.inviteLink(code)
	return reply(out), nil
}

// invitationTo finds what an invitation is to: the route's project or team, which
// can not be another one, or on the hub's own those that were named.
func (h *Handlers) invitationTo(ctx context.Context, n *store.NewInvitation, projectKey, teamKey string) error {
	if here := request(ctx); here.project.ID != 0 {
		n.ProjectID, n.Hub, projectKey, teamKey = here.project.ID, models.Nobody, "", ""
		if n.Role == models.Nobody {
			return models.FieldErrorf(models.Unprocessed, "role", "Say which role the invitation gives.")
		}
	} else if here.team.ID != 0 {
		n.Team, n.Hub, n.Role, projectKey, teamKey = here.team, models.Nobody, models.Nobody, "", ""
	}
	if projectKey != "" {
		p, err := h.Store.Project(ctx, actor(ctx), projectKey)
		if err != nil {
			return models.FieldErrorf(models.Unprocessed, "project", "%w", err)
		}
		n.ProjectID = p.ID
	}
	if teamKey != "" {
		t, err := h.Store.Team(ctx, teamKey)
		if err != nil {
			return models.FieldErrorf(models.Unprocessed, "team", "%w", err)
		}
		n.Team = t
	}
	return nil
}

func (h *Handlers) inviteLink(code string) string { return h.BaseURL + "/invite/" + code }

func (h *Handlers) revokeInvitation(ctx context.Context, in *struct {
	ID int64 `path:"id"`
}) (*empty, error) {
	if err := h.Store.RevokeInvitation(ctx, actor(ctx), invitationsHere(ctx), in.ID); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}

func (h *Handlers) acceptInvitation(ctx context.Context, in *struct {
	Body struct {
		Code string `json:"code" maxLength:"200" doc:"The last part of the link"`
	}
}) (*body[invitationJSON], error) {
	defer h.hub.Recheck()
	out, err := h.Store.Accept(ctx, actor(ctx), in.Body.Code)
	if err != nil {
		return nil, err
	}
	return reply(invitationOf(out)), nil
}
