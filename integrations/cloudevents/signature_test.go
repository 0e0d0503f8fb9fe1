package cloudevents

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"throughline/integrations"
)

// The vector of the specification of Standard Webhooks.
const (
	signedSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	signedID     = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	signedAt     = "1614265330"
	signedBody   = `{"test": 2432232314}`
	signature    = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func signed(change func(h http.Header)) integrations.Request {
	h := http.Header{"Webhook-Id": {signedID}, "Webhook-Timestamp": {signedAt}, "Webhook-Signature": {signature}, "Content-Type": {"application/json"}}
	change(h)
	return integrations.Request{Header: h, Body: []byte(signedBody), Now: time.Unix(1614265330, 0).Add(4 * time.Minute)}
}

func TestSignedPosts(t *testing.T) {
	other := "whsec_" + strings.Repeat("QUJD", 10)
	for name, c := range map[string]struct {
		secret string
		change func(h http.Header)
		want   bool
	}{
		"the vector":         {signedSecret, func(http.Header) {}, true},
		"no secret":          {"", func(h http.Header) { h.Del("Webhook-Signature") }, true},
		"the old secret":     {other + "," + signedSecret, func(http.Header) {}, true},
		"several signatures": {signedSecret, func(h http.Header) { h.Set("Webhook-Signature", "v1a,xx v1,AAAA "+signature) }, true},
		"another secret":     {other, func(http.Header) {}, false},
		"no signature":       {signedSecret, func(h http.Header) { h.Del("Webhook-Signature") }, false},
		"another version":    {signedSecret, func(h http.Header) { h.Set("Webhook-Signature", strings.Replace(signature, "v1", "v2", 1)) }, false},
		"another id":         {signedSecret, func(h http.Header) { h.Set("Webhook-Id", "msg_other") }, false},
		"another time":       {signedSecret, func(h http.Header) { h.Set("Webhook-Timestamp", "1614265331") }, false},
		"no time":            {signedSecret, func(h http.Header) { h.Set("Webhook-Timestamp", "soon") }, false},
		"two ids":            {signedSecret, func(h http.Header) { h.Add("Webhook-Id", "msg_other") }, false},
	} {
		if got := genuine(c.secret, signed(c.change)); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, away := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		r := signed(func(http.Header) {})
		if r.Now = time.Unix(1614265330, 0).Add(away); genuine(signedSecret, r) {
			t.Errorf("a post of %s ago is taken", away)
		}
	}
	r := signed(func(http.Header) {})
	r.Body = []byte(signedBody + " ")
	if _, err := New().Receive(context.Background(), integrations.Account{Settings: map[string]string{integrations.SigningSecret: signedSecret}}, r); !errors.Is(err, integrations.ErrSignature) {
		t.Errorf("an altered post: %v", err)
	}
}

func TestWeakSigningSecretsAreRefused(t *testing.T) {
	for secret, want := range map[string]bool{"": true, signedSecret: true, "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": true, "whsec_": false, "hush": false, "whsec_aHVzaA==": false, signedSecret + ",x": false} {
		if err := New().Valid(integrations.Account{Settings: map[string]string{integrations.SigningSecret: secret}}); (err == nil) != want {
			t.Errorf("%q: %v", secret, err)
		}
	}
}
