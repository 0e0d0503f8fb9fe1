package jenkins

import (
	"context"

	"throughline/integrations"
	"throughline/models"
)

// Asks tells that there is a Jenkins to ask.
func (s *Source) Asks(a integrations.Account) bool { return a.Get("url") != "" }

// Probe finds out whether Jenkins knows the user, and which jobs it shows.
func (s *Source) Probe(ctx context.Context, a integrations.Account) ([]models.Finding, error) {
	server, err := s.server(a)
	if err != nil {
		return nil, err
	}
	var top struct{ Jobs []struct{} }
	if err := server.Get(ctx, "/api/json?tree=jobs[name]", &top); err != nil {
		return nil, err
	}
	user := models.Finding{Name: "User", Optional: a.Get("user") == "", Why: "What only signed-in users see.",
		How: "Enter the name of a user and an API token of it."}
	user.OK = server.Get(ctx, "/me/api/json?tree=id", &struct{}{}) == nil
	seen := models.Finding{Name: "Job/Read", Needed: "read", OK: len(top.Jobs) > 0, Why: "Builds become pipeline runs.",
		How: "Give the user the permissions Overall/Read and Job/Read on the jobs that matter."}
	if user.OK {
		user.How = ""
	}
	if seen.OK {
		seen.How = ""
	}
	return []models.Finding{user, seen}, nil
}
