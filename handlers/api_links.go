package handlers

import (
	"context"
	"net/http"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) linkOperations() []Route {
	return []Route{
		op(http.MethodGet, "/links", signedIn(), "List links, newest first", h.listLinks),
		created("/links", somewhere(models.Contributor), "Link two subjects", h.createLink),
		op(http.MethodDelete, "/links/{id}", somewhere(models.Contributor), "Remove a link that a person made", h.deleteLink),
	}
}

type linkList struct {
	Links []linkJSON `json:"links"`
	Next  string     `json:"next,omitempty"`
}

func (h *Handlers) listLinks(ctx context.Context, in *struct {
	Paging
	FromKind models.Kind     `query:"from_kind"`
	FromKey  string          `query:"from_key"`
	ToKind   models.Kind     `query:"to_kind"`
	ToKey    string          `query:"to_key"`
	Relation models.Relation `query:"relation"`
}) (*body[linkList], error) {
	list, next, err := h.Store.AllLinks(ctx, actor(ctx), store.LinkFilter{From: models.Ref{Kind: in.FromKind, Key: in.FromKey},
		To: models.Ref{Kind: in.ToKind, Key: in.ToKey}, Relation: in.Relation, After: in.After, Limit: in.limit()})
	if err != nil {
		return nil, err
	}
	return reply(linkList{Links: each(list, h.linkJSON), Next: next}), nil
}

func (h *Handlers) createLink(ctx context.Context, in *struct {
	Body struct {
		From     refJSON         `json:"from"`
		To       refJSON         `json:"to"`
		Relation models.Relation `json:"relation"`
	}
}) (*body[linkJSON], error) {
	link, err := h.Store.AddLink(ctx, actor(ctx), in.Body.From.ref(), in.Body.To.ref(), in.Body.Relation)
	if err != nil {
		return nil, err
	}
	return reply(h.linkJSON(link)), nil
}

func (h *Handlers) deleteLink(ctx context.Context, in *struct {
	ID int64 `path:"id"`
}) (*empty, error) {
	if err := h.Store.RemoveLink(ctx, actor(ctx), in.ID); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}
