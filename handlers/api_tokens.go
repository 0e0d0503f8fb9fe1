package handlers

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"throughline/models"
	"throughline/models/store"
)

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
	LastUsed  *time.Time     `json:"last_used_at,omitempty" doc:"Of the newest value, to the minute"`
	RotatedAt *time.Time     `json:"rotated_at,omitempty" doc:"When it got its newest value"`
	OldLast4  string         `json:"old_last4,omitempty" doc:"Of the value before"`
	OldUntil  *time.Time     `json:"old_until,omitempty" doc:"Until when the value before works"`
	OldUsed   *time.Time     `json:"old_last_used_at,omitempty"`
	Token     string         `json:"token,omitempty" doc:"The value, shown once, when it is made"`
}

func tokenOf(t models.Token) tokenJSON {
	return tokenJSON{ID: t.ID, Name: t.Name, Prefix: t.Prefix, Last4: t.Last4, Role: t.Role, Project: t.Project,
		Scopes: each(t.Scopes, func(s models.Scope) models.Scope { return s }), CreatedBy: t.CreatedBy, CreatedAt: when(t.CreatedAt),
		ExpiresAt: when(t.ExpiresAt), RevokedAt: when(t.RevokedAt), LastUsed: when(t.LastUsed), RotatedAt: when(t.RotatedAt),
		OldLast4: t.OldLast4, OldUntil: when(t.OldUntil), OldUsed: when(t.OldUsed)}
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

// rotateToken gives a token a new value; the old one works on for a while.
func (h *Handlers) rotateToken(ctx context.Context, in *struct {
	ID   string `path:"id"`
	Body struct {
		Hours *int `json:"overlap_hours,omitempty" minimum:"0" maximum:"720" doc:"How long the old value works on; a day when absent"`
	}
}) (*body[tokenJSON], error) {
	id, err := strconv.ParseInt(in.ID, 10, 64)
	if err != nil {
		return nil, models.Errorf(models.NotFound, "There is no such token.")
	}
	overlap := 24 * time.Hour
	if in.Body.Hours != nil {
		overlap = time.Duration(*in.Body.Hours) * time.Hour
	}
	value, token, err := h.Store.RotateToken(ctx, actor(ctx), request(ctx).project.ID, id, overlap)
	if err != nil {
		return nil, err
	}
	h.tokens.forget()
	out := tokenOf(token)
	out.Token = value
	return reply(out), nil
}
