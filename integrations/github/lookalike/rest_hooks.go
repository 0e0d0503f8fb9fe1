package lookalike

import (
	"slices"
	"strings"
)

var hookRoutes = append(hooksAt("/repos/{owner}/{repo}", "repository_hooks"), hooksAt("/orgs/{org}", "organization_hooks")...)

// hooksAt are the routes of webhooks below a repository or an organisation.
func hooksAt(at, permission string) []route {
	return []route{
		{"GET " + at + "/hooks", permission, "read", func(a *ask) (any, error) {
			return a.page(each(a.hooksHere(), func(h *Hook) any { return h.json() })), nil
		}},
		{"POST " + at + "/hooks", permission, "write", makeHook},
		{"GET " + at + "/hooks/{id}", permission, "read", ofHook(func(_ *ask, h *Hook) (any, error) { return h.json(), nil })},
		{"PATCH " + at + "/hooks/{id}", permission, "write", ofHook(patchHook)},
		{"DELETE " + at + "/hooks/{id}", permission, "write", ofHook(dropHook)},
		{"POST " + at + "/hooks/{id}/pings", permission, "read", ofHook(pingHook)},
		{"GET " + at + "/hooks/{id}/config", permission, "read", ofHook(func(_ *ask, h *Hook) (any, error) { return h.json()["config"], nil })},
		{"PATCH " + at + "/hooks/{id}/config", permission, "write", ofHook(patchConfig)},
		{"GET " + at + "/hooks/{id}/deliveries", permission, "read", ofHook(deliveries)},
		{"GET " + at + "/hooks/{id}/deliveries/{delivery}", permission, "read", ofHook(oneDelivery)},
		{"POST " + at + "/hooks/{id}/deliveries/{delivery}/attempts", permission, "write", ofHook(attempt)},
	}
}

func (a *ask) hooksHere() (out []*Hook) {
	for _, h := range a.hooks {
		if a.repo != nil && h.Repo == a.repo || a.repo == nil && h.Owner != nil && strings.EqualFold(h.Owner.Login, a.r.PathValue("org")) {
			out = append(out, h)
		}
	}
	return out
}

func ofHook(do func(*ask, *Hook) (any, error)) func(*ask) (any, error) {
	return func(a *ask) (any, error) {
		for _, h := range a.hooksHere() {
			if text(h.ID) == a.r.PathValue("id") {
				return do(a, h)
			}
		}
		return nil, notFound
	}
}

type hookInput struct {
	Active *bool
	Events []string
	Config hookConfig
}

type hookConfig struct {
	URL, Secret *string
	ContentType *string `json:"content_type"`
}

func (c hookConfig) set(h *Hook) {
	if c.URL != nil {
		h.URL = *c.URL
	}
	if c.Secret != nil {
		h.Secret = *c.Secret
	}
	if c.ContentType != nil {
		h.Form = *c.ContentType == "form"
	}
}

const hooksMost = 20 // for one event, on one target

func makeHook(a *ask) (any, error) {
	var in hookInput
	if err := a.body(&in); err != nil {
		return nil, err
	}
	if in.Config.URL == nil || *in.Config.URL == "" {
		return nil, invalid("Hook", "url")
	}
	if len(a.hooksHere()) >= hooksMost || slices.ContainsFunc(a.hooksHere(), func(h *Hook) bool { return h.URL == *in.Config.URL }) {
		return nil, refusal{status: 422, message: "Validation Failed", errors: []any{object{"resource": "Hook", "code": "custom", "message": "Hook already exists on this repository"}}}
	}
	h := &Hook{Repo: a.repo, Events: in.Events}
	if a.repo == nil {
		h.Owner = a.owners[strings.ToLower(a.r.PathValue("org"))]
		if h.Owner == nil {
			return nil, notFound
		}
	}
	if len(h.Events) == 0 {
		h.Events = []string{"push"}
	}
	in.Config.set(h)
	a.tick()
	a.hook(h)
	h.Active = in.Active == nil || *in.Active
	a.status = 201
	return h.json(), nil
}

func patchHook(a *ask, h *Hook) (any, error) {
	var in hookInput
	if err := a.body(&in); err != nil {
		return nil, err
	}
	in.Config.set(h)
	if in.Events != nil {
		h.Events = in.Events
	}
	if in.Active != nil {
		h.Active = *in.Active
	}
	return h.json(), nil
}

func patchConfig(a *ask, h *Hook) (any, error) {
	var in hookConfig
	if err := a.body(&in); err != nil {
		return nil, err
	}
	in.set(h)
	return h.json()["config"], nil
}

func dropHook(a *ask, h *Hook) (any, error) {
	a.Server.hooks = slices.DeleteFunc(a.Server.hooks, func(o *Hook) bool { return o == h })
	a.status = 204
	return nil, nil
}

func pingHook(a *ask, h *Hook) (any, error) {
	a.tick()
	h.ping()
	a.status = 204
	return nil, nil
}

// deliveries are those that have been tried, the newest first, by cursor.
func deliveries(a *ask, h *Hook) (any, error) {
	var list []*delivery
	for _, d := range newestFirst(a.posts) {
		if d.hook == h && d.code != 0 {
			list = append(list, d)
		}
	}
	if cursor := a.r.URL.Query().Get("cursor"); cursor != "" {
		n := slices.IndexFunc(list, func(d *delivery) bool { return "v1_"+text(d.id) == cursor })
		if n < 0 {
			return nil, refusal{status: 422, message: "Invalid cursor"}
		}
		list = list[n:]
	}
	if size := min(100, a.number("per_page", 30)); len(list) > size {
		a.w.Header().Set("Link", a.link("cursor", "v1_"+text(list[size].id), "next"))
		list = list[:size]
	}
	return each(list, func(d *delivery) any { return d.json() }), nil
}

func (a *ask) delivery(h *Hook) *delivery {
	for _, d := range a.posts {
		if d.hook == h && text(d.id) == a.r.PathValue("delivery") {
			return d
		}
	}
	return nil
}

func oneDelivery(a *ask, h *Hook) (any, error) {
	d := a.delivery(h)
	if d == nil {
		return nil, notFound
	}
	return d.full(), nil
}

// attempt sends again, before it answers.
func attempt(a *ask, h *Hook) (any, error) {
	d := a.delivery(h)
	if d == nil {
		return nil, notFound
	}
	a.redeliver(d)
	a.status = 202
	return object{}, nil
}
