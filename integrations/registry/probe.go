package registry

import (
	"context"

	"throughline/integrations"
	"throughline/models"
)

// Probe finds out whether the registry knows the user, lists its repositories, and
// shows their tags.
func (s *Source) Probe(ctx context.Context, a integrations.Account) ([]models.Finding, error) {
	hub, err := s.open(a)
	if err != nil {
		return nil, err
	}
	if err := hub.Ping(ctx); err != nil {
		return nil, words(err)
	}
	r := &round{hub: hub, account: a, cur: cursorFor(a, ""), now: s.Now}
	list := models.Finding{Name: "Repositories", Needed: "list", Why: "Each tag in them becomes an image.", How: "Name the repositories in the settings, without patterns, or let the account read the catalogue."}
	names, err := r.repositories(ctx)
	if list.OK = err == nil && len(names) > 0; list.OK {
		list.How = ""
	}
	found := []models.Finding{list}
	for _, name := range names[:min(len(names), 5)] {
		f := models.Finding{Name: name, Needed: "pull", Why: "Its manifests say which commit an image was built from.", How: "Let the account pull from it."}
		repo, err := hub.Repository(ctx, name)
		if err == nil {
			_, err = r.tags(ctx, name, repo)
		}
		if f.OK = err == nil; f.OK {
			f.How = ""
		}
		found = append(found, f)
	}
	return found, nil
}
