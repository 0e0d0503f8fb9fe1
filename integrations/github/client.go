package github

import (
	"net/http"
	"net/url"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
	"throughline/models"
)

const publicAPI = "https://api.github.com/"

// api is GitHub's REST API as the account may use it: with its token, or as the
// installation of its App. All its requests go through the gate.
func (p *Polled) api(account integrations.Account) (*gogithub.Client, error) {
	address, err := apiBase(account)
	if err != nil {
		return nil, err
	}
	api := gogithub.NewClient(p.client).WithAuthToken(account.Get("token"))
	if byApp(account) {
		app, err := p.apps.of(account, address, p.client)
		if err != nil {
			return nil, err
		}
		api = gogithub.NewClient(app.client(app))
	}
	api.BaseURL = address
	return api, nil
}

// asApp is GitHub's REST API as the App itself may use it: what it is, where it is
// installed, where its webhook posts.
func (p *Polled) asApp(account integrations.Account) (*gogithub.Client, *app, error) {
	address, err := apiBase(account)
	if err != nil {
		return nil, nil, err
	}
	app, err := p.apps.of(account, address, p.client)
	if err != nil {
		return nil, nil, err
	}
	api := gogithub.NewClient(app.client(app.self))
	api.BaseURL = address
	return api, app, nil
}

// apiBase is the address of the API, with a slash at its end. It follows from the
// host: https://docs.github.com/en/enterprise-server/rest/quickstart
func apiBase(account integrations.Account) (*url.URL, error) {
	address, h := strings.TrimSpace(account.Get("api_url")), host(account)
	switch {
	case address != "" && (h == defaultHost || strings.TrimRight(address, "/")+"/" != publicAPI):
	case h == defaultHost:
		address = publicAPI
	case strings.HasSuffix(h, ".ghe.com"): // GitHub's own servers with data residency
		address = "https://api." + h
	default:
		address = "https://" + h + "/api/v3"
	}
	u, err := url.Parse(strings.TrimRight(address, "/") + "/")
	if err != nil || u.Host == "" {
		return nil, models.FieldErrorf(models.Invalid, "api_url", "%q is no address.", address)
	}
	return u, nil
}

// webBase is the address of the pages that people see.
func webBase(account integrations.Account) *url.URL {
	return &url.URL{Scheme: "https", Host: host(account), Path: "/"}
}

// through is the client with another way out.
func through(client *http.Client, way http.RoundTripper) *http.Client {
	out := *client
	out.Transport = way
	return &out
}
