package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/models/search"
	"throughline/models/sheet"
	"throughline/models/store"
	"throughline/views"
)

const (
	runsPerPage  = 50
	runsExported = 10000
	mostColumns  = 24
)

// runsAsked is what an address of the list of runs asks for.
type runsAsked struct {
	page    views.RunsPage
	filter  store.RunFilter
	columns []string
}

func (h *Handlers) runsAsked(c *gin.Context) (a runsAsked, err error) {
	p := &a.page
	p.Frame, p.Address = h.frame(c, "Runs"), h.BaseURL
	p.Text, p.Deleted, p.Sort = strings.TrimSpace(c.Query("q")), c.Query("deleted") != "", c.Query("sort")
	if key := c.Query("project"); key != "" {
		if one, err := h.Store.Project(c.Request.Context(), h.principal(c), key); err == nil {
			p.Project = one.Key
		}
	}
	p.Experiment, _ = strconv.ParseInt(c.Query("experiment"), 10, 64)
	p.Page, _ = strconv.Atoi(c.Query("page"))
	p.Page = min(max(p.Page, 1), 1_000_000)
	a.columns = chosenColumns(c)
	p.Chosen = len(a.columns) > 0
	a.filter = store.RunFilter{Text: p.Text, Me: p.Frame.Me.Name, Project: p.Project, Experiment: p.Experiment, Deleted: p.Deleted,
		Offset: (p.Page - 1) * runsPerPage, Limit: runsPerPage}
	if a.filter.Sort, err = runOrder(p.Sort); err != nil {
		p.Sort = ""
	}
	return a, nil
}

// chosenColumns are the columns that the address names.
func chosenColumns(c *gin.Context) (out []string) {
	for _, name := range append(c.QueryArray("column"), strings.Split(c.Query("columns"), ",")...) {
		kind, key, ok := strings.Cut(name, ".")
		if ok && key != "" && slices.Contains([]string{"metric", "param", "tag"}, kind) && len(name) <= 300 && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out[:min(len(out), mostColumns)]
}

// sortable are the columns of the list that are attributes of a run.
var sortable = map[string]string{"name": "run_name", "started": "start_time", "user": "user_id"}

// runOrder reads a column with a leading - for from high to low.
func runOrder(text string) (o search.Order, err error) {
	column, desc := strings.CutPrefix(text, "-")
	if text == "" {
		return o, nil
	}
	if key := sortable[column]; key != "" {
		return search.Order{Entity: search.Attribute, Key: key, Desc: desc}, nil
	}
	kind, key, _ := strings.Cut(column, ".")
	entity := map[string]search.Entity{"metric": search.Metric, "param": search.Param, "tag": search.Tag}[kind]
	if entity == "" || key == "" {
		return o, models.Errorf(models.Invalid, "There is no column %q to order by.", column)
	}
	return search.Order{Entity: entity, Key: key, Desc: desc}, nil
}

func (h *Handlers) showRuns(c *gin.Context) error {
	a, err := h.runsAsked(c)
	if err != nil {
		return err
	}
	p := &a.page
	if err := h.addRunViews(c, p); err != nil {
		return err
	}
	list, err := h.Store.Runs(c.Request.Context(), h.principal(c), a.filter)
	if wrong := (*search.Error)(nil); errors.As(err, &wrong) {
		p.Wrong = wrongText(p.Text, wrong)
		return render(c, http.StatusUnprocessableEntity, views.Runs(*p))
	}
	if err != nil {
		return err
	}
	if err := h.fillRuns(c, &a, list); err != nil {
		return err
	}
	return render(c, http.StatusOK, views.Runs(*p))
}

func (h *Handlers) fillRuns(c *gin.Context, a *runsAsked, list store.RunList) error {
	p := &a.page
	p.Total, p.Pages, p.Known = list.Total, (list.Total+runsPerPage-1)/runsPerPage, list.Known
	if p.Columns = a.columns; !p.Chosen {
		p.Columns = tellingColumns(list)
	}
	for _, r := range list.Rows {
		p.Rows = append(p.Rows, views.RunLine{Subject: r.Subject, Experiment: r.ExperimentName, User: r.User, Started: r.Started, Ended: r.Ended,
			Deleted: r.Deleted, Parent: r.Parent, Commit: r.Commit, Values: r.Values})
	}
	experiments, err := h.Store.Experiments(c.Request.Context(), h.principal(c))
	for _, e := range experiments {
		p.Experiments = append(p.Experiments, views.RunExperiment{ID: e.ID, Label: e.Name + " · " + e.Project + " (" + strconv.Itoa(e.Runs) + ")"})
	}
	return err
}

// tellingColumns are the first metrics and params of a list whose reader chose none.
func tellingColumns(list store.RunList) (out []string) {
	for kind, most := range map[string]int{"metric.": 4, "param.": 4} {
		for _, name := range list.Known {
			if most > 0 && strings.HasPrefix(name, kind) {
				out = append(out, name)
				most--
			}
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(slices.Index(list.Known, a), slices.Index(list.Known, b)) })
	return out
}

// wrongText cuts a filter at what could not be read.
func wrongText(text string, e *search.Error) *views.WrongText {
	from := min(max(e.At, 0), len(text))
	to := min(from+e.Length, len(text))
	return &views.WrongText{Before: text[:from], Wrong: text[from:to], After: text[to:], Why: e.Error()}
}

// showSpace leads from the address of a project's tracking server to its runs. What
// stands behind a # comes along.
func (h *Handlers) showSpace(c *gin.Context) error {
	return see(c, "/runs?project="+url.QueryEscape(project(c).Key))
}

// exportRuns is the list as CSV: exactly what the filter of the page passes.
func (h *Handlers) exportRuns(c *gin.Context) error {
	a, err := h.runsAsked(c)
	if err != nil {
		return err
	}
	a.filter.Offset, a.filter.Limit = 0, runsExported
	list, err := h.Store.Runs(c.Request.Context(), h.principal(c), a.filter)
	if err != nil {
		return err
	}
	columns := a.columns
	if !a.page.Chosen {
		columns = list.Known
	}
	if err := h.Store.NoteExport(c.Request.Context(), h.principal(c), "runs.exported", map[string]any{"rows": len(list.Rows), "of": list.Total}); err != nil {
		return err
	}
	c.Header("Content-Type", "text/csv; charset=utf-8")
	c.Header("Content-Disposition", `attachment; filename="runs.csv"`)
	return writeRuns(sheet.NewWriter(c.Writer), list.Rows, columns)
}

func writeRuns(w *sheet.Writer, rows []store.RunRow, columns []string) error {
	head := []any{"id", "name", "experiment", "state", "user", "started", "ended", "commit"}
	for _, name := range columns {
		head = append(head, name)
	}
	if err := w.Row(head...); err != nil {
		return err
	}
	for _, r := range rows {
		line := []any{r.Subject.Ref.Key, r.Name, r.ExperimentName, string(r.Subject.State), r.User, stampOrNone(r.Started), stampOrNone(r.Ended), r.Commit}
		for _, name := range columns {
			line = append(line, r.Values[name])
		}
		if err := w.Row(line...); err != nil {
			return err
		}
	}
	return w.Flush()
}

func stampOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
