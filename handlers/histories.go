package handlers

import (
	"context"
	"time"

	"throughline/integrations"
	"throughline/models"
)

const (
	askedPages = 40              // of a history that its source keeps: a million points of MLflow's
	askedFor   = 5 * time.Second // what a page waits for a source in all; charts are drawn later then
)

// historian is the source that keeps the history of a run's metrics; false when
// Throughline does.
func (h *Handlers) historian(ctx context.Context, run models.Subject) (integrations.Historian, integrations.Account, bool) {
	keeper, can := h.sources[run.Source].(integrations.Historian)
	if !can {
		return nil, integrations.Account{}, false
	}
	i, err := h.Store.IntegrationFor(ctx, run.Source, run.Integration)
	if err != nil || i.Here { // disconnected: what there is, is here
		return nil, integrations.Account{}, false
	}
	return keeper, account(i), true
}

// metricPage is a page of a metric's points as they were logged.
func (h *Handlers) metricPage(ctx context.Context, run models.Subject, metric string, limit int, token string) ([]models.Point, string, error) {
	if keeper, a, asked := h.historian(ctx, run); asked {
		points, next, err := keeper.History(ctx, a, run.Ref.Key, metric, token)
		return points, next, h.said(err, run, a)
	}
	return h.Store.MetricHistory(ctx, run.ID, metric, limit, token)
}

// metricShape is a metric's history for a chart of about n points, from wherever
// it is kept.
func (h *Handlers) metricShape(ctx context.Context, run models.Subject, metric string, n int) (points []models.Point, whole bool, err error) {
	keeper, a, asked := h.historian(ctx, run)
	if !asked {
		return h.Store.MetricShape(ctx, run.ID, metric, n)
	}
	var all []models.Point
	for page, token := 0, ""; page == 0 || token != "" && page < askedPages; page++ {
		var some []models.Point
		if some, token, err = keeper.History(ctx, a, run.Ref.Key, metric, token); err != nil {
			return nil, false, h.said(err, run, a)
		}
		all = append(all, some...)
	}
	points, whole = shaped(models.UniquePoints(all), n)
	return points, whole, nil
}

func shaped(all []models.Point, n int) ([]models.Point, bool) {
	if len(all) == 0 {
		return nil, true
	}
	first, last := all[0].Step, all[0].Step
	for _, p := range all {
		first, last = min(first, p.Step), max(last, p.Step)
	}
	shape := models.NewShape(first, last, n)
	for _, p := range all {
		shape.Add(p)
	}
	return shape.Points()
}

// said is what an upstream answers instead of a history, without its secrets.
func (h *Handlers) said(err error, run models.Subject, a integrations.Account) error {
	if err == nil {
		return nil
	}
	return models.Errorf(models.Unprocessed, "%s", integrations.Plain(err, h.sources[run.Source].About(), a)).Because(err)
}
