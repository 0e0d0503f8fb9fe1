package handlers

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"throughline/models"
)

func (h *Handlers) teamOperations() []Route {
	return []Route{
		op(http.MethodGet, "/teams", signedIn(), "List the teams", h.listTeams),
		created("/teams", inHub(models.Administrator), "Create a team", h.addTeam),
		op(http.MethodGet, "/teams/{key}", ofTeam(), "Read a team with its members, projects and what it owns", h.readTeam),
		op(http.MethodPatch, "/teams/{key}", byLead(), "Rename a team", h.changeTeam),
		op(http.MethodDelete, "/teams/{key}", inHub(models.Administrator), "Delete a team", h.removeTeam),
		op(http.MethodPut, "/teams/{key}/members/{id}", byLead(), "Bring a person into a team", h.putTeamMember),
		op(http.MethodDelete, "/teams/{key}/members/{id}", byLead(), "Take a person out of a team", h.deleteTeamMember),
		op(http.MethodGet, "/projects/{key}/teams", inProject(models.Maintainer), "List the teams with a role in a project", h.listProjectTeams),
		op(http.MethodPut, "/projects/{key}/teams/{team}", inProject(models.Administrator), "Give a team a role in a project", h.putTeamRole),
		op(http.MethodDelete, "/projects/{key}/teams/{team}", inProject(models.Administrator), "Take a team's role in a project", h.deleteTeamRole),
	}
}

type teamJSON struct {
	Key       string     `json:"key"`
	Name      string     `json:"name"`
	Members   int        `json:"members" doc:"Whose accounts are open"`
	URL       string     `json:"url"`
	CreatedAt *time.Time `json:"created_at"`
}

func (h *Handlers) teamJSON(t models.Team) teamJSON {
	return teamJSON{Key: t.Key, Name: t.Name, Members: t.Members, URL: h.BaseURL + "/teams/" + url.PathEscape(t.Key), CreatedAt: when(t.CreatedAt)}
}

type teamList struct {
	Teams []teamJSON `json:"teams"`
	Next  string     `json:"next,omitempty"`
}

func (h *Handlers) listTeams(ctx context.Context, in *struct{ Paging }) (*body[teamList], error) {
	list, err := h.Store.Teams(ctx)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(list, in.Paging, func(t models.Team) string { return t.Key })
	if err != nil {
		return nil, err
	}
	return reply(teamList{Teams: each(page, h.teamJSON), Next: next}), nil
}

