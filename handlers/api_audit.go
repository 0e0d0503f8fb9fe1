package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) auditOperations() []Route {
	return []Route{
		op(http.MethodGet, "/audit", inHub(models.Administrator), "List who did what in the whole hub, newest first", h.listAudit),
		op(http.MethodGet, "/audit/export", inHub(models.Administrator), "Export who did what; this is itself recorded", h.exportAuditAPI),
		op(http.MethodGet, "/audit/chain", inHub(models.Administrator), "What the last check of the record's hash chain found", h.readChain),
		op(http.MethodGet, "/projects/{key}/audit", inProject(models.Maintainer), "List who did what in a project, newest first", h.listAudit),
		op(http.MethodGet, "/projects/{key}/audit/export", inProject(models.Maintainer), "Export who did what in a project; this is itself recorded", h.exportAuditAPI),
	}
}

// auditJSON is a row of activity with its place in the chain.
type auditJSON struct {
	activityJSON
	ProjectID int64  `json:"project_id"`
	SubjectID int64  `json:"subject_id"`
	Hash      string `json:"hash"`
}

type auditList struct {
	Rows []auditJSON `json:"audit"`
	Next string      `json:"next,omitempty"`
}

func (h *Handlers) listAudit(ctx context.Context, in *struct {
	Paging
	AuditQuery
}) (*body[auditList], error) {
	f, err := in.filter(request(ctx).project.ID)
	if err != nil {
		return nil, err
	}
	if f.Before, err = cursor(in.After); err != nil {
		return nil, err
	}
	f.Limit = in.limit()
	rows, next, err := h.Store.Audit(ctx, actor(ctx), f)
	if err != nil {
		return nil, err
	}
	out := auditList{Rows: each(rows, h.auditJSON)}
	if next != 0 {
		out.Next = itoa(next)
	}
	return reply(out), nil
}

func (h *Handlers) auditJSON(r store.AuditRow) auditJSON {
	return auditJSON{h.activityJSON(r.Activity), r.Row.ProjectID, r.Row.SubjectID, r.Row.Hash}
}

func (h *Handlers) exportAuditAPI(ctx context.Context, in *struct {
	AuditQuery
	Format string `query:"format" default:"jsonl" enum:"csv,jsonl"`
}) (*huma.StreamResponse, error) {
	f, err := in.filter(request(ctx).project.ID)
	if err != nil {
		return nil, err
	}
	e, err := h.Store.ExportAudit(ctx, actor(ctx), f, in.Format)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) { h.sendExport(ctx, e, c.SetHeader, c.BodyWriter()) }}, nil
}

type chainJSON struct {
	VerifiedUpTo int64      `json:"verified_up_to" doc:"The last row that holds"`
	Holds        bool       `json:"holds"`
	Problem      string     `json:"problem,omitempty"`
	CheckedAt    *time.Time `json:"checked_at" doc:"null before the first check"`
}

func (h *Handlers) readChain(context.Context, *none) (*body[chainJSON], error) {
	state := chainLine(h.Store.Chain())
	return reply(chainJSON{VerifiedUpTo: state.Upto, Holds: state.Broken == "", Problem: state.Broken, CheckedAt: when(state.At)}), nil
}
