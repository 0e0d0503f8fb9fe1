package handlers

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) accountOperations() []Route {
	return []Route{
		setUp(op(http.MethodGet, "/me", signedIn(), "Read who you are and what you may do", h.readMe)),
		op(http.MethodGet, "/people", inHub(models.Administrator), "List the accounts", h.listPeople),
		created("/people", inHub(models.Administrator), "Create an account", h.addPerson),
		fresh(op(http.MethodPatch, "/people/{id}", inHub(models.Administrator), "Disable an account, or change its role in the hub", h.changePerson)),
		op(http.MethodGet, "/projects/{key}/members", inProject(models.Maintainer), "List who has a role in a project", h.listMembers),
		op(http.MethodPut, "/projects/{key}/members/{id}", inProject(models.Maintainer), "Give a person a role in a project", h.putMember),
		op(http.MethodDelete, "/projects/{key}/members/{id}", inProject(models.Maintainer), "Take a person's role in a project", h.deleteMember),
		op(http.MethodGet, "/tokens", inHub(models.Administrator), "List all tokens, without their secret part", h.listTokens),
		created("/tokens", inHub(models.Administrator), "Create a token; its value is shown this once", h.createToken),
		op(http.MethodDelete, "/tokens/{id}", inHub(models.Administrator), "Revoke a token", h.revokeToken),
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
}

func (h *Handlers) readMe(ctx context.Context, _ *none) (*body[meJSON], error) {
	by := actor(ctx)
	return reply(meJSON{Actor: by.Actor(), Name: by.Name, Email: by.Email, Role: by.Hub,
		Scopes: each(by.Scopes, func(s models.Scope) models.Scope { return s })}), nil
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
	page, next := pageOf(list, in.Paging, func(a models.Account) string { return a.Email })
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
	if in.Body.Role != nil {
		if err := h.Store.SetHubRole(ctx, actor(ctx), in.ID, *in.Body.Role); err != nil {
			return nil, err
		}
	}
	if in.Body.Disabled != nil {
		if err := h.Store.SetDisabled(ctx, actor(ctx), in.ID, *in.Body.Disabled); err != nil {
			return nil, err
		}
	}
	return &empty{Status: http.StatusNoContent}, nil
}

type memberJSON struct {
	ID    int64       `json:"id"`
	Email string      `json:"email"`
	Name  string      `json:"name"`
	Role  models.Role `json:"role"`
	Since *time.Time  `json:"since"`
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
	page, next := pageOf(list, in.Paging, func(m models.Member) string { return m.Account.Email })
	return reply(memberList{Next: next, Members: each(page, func(m models.Member) memberJSON {
		return memberJSON{ID: m.Account.ID, Email: m.Account.Email, Name: m.Account.Name, Role: m.Role, Since: when(m.Since)}
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
		Role models.Role `json:"role"`
	}
}) (*empty, error) {
	defer h.hub.Recheck()
	if err := h.Store.SetMember(ctx, actor(ctx), request(ctx).project.ID, in.ID, in.Body.Role); err != nil {
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

type tokenJSON struct {
	ID        int64          `json:"id"`
	Name      string         `json:"name"`
	Prefix    string         `json:"prefix"`
	Last4     string         `json:"last4"`
	Role      models.Role    `json:"role"`
	Project   string         `json:"project,omitempty" doc:"Absent: the whole hub"`
	Scopes    []models.Scope `json:"scopes"`
	CreatedBy string         `json:"created_by"`
	CreatedAt *time.Time     `json:"created_at"`
	ExpiresAt *time.Time     `json:"expires_at,omitempty"`
	RevokedAt *time.Time     `json:"revoked_at,omitempty"`
	LastUsed  *time.Time     `json:"last_used_at,omitempty"`
	Token     string         `json:"token,omitempty" doc:"The value, shown once, when it is created"`
}

func tokenOf(t models.Token) tokenJSON {
	return tokenJSON{ID: t.ID, Name: t.Name, Prefix: t.Prefix, Last4: t.Last4, Role: t.Role, Project: t.Project,
		Scopes: each(t.Scopes, func(s models.Scope) models.Scope { return s }), CreatedBy: t.CreatedBy, CreatedAt: when(t.CreatedAt),
		ExpiresAt: when(t.ExpiresAt), RevokedAt: when(t.RevokedAt), LastUsed: when(t.LastUsed)}
}

type tokenList struct {
	Tokens []tokenJSON `json:"tokens"`
	Next   string      `json:"next,omitempty"`
}

// listTokens lists those of the route's project, or all where it names none.
func (h *Handlers) listTokens(ctx context.Context, in *struct{ Paging }) (*body[tokenList], error) {
	list, err := h.Store.Tokens(ctx, request(ctx).project.ID)
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
	next := nextOf(list, in.Paging, func(t models.Token) int64 { return t.ID })
	return reply(tokenList{Tokens: each(list, tokenOf), Next: next}), nil
}

func (h *Handlers) createToken(ctx context.Context, in *struct {
	Body struct {
		Name      string         `json:"name"`
		Role      models.Role    `json:"role"`
		Scopes    []models.Scope `json:"scopes,omitempty" maxItems:"10"`
		ExpiresAt *time.Time     `json:"expires_at,omitempty"`
	}
}) (*body[tokenJSON], error) {
	t := store.NewToken{Name: in.Body.Name, Role: in.Body.Role, ProjectID: request(ctx).project.ID, Scopes: in.Body.Scopes}
	if in.Body.ExpiresAt != nil {
		t.ExpiresAt = *in.Body.ExpiresAt
	}
	value, token, err := h.Store.CreateToken(ctx, actor(ctx), t)
	if err != nil {
		return nil, err
	}
	out := tokenOf(token)
	out.Token = value
	return reply(out), nil
}

func (h *Handlers) revokeToken(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*empty, error) {
	id, err := strconv.ParseInt(in.ID, 10, 64)
	if err != nil {
		return nil, models.Errorf(models.NotFound, "There is no such token.")
	}
	if err := h.Store.RevokeToken(ctx, actor(ctx), request(ctx).project.ID, id); err != nil {
		return nil, err
	}
	h.tokens.forget()
	h.hub.Recheck()
	return &empty{Status: http.StatusNoContent}, nil
}
