package handlers

import (
	"context"
	"time"

	"throughline/models"
)

type reportJSON struct {
	Kind    models.ReportKind `json:"kind" doc:"check_run, comment, status"`
	Subject refJSON           `json:"subject" doc:"The pull request, or the deployed commit"`
	Target  string            `json:"target" doc:"The sha of a check run, the number of a comment's pull request, the environment of a status"`
	State   string            `json:"state" doc:"ok, failing"`
	Error   string            `json:"error,omitempty"`
	URL     string            `json:"url,omitempty" doc:"At the upstream"`
	TriedAt *time.Time        `json:"tried_at"`
	SentAt  *time.Time        `json:"sent_at"`
	NextAt  *time.Time        `json:"next_at,omitempty" doc:"Not tried again before"`
}

func reportOf(r models.Report) reportJSON {
	out := reportJSON{Kind: r.Kind, Subject: refOf(r.Subject), Target: r.Target, State: "ok", Error: r.Problem, URL: r.URL,
		TriedAt: when(r.TriedAt), SentAt: when(r.SentAt), NextAt: when(r.NextAt)}
	if r.Problem != "" {
		out.State = "failing"
	}
	return out
}

type reportList struct {
	Reports []reportJSON `json:"reports"`
	Next    string       `json:"next,omitempty"`
}

func (h *Handlers) listReports(ctx context.Context, in *struct {
	InIntegration
	Paging
}) (*body[reportList], error) {
	i, err := h.Store.Integration(ctx, request(ctx).project.ID, in.Source, in.Name)
	if err != nil {
		return nil, err
	}
	list, next, err := h.Store.Reports(ctx, i.ID, in.After, in.limit())
	if err != nil {
		return nil, err
	}
	return reply(reportList{Reports: each(list, reportOf), Next: next}), nil
}
