package handlers

import (
	"context"
	"net/http"
	"time"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) connectOperations() []Route {
	one := "/projects/{key}/integrations/{source}/{name}"
	return []Route{
		op(http.MethodPost, one+"/check", inProject(models.Maintainer), "Find out what an integration's account may do at the upstream; nothing is changed there", h.checkIntegration),
		op(http.MethodPost, one+"/test", inProject(models.Maintainer), "Ask the upstream, and look at what arrives; nothing is changed, here or there", h.tryIntegration),
		op(http.MethodPost, one+"/webhook", inProject(models.Maintainer), "Make the upstream post here: its webhooks are created or brought up to date", h.hookIntegration),
	}
}

type checkJSON struct {
	Findings  []models.Finding `json:"findings" doc:"What is needed, and whether it is there"`
	Missing   int              `json:"missing" doc:"How many required ones are not"`
	Problem   string           `json:"problem,omitempty" doc:"Why nothing could be found out"`
	CheckedAt *time.Time       `json:"checked_at"`
}

// capable is an integration of the project in the path with its source as T, a
// capability that not every source has.
func capable[T any](ctx context.Context, h *Handlers, in InIntegration) (i store.Integration, source T, err error) {
	i, err = h.Store.Integration(ctx, request(ctx).project.ID, in.Source, in.Name)
	if err != nil {
		return i, source, err
	}
	source, ok := h.sources[i.Source].(T)
	if !ok {
		err = models.Errorf(models.Unprocessed, "The source %s knows no such thing.", i.Source)
	}
	return i, source, err
}

func (h *Handlers) checkIntegration(ctx context.Context, in *InIntegration) (*body[checkJSON], error) {
	i, source, err := capable[integrations.Prober](ctx, h, *in)
	if err != nil {
		return nil, err
	}
	setup, err := h.probe(ctx, actor(ctx), i, source)
	if err != nil {
		return nil, err
	}
	out := checkJSON{Findings: setup.Findings, Missing: setup.Missing(), Problem: setup.Problem, CheckedAt: when(setup.CheckedAt)}
	if out.Findings == nil {
		out.Findings = []models.Finding{}
	}
	return reply(out), nil
}

type hookJSON struct {
	Address     string            `json:"address" doc:"Where the upstream posts"`
	Hooks       []models.HookMade `json:"hooks" doc:"What became of each webhook"`
	ContentType string            `json:"content_type" doc:"What a webhook made by hand is set to"`
	Events      []string          `json:"events" doc:"What it tells of"`
	Secret      string            `json:"secret,omitempty" doc:"A new one, for a webhook made by hand; it is not shown again"`
}

func (h *Handlers) hookIntegration(ctx context.Context, in *struct {
	InIntegration
	Body *struct {
		ByHand bool `json:"by_hand,omitempty" doc:"Ask the upstream for nothing: answer with what to enter there, a new secret among it"`
	}
}) (*body[hookJSON], error) {
	i, source, err := capable[integrations.Hooker](ctx, h, in.InIntegration)
	if err != nil {
		return nil, err
	}
	known, err := h.Store.IntegrationFor(ctx, i.Source, i.Name)
	if err != nil {
		return nil, err
	}
	hand := source.ByHand(account(known))
	out := hookJSON{Address: h.hookURL(i), Hooks: []models.HookMade{}, ContentType: hand.Kind, Events: hand.Events}
	if in.Body != nil && in.Body.ByHand {
		out.Secret, err = h.renewSecret(ctx, actor(ctx), i, hand.Setting)
		return reply(out), err
	}
	setup, err := h.hook(ctx, actor(ctx), i, source)
	if err != nil {
		return nil, models.Errorf(models.Unprocessed, `%w To enter it by hand, send {"by_hand":true}.`, err)
	}
	out.Hooks = setup.Hooks
	return reply(out), nil
}
