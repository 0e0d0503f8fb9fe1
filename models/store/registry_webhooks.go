package store

import (
	"context"
	"database/sql"
	"slices"

	"throughline/models"
)

// Webhook is whom a space tells of its registry, in MLflow's own format: programs
// that listened to an MLflow server go on listening.
type Webhook struct {
	ID               int64
	Key              string // MLflow's webhook_id
	Name             string
	Description      string
	URL              string
	Events           []string // entity.action, such as model_version.created
	Secret           string   // only to set it: it is never read back, empty keeps the old one
	Active           bool
	Created, Updated int64 // Unix milliseconds
}

// mostWebhooks bounds what one change of the registry sets in motion.
const mostWebhooks = 50

const webhookColumns = `id, key, name, description, url, events, status, created_at, updated_at`

func scanWebhook(r *sql.Rows, w *Webhook) error {
	var events, status string
	err := r.Scan(&w.ID, &w.Key, &w.Name, &w.Description, &w.URL, &events, &status, &w.Created, &w.Updated)
	decode(events, &w.Events)
	w.Active = status == "ACTIVE"
	return err
}

// Webhooks are those of a space, the oldest first.
func (s *Store) Webhooks(ctx context.Context, sp Space) ([]Webhook, error) {
	rows, err := s.query(ctx, `SELECT `+webhookColumns+` FROM registry_webhooks WHERE integration_id = ? AND deleted_at = 0 ORDER BY id`, sp.Integration.ID)
	return all(rows, err, scanWebhook)
}

// Webhook is one of a space by its key.
func (s *Store) Webhook(ctx context.Context, sp Space, key string) (Webhook, error) {
	return readWebhook(s.asks(ctx), sp, key)
}

func readWebhook(ask reader, sp Space, key string) (Webhook, error) {
	rows, err := ask(`SELECT `+webhookColumns+` FROM registry_webhooks WHERE integration_id = ? AND key = ? AND deleted_at = 0`, sp.Integration.ID, key)
	list, err := all(rows, err, scanWebhook)
	if err != nil {
		return Webhook{}, err
	}
	if len(list) == 0 {
		return Webhook{}, models.Errorf(models.NotFound, "Webhook with ID %s not found.", shorten(key))
	}
	return list[0], nil
}

// CreateWebhook adds a webhook to a space. Whether its address may be called is the
// caller's business.
func (s *Store) CreateWebhook(ctx context.Context, by models.Principal, sp Space, w Webhook) (Webhook, error) {
	err := s.write(ctx, by, func(u *unit) error {
		var n int
		if err := u.row(`SELECT COUNT(*) FROM registry_webhooks WHERE integration_id = ? AND deleted_at = 0`, []any{sp.Integration.ID}, &n); err != nil {
			return err
		}
		if n >= mostWebhooks {
			return models.Errorf(models.Invalid, "A project has at most %d registry webhooks; delete one first.", mostWebhooks)
		}
		id, err := u.insert(`INSERT INTO registry_webhooks (integration_id, key, name, description, url, events, status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			sp.Integration.ID, w.Key, w.Name, clean(w.Description), w.URL, encode(w.Events), status(w.Active), u.at(), u.at())
		if err != nil {
			return err
		}
		if err := u.sealWebhook(id, w.Secret); err != nil {
			return err
		}
		_, err = u.record(sp.Project.ID, 0, "webhook.created", webhookDetail(w))
		return err
	})
	if err != nil {
		return w, err
	}
	return s.Webhook(ctx, sp, w.Key)
}

func status(active bool) string {
	if active {
		return "ACTIVE"
	}
	return "DISABLED"
}

// webhookDetail is what the activity tells: an address may hold a credential.
func webhookDetail(w Webhook) map[string]any {
	return map[string]any{"webhook": w.Name, "to": plainSettings(map[string]string{"url": w.URL})["url"], "events": w.Events, "status": status(w.Active)}
}

// sealWebhook keeps a secret; an empty one changes nothing.
func (u *unit) sealWebhook(id int64, secret string) error {
	if secret == "" {
		return nil
	}
	sealed, err := u.s.seal(place{"webhook", id, "secret"}, secret)
	if err != nil {
		return err
	}
	_, err = u.exec(`UPDATE registry_webhooks SET secret = ? WHERE id = ?`, sealed, id)
	return err
}

// ChangeWebhook writes a webhook over the one of its key.
func (s *Store) ChangeWebhook(ctx context.Context, by models.Principal, sp Space, w Webhook) (Webhook, error) {
	err := s.write(ctx, by, func(u *unit) error {
		old, err := readWebhook(u.query, sp, w.Key)
		if err != nil {
			return err
		}
		_, err = u.exec(`UPDATE registry_webhooks SET name = ?, description = ?, url = ?, events = ?, status = ?, updated_at = ? WHERE id = ?`,
			w.Name, clean(w.Description), w.URL, encode(w.Events), status(w.Active), u.at(), old.ID)
		if err != nil {
			return err
		}
		if err := u.sealWebhook(old.ID, w.Secret); err != nil {
			return err
		}
		_, err = u.record(sp.Project.ID, 0, "webhook.changed", changed(map[string]any{"webhook": w.Name}, webhookDetail(old), webhookDetail(w)))
		return err
	})
	if err != nil {
		return w, err
	}
	return s.Webhook(ctx, sp, w.Key)
}

// DeleteWebhook takes a webhook away, with its secret and what was still to be sent.
func (s *Store) DeleteWebhook(ctx context.Context, by models.Principal, sp Space, key string) error {
	return s.write(ctx, by, func(u *unit) error {
		w, err := readWebhook(u.query, sp, key)
		if err != nil {
			return err
		}
		if _, err := u.exec(`DELETE FROM webhook_sendings WHERE webhook_id = ?`, w.ID); err != nil {
			return err
		}
		if _, err := u.exec(`UPDATE registry_webhooks SET deleted_at = ?, secret = '' WHERE id = ?`, u.at(), w.ID); err != nil {
			return err
		}
		_, err = u.record(sp.Project.ID, 0, "webhook.deleted", map[string]any{"webhook": w.Name})
		return err
	})
}

// RegistryEvents are the events that webhooks may ask for.
var RegistryEvents = []string{
	"registered_model.created", "model_version.created", "model_version_tag.set", "model_version_tag.deleted",
	"model_version_alias.created", "model_version_alias.deleted", "prompt.created", "prompt_version.created",
	"prompt_tag.set", "prompt_tag.deleted", "prompt_version_tag.set", "prompt_version_tag.deleted", "prompt_alias.created", "prompt_alias.deleted",
	"budget_policy.exceeded",
}

// KnownEvent tells whether a webhook may ask for it.
func KnownEvent(name string) bool { return slices.Contains(RegistryEvents, name) }
