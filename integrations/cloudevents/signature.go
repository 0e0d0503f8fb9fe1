package cloudevents

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"throughline/integrations"
	"throughline/models"
)

// The bounds of a signing secret, in bytes, and of how far a post's time may be from
// ours (github.com/standard-webhooks/standard-webhooks, spec).
const (
	shortestKey = 24
	longestKey  = 64
	window      = 5 * time.Minute
)

// Valid refuses signing secrets that cannot be one.
func (Source) Valid(a integrations.Account) error {
	for _, secret := range integrations.Secrets(a.Get(integrations.SigningSecret)) {
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil || len(key) < shortestKey || len(key) > longestKey {
			return models.FieldErrorf(models.Unprocessed, integrations.SigningSecret, "A signing secret is whsec_ and 24 to 64 bytes in base64: echo whsec_$(openssl rand -base64 32).")
		}
	}
	return nil
}

// genuine tells whether a post is signed with one of the secrets, and was made
// lately. Without a secret nothing is signed: a token proved whom it is from.
func genuine(configured string, r integrations.Request) bool {
	secrets := integrations.Secrets(configured)
	if len(secrets) == 0 {
		return true
	}
	if !single(r.Header) || r.Now.Sub(sent(r.Header)).Abs() > window {
		return false
	}
	for _, secret := range secrets {
		hook, err := standardwebhooks.NewWebhook(secret)
		if err == nil && hook.VerifyIgnoringTimestamp(r.Body, r.Header) == nil {
			return true
		}
	}
	return false
}

// single tells whether each header of the signature is there once: of two, whoever
// stands between us may have looked at the other.
func single(header http.Header) bool {
	for _, name := range []string{standardwebhooks.HeaderWebhookID, standardwebhooks.HeaderWebhookTimestamp, standardwebhooks.HeaderWebhookSignature} {
		if len(header.Values(name)) != 1 {
			return false
		}
	}
	return true
}

// sent is when a post was made, by its header; 1970 where that is no time.
func sent(header http.Header) time.Time {
	seconds, err := strconv.ParseInt(header.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil {
		return time.Unix(0, 0)
	}
	return time.Unix(seconds, 0)
}
