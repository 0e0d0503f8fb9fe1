package terraform

import (
	"context"
	"fmt"
	"net/url"

	"throughline/integrations"
	"throughline/models"
)

// Asks tells that there is something to ask with.
func (s *Source) Asks(a integrations.Account) bool { return s.Polls(a) }

// Probe finds out whether the token reads the organization's runs.
func (s *Source) Probe(ctx context.Context, a integrations.Account) ([]models.Finding, error) {
	server, err := s.server(a)
	if err != nil {
		return nil, err
	}
	if err := server.Get(ctx, "/api/v2/account/details", &struct{}{}); err != nil && !integrations.IsAbsent(err) {
		return nil, err
	}
	f := models.Finding{Name: "Runs", Needed: "read", Why: "Commits, and what plans would change.",
		How: "Give the team of the token read access to the workspaces, and check the organization's name."}
	path := fmt.Sprintf("/api/v2/organizations/%s/runs?page%%5Bsize%%5D=1", url.PathEscape(a.Get("organization")))
	if f.OK = server.Get(ctx, path, &struct{}{}) == nil; f.OK {
		f.How = ""
	}
	return []models.Finding{f}, nil
}
