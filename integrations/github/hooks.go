package github

import (
	"context"
	"maps"
	"slices"

	"throughline/integrations"
	"throughline/models"
)

// hookEvents are what a webhook should tell of: what is understood, and what shows
// that something changed.
func hookEvents() []string {
	events := map[string]bool{"merge_group": true, "create": true, "delete": true, "repository": true}
	for name := range decoders {
		events[name] = true
	}
	delete(events, "ping")             // comes by itself
	delete(events, "registry_package") // tells of the same as package
	for _, own := range []string{"installation", "installation_repositories"} {
		delete(events, own) // as do an App's own
	}
	return slices.Sorted(maps.Keys(events))
}

// hookedAtMost bounds the webhooks that are made in one go; the rest is made by the
// next.
const hookedAtMost = 100

// Hook makes GitHub post to the address: the App's own webhook, an organisation's
// where all of its repositories are chosen and that is allowed, else one in each
// repository.
func (p *Polled) Hook(ctx context.Context, account integrations.Account, address string) ([]models.HookMade, error) {
	known := integrations.Secrets(account.Get("secret"))
	if len(known) == 0 {
		return nil, models.FieldErrorf(models.Unprocessed, "secret", "The webhook needs a secret.")
	}
	if !lets(account) {
		return nil, models.Errorf(models.Unprocessed, "There is no token and no App to make the webhook with. Enter it on GitHub by hand.")
	}
	if byApp(account) {
		return p.hookApp(ctx, account, address, known[0])
	}
	api, err := p.api(account)
	if err != nil {
		return nil, err
	}
	m := &maker{ctx: ctx, api: api, account: account, address: address, secret: known[0]}
	return m.all()
}
