package handlers

import (
	"context"
	"net/http"
	"time"

	"throughline/models"
)

func (h *Handlers) signInOperations() []Route {
	admin := inHub(models.Administrator)
	return []Route{
		op(http.MethodGet, "/me/sessions", aPerson(), "List the browsers you are signed in with", h.listSessions),
		op(http.MethodDelete, "/me/sessions", aPerson(), "Sign out everywhere else", h.deleteSessions),
		op(http.MethodDelete, "/me/sessions/{id}", aPerson(), "Sign out one browser", h.deleteSession),
		op(http.MethodDelete, "/people/{id}/sessions", admin, "Sign a person out everywhere", h.deletePersonSessions),
		fresh(created("/people/{id}/reset-link", admin, "Make a one-time link to a new password; it is shown this once", h.createResetLink)),
		op(http.MethodGet, "/hub/second-factor", admin, "Read who must have a second factor", h.readSecondFactorRule),
		fresh(op(http.MethodPut, "/hub/second-factor", admin, "Say who must have a second factor", h.putSecondFactorRule)),
	}
}

type sessionJSON struct {
	ID        string     `json:"id"`
	Browser   string     `json:"browser" doc:"What it calls itself"`
	Via       models.Via `json:"via" doc:"password, passkey, oidc, …"`
	Strong    bool       `json:"strong" doc:"With two factors"`
	Current   bool       `json:"current" doc:"The one that asks"`
	CreatedAt *time.Time `json:"created_at"`
	SeenAt    *time.Time `json:"seen_at"`
}

type sessionList struct {
	Sessions []sessionJSON `json:"sessions"`
	Next     string        `json:"next,omitempty"`
}

func (h *Handlers) listSessions(ctx context.Context, in *struct{ Paging }) (*body[sessionList], error) {
	list, err := h.Store.Sessions(ctx, actor(ctx))
	if err != nil {
		return nil, err
	}
	for in.After != "" && len(list) > 0 {
		gone := list[0].ID == in.After
		if list = list[1:]; gone {
			break
		}
	}
	list = list[:min(len(list), in.limit())]
	return reply(sessionList{Next: nextText(list, in.Paging), Sessions: each(list, func(s models.Session) sessionJSON {
		return sessionJSON{ID: s.ID, Browser: s.Agent, Via: s.Via, Strong: s.Strong, Current: s.Current, CreatedAt: when(s.CreatedAt), SeenAt: when(s.SeenAt)}
	})}), nil
}

func nextText(list []models.Session, p Paging) string {
	if len(list) < p.limit() || len(list) == 0 {
		return ""
	}
	return list[len(list)-1].ID
}

func (h *Handlers) deleteSession(ctx context.Context, in *struct {
	ID string `path:"id"`
}) (*empty, error) {
	defer h.hub.Recheck()
	return done(h.Store.EndOneSession(ctx, actor(ctx), in.ID))
}

func (h *Handlers) deleteSessions(ctx context.Context, _ *none) (*empty, error) {
	defer h.hub.Recheck()
	by := actor(ctx)
	return done(h.Store.EndSessions(ctx, by, by.PersonID))
}

func (h *Handlers) deletePersonSessions(ctx context.Context, in *struct {
	ID int64 `path:"id"`
}) (*empty, error) {
	defer h.hub.Recheck()
	return done(h.Store.EndSessions(ctx, actor(ctx), in.ID))
}

// done answers without a body.
func done(err error) (*empty, error) {
	if err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}

type resetLinkJSON struct {
	URL       string     `json:"url" doc:"Works once; whoever has it chooses the password"`
	ExpiresAt *time.Time `json:"expires_at"`
}

func (h *Handlers) createResetLink(ctx context.Context, in *struct {
	ID int64 `path:"id"`
}) (*body[resetLinkJSON], error) {
	code, until, err := h.Store.NewResetLink(ctx, actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return reply(resetLinkJSON{URL: h.link("/reset/" + code), ExpiresAt: when(until)}), nil
}

type secondFactorJSON struct {
	Everybody bool          `json:"everybody"`
	Roles     []models.Role `json:"roles" doc:"Or those who hold one of these in the whole hub"`
}

func (h *Handlers) readSecondFactorRule(ctx context.Context, _ *none) (*body[secondFactorJSON], error) {
	rule, err := h.Store.SecondFactorRule(ctx)
	if err != nil {
		return nil, err
	}
	return reply(secondFactorJSON{Everybody: rule.Everybody, Roles: each(rule.Roles, func(r models.Role) models.Role { return r })}), nil
}

func (h *Handlers) putSecondFactorRule(ctx context.Context, in *struct{ Body secondFactorJSON }) (*body[secondFactorJSON], error) {
	defer h.hub.Recheck()
	rule := models.SecondFactorRule{Everybody: in.Body.Everybody, Roles: in.Body.Roles}
	if err := h.Store.SetSecondFactorRule(ctx, actor(ctx), rule); err != nil {
		return nil, err
	}
	return reply(in.Body), nil
}
