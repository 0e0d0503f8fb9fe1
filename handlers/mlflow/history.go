package mlflow

import (
	"throughline/models"
)

func (a *API) historyRoutes() []Route {
	return []Route{read("metrics/get-history", a.metricHistory)}
}

// historyPage bounds the points of one answer, whatever is asked for.
const historyPage = 25000

func (a *API) metricHistory(c *Call) (any, error) {
	var in struct {
		runID
		Key   string   `json:"metric_key"`
		Max   *integer `json:"max_results"`
		Token string   `json:"page_token"`
	}
	if err := c.readRun(&in, &in.runID); err != nil {
		return nil, err
	}
	limit := 0
	if in.Max != nil {
		if limit = int(min(*in.Max, historyPage)); limit <= 0 {
			return nil, models.Errorf(models.Invalid, "Invalid value %d for parameter 'max_results' supplied. It must be a positive integer.", *in.Max)
		}
	}
	r, err := a.Store.TrackedRun(c, c.Space, in.key())
	if models.CodeOf(err) == models.NotFound && err != nil {
		return empty{}, nil // as the reference answers
	}
	if err != nil {
		return nil, err
	}
	points, next, err := a.Store.MetricHistory(c, r.ID, in.Key, limit, in.Token)
	out := struct {
		Metrics []metricWire `json:"metrics,omitempty"`
		Next    string       `json:"next_page_token,omitempty"`
	}{Next: next}
	for _, p := range points {
		out.Metrics = append(out.Metrics, wireMetric(in.Key, p))
	}
	return out, err
}
