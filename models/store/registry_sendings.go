package store

import (
	"context"

	"throughline/models"
)

// Sending is an event on its way to a webhook.
type Sending struct {
	ID       int64
	Key      string // of the delivery: the same in each attempt
	URL      string
	Body     string
	Secret   string // empty: it is not signed
	SignedAt int64  // Unix seconds
	Attempts int
	webhook  int64
	sealed   string
}

// DueSendings are the events that are to be sent now, the oldest first.
func (s *Store) DueSendings(ctx context.Context, limit int) ([]Sending, error) {
	rows, err := s.query(ctx, `SELECT d.id, d.webhook_id, d.key, d.body, d.signed_at, d.attempts, w.url, w.secret FROM webhook_sendings d JOIN registry_webhooks w ON w.id = d.webhook_id
 WHERE d.next_at <= ? ORDER BY d.next_at, d.id LIMIT ?`, s.now().UnixMilli(), limit)
	list, err := all(rows, err, scanSending)
	for n := range list {
		d := &list[n]
		if d.Secret, err = s.unseal(place{"webhook", d.webhook, "secret"}, d.sealed); err != nil {
			return nil, err
		}
	}
	return list, err
}

// WebhookSecret is a webhook's secret, to sign a test with.
func (s *Store) WebhookSecret(ctx context.Context, w Webhook) (string, error) {
	var sealed string
	if err := s.row(ctx, `SELECT secret FROM registry_webhooks WHERE id = ?`, []any{w.ID}, &sealed); err != nil {
		return "", err
	}
	return s.unseal(place{"webhook", w.ID, "secret"}, sealed)
}

// Sent ends a sending: it arrived, or is given up.
func (s *Store) Sent(ctx context.Context, d Sending) error {
	return s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) error {
		_, err := u.exec(`DELETE FROM webhook_sendings WHERE id = ?`, d.ID)
		return err
	})
}

// SendLater notes that an attempt failed and when the next one is; signedAt is the
// time that it will be signed with.
func (s *Store) SendLater(ctx context.Context, d Sending, nextAt, signedAt int64) error {
	return s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) error {
		_, err := u.exec(`UPDATE webhook_sendings SET attempts = attempts + 1, next_at = ?, signed_at = ? WHERE id = ?`, nextAt, signedAt, d.ID)
		return err
	})
}
