package handlers

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
)

// askingTime bounds what a person waits for while an upstream is asked.
const askingTime = time.Minute

// valid has the source refuse what can never work. kept are secrets that stay.
func valid(source integrations.Source, settings, secrets, kept map[string]string) error {
	v, ok := source.(integrations.Validator)
	if !ok {
		return nil
	}
	all := map[string]string{}
	for _, m := range []map[string]string{kept, settings, secrets} {
		maps.Copy(all, m)
	}
	return v.Valid(integrations.Account{Settings: all})
}

// validChange is valid with the secrets that an integration has.
func (h *Handlers) validChange(ctx context.Context, source integrations.Source, i store.Integration, settings, secrets map[string]string) error {
	if _, ok := source.(integrations.Validator); !ok {
		return nil
	}
	known, err := h.Store.IntegrationFor(ctx, i.Source, i.Name)
	if err != nil {
		return err
	}
	return valid(source, settings, secrets, known.Secrets)
}

// underSettings names the field as the API has it.
func underSettings(err error) error {
	var e *models.Error
	if errors.As(err, &e) && e.Field != "" && !strings.HasPrefix(e.Field, "settings.") {
		return models.FieldErrorf(e.Code, "settings."+e.Field, "%s", e.Message).Because(err)
	}
	return err
}

// probe asks the upstream what the account may do, and keeps the answer. by is who
// asked; the zero Principal for the hub itself.
func (h *Handlers) probe(ctx context.Context, by models.Principal, i store.Integration, source integrations.Prober) (models.Setup, error) {
	known, err := h.Store.IntegrationFor(ctx, i.Source, i.Name)
	if err != nil {
		return models.Setup{}, err
	}
	asking, stop := context.WithTimeout(ctx, askingTime)
	defer stop()
	findings, err := source.Probe(asking, account(known))
	problem := ""
	if err != nil {
		findings, problem = nil, integrations.Plain(err, source.(integrations.Source).About(), account(known))
	}
	if by.Anonymous() {
		by = models.Principal{IntegrationID: i.ID, Name: i.Label()}
	}
	if err := h.Store.KeepCheck(ctx, by, i.ID, findings, problem); err != nil {
		return models.Setup{}, err
	}
	return h.Store.Setup(ctx, i.ID)
}

// hook has the upstream post here, and keeps what became of it.
func (h *Handlers) hook(ctx context.Context, by models.Principal, i store.Integration, source integrations.Hooker) (models.Setup, error) {
	known, err := h.Store.IntegrationFor(ctx, i.Source, i.Name)
	if err != nil {
		return models.Setup{}, err
	}
	asking, stop := context.WithTimeout(ctx, askingTime)
	defer stop()
	made, err := source.Hook(asking, account(known), h.hookURL(i))
	if err != nil {
		err = models.Errorf(models.Unprocessed, "%s", integrations.Plain(err, source.(integrations.Source).About(), account(known))).Because(err)
	}
	if len(made) > 0 {
		if kept := h.Store.KeepHooks(ctx, by, i.ID, made); kept != nil {
			return models.Setup{}, kept
		}
	}
	if err != nil {
		return models.Setup{}, err
	}
	return h.Store.Setup(ctx, i.ID)
}

// renewSecret makes a new secret for the webhook of an integration: the one that
// is stored is shown to nobody.
func (h *Handlers) renewSecret(ctx context.Context, by models.Principal, i store.Integration, name string) (string, error) {
	secret := newSecret()
	return secret, h.Store.UpdateIntegration(ctx, by, i.ID, i.Settings, map[string]string{name: secret})
}
