package handlers

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/store"
	"throughline/views"
)

// auditRoutes are for those who look after the hub, or a project: who did what.
func (h *Handlers) auditRoutes() []Route {
	return []Route{
		get("/audit", inHub(models.Administrator), h.showAudit),
		get("/audit/export", inHub(models.Administrator), h.exportAudit),
		get("/projects/:key/audit", inProject(models.Maintainer), h.showAudit),
		get("/projects/:key/audit/export", inProject(models.Maintainer), h.exportAudit),
	}
}

func (h *Handlers) showAudit(c *gin.Context) error {
	p, err := h.auditPage(c)
	if err != nil && p.Error == "" {
		return err
	}
	status := http.StatusOK
	if err != nil {
		status = problemOf(err).Status
	}
	return render(c, status, views.Audit(p))
}

func (h *Handlers) auditPage(c *gin.Context) (p views.AuditPage, err error) {
	ctx, q := c.Request.Context(), auditQuery(c.Request.URL.Query())
	p = views.AuditPage{Frame: h.frame(c, "Audit"), Path: "/audit", Filter: views.AuditFilter(q), Chain: chainLine(h.Store.Chain())}
	if within := auditProject(c); within.ID != 0 {
		p.Path, p.Project, p.Filter.Project = "/projects/"+within.Key+"/audit", within.Key, ""
		p.Frame.Crumbs = crumbs(within, views.Crumb{Text: "Audit"})
	}
	actions, err := h.Store.Actions(ctx)
	if err != nil {
		return p, err
	}
	p.Actions = actionGroups(actions)
	p.Rows, p.Before, err = h.auditRows(c, q)
	if refused(err) {
		p.Error = err.Error()
	}
	return p, err
}

func (h *Handlers) auditRows(c *gin.Context, q AuditQuery) ([]views.AuditRow, int64, error) {
	query := c.Request.URL.Query()
	f, err := q.filter(auditProject(c).ID)
	if err = firstError(oneOf(query), err); err != nil {
		return nil, 0, err
	}
	if f.Before, err = queryNumber(c, "before"); err != nil {
		return nil, 0, err
	}
	rows, next, err := h.Store.Audit(c.Request.Context(), h.principal(c), f)
	return each(rows, func(r store.AuditRow) views.AuditRow { return views.AuditRow{Activity: r.Activity, Hash: r.Row.Hash} }), next, err
}

// auditProject is the project of /projects/KEY/audit; none for the whole hub's.
func auditProject(c *gin.Context) models.Project {
	if _, of := c.Get(projectKey); of {
		return project(c)
	}
	return models.Project{}
}

func chainLine(state store.ChainState) views.ChainLine {
	line := views.ChainLine{At: state.At, Upto: state.Upto}
	if state.Break != nil {
		line.Broken = state.Break.Text
	}
	return line
}

// exportAudit sends what passes the filter as a file.
func (h *Handlers) exportAudit(c *gin.Context) error {
	f, err := auditQuery(c.Request.URL.Query()).filter(auditProject(c).ID)
	if err = firstError(oneOf(c.Request.URL.Query()), err); err != nil {
		return err
	}
	e, err := h.Store.ExportAudit(c.Request.Context(), h.principal(c), f, c.DefaultQuery("format", "csv"))
	if err != nil {
		return err
	}
	h.sendExport(c.Request.Context(), e, c.Header, c.Writer)
	return nil
}

// exportTypes are the media types of the formats.
var exportTypes = map[string]string{"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}

// sendExport streams an export. Once the first byte is out, an error can only cut
// the answer off: the reader sees that it is not whole.
func (h *Handlers) sendExport(ctx context.Context, e *store.Export, header func(name, value string), w io.Writer) {
	header("Content-Type", exportTypes[e.Format])
	header("Content-Disposition", `attachment; filename="audit-`+h.Now().UTC().Format("2006-01-02-150405")+"."+e.Format+`"`)
	header("Throughline-Rows", itoa(e.Rows))
	if err := e.Write(ctx, patient{w}); err != nil {
		h.Log.WarnContext(ctx, "an export of the audit record was cut off", "error", err)
		panic(http.ErrAbortHandler)
	}
}

// patient gives a reader some time for each batch, not for the whole.
type patient struct{ io.Writer }

const batchTime = 30 * time.Second

// Write waits for a slow reader, but not for ever.
func (p patient) Write(b []byte) (int, error) {
	if w, ok := p.Writer.(http.ResponseWriter); ok {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(batchTime)) // not every writer of tests can
	}
	return p.Writer.Write(b)
}
