package mlflow

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

// hookEvents are what a webhook should tell of, as MLflow names them.
var hookEvents = []hookEvent{{"REGISTERED_MODEL", "CREATED"}, {"MODEL_VERSION", "CREATED"}, {"MODEL_VERSION_TAG", "SET"},
	{"MODEL_VERSION_TAG", "DELETED"}, {"MODEL_VERSION_ALIAS", "CREATED"}, {"MODEL_VERSION_ALIAS", "DELETED"}}

type hookEvent struct {
	Entity string `json:"entity"`
	Action string `json:"action"`
}

// Hook makes MLflow post to the address, from each workspace that is followed.
func (s *Source) Hook(ctx context.Context, a integrations.Account, address string) ([]models.HookMade, error) {
	known := integrations.Secrets(a.Get("secret"))
	if len(known) == 0 {
		return nil, models.FieldErrorf(models.Unprocessed, "secret", "The webhook needs a secret. Enter one in the settings of this connection.")
	}
	server, err := s.server(a)
	if err != nil {
		return nil, err
	}
	names, err := (&turn{server: server, top: &cursor{}}).workspaces(ctx)
	if err != nil {
		return nil, err
	}
	var made []models.HookMade
	for _, name := range names {
		server.workspace = name
		one, err := server.hook(ctx, a.Name, address, known[0])
		if err != nil {
			return made, err
		}
		made = append(made, one)
	}
	return made, nil
}

// hook makes the webhook of one workspace, or brings it up to date.
func (s *server) hook(ctx context.Context, name, address, secret string) (models.HookMade, error) {
	made := models.HookMade{Where: cmp.Or(s.workspace, s.base.Host), Done: "created"}
	id, err := s.findHook(ctx, address)
	if err == nil {
		body := map[string]any{"name": "throughline-" + name, "description": "Tells Throughline what is new in the registry", "url": address, "events": hookEvents, "secret": secret, "status": "ACTIVE"}
		if id == "" {
			err = s.post(ctx, "webhooks", body, &struct{}{})
		} else {
			made.Done = "updated"
			err = s.patch(ctx, "webhooks/"+url.PathEscape(id), body, &struct{}{})
		}
	}
	var refusal *refused
	if errors.As(err, &refusal) && refusal.code != "" && refusal.code != "UNAUTHENTICATED" {
		made.Done, made.Problem = "refused", hookTrouble(refusal, address)
		return made, nil
	}
	return made, err
}

// findHook is the id of the webhook that posts to the address, empty when there is
// none.
func (s *server) findHook(ctx context.Context, address string) (string, error) {
	for token := ""; ; {
		var out struct {
			Hooks list[struct {
				ID  text `json:"webhook_id"`
				URL text `json:"url"`
			}] `json:"webhooks"`
			Next text `json:"next_page_token"`
		}
		q := url.Values{"max_results": {"100"}}
		if token != "" {
			q.Set("page_token", token)
		}
		if err := s.get(ctx, "webhooks", q, &out); err != nil {
			return "", err
		}
		for _, h := range out.Hooks {
			if string(h.URL) == address {
				return string(h.ID), nil
			}
		}
		if token = string(out.Next); token == "" {
			return "", nil
		}
	}
}

// hookTrouble says what whoever runs the server has to set.
func hookTrouble(r *refused, address string) string {
	said := r.words.Message
	for _, one := range []struct{ part, then string }{
		{"scheme", "MLflow posts to https addresses only, unless its server is started with MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http,https."},
		{"public", "MLflow posts to public addresses only, unless its server is started with MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true."},
		{"private", "MLflow posts to public addresses only, unless its server is started with MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true."},
		{"ENCRYPTION", "MLflow keeps no secrets before its server is started with MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY."},
	} {
		if strings.Contains(said, one.part) {
			return one.then
		}
	}
	if slices.Contains([]string{"ENDPOINT_NOT_FOUND", "NOT_IMPLEMENTED", "FEATURE_DISABLED"}, r.code) {
		return "This MLflow has no webhooks: they came with version 3.3, and need a database behind the server. Everything is asked for instead."
	}
	return integrations.Cut(said, 300)
}

func (s *server) patch(ctx context.Context, path string, body, into any) error {
	return s.send(ctx, http.MethodPatch, path, body, into)
}

// ByHand is what whoever runs the server sets.
func (s *Source) ByHand(a integrations.Account) integrations.HookByHand {
	out := integrations.HookByHand{Setting: "secret", Kind: "application/json",
		Makes: "One webhook in the registry of each workspace that you follow, or of the server. One that is there is brought up to date, not doubled. " +
			"So that MLflow can post here, its server is started with MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY (a key of cryptography.fernet). " +
			"Where Throughline is in your own network, it also needs MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS=true; without https, MLFLOW_WEBHOOK_ALLOWED_SCHEMES=http,https. " +
			"Without webhooks nothing is lost: what they tell at once is asked for every few seconds."}
	for _, e := range hookEvents {
		out.Events = append(out.Events, strings.ToLower(e.Entity+"."+e.Action))
	}
	if server, err := s.server(a); err == nil {
		out.Pages = []integrations.Link{{Text: "Webhooks on " + server.base.Host, URL: server.base.String() + "/#/settings/webhooks"}}
	}
	return out
}
