package handlers

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/views"
)

const (
	drawnMetrics = 24  // charts of one run
	drawnPoints  = 120 // of a chart without a script
)

// dressRun adds what was logged to a run: figures, charts, params, data, family.
func (h *Handlers) dressRun(c *gin.Context, p *views.SubjectPage) error {
	r, err := h.Store.RunOf(c.Request.Context(), p.Subject.ID)
	if models.CodeOf(err) == models.NotFound && err != nil {
		return nil // a mere mention
	}
	if err != nil {
		return err
	}
	part := &views.RunPart{Key: r.Key, User: r.User, Params: r.Params, Tags: r.Tags, Inputs: r.Inputs, Experiment: p.Subject.Text("experiment"),
		ListPath: "/runs?experiment=" + itoa(r.Experiment), Live: p.Subject.State == models.Running, Gaps: runGaps(p)}
	if part.By, err = h.Store.LoggedBy(c.Request.Context(), r); err != nil {
		return err
	}
	if part.Metrics, err = h.runMetrics(c, p.Subject, r); err != nil {
		return err
	}
	if part.Parent, part.Children, err = h.Store.RunFamily(c.Request.Context(), h.principal(c), r); err != nil {
		return err
	}
	if part.Choices, err = h.Store.Choices(c.Request.Context(), r.ID); err != nil {
		return err
	}
	if space, err := h.Store.SpaceOfRun(c.Request.Context(), r.ID); err == nil {
		part.Here, part.Sources = space.Integration.ID != 0, sourcesOf(r)
	}
	part.Artifacts = "/runs/" + url.PathEscape(r.Key) + "/artifacts"
	p.Run = part
	return nil
}

// runMetrics are a run's metrics, those that say most first, with what is to draw.
func (h *Handlers) runMetrics(c *gin.Context, run models.Subject, r models.TrackedRun) ([]views.RunMetric, error) {
	slices.SortStableFunc(r.Metrics, func(a, b models.Metric) int { return cmp.Compare(models.MetricPlace(a.Key), models.MetricPlace(b.Key)) })
	ctx, stop := context.WithTimeout(c.Request.Context(), askedFor)
	defer stop()
	out := make([]views.RunMetric, len(r.Metrics))
	for n, m := range r.Metrics {
		out[n] = views.RunMetric{Name: m.Key, Latest: m.Point, Better: models.MetricBetter(m.Key)}
		if n >= drawnMetrics {
			continue
		}
		points, _, err := h.metricShape(ctx, run, m.Key, drawnPoints)
		if models.CodeOf(err) == models.Unprocessed && err != nil {
			stop() // its source does not answer: the page shows what is known
			continue
		}
		if err != nil {
			return nil, err
		}
		out[n].Points = points
	}
	return out, nil
}

// runGaps are what a run lacks to be answered for.
func runGaps(p *views.SubjectPage) (out []views.RunGap) {
	linked := func(r models.Relation) bool {
		return slices.ContainsFunc(p.Out, func(l models.Link) bool { return l.Relation == r })
	}
	who := "Whoever runs the script can close it."
	switch dirty, _ := p.Subject.Facts["dirty"].(bool); {
	case dirty:
		out = append(out, views.RunGap{Missing: "Uncommitted changes.", Why: "The working tree was dirty when this run started: its commit is not what ran.", Who: who + " Commit first, then run again."})
	case !linked(models.BuiltFrom) && p.Subject.Text("commit_hint") != "":
		out = append(out, views.RunGap{Missing: "Commit of an unknown repository.", Why: "The run names the commit " + p.Subject.Text("commit_hint") + ", and no repository.",
			Who: "A maintainer can connect the repository, or link the commit below."})
	case !linked(models.BuiltFrom):
		out = append(out, views.RunGap{Missing: "No commit.", Why: "Nobody can say which code this run is.", Who: who + " Start it from a file in a Git repository, with GitPython installed; or link the commit below."})
	}
	if !linked(models.TrainedOn) && !linked(models.EvaluatedOn) {
		out = append(out, views.RunGap{Missing: "No data.", Why: "The run names no dataset.", Who: who + " Call mlflow.log_input."})
	}
	return out
}
