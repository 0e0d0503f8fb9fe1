package github

import (
	"context"
	"fmt"
	"net/http"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
	"throughline/models"
)

// hookApp sets where the App's one webhook posts. What it tells of is chosen in
// the App's settings.
func (p *Polled) hookApp(ctx context.Context, account integrations.Account, address, secret string) ([]models.HookMade, error) {
	self, _, err := p.asApp(account)
	if err != nil {
		return nil, err
	}
	now, _, err := self.Apps.GetHookConfig(ctx)
	if err != nil && statusOf(err) != http.StatusNotFound {
		return nil, appTrouble(err)
	}
	if other := now.GetURL(); other != "" && other != address {
		return []models.HookMade{{Where: "the App", Done: "refused", Problem: fmt.Sprintf("The App's webhook posts to %s. An App has one webhook: if it is to post here, change it in the App's settings.", integrations.Cut(other, 200))}}, nil
	}
	made := models.HookMade{Where: "the App", Done: "created"}
	if now.GetURL() == address {
		made.Done = "updated"
	}
	_, _, err = self.Apps.UpdateHookConfig(ctx, config(address, secret))
	if err != nil {
		return nil, appTrouble(err)
	}
	return []models.HookMade{made}, nil
}

func config(address, secret string) *gogithub.HookConfig {
	return &gogithub.HookConfig{URL: &address, Secret: &secret, ContentType: gogithub.String("json"), InsecureSSL: gogithub.String("0")}
}
