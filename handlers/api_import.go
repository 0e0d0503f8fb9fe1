package handlers

import (
	"context"
	"math"
	"time"

	"throughline/models"
)

type progressJSON struct {
	Stages      []models.Stage `json:"stages"`
	Share       float64        `json:"share" doc:"Of the known work that is done, 0 to 1"`
	Requests    int            `json:"requests"`
	Unchanged   int            `json:"unchanged" doc:"Of the requests, answered \"not modified\""`
	SecondsLeft *float64       `json:"seconds_left,omitempty" doc:"About; absent while it is too early to say"`
	StartedAt   *time.Time     `json:"started_at"`
	EndedAt     *time.Time     `json:"ended_at"`
}

// progressOf is an import for the API; nil before it began.
func progressOf(p models.Progress) *progressJSON {
	if !p.Begun() {
		return nil
	}
	out := progressJSON{Stages: p.Stages, Share: p.Share(), Requests: p.Requests, Unchanged: p.Unchanged, StartedAt: when(p.StartedAt), EndedAt: when(p.EndedAt)}
	if left, ok := p.Left(); ok {
		seconds := math.Round(left.Seconds())
		out.SecondsLeft = &seconds
	}
	if !p.Running() {
		out.Share = 1
	}
	return &out
}

// steerIntegration changes the asking of an integration, and has it asked at once
// where it goes on.
func (h *Handlers) steerIntegration(change func(context.Context, models.Principal, int64) error) func(context.Context, *InIntegration) (*body[integrationJSON], error) {
	return func(ctx context.Context, in *InIntegration) (*body[integrationJSON], error) {
		i, err := h.Store.Integration(ctx, request(ctx).project.ID, in.Source, in.Name)
		if err != nil {
			return nil, err
		}
		if err := change(ctx, actor(ctx), i.ID); err != nil {
			return nil, err
		}
		h.Sync(i.ID)
		i, err = h.Store.Integration(ctx, request(ctx).project.ID, in.Source, in.Name)
		return reply(h.integrationJSON(i)), err
	}
}
