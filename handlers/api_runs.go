package handlers

import (
	"context"
	"math"
	"net/http"

	"throughline/models"
)

func (h *Handlers) runOperations() []Route {
	return []Route{
		op(http.MethodGet, "/runs/{key}/metrics/{name}", ofSubject(models.Viewer, keyOf(models.Run)), "Read the history of a run's metric", h.readMetric),
	}
}

// metricJSON is a history as three columns of the same length, which is what charts
// take and half of what objects would be.
type metricJSON struct {
	Metric string     `json:"metric"`
	Steps  []int64    `json:"steps"`
	Times  []int64    `json:"times" doc:"The client's times, Unix milliseconds"`
	Values []*float64 `json:"values" doc:"null where it is not a number"`
	Whole  bool       `json:"whole" doc:"false: only the least and the greatest of each stretch of steps"`
	Next   string     `json:"next,omitempty" doc:"Of a paged history: after of the next page"`
}

func (h *Handlers) readMetric(ctx context.Context, in *struct {
	Name   string `path:"name"`
	Points int    `query:"points" minimum:"2" maximum:"5000" default:"600" doc:"About how many points a chart can show: the history is thinned on the server, no peak is lost"`
	Raw    bool   `query:"raw" doc:"Every point, in the order of their times, paged"`
	After  string `query:"after" doc:"Of a paged history"`
	Limit  int    `query:"limit" minimum:"1" maximum:"25000" default:"10000" doc:"Points of a page"`
}) (*body[metricJSON], error) {
	run := request(ctx).subject
	if in.Raw || in.After != "" {
		points, next, err := h.metricPage(ctx, run, in.Name, in.Limit, in.After)
		return reply(metricOf(in.Name, points, next == "", next)), err
	}
	points, whole, err := h.metricShape(ctx, run, in.Name, in.Points)
	return reply(metricOf(in.Name, points, whole, "")), err
}

func metricOf(name string, points []models.Point, whole bool, next string) metricJSON {
	m := metricJSON{Metric: name, Steps: make([]int64, len(points)), Times: make([]int64, len(points)), Values: make([]*float64, len(points)), Whole: whole, Next: next}
	for n, p := range points {
		m.Steps[n], m.Times[n] = p.Step, p.At
		if v := p.Value; !math.IsNaN(v) {
			m.Values[n] = &v
		}
	}
	return m
}
