package mlflow

import (
	"context"
	"errors"
	"net/url"

	"throughline/integrations"
	"throughline/models"
)

// Asks tells that there is a server to ask.
func (s *Source) Asks(a integrations.Account) bool { return a.Get("url") != "" }

// Probe finds out what the account may read, and whether the server has what
// Throughline can use.
func (s *Source) Probe(ctx context.Context, a integrations.Account) ([]models.Finding, error) {
	server, err := s.server(a)
	if err != nil {
		return nil, err
	}
	names, err := (&turn{server: server, top: &cursor{}}).workspaces(ctx)
	if err != nil {
		return nil, err
	}
	server.workspace = names[0]
	if _, _, err := server.experiments(ctx, "", 1); err != nil {
		return nil, err
	}
	found := []models.Finding{{Name: "Experiments and runs", Needed: "read", OK: true, Why: "They become cards, with parameters and metrics."}}
	found = append(found,
		server.try(ctx, "registered-models/search", models.Finding{Name: "Model registry", Needed: "read", Optional: true,
			Why: "Models and versions are linked to the runs that made them.", How: "Start the server with a database: --backend-store-uri."}),
		server.try(ctx, "webhooks", models.Finding{Name: "Webhooks", Optional: true, Why: "Registered versions show at once, instead of within seconds.",
			How: "They need MLflow 3.3 or newer with a database, MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY, and the permission to manage them."}))
	return found, nil
}

// try asks for a page, and notes whether it is given.
func (s *server) try(ctx context.Context, path string, f models.Finding) models.Finding {
	err := s.get(ctx, path, url.Values{"max_results": {"1"}}, &struct{}{})
	f.OK = err == nil
	var refusal *refused
	if err != nil && !errors.As(err, &refusal) {
		f.How = integrations.Words(err)
	}
	if f.OK {
		f.How = ""
	}
	return f
}
