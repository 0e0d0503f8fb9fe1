package lookalike

import (
	"strings"
	"time"
)

var appRoutes = []route{
	{"GET /app", "app", "", func(a *ask) (any, error) { return a.app.json(), nil }},
	{"GET /app/installations", "app", "", func(a *ask) (any, error) {
		return a.page(each(a.app.Installed, func(i *Installation) any { return i.json() })), nil
	}},
	{"GET /app/installations/{id}", "app", "", ofInstallation(func(_ *ask, i *Installation) (any, error) { return i.json(), nil })},
	{"POST /app/installations/{id}/access_tokens", "app", "", ofInstallation(installationToken)},
	{"GET /orgs/{org}/installation", "app", "", installedOn},
	{"GET /users/{org}/installation", "app", "", installedOn},
	{"GET /repos/{owner}/{repo}/installation", "app", "", installedOnRepo},
	{"GET /app/hook/config", "app", "", ofAppHook(func(_ *ask, h *Hook) (any, error) { return h.json()["config"], nil })},
	{"PATCH /app/hook/config", "app", "", ofAppHook(patchConfig)},
	{"GET /app/hook/deliveries", "app", "", ofAppHook(deliveries)},
	{"GET /app/hook/deliveries/{delivery}", "app", "", ofAppHook(oneDelivery)},
	{"POST /app/hook/deliveries/{delivery}/attempts", "app", "", ofAppHook(attempt)},
}

func (a *App) json() object {
	return object{"id": a.ID, "client_id": a.ClientID, "slug": a.Slug, "name": a.Name, "node_id": node("A", a.ID), "html_url": a.s.Web + "/apps/" + a.Slug,
		"permissions": a.May, "events": []any{}, "installations_count": len(a.Installed), "owner": object{"login": "acme", "type": "Organization"}}
}

func ofInstallation(do func(*ask, *Installation) (any, error)) func(*ask) (any, error) {
	return func(a *ask) (any, error) {
		for _, i := range a.app.Installed {
			if text(i.ID) == a.r.PathValue("id") {
				return do(a, i)
			}
		}
		return nil, notFound
	}
}

// installationToken is good for an hour.
func installationToken(a *ask, i *Installation) (any, error) {
	value := "ghs_" + a.sha()[:36]
	expires := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	a.tokens[value] = &token{login: i.App.Slug + "[bot]", may: i.App.May, expires: expires, install: i, remaining: a.Limit}
	a.status = 201
	return object{"token": value, "expires_at": stamp(expires), "permissions": i.App.May, "repository_selection": i.json()["repository_selection"]}, nil
}

func installedOn(a *ask) (any, error) {
	for _, i := range a.app.Installed {
		if strings.EqualFold(i.Owner.Login, a.r.PathValue("org")) {
			return i.json(), nil
		}
	}
	return nil, notFound
}

func installedOnRepo(a *ask) (any, error) {
	r := a.named(a.r.PathValue("owner") + "/" + a.r.PathValue("repo"))
	if r == nil || a.app.on(r) == nil {
		return nil, notFound
	}
	return a.app.on(r).json(), nil
}

func ofAppHook(do func(*ask, *Hook) (any, error)) func(*ask) (any, error) {
	return func(a *ask) (any, error) {
		if a.app.Hook == nil {
			return nil, notFound
		}
		return do(a, a.app.Hook)
	}
}

// Expire ends all tokens of the App's installations, as an hour does.
func (a *App) Expire() {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	for _, t := range a.s.tokens {
		if t.install != nil && t.install.App == a {
			t.expires = time.Now().Add(-time.Second)
		}
	}
}
