package store

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func TestWebhooksAreToldWhatTheyAskFor(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newRegistry(t, s)
		all := Webhook{Key: DeliveryKey(), Name: "all", URL: "https://hub.test/x", Events: RegistryEvents, Secret: "s3cr3t", Active: true}
		_, err := s.CreateWebhook(t.Context(), admin, sp, all)
		require.NoError(t, err)
		for _, w := range []Webhook{{Name: "other", Events: []string{"prompt.created"}, Active: true}, {Name: "off", Events: RegistryEvents}} {
			w.Key, w.URL = DeliveryKey(), "https://hub.test/y"
			_, err := s.CreateWebhook(t.Context(), admin, sp, w)
			require.NoError(t, err)
		}
		_, err = s.CreateRegisteredModel(t.Context(), admin, sp, models.RegisteredModel{Name: "new", Description: "d", Tags: []models.Pair{{Key: "a", Value: "b"}}})
		require.NoError(t, err)
		register(t, s, sp, NewVersion{Model: "new", Source: "models:/m-1", Tags: []models.Pair{{Key: "k", Value: "v"}}})
		require.NoError(t, s.TagModelVersion(t.Context(), admin, sp, "new", 1, []models.Pair{{Key: "x", Value: ""}}, ""))
		require.NoError(t, s.TagModelVersion(t.Context(), admin, sp, "new", 1, nil, "x"))
		require.NoError(t, s.SetModelAlias(t.Context(), admin, sp, "new", "champion", 1))
		require.NoError(t, s.DropModelAlias(t.Context(), admin, sp, "new", "champion"))
		list, err := s.DueSendings(t.Context(), 100)
		require.NoError(t, err)
		var told []string
		for _, d := range list {
			var body struct {
				Entity, Action string
				Data           json.RawMessage
			}
			require.NoError(t, json.Unmarshal([]byte(d.Body), &body))
			told = append(told, body.Entity+"."+body.Action+" "+string(body.Data))
			require.Equal(t, []string{"s3cr3t", "https://hub.test/x"}, []string{d.Secret, d.URL})
		}
		require.Equal(t, []string{
			`registered_model.created {"name":"new","tags":{"a":"b"},"description":"d"}`,
			`model_version.created {"name":"new","version":"1","source":"models:/m-1","run_id":"` + aRun + `","tags":{"k":"v"},"description":""}`,
			`model_version_tag.set {"name":"new","version":"1","key":"x","value":""}`,
			`model_version_tag.deleted {"name":"new","version":"1","key":"x"}`,
			`model_version_alias.created {"name":"new","version":"1","alias":"champion"}`,
			`model_version_alias.deleted {"name":"new","alias":"champion"}`,
		}, told)
	})
}

func TestASendingIsKeptUntilItArrived(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newRegistry(t, s)
		w, err := s.CreateWebhook(t.Context(), admin, sp, Webhook{Key: DeliveryKey(), Name: "hub", URL: "https://hub.test/x", Events: []string{"registered_model.created"}, Active: true})
		require.NoError(t, err)
		_, err = s.CreateRegisteredModel(t.Context(), admin, sp, models.RegisteredModel{Name: "new"})
		require.NoError(t, err)
		due := func() []Sending {
			list, err := s.DueSendings(t.Context(), 10)
			require.NoError(t, err)
			return list
		}
		first := due()[0]
		require.NoError(t, s.SendLater(t.Context(), first, s.now().UnixMilli(), first.SignedAt))
		again := due()[0]
		require.Equal(t, []any{first.Key, first.SignedAt, first.Body, 1}, []any{again.Key, again.SignedAt, again.Body, again.Attempts})
		require.NoError(t, s.SendLater(t.Context(), first, s.now().Add(time.Hour).UnixMilli(), first.SignedAt))
		require.Empty(t, due(), "not before its time")
		require.NoError(t, s.DeleteWebhook(t.Context(), admin, sp, w.Key))
		var left int
		require.NoError(t, s.row(t.Context(), `SELECT COUNT(*) FROM webhook_sendings`, nil, &left))
		require.Zero(t, left, "a webhook that is gone is told nothing")
	})
}

// The secret is sealed, and is in no activity.
func TestSecretsOfWebhooksAreSealed(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		sp := newRegistry(t, s)
		w, err := s.CreateWebhook(t.Context(), admin, sp, Webhook{Key: DeliveryKey(), Name: "hub", URL: "https://hub.test/x?token=geheim", Events: []string{"registered_model.created"}, Secret: "s3cr3t", Active: true})
		require.NoError(t, err)
		w.Name, w.Secret = "hub2", ""
		_, err = s.ChangeWebhook(t.Context(), admin, sp, w)
		require.NoError(t, err)
		secret, err := s.WebhookSecret(t.Context(), w)
		require.NoError(t, err)
		require.Equal(t, "s3cr3t", secret, "an empty one keeps the old")
		var sealed, told string
		require.NoError(t, s.row(t.Context(), `SELECT secret FROM registry_webhooks`, nil, &sealed))
		require.NotContains(t, sealed, "s3cr3t")
		rows, err := s.query(t.Context(), `SELECT detail FROM activity WHERE action LIKE 'webhook.%'`)
		list, err := all(rows, err, scanText)
		require.NoError(t, err)
		require.Len(t, list, 2)
		for _, detail := range list {
			told += detail
		}
		require.NotContains(t, told, "s3cr3t")
		require.NotContains(t, told, "geheim")
	})
}
