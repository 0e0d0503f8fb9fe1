package integrations

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// SignatureHeader is where hooks prove whom they are from, as GitHub began it.
const (
	SignatureHeader = "X-Hub-Signature-256"
	signaturePrefix = "sha256="
)

// Sign is the value of X-Hub-Signature-256 that goes with a body.
func Sign(secret string, body []byte) string {
	return signaturePrefix + hex.EncodeToString(hmacOf(secret, body))
}

// Signed tells whether the one SHA-256 signature of a post is of one of the
// configured secrets: up to two, separated by a comma or a new line, while one is
// changed. Without a configured secret nothing is signed; SHA-1 counts for nothing.
func Signed(configured string, header http.Header, body []byte) bool {
	signature, ok := signatureOf(header)
	if !ok {
		return false
	}
	for _, secret := range Secrets(configured) {
		if hmac.Equal(signature, hmacOf(secret, body)) {
			return true
		}
	}
	return false
}

func signatureOf(header http.Header) ([]byte, bool) {
	values := header.Values(SignatureHeader)
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

// Secrets are the old and the new one while a secret is being changed.
func Secrets(configured string) (out []string) {
	split := func(r rune) bool { return r == ',' || r == '\n' }
	for _, secret := range strings.FieldsFunc(configured, split) {
		if secret = strings.TrimSpace(secret); secret != "" && len(out) < 2 {
			out = append(out, secret)
		}
	}
	return out
}

func hmacOf(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}
