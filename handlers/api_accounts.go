package handlers

import (
	"context"
	"net/http"
	"time"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) accountOperations() []Route {
	return []Route{
		anyScope(setUp(op(http.MethodGet, "/me", signedIn(), "Read who you are and what you may do", h.readMe))),
		op(http.MethodGet, "/people", inHub(models.Administrator), "List the accounts", h.listPeople),
		created("/people", inHub(models.Administrator), "Create an account", h.addPerson),
		fresh(op(http.MethodPatch, "/people/{id}", inHub(models.Administrator), "Disable an account, or change its role in the hub", h.changePerson)),
		op(http.MethodGet, "/projects/{key}/members", inProject(models.Maintainer), "List who has a role in a project", h.listMembers),
		op(http.MethodPut, "/projects/{key}/members/{id}", inProject(models.Maintainer), "Give a person a role in a project", h.putMember),
		op(http.MethodDelete, "/projects/{key}/members/{id}", inProject(models.Maintainer), "Take a person's role in a project", h.deleteMember),
		op(http.MethodGet, "/tokens", inHub(models.Administrator), "List all tokens, without their secret part", h.listTokens),
		fresh(created("/tokens", inHub(models.Administrator), "Create a token; its value is shown this once", h.createToken)),
		op(http.MethodDelete, "/tokens/{id}", inHub(models.Administrator), "Revoke a token", h.revokeToken),
		fresh(created("/tokens/{id}/rotate", inHub(models.Administrator), "Give a token a new value; the old one works on for a while", h.rotateToken)),
		created("/projects/{key}/tokens/{id}/rotate", inProject(models.Maintainer), "Give a project's token a new value; the old one works on for a while", h.rotateToken),
		op(http.MethodGet, "/projects/{key}/tokens", inProject(models.Maintainer), "List a project's tokens", h.listTokens),
		created("/projects/{key}/tokens", inProject(models.Maintainer), "Create a token of a project; its value is shown this once", h.createToken),
		op(http.MethodDelete, "/projects/{key}/tokens/{id}", inProject(models.Maintainer), "Revoke a project's token", h.revokeToken),
	}
}

type meJSON struct {
	Actor  string         `json:"actor"`
	Name   string         `json:"name"`
	Email  string         `json:"email,omitempty"`
	Role   models.Role    `json:"role" doc:"In the whole hub; empty for none"`
	Scopes []models.Scope `json:"scopes" doc:"Of a token; none is no limit"`

	Projects []roleIn `json:"projects" doc:"Where a role is held beside the one in the hub; a project's token has one"`
}

// roleIn is a role held in a project.
type roleIn struct {
	Key  string      `json:"key"`
	Role models.Role `json:"role"`
}

func (h *Handlers) readMe(ctx context.Context, _ *none) (*body[meJSON], error) {
	by := actor(ctx)
	held := by
	held.Hub = ""
	list, err := h.Store.Projects(ctx, held)
	if err != nil {
		return nil, err
	}
	return reply(meJSON{Actor: by.Actor(), Name: by.Name, Email: by.Email, Role: by.Hub, Scopes: each(by.Scopes, func(s models.Scope) models.Scope { return s }),
		Projects: each(list, func(p models.Project) roleIn { return roleIn{Key: p.Key, Role: p.Role} })}), nil
}

type personJSON struct {
	ID        int64       `json:"id"`
	Email     string      `json:"email"`
	Name      string      `json:"name"`
	Role      models.Role `json:"role"`
	Disabled  bool        `json:"disabled"`
	CreatedAt *time.Time  `json:"created_at"`
}

func personOf(a models.Account) personJSON {
	return personJSON{ID: a.ID, Email: a.Email, Name: a.Name, Role: a.Hub, Disabled: a.Disabled, CreatedAt: when(a.CreatedAt)}
}

type personList struct {
	People []personJSON `json:"people"`
	Next   string       `json:"next,omitempty"`
}

func (h *Handlers) listPeople(ctx context.Context, in *struct{ Paging }) (*body[personList], error) {
	list, err := h.Store.People(ctx)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(list, in.Paging, func(a models.Account) string { return a.Email })
	if err != nil {
		return nil, err
	}
	return reply(personList{People: each(page, personOf), Next: next}), nil
}

func (h *Handlers) addPerson(ctx context.Context, in *struct {
	Body struct {
		Email    string      `json:"email"`
		Name     string      `json:"name,omitempty" maxLength:"100"`
		Password string      `json:"password"`
		Role     models.Role `json:"role,omitempty" doc:"In the whole hub; none when absent"`
	}
}) (*body[personJSON], error) {
	p := store.NewPerson{Email: in.Body.Email, Name: in.Body.Name, Password: in.Body.Password, Hub: in.Body.Role}
	account, err := h.Store.CreatePerson(ctx, actor(ctx), p)
	if err != nil {
		return nil, err
	}
	return reply(personOf(account)), nil
}

func (h *Handlers) changePerson(ctx context.Context, in *struct {
	ID   int64 `path:"id"`
	Body struct {
		Disabled *bool        `json:"disabled,omitempty"`
		Role     *models.Role `json:"role,omitempty"`
	}
}) (*empty, error) {
	defer h.hub.Recheck()
	if err := h.Store.ChangePerson(ctx, actor(ctx), in.ID, in.Body.Role, in.Body.Disabled); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}

type memberJSON struct {
	ID    int64       `json:"id"`
	Email string      `json:"email"`
	Name  string      `json:"name"`
	Role  models.Role `json:"role"`
	Since *time.Time  `json:"since"`

	Function models.Function `json:"function,omitempty"`
}

type memberList struct {
	Members []memberJSON `json:"members"`
	Next    string       `json:"next,omitempty"`
}

func (h *Handlers) listMembers(ctx context.Context, in *struct {
	InKey
	Paging
}) (*body[memberList], error) {
	list, err := h.Store.Members(ctx, request(ctx).project.ID)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(list, in.Paging, func(m models.Member) string { return m.Account.Email })
	if err != nil {
		return nil, err
	}
	return reply(memberList{Next: next, Members: each(page, func(m models.Member) memberJSON {
		return memberJSON{ID: m.Account.ID, Email: m.Account.Email, Name: m.Account.Name, Role: m.Role, Since: when(m.Since), Function: m.Function}
	})}), nil
}

// InMember is a person of a project in the path.
type InMember struct {
	InKey
	ID int64 `path:"id" doc:"The person's id"`
}

func (h *Handlers) putMember(ctx context.Context, in *struct {
	InMember
	Body struct {
		Role     models.Role      `json:"role"`
		Function *models.Function `json:"function,omitempty" doc:"data_scientist, ml_engineer, backend_engineer, data_owner, manager; absent: as it is"`
	}
}) (*empty, error) {
	defer h.hub.Recheck()
	if err := h.Store.SetMemberAs(ctx, actor(ctx), request(ctx).project.ID, in.ID, in.Body.Role, in.Body.Function); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}

func (h *Handlers) deleteMember(ctx context.Context, in *InMember) (*empty, error) {
	defer h.hub.Recheck()
	if err := h.Store.RemoveMember(ctx, actor(ctx), request(ctx).project.ID, in.ID); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}