func (h *Handlers) addTeam(ctx context.Context, in *struct {
	Body struct {
		Key  string `json:"key" doc:"A slug, such as fraud-data"`
		Name string `json:"name"`
	}
}) (*body[teamJSON], error) {
	t, err := h.Store.CreateTeam(ctx, actor(ctx), in.Body.Key, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return reply(h.teamJSON(t)), nil
}

// InTeam is a team's key in the path.
type InTeam struct {
	Key string `path:"key" doc:"The team's key, such as fraud-data"`
}

type teamMemberJSON struct {
	ID       int64           `json:"id"`
	Name     string          `json:"name"`
	Email    string          `json:"email,omitempty" doc:"For those who may change the members"`
	Function models.Function `json:"function,omitempty"`
	Lead     bool            `json:"lead"`
	Disabled bool            `json:"disabled"`
	Since    *time.Time      `json:"since"`
}

type teamRoleJSON struct {
	Team     string          `json:"team"`
	Project  string          `json:"project"`
	Role     models.Role     `json:"role"`
	Function models.Function `json:"function,omitempty"`
	Since    *time.Time      `json:"since"`
}

func teamRoleOf(r models.TeamRole) teamRoleJSON {
	return teamRoleJSON{Team: r.Team.Key, Project: r.Project.Key, Role: r.Role, Function: r.Function, Since: when(r.Since)}
}

type wholeTeam struct {
	teamJSON
	People   []teamMemberJSON `json:"people"`
	Projects []teamRoleJSON   `json:"projects"`
	Owns     []ownedJSON      `json:"owns"`
}

func (h *Handlers) readTeam(ctx context.Context, _ *InTeam) (*body[wholeTeam], error) {
	t, by := request(ctx).team, actor(ctx)
	members, err := h.Store.TeamMembers(ctx, t)
	if err != nil {
		return nil, err
	}
	projects, err := h.Store.TeamProjects(ctx, by, t)
	if err != nil {
		return nil, err
	}
	owned, err := h.Store.OwnedByTeam(ctx, by, t)
	if err != nil {
		return nil, err
	}
	leads := h.Store.MayLead(ctx, by, t) == nil
	return reply(wholeTeam{teamJSON: h.teamJSON(t), Projects: each(projects, teamRoleOf), Owns: each(owned, h.ownedJSON),
		People: each(members, func(m models.TeamMember) teamMemberJSON { return teamMemberOf(m, leads) })}), nil
}

func teamMemberOf(m models.TeamMember, leads bool) teamMemberJSON {
	out := teamMemberJSON{ID: m.Account.ID, Name: m.Account.Name, Function: m.Function, Lead: m.Lead, Disabled: m.Account.Disabled, Since: when(m.Since)}
	if leads {
		out.Email = m.Account.Email
	}
	return out
}

func (h *Handlers) changeTeam(ctx context.Context, in *struct {
	InTeam
	Body struct {
		Name string `json:"name"`
	}
}) (*empty, error) {
	if err := h.Store.RenameTeam(ctx, actor(ctx), request(ctx).team, in.Body.Name); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}

func (h *Handlers) removeTeam(ctx context.Context, in *InTeam) (*empty, error) {
	t, err := h.Store.Team(ctx, in.Key)
	if err != nil {
		return nil, err
	}
	defer h.hub.Recheck()
	if err := h.Store.DeleteTeam(ctx, actor(ctx), t); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}

// InTeamMember is a person of a team in the path.
type InTeamMember struct {
	InTeam
	ID int64 `path:"id" doc:"The person's id"`
}

func (h *Handlers) putTeamMember(ctx context.Context, in *struct {
	InTeamMember
	Body struct {
		Function models.Function `json:"function,omitempty" doc:"data_scientist, ml_engineer, backend_engineer, data_owner, manager"`
		Lead     bool            `json:"lead,omitempty" doc:"May change the members"`
	}
}) (*empty, error) {
	defer h.hub.Recheck()
	if err := h.Store.SetTeamMember(ctx, actor(ctx), request(ctx).team, in.ID, in.Body.Function, in.Body.Lead); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}

func (h *Handlers) deleteTeamMember(ctx context.Context, in *InTeamMember) (*empty, error) {
	defer h.hub.Recheck()
	if err := h.Store.RemoveTeamMember(ctx, actor(ctx), request(ctx).team, in.ID); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}

type teamRoleList struct {
	Teams []teamRoleJSON `json:"teams"`
	Next  string         `json:"next,omitempty"`
}

func (h *Handlers) listProjectTeams(ctx context.Context, in *struct {
	InKey
	Paging
}) (*body[teamRoleList], error) {
	list, err := h.Store.ProjectTeams(ctx, request(ctx).project.ID)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(list, in.Paging, func(r models.TeamRole) string { return r.Team.Key })
	if err != nil {
		return nil, err
	}
	return reply(teamRoleList{Teams: each(page, teamRoleOf), Next: next}), nil
}

// InTeamRole is a team of a project in the path.
type InTeamRole struct {
	InKey
	Team string `path:"team" doc:"The team's key"`
}

func (h *Handlers) putTeamRole(ctx context.Context, in *struct {
	InTeamRole
	Body struct {
		Role     models.Role     `json:"role"`
		Function models.Function `json:"function,omitempty"`
	}
}) (*empty, error) {
	t, err := h.Store.Team(ctx, in.Team)
	if err != nil {
		return nil, err
	}
	defer h.hub.Recheck()
	if err := h.Store.SetTeamRole(ctx, actor(ctx), request(ctx).project.ID, t, in.Body.Role, in.Body.Function); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}

func (h *Handlers) deleteTeamRole(ctx context.Context, in *InTeamRole) (*empty, error) {
	t, err := h.Store.Team(ctx, in.Team)
	if err != nil {
		return nil, err
	}
	defer h.hub.Recheck()
	if err := h.Store.RemoveTeamRole(ctx, actor(ctx), request(ctx).project.ID, t); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}
