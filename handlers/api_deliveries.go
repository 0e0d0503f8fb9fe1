package handlers

import (
	"context"
	"net/http"
	"time"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) deliveryOperations() []Route {
	return []Route{
		op(http.MethodGet, "/projects/{key}/deliveries", inProject(models.Maintainer), "List what was received, newest first", h.listDeliveries),
		op(http.MethodGet, "/projects/{key}/deliveries/{id}", inProject(models.Maintainer), "Read a delivery as it was received", h.readDelivery),
		op(http.MethodPost, "/projects/{key}/deliveries/{id}/replay", inProject(models.Maintainer), "Apply a delivery again", h.replay),
		{Method: http.MethodPost, Path: apiRoot + "/projects/:key/events", Class: API, Rule: inProject(models.Contributor),
			Scope: models.ScopeEvents, Handler: h.receiveEvents},
	}
}

type deliveryJSON struct {
	ID         int64             `json:"id"`
	Source     string            `json:"source"`
	Name       string            `json:"name" doc:"The integration's"`
	EventID    string            `json:"event_id"`
	Event      string            `json:"event"`
	State      string            `json:"state" doc:"applied, ignored, parked"`
	Error      string            `json:"error,omitempty"`
	ReceivedAt *time.Time        `json:"received_at"`
	Header     map[string]string `json:"header,omitempty"`
	Body       string            `json:"body,omitempty" doc:"As it came; not in lists"`
}

func deliveryOf(d store.Delivery) deliveryJSON {
	return deliveryJSON{ID: d.ID, Source: d.Integration.Source, Name: d.Integration.Name, EventID: d.EventID, Event: d.Name,
		State: d.State, Error: d.Error, ReceivedAt: when(d.ReceivedAt), Header: d.Header, Body: string(d.Body)}
}

type deliveryList struct {
	Deliveries []deliveryJSON `json:"deliveries"`
	Next       string         `json:"next,omitempty"`
}

func (h *Handlers) listDeliveries(ctx context.Context, in *struct {
	InKey
	Paging
	State string `query:"state" enum:"applied,ignored,parked"`
}) (*body[deliveryList], error) {
	before, err := cursor(in.After)
	if err != nil {
		return nil, err
	}
	list, err := h.Store.Deliveries(ctx, request(ctx).project.ID, store.DeliveryFilter{State: in.State, Before: before, Limit: in.limit()})
	if err != nil {
		return nil, err
	}
	next := nextOf(list, in.Paging, func(d store.Delivery) int64 { return d.ID })
	return reply(deliveryList{Deliveries: each(list, deliveryOf), Next: next}), nil
}

// InDelivery is a delivery in the path.
type InDelivery struct {
	InKey
	ID int64 `path:"id"`
}

func (h *Handlers) readDelivery(ctx context.Context, in *InDelivery) (*body[deliveryJSON], error) {
	d, err := h.Store.Delivery(ctx, request(ctx).project.ID, in.ID)
	if err != nil {
		return nil, err
	}
	return reply(deliveryOf(d)), nil
}

func (h *Handlers) replay(ctx context.Context, in *InDelivery) (*body[receipt], error) {
	d, err := h.Store.Delivery(ctx, request(ctx).project.ID, in.ID)
	if err != nil {
		return nil, err
	}
	out, err := h.applyAgain(ctx, actor(ctx), d)
	if err != nil {
		return nil, err
	}
	return reply(receipt{ID: d.EventID, State: out.State, Error: out.Error}), nil
}
