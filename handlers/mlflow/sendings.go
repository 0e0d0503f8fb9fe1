package mlflow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"throughline/models"
	"throughline/models/store"
)

// Sender sends a request to an address that somebody named: it is the guarded
// client, which calls nothing inside the network that the operator did not open.
type Sender func(r *http.Request) (*http.Response, error)

// How deliveries are tried: in seconds 1, 2, 4 … and at last every 5 minutes. The
// time of a signature is the same in each attempt, as the reference has it, until
// receivers would take it for a replay.
const (
	mostAttempts  = 15
	longestPause  = 5 * time.Minute
	signatureAge  = 4 * time.Minute
	sendEvery     = time.Second
	sendTimeout   = 30 * time.Second
	sendAtOnce    = 20
	answerExcerpt = 1000
)

// KeepSending sends what the registry has to tell to webhooks, until ctx ends. It is
// on disk until it has arrived.
func (a *API) KeepSending(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !a.Store.Leads(ctx) {
			continue
		}
		if err := a.SendDue(ctx); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "send registry webhooks", "error", err)
		}
	}
}

// SendDue makes one attempt for each delivery that is due.
func (a *API) SendDue(ctx context.Context) error {
	list, err := a.Store.DueSendings(ctx, sendAtOnce)
	if err != nil {
		return err
	}
	for _, d := range list {
		if err := a.attempt(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// attempt sends once. What the receiver refuses for good is given up, as is what
// failed too often.
func (a *API) attempt(ctx context.Context, d store.Sending) error {
	status, _, err := a.post(ctx, d)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil && !passing(status) || d.Attempts+1 >= mostAttempts {
		return a.Store.Sent(ctx, d)
	}
	now := a.Now()
	signed := d.SignedAt
	pause := min(time.Second<<d.Attempts, longestPause)
	if now.Add(pause).Sub(time.Unix(signed, 0)) > signatureAge {
		signed = now.Add(pause).Unix()
	}
	return a.Store.SendLater(ctx, d, now.Add(pause).UnixMilli(), signed)
}

// passing are failures that a repetition may mend.
func passing(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// post sends a delivery with MLflow's headers.
func (a *API) post(ctx context.Context, d store.Sending) (status int, answer string, err error) {
	if a.Send == nil {
		return 0, "", models.Errorf(models.Unprocessed, "Nothing can be sent from here.")
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, strings.NewReader(d.Body))
	if err != nil {
		return 0, "", err
	}
	at := strconv.FormatInt(d.SignedAt, 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-MLflow-Delivery-Id", d.Key)
	r.Header.Set("X-MLflow-Timestamp", at)
	if d.Secret != "" {
		r.Header.Set("X-MLflow-Signature", signature(d.Secret, d.Key, at, d.Body))
	}
	resp, err := a.Send(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(resp.Body, answerExcerpt))
	return resp.StatusCode, string(text), nil
}

// signature is v1 and the HMAC of what is sent: the secret counts as it is written.
func signature(secret, key, at, body string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(key + "." + at + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// testWebhook sends an example, and tells what became of it.
func (a *API) testWebhook(c *Call) (any, error) {
	var in struct {
		Event *eventWire `json:"event"`
	}
	if err := c.Read(&in); err != nil {
		return nil, err
	}
	w, err := a.Store.Webhook(c, c.Space, c.Param("webhook"))
	if err != nil {
		return nil, err
	}
	name := w.Events[0]
	if in.Event != nil {
		name = in.Event.name()
	}
	if !store.KnownEvent(name) {
		return nil, models.Errorf(models.Invalid, "There is no event %s.", short(name))
	}
	body, err := store.EventBody(name, examples[name], a.Now())
	if err != nil {
		return nil, err
	}
	secret, err := a.Store.WebhookSecret(c, w)
	if err != nil {
		return nil, err
	}
	status, answer, err := a.post(c, store.Sending{Key: store.DeliveryKey(), URL: w.URL, Body: string(body), Secret: secret, SignedAt: a.Now().Unix()})
	return map[string]any{"result": tested(status, answer, err)}, nil
}

type testResult struct {
	Success bool    `json:"success"`
	Status  int     `json:"response_status,omitempty"`
	Body    *string `json:"response_body,omitempty"`
	Error   string  `json:"error_message,omitempty"`
}

func tested(status int, answer string, err error) testResult {
	if err != nil {
		return testResult{Error: "Failed to test webhook: " + short(err.Error())}
	}
	return testResult{Success: status < 400, Status: status, Body: &answer}
}

// examples are the data of test deliveries, those of the reference: receivers know
// them by their names.
var examples = map[string]any{
	"registered_model.created":    map[string]any{"name": "example_model", "tags": exampleTags, "description": "An example registered model"},
	"model_version.created":       map[string]any{"name": "example_model", "version": "1", "source": "models:/123", "run_id": "abcd1234abcd5678", "tags": exampleTags, "description": "An example model version"},
	"model_version_tag.set":       map[string]any{"name": "example_model", "version": "1", "key": "example_key", "value": "example_value"},
	"model_version_tag.deleted":   map[string]any{"name": "example_model", "version": "1", "key": "example_key"},
	"model_version_alias.created": map[string]any{"name": "example_model", "alias": "example_alias", "version": "1"},
	"model_version_alias.deleted": map[string]any{"name": "example_model", "alias": "example_alias"},
	"prompt.created":              map[string]any{"name": "example_prompt", "tags": exampleTags, "description": "An example prompt"},
	"prompt_version.created":      map[string]any{"name": "example_prompt", "version": "1", "template": "Hello {{name}}!", "tags": exampleTags, "description": "An example prompt version"},
	"prompt_tag.set":              map[string]any{"name": "example_prompt", "key": "example_key", "value": "example_value"},
	"prompt_tag.deleted":          map[string]any{"name": "example_prompt", "key": "example_key"},
	"prompt_version_tag.set":      map[string]any{"name": "example_prompt", "version": "1", "key": "example_key", "value": "example_value"},
	"prompt_version_tag.deleted":  map[string]any{"name": "example_prompt", "version": "1", "key": "example_key"},
	"prompt_alias.created":        map[string]any{"name": "example_prompt", "alias": "example_alias", "version": "1"},
	"prompt_alias.deleted":        map[string]any{"name": "example_prompt", "alias": "example_alias"},
}

var exampleTags = map[string]string{"example_key": "example_value"}
