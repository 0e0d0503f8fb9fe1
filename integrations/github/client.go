package github

import (
	"net/url"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
	"throughline/models"
)

// api is GitHub's REST API as the account may use it. All its requests go
// through the gate.
func (p *Polled) api(account integrations.Account) (*gogithub.Client, error) {
	api := gogithub.NewClient(p.client).WithAuthToken(account.Get("token"))
	address := strings.TrimSpace(account.Get("api_url"))
	if address == "" {
		return api, nil
	}
	base, err := url.Parse(strings.TrimRight(address, "/") + "/")
	if err != nil || base.Host == "" {
		return nil, models.FieldErrorf(models.Invalid, "api_url", "%q is no address.", address)
	}
	api.BaseURL = base
	return api, nil
}
