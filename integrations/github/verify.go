package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

const (
	signatureHeader = "X-Hub-Signature-256"
	signaturePrefix = "sha256="
)

// Sign is the value of X-Hub-Signature-256 that GitHub sends with a body.
func Sign(secret string, body []byte) string {
	return signaturePrefix + hex.EncodeToString(sum(secret, body))
}

// genuine tells whether the one SHA-256 signature is of one of the configured
// secrets. Without a configured secret nothing is; the SHA-1 header counts for
// nothing.
func genuine(configured string, header http.Header, body []byte) bool {
	signature, ok := signatureOf(header)
	if !ok {
		return false
	}
	for _, secret := range secrets(configured) {
		if hmac.Equal(signature, sum(secret, body)) {
			return true
		}
	}
	return false
}

func signatureOf(header http.Header) ([]byte, bool) {
	values := header.Values(signatureHeader)
	if len(values) != 1 {
		return nil, false
	}
	digits, ok := strings.CutPrefix(values[0], signaturePrefix)
	if !ok || digits != strings.ToLower(digits) {
		return nil, false
	}
	signature, err := hex.DecodeString(digits)
	return signature, err == nil && len(signature) == sha256.Size
}

// secrets are the old and the new one while a secret is being changed.
func secrets(configured string) (out []string) {
	split := func(r rune) bool { return r == ',' || r == '\n' }
	for _, secret := range strings.FieldsFunc(configured, split) {
		if secret = strings.TrimSpace(secret); secret != "" && len(out) < 2 {
			out = append(out, secret)
		}
	}
	return out
}

func sum(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}
