package mlflow

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"throughline/integrations"
)

// The headers of MLflow's webhooks.
const (
	deliveryHeader  = "X-Mlflow-Delivery-Id"
	timeHeader      = "X-Mlflow-Timestamp"
	signatureHeader = "X-Mlflow-Signature"
)

// window is how far a post's time may be from ours: five minutes, and the seconds
// that MLflow's repetitions take, which keep the time of the first.
const window = 5*time.Minute + 10*time.Second

// Sign is the value of X-MLflow-Signature that goes with a post. Unlike the
// Standard Webhooks that it looks like, the secret is used as it is.
func Sign(secret, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// genuine tells whether a post is signed with one of the configured secrets, and
// was made lately.
func genuine(configured string, header http.Header, body []byte, now time.Time) bool {
	for _, name := range []string{deliveryHeader, timeHeader, signatureHeader} {
		if len(header.Values(name)) != 1 {
			return false
		}
	}
	id, at := header.Get(deliveryHeader), header.Get(timeHeader)
	seconds, err := strconv.ParseInt(at, 10, 64)
	if id == "" || len(id) > 200 || strings.Contains(id, ".") || err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > window {
		return false
	}
	for _, secret := range integrations.Secrets(configured) {
		if hmac.Equal([]byte(header.Get(signatureHeader)), []byte(Sign(secret, id, at, body))) {
			return true
		}
	}
	return false
}
