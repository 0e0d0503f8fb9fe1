package mlflow

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"throughline/models"
	"throughline/models/store"
)

func (a *API) webhookRoutes() []Route {
	list := []Route{
		read("webhooks", a.listWebhooks),
		read("webhooks/:webhook", a.getWebhook),
		write(http.MethodPost, "webhooks", a.createWebhook),
		write(http.MethodPatch, "webhooks/:webhook", a.updateWebhook),
		write(http.MethodDelete, "webhooks/:webhook", a.deleteWebhook),
		write(http.MethodPost, "webhooks/:webhook/test", a.testWebhook),
	}
	for n := range list {
		list[n].Role = models.Maintainer // what happens here goes to an address elsewhere
	}
	return list
}

// eventWire is an event as webhooks ask for it: MODEL_VERSION, CREATED.
type eventWire struct {
	Entity string `json:"entity"`
	Action string `json:"action"`
}

func (e eventWire) name() string { return strings.ToLower(e.Entity) + "." + strings.ToLower(e.Action) }

type webhookWire struct {
	ID          string      `json:"webhook_id"`
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	URL         string      `json:"url"`
	Events      []eventWire `json:"events"`
	Status      string      `json:"status"`
	Created     int64       `json:"creation_timestamp"`
	Updated     int64       `json:"last_updated_timestamp"`
}

type webhookAnswer struct {
	Webhook webhookWire `json:"webhook"`
}

func wireWebhook(w store.Webhook) webhookWire {
	out := webhookWire{ID: w.Key, Name: w.Name, Description: w.Description, URL: w.URL, Status: "DISABLED", Created: w.Created, Updated: w.Updated}
	if w.Active {
		out.Status = "ACTIVE"
	}
	for _, name := range w.Events {
		entity, action, _ := strings.Cut(strings.ToUpper(name), ".")
		out.Events = append(out.Events, eventWire{entity, action})
	}
	return out
}

func (a *API) listWebhooks(c *Call) (any, error) {
	list, err := a.Store.Webhooks(c, c.Space)
	var out struct {
		Webhooks []webhookWire `json:"webhooks,omitempty"`
	}
	for _, w := range list {
		out.Webhooks = append(out.Webhooks, wireWebhook(w))
	}
	return out, err
}

func (a *API) getWebhook(c *Call) (any, error) {
	w, err := a.Store.Webhook(c, c.Space, c.Param("webhook"))
	return webhookAnswer{wireWebhook(w)}, err
}

// webhookIn is what a client says of a webhook; nil is not said.
type webhookIn struct {
	Name        *string     `json:"name"`
	Description *string     `json:"description"`
	URL         *string     `json:"url"`
	Events      []eventWire `json:"events"`
	Secret      *string     `json:"secret"`
	Status      *string     `json:"status"`
}

var webhookName = regexp.MustCompile(`^(?i)[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$`)

// into writes what is said over a webhook, and refuses what can not be.
func (in webhookIn) into(w *store.Webhook) error {
	for _, f := range []struct{ to, from *string }{{&w.Name, in.Name}, {&w.Description, in.Description}, {&w.URL, in.URL}, {&w.Secret, in.Secret}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if in.Status != nil {
		w.Active = *in.Status == "ACTIVE"
		if !w.Active && *in.Status != "DISABLED" {
			return models.Errorf(models.Invalid, "Invalid webhook status: %s. Valid statuses are: ACTIVE, DISABLED.", short(*in.Status))
		}
	}
	if in.Events != nil {
		w.Events = nil
	}
	for _, e := range in.Events {
		if !store.KnownEvent(e.name()) {
			return models.Errorf(models.Invalid, "Invalid action '%s' for entity '%s'. There is no such event.", short(e.Action), short(e.Entity))
		}
		w.Events = append(w.Events, e.name())
	}
	slices.Sort(w.Events)
	w.Events = slices.Compact(w.Events)
	return validWebhook(*w)
}

func validWebhook(w store.Webhook) error {
	switch {
	case w.Name == "":
		return missing("name")
	case !webhookName.MatchString(w.Name):
		return models.Errorf(models.Invalid, "Webhook name '%s' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).", short(w.Name))
	case w.URL == "":
		return missing("url")
	case len(w.Events) == 0:
		return missing("events")
	case len(w.Description) > 1000 || len(w.Secret) > 1000 || len(w.URL) > 2000:
		return models.Errorf(models.Invalid, "A webhook's description and secret have at most 1000 bytes, its url at most 2000.")
	}
	return nil
}

// allowed refuses addresses that may not be called.
func (a *API) allowed(c *Call, w store.Webhook) error {
	u, err := url.Parse(w.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return models.Errorf(models.Invalid, "Invalid webhook URL: it starts with https:// or http://, and holds no password.")
	}
	if a.CheckURL == nil {
		return nil
	}
	return a.CheckURL(c, w.URL)
}

func (a *API) createWebhook(c *Call) (any, error) {
	var in webhookIn
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	w := store.Webhook{Key: store.DeliveryKey(), Active: true}
	if err := in.into(&w); err != nil {
		return nil, err
	}
	if err := a.allowed(c, w); err != nil {
		return nil, err
	}
	w, err := a.Store.CreateWebhook(c, c.By, c.Space, w)
	return webhookAnswer{wireWebhook(w)}, err
}

func (a *API) updateWebhook(c *Call) (any, error) {
	var in webhookIn
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	w, err := a.Store.Webhook(c, c.Space, c.Param("webhook"))
	if err != nil {
		return nil, err
	}
	if err := in.into(&w); err != nil {
		return nil, err
	}
	if err := a.allowed(c, w); err != nil {
		return nil, err
	}
	w, err = a.Store.ChangeWebhook(c, c.By, c.Space, w)
	return webhookAnswer{wireWebhook(w)}, err
}

func (a *API) deleteWebhook(c *Call) (any, error) {
	return empty{}, a.Store.DeleteWebhook(c, c.By, c.Space, c.Param("webhook"))
}
