package mlflow

import (
	"context"
	"net/url"
	"strconv"
)

// experiments reads a page of all experiments, deleted ones too.
func (s *server) experiments(ctx context.Context, token string, limit int) (page []experiment, next string, err error) {
	var out struct {
		Experiments list[experiment] `json:"experiments"`
		Next        text             `json:"next_page_token"`
	}
	body := map[string]any{"max_results": limit, "view_type": "ALL"}
	if token != "" {
		body["page_token"] = token
	}
	err = s.post(ctx, "experiments/search", body, &out)
	return out.Experiments, string(out.Next), err
}

// query asks for runs.
type query struct {
	experiments []string
	filter      string
	order       string
	view        string
	limit       int
	token       string
}

func (s *server) runs(ctx context.Context, q query) (page []run, next string, err error) {
	var out struct {
		Runs list[run] `json:"runs"`
		Next text      `json:"next_page_token"`
	}
	body := map[string]any{"experiment_ids": q.experiments, "run_view_type": q.view, "max_results": q.limit}
	if q.filter != "" {
		body["filter"] = q.filter
	}
	if q.order != "" {
		body["order_by"] = []string{q.order}
	}
	if q.token != "" {
		body["page_token"] = q.token
	}
	err = s.post(ctx, "runs/search", body, &out)
	return out.Runs, string(out.Next), err
}

// models reads a page of registered models, the last changed first.
func (s *server) models(ctx context.Context, token string) (page []registeredModel, next string, err error) {
	var out struct {
		Models list[registeredModel] `json:"registered_models"`
		Next   text                  `json:"next_page_token"`
	}
	err = s.get(ctx, "registered-models/search", paging("", "last_updated_timestamp DESC", token), &out)
	return out.Models, string(out.Next), err
}

// versions reads a page of model versions, the last changed first.
func (s *server) versions(ctx context.Context, filter, token string) (page []modelVersion, next string, err error) {
	var out struct {
		Versions list[modelVersion] `json:"model_versions"`
		Next     text               `json:"next_page_token"`
	}
	err = s.get(ctx, "model-versions/search", paging(filter, "last_updated_timestamp DESC", token), &out)
	return out.Versions, string(out.Next), err
}

const registryPage = 100

func paging(filter, order, token string) url.Values {
	q := url.Values{"max_results": {strconv.Itoa(registryPage)}, "order_by": {order}}
	if filter != "" {
		q.Set("filter", filter)
	}
	if token != "" {
		q.Set("page_token", token)
	}
	return q
}
