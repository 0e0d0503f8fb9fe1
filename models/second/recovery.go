package second

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"
)

// RecoveryCodes is how many a person gets.
const RecoveryCodes = 10

var letters = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// NewCodes makes recovery codes of 120 random bits, in groups for reading. That
// much needs no slow hash to be kept safely.
func NewCodes() []string {
	codes := make([]string, RecoveryCodes)
	for i := range codes {
		raw := make([]byte, 15)
		_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
		text := letters.EncodeToString(raw)
		codes[i] = strings.Join([]string{text[:6], text[6:12], text[12:18], text[18:]}, "-")
	}
	return codes
}

// CleanCode is a recovery code as NewCodes spells it, however it was typed; empty
// when it can be none.
func CleanCode(typed string) string {
	text := strings.NewReplacer(" ", "", "-", "").Replace(strings.ToLower(strings.TrimSpace(typed)))
	if len(text) != 24 {
		return ""
	}
	return strings.Join([]string{text[:6], text[6:12], text[12:18], text[18:]}, "-")
}

// raw is a secret's bytes.
func raw(secret string) ([]byte, error) {
	bytes, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return nil, fmt.Errorf("read the secret: %w", err)
	}
	return bytes, nil
}
