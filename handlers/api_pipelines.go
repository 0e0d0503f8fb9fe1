package handlers

import (
	"context"
	"errors"
	"net/http"
	"time"

	"throughline/models"
	"throughline/models/search"
	"throughline/models/store"
)

func (h *Handlers) pipelineOperations() []Route {
	return []Route{
		op(http.MethodGet, "/pipelines", signedIn(), "List pipeline runs of all systems, the newest start first", h.listPipelines),
		op(http.MethodGet, "/pipelines/failures", signedIn(), "List the pipelines whose last run failed, by cause", h.listFailures),
		op(http.MethodPut, "/subjects/{kind}/{key}/claim", ofSubject(models.Contributor, refParam), "Say that you look at a failed pipeline run", h.putClaim),
		op(http.MethodDelete, "/subjects/{kind}/{key}/claim", ofSubject(models.Contributor, refParam), "Give a claim back", h.deleteClaim),
	}
}

type pipelineJSON struct {
	Subject  refJSON      `json:"subject"`
	Source   string       `json:"source"`
	System   string       `json:"system" doc:"What runs it: jenkins, github, airflow, …"`
	Pipeline string       `json:"pipeline"`
	Number   string       `json:"number,omitempty"`
	Branch   string       `json:"branch,omitempty"`
	Actor    string       `json:"actor,omitempty"`
	State    models.State `json:"state"`
	Stale    bool         `json:"stale"`
	Attempt  int          `json:"attempt,omitempty"`
	Started  *time.Time   `json:"started_at,omitempty"`
	Ended    *time.Time   `json:"ended_at,omitempty"`
	Seconds  float64      `json:"seconds,omitempty" doc:"How long it took"`
	Usual    float64      `json:"usual_seconds,omitempty" doc:"The median of the last runs that passed; absent while fewer than three did"`
	Steps    int          `json:"steps"`
	Step     string       `json:"failed_step,omitempty"`
	Error    string       `json:"error,omitempty"`
	Cause    string       `json:"cause,omitempty" doc:"What failures are grouped by"`
	Commit   *refJSON     `json:"commit,omitempty"`
	Claim    *claimJSON   `json:"claim,omitempty"`
	URL      string       `json:"url,omitempty" doc:"Its page at the source"`
}

type claimJSON struct {
	By    string    `json:"by"`
	Note  string    `json:"note,omitempty"`
	Since time.Time `json:"since"`
}

func pipelineOf(l models.PipelineLine) pipelineJSON {
	out := pipelineJSON{Subject: refOf(l.Subject.Ref), Source: l.Subject.Source + "/" + l.Subject.Integration, System: l.System, Pipeline: l.Pipeline, Number: l.Number, Branch: l.Branch,
		Actor: l.Actor, State: l.Subject.State, Stale: l.Subject.Stale, Attempt: l.Attempt, Started: when(l.Started), Ended: when(l.Ended), Seconds: l.Took().Seconds(),
		Usual: models.Usual(l.Before).Seconds(), Steps: l.Steps, Step: l.Step, Error: l.Error, Cause: l.Cause, URL: l.Subject.URL}
	if l.Commit != "" {
		out.Commit = &refJSON{Kind: models.Commit, Key: l.Commit}
	}
	if l.Claim != nil {
		out.Claim = &claimJSON{By: l.Claim.By, Note: l.Claim.Note, Since: l.Claim.Since}
	}
	return out
}

type pipelineList struct {
	Pipelines []pipelineJSON `json:"pipelines"`
	Next      string         `json:"next,omitempty"`
}

func (h *Handlers) listPipelines(ctx context.Context, in *struct {
	Text    string `query:"q" doc:"state:failed branch:main took:>10m error:timeout …"`
	Project string `query:"project" doc:"Key of a project"`
	System  string `query:"system"`
	State   string `query:"state"`
	After   string `query:"after"`
	Limit   int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}) (*body[pipelineList], error) {
	rows, next, err := h.Store.PipelineRuns(ctx, actor(ctx), store.PipelineFilter{Text: in.Text, Me: actor(ctx).Name, Project: in.Project, System: in.System,
		State: models.State(in.State), After: in.After, Limit: in.Limit})
	if wrong := (*search.Error)(nil); errors.As(err, &wrong) {
		return nil, models.FieldErrorf(models.Invalid, "q", "%s", wrong.Error())
	}
	return reply(pipelineList{Pipelines: each(rows, pipelineOf), Next: next}), err
}

type failureJSON struct {
	Cause     string         `json:"cause" doc:"Empty where no source says why"`
	Pipelines []pipelineJSON `json:"pipelines" doc:"Their last runs, the newest first"`
}

type failureList struct {
	Failures []failureJSON `json:"failures"`
}

func (h *Handlers) listFailures(ctx context.Context, in *struct {
	Project string `query:"project" doc:"Key of a project"`
}) (*body[failureList], error) {
	groups, err := h.Store.Failures(ctx, actor(ctx), in.Project)
	return reply(failureList{Failures: each(groups, func(g models.FailureGroup) failureJSON {
		return failureJSON{Cause: g.Cause, Pipelines: each(g.Lines, pipelineOf)}
	})}), err
}

func (h *Handlers) putClaim(ctx context.Context, in *struct {
	InSubject
	Body struct {
		Note string `json:"note,omitempty" maxLength:"500"`
	}
}) (*body[claimJSON], error) {
	id := request(ctx).subject.ID
	if err := h.Store.Claim(ctx, actor(ctx), in.Body.Note, id); err != nil {
		return nil, err
	}
	claims, err := h.Store.ClaimsOf(ctx, id)
	c := claims[id]
	return reply(claimJSON{By: c.By, Note: c.Note, Since: c.Since}), err
}

func (h *Handlers) deleteClaim(ctx context.Context, _ *InSubject) (*empty, error) {
	if err := h.Store.Unclaim(ctx, actor(ctx), request(ctx).subject.ID); err != nil {
		return nil, err
	}
	return &empty{Status: http.StatusNoContent}, nil
}
