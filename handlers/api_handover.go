package handlers

import (
	"context"
	"net/http"
	"time"

	"throughline/models"
)

func (h *Handlers) handoverOperations() []Route {
	return []Route{
		op(http.MethodGet, "/people/{id}/handover", ofPerson(), "List what a person has to pass on", h.readHandover),
		op(http.MethodPost, "/people/{id}/handover", ofPerson(), "Make somebody else the owner of one thing, or of all", h.handOverTo),
	}
}

type ownedJSON struct {
	Owner    int64      `json:"owner" doc:"The id to hand over by"`
	Subject  refJSON    `json:"subject"`
	Title    string     `json:"title"`
	URL      string     `json:"url"`
	Projects []string   `json:"projects"`
	As       string     `json:"as"`
	Since    *time.Time `json:"since,omitempty"`
	Gone     string     `json:"gone,omitempty" doc:"Why the owner no longer counts"`
	Open     bool       `json:"open" doc:"Nobody answers for it until somebody takes it"`
}

func (h *Handlers) ownedJSON(o models.Owned) ownedJSON {
	return ownedJSON{Owner: o.Owner.ID, Subject: refOf(o.Subject.Ref), Title: o.Subject.Title, URL: h.BaseURL + o.Subject.Ref.Path(),
		Projects: each(o.Projects, func(s string) string { return s }), As: o.Owner.As, Since: when(o.Owner.Since), Gone: o.Owner.Gone, Open: o.Open()}
}

type handoverJSON struct {
	ID     int64       `json:"id"`
	Name   string      `json:"name"`
	Owns   []ownedJSON `json:"owns"`
	Leads  []teamJSON  `json:"leads" doc:"Teams"`
	Tokens []tokenJSON `json:"tokens" doc:"That they made and that still work"`
}

func (h *Handlers) readHandover(ctx context.Context, in *InPerson) (*body[handoverJSON], error) {
	list, err := h.Store.Handover(ctx, actor(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return reply(handoverJSON{ID: list.Account.ID, Name: list.Account.Name, Owns: each(list.Owned, h.ownedJSON),
		Leads: each(list.Leads, h.teamJSON), Tokens: each(list.Tokens, tokenOf)}), nil
}

func (h *Handlers) handOverTo(ctx context.Context, in *struct {
	InPerson
	Body struct {
		To    string `json:"to" maxLength:"200" doc:"An address, a login or team:KEY"`
		Owner int64  `json:"owner,omitempty" doc:"One of owns; absent: all that you may write to"`
	}
}) (*body[handoverJSON], error) {
	if _, err := h.Store.HandOver(ctx, actor(ctx), in.ID, in.Body.Owner, in.Body.To); err != nil {
		return nil, err
	}
	return h.readHandover(ctx, &in.InPerson)
}
