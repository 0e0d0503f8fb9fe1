package github

import (
	"net/url"

	"throughline/integrations"
	"throughline/models"
)

// Guide is how GitHub is connected, for the host and the repositories that were
// chosen: as an App, with a token, or by webhooks alone.
func (p *Polled) Guide(account integrations.Account, hook string) integrations.Guide {
	return integrations.Guide{First: []string{"repositories", "host"}, Ways: []integrations.Way{
		tokenWay(account), appWay(account, hook), hooksWay(account)}}
}

func tokenWay(account integrations.Account) integrations.Way {
	account = having(account, "token")
	return integrations.Way{Name: "token", Title: "Fine-grained token",
		Summary:  "Quickest: made in a minute by whoever may read the repositories. It ends after a year at most, and asks in that person's name.",
		Settings: []string{"token"},
		Do: []string{
			"Open the page for a new token. As resource owner choose who owns the repositories.",
			"Under Repository access choose the repositories.",
			"Under Permissions, Repository permissions, choose those that are listed here. Generate the token, and paste it into the form.",
		},
		Links: []integrations.Link{{Text: "New fine-grained token on " + host(account), URL: tokenPage(account)}},
		Needs: needs(account)}
}

func appWay(account integrations.Account, hook string) integrations.Way {
	account = having(account, "app_id", "app_key")
	return integrations.Way{Name: "app", Title: "GitHub App",
		Summary:  "Best for an organisation: belongs to no person, never ends, sees checks, has one webhook for all repositories, and a higher limit.",
		Settings: []string{"app_id", "app_key", "installation"},
		Do: []string{
			"Open the page for a new App: name, permissions, events and the webhook's address are filled in. Set no webhook secret there: Throughline does it later. Create the App.",
			"Note the App ID. Generate a private key: a file is downloaded.",
			"Under Install App, install it for the account that owns the repositories, and choose them.",
		},
		Links: []integrations.Link{{Text: "New GitHub App on " + host(account), URL: appPage(account, hook)}},
		Needs: needs(account)}
}

func hooksWay(account integrations.Account) integrations.Way {
	return integrations.Way{Name: "webhook", Title: "Webhooks only",
		Summary:  "Nothing is asked of GitHub: what happens from now on is heard, the history is not, and a webhook that gets lost stays lost.",
		Settings: []string{"secret"},
		Do:       []string{"You enter the webhook on GitHub by hand; the next page has all that it needs."}}
}

// having is the account as if the settings were given.
func having(account integrations.Account, names ...string) integrations.Account {
	settings := map[string]string{"host": account.Get("host"), "repositories": account.Get("repositories")}
	for _, name := range names {
		settings[name] = "given"
	}
	return integrations.Account{Settings: settings}
}

// needs are the permissions to tick. What GitHub offers to no token is left out.
func needs(account integrations.Account) (out []models.Finding) {
	for _, p := range needed(account) {
		if p.key != "checks" || byApp(account) {
			out = append(out, models.Finding{Name: p.name, Needed: p.level, Optional: p.optional, Why: p.why})
		}
	}
	return out
}

// tokenPage is where a fine-grained token is made. GitHub fills in what it
// understands of the address, and ignores the rest.
func tokenPage(account integrations.Account) string {
	u := webBase(account).JoinPath("settings/personal-access-tokens/new")
	q := url.Values{"name": {"Throughline"}, "description": {"Reads pull requests, checks and deployments for Throughline."}}
	if owner := ownersNamed(account); len(owner) == 1 {
		q.Set("target_name", owner[0])
	}
	return filled(u, account, q)
}

// appPage is where an App is made, filled in:
// https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-using-url-parameters
func appPage(account integrations.Account, hook string) string {
	u := webBase(account).JoinPath("settings/apps/new")
	if owner := ownersNamed(account); len(owner) == 1 {
		u = webBase(account).JoinPath("organizations", owner[0], "settings/apps/new")
	}
	q := url.Values{"name": {"Throughline"}, "public": {"false"}, "webhook_active": {"true"}, "webhook_url": {hook}, "events[]": hookEvents()}
	if h, err := url.Parse(hook); err == nil {
		q.Set("url", (&url.URL{Scheme: h.Scheme, Host: h.Host, Path: "/"}).String())
	}
	return filled(u, account, q)
}

func filled(u *url.URL, account integrations.Account, q url.Values) string {
	for _, p := range needed(account) {
		if p.key != "checks" || byApp(account) {
			q.Set(p.key, p.level)
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// ByHand is what a person enters on GitHub.
func (p *Polled) ByHand(account integrations.Account) integrations.HookByHand {
	out := integrations.HookByHand{Setting: "secret", Kind: "application/json", Events: hookEvents()}
	out.Makes = "One webhook in each repository that you chose; where all repositories of an organisation are chosen and the token may, one in the organisation. One that is there is brought up to date, not doubled."
	if byApp(account) {
		out.Makes = "An App has one webhook for all repositories where it is installed. Its address and its secret are set; the events are those of the App's settings."
		out.Pages = []integrations.Link{{Text: "Apps on " + host(account), URL: webBase(account).JoinPath("settings/apps").String()}}
		return out
	}
	for _, name := range named(account) {
		if len(out.Pages) < 10 {
			out.Pages = append(out.Pages, integrations.Link{Text: name, URL: webBase(account).JoinPath(name, "settings/hooks/new").String()})
		}
	}
	for _, org := range wholes(account) {
		out.Pages = append(out.Pages, integrations.Link{Text: "all of " + org, URL: webBase(account).JoinPath("organizations", org, "settings/hooks/new").String()})
	}
	return out
}
