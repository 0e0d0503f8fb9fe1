package mlflow

import (
	"throughline/models"
	"throughline/models/store"
)

func (a *API) searchRoutes() []Route {
	return []Route{
		ask("runs/search", a.searchRuns),
		ask("experiments/search", a.searchExperiments),
		read("experiments/search", a.searchExperiments),
		read("experiments/list", a.searchExperiments), // clients before 2.0
	}
}

// searchIn is what all searches have in common.
type searchIn struct {
	Filter string   `json:"filter"`
	Order  texts    `json:"order_by"`
	Max    *integer `json:"max_results"`
	Token  string   `json:"page_token"`
	View   string   `json:"view_type"`
}

// limit is how many results are asked for: usual where that is not said.
func (in searchIn) limit(usual, most int64) (int, error) {
	if in.Max == nil {
		return int(usual), nil
	}
	if n := int64(*in.Max); n < 1 || n > most {
		return 0, models.Errorf(models.Invalid, "Invalid value %d for parameter 'max_results' supplied:  Hint: Value was of type 'int'. See the API docs for more information about request parameters.", n)
	}
	return int(*in.Max), nil
}

func (in searchIn) search(limit int) store.SpaceSearch {
	return store.SpaceSearch{Filter: in.Filter, Order: in.Order, View: store.View(in.View), Limit: limit, Token: in.Token}
}

// The pages of a search: what it gives when nobody says, and the most.
const (
	usualPage = 1000
	mostPage  = 50000
)

func (a *API) searchRuns(c *Call) (any, error) {
	var in struct {
		searchIn
		Experiments texts  `json:"experiment_ids"`
		RunView     string `json:"run_view_type"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	limit, err := in.limit(usualPage, mostPage)
	if err != nil {
		return nil, err
	}
	q := in.search(limit)
	q.Experiments, q.View = in.Experiments, store.View(in.RunView)
	list, next, err := a.Store.SearchRuns(c, c.Space, q)
	out := struct {
		Runs []runWire `json:"runs,omitempty"`
		Next string    `json:"next_page_token,omitempty"`
	}{Next: next}
	for _, r := range list {
		out.Runs = append(out.Runs, wireRun(r))
	}
	return out, err
}

func (a *API) searchExperiments(c *Call) (any, error) {
	var in searchIn
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	limit, err := in.limit(usualPage, mostPage)
	if err != nil {
		return nil, err
	}
	list, next, err := a.Store.SearchExperiments(c, c.Space, in.search(limit))
	out := struct {
		Experiments []experimentWire `json:"experiments,omitempty"`
		Next        string           `json:"next_page_token,omitempty"`
	}{Next: next}
	for _, e := range list {
		out.Experiments = append(out.Experiments, wireExperiment(e))
	}
	return out, err
}
