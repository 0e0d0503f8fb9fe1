package store

import (
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"throughline/models"
)

// registryEvent is one event of the registry as webhooks tell it.
type registryEvent struct {
	name string // entity.action
	data any
}

func asMap(tags []models.Pair, but ...string) map[string]string {
	out := make(map[string]string, len(tags))
	for _, t := range tags {
		out[t.Key] = t.Value
	}
	for _, key := range but {
		delete(out, key)
	}
	return out
}

const (
	promptText = "mlflow.prompt.text"
	promptType = "_mlflow_prompt_type"
)

func modelCreated(m models.RegisteredModel) registryEvent {
	type created struct {
		Name        string            `json:"name"`
		Tags        map[string]string `json:"tags"`
		Description string            `json:"description"`
	}
	if m.Prompt {
		return registryEvent{"prompt.created", created{m.Name, asMap(m.Tags, models.PromptTag, promptType), m.Description}}
	}
	return registryEvent{"registered_model.created", created{m.Name, asMap(m.Tags), m.Description}}
}

func versionCreated(m models.RegisteredModel, v models.RegisteredVersion) registryEvent {
	if m.Prompt {
		return registryEvent{"prompt_version.created", struct {
			Name        string            `json:"name"`
			Version     string            `json:"version"`
			Template    string            `json:"template"`
			Tags        map[string]string `json:"tags"`
			Description string            `json:"description"`
		}{m.Name, itoa(v.Version), asMap(v.Tags)[promptText], asMap(v.Tags, models.PromptTag, promptType, promptText), v.Description}}
	}
	return registryEvent{"model_version.created", struct {
		Name        string            `json:"name"`
		Version     string            `json:"version"`
		Source      string            `json:"source"`
		Run         string            `json:"run_id"`
		Tags        map[string]string `json:"tags"`
		Description string            `json:"description"`
	}{m.Name, itoa(v.Version), v.Source, v.Run, asMap(v.Tags), v.Description}}
}

// registryPart is a tag or an alias that came or went.
type registryPart struct {
	Name    string  `json:"name"`
	Version string  `json:"version,omitempty"`
	Key     string  `json:"key,omitempty"`
	Value   *string `json:"value,omitempty"`
	Alias   string  `json:"alias,omitempty"`
}

// announceTags tells of tags; of those of models MLflow has no event, but for prompts.
func (u *unit) announceTags(sp Space, m models.RegisteredModel, version int64, set []models.Pair, remove string) error {
	entity, part := "model_version_tag", registryPart{Name: m.Name}
	switch {
	case m.Prompt && version == 0:
		entity = "prompt_tag"
	case m.Prompt:
		entity = "prompt_version_tag"
	case version == 0:
		return nil
	}
	if version != 0 {
		part.Version = itoa(version)
	}
	for _, t := range set {
		one := part
		one.Key, one.Value = t.Key, &t.Value
		if err := u.announce(sp, registryEvent{entity + ".set", one}); err != nil {
			return err
		}
	}
	if remove == "" {
		return nil
	}
	part.Key = remove
	return u.announce(sp, registryEvent{entity + ".deleted", part})
}

// announceAlias tells that an alias stands at a version or, at version 0, that it is
// gone.
func (u *unit) announceAlias(sp Space, m models.RegisteredModel, alias string, version int64) error {
	entity := "model_version_alias"
	if m.Prompt {
		entity = "prompt_alias"
	}
	part := registryPart{Name: m.Name, Alias: alias}
	if version == 0 {
		return u.announce(sp, registryEvent{entity + ".deleted", part})
	}
	part.Version = itoa(version)
	return u.announce(sp, registryEvent{entity + ".created", part})
}

// announce puts an event down for every webhook that asks for it, in the transaction
// that made it so: what is on disk will be told.
func (u *unit) announce(sp Space, e registryEvent) error {
	rows, err := u.query(`SELECT `+webhookColumns+` FROM registry_webhooks WHERE integration_id = ? AND deleted_at = 0 AND status = 'ACTIVE' AND events LIKE ?`,
		sp.Integration.ID, `%"`+e.name+`"%`)
	list, err := all(rows, err, scanWebhook)
	if err != nil || len(list) == 0 {
		return err
	}
	body, err := EventBody(e.name, e.data, u.now)
	if err != nil {
		return err
	}
	for _, w := range list {
		_, err := u.exec(`INSERT INTO webhook_sendings (webhook_id, key, body, signed_at, next_at) VALUES (?, ?, ?, ?, ?)`, w.ID, DeliveryKey(), string(body), u.now.Unix(), u.at())
		if err != nil {
			return fmt.Errorf("announce %s: %w", e.name, err)
		}
	}
	return nil
}

// EventBody is the body of a delivery.
func EventBody(name string, data any, at time.Time) ([]byte, error) {
	entity, action, _ := strings.Cut(name, ".")
	return json.Marshal(struct {
		Entity string `json:"entity"`
		Action string `json:"action"`
		At     string `json:"timestamp"`
		Data   any    `json:"data"`
	}{entity, action, at.UTC().Format("2006-01-02T15:04:05.000000+00:00"), data})
}

// DeliveryKey is a random id in the form of a UUID.
func DeliveryKey() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func scanSending(r *sql.Rows, d *Sending) error {
	return r.Scan(&d.ID, &d.webhook, &d.Key, &d.Body, &d.SignedAt, &d.Attempts, &d.URL, &d.sealed)
}
