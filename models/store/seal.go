package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"throughline/models"
)

// sealMark starts every sealed value and names its format: AES-256-GCM with a
// random nonce, under a key of the ring made for the purpose (HKDF-SHA-256).
const sealMark = "s1."

// place is where a sealed value lies. It is part of what is authenticated, so
// that a value moved to another row or field does not open.
type place struct {
	purpose string // the table and use: "integration", "totp"
	row     int64
	field   string
}

func (p place) bytes() []byte { return fmt.Appendf(nil, "%s\x00%d\x00%s", p.purpose, p.row, p.field) }

// seal encrypts a value for its place. The empty value stays empty.
func (s *Store) seal(p place, plain string) (string, error) {
	if plain == "" {
		return "", nil
	}
	key, err := s.keys.newest()
	if err != nil {
		return "", err
	}
	box, err := key.box(p.purpose)
	if err != nil {
		return "", err
	}
	sealed := box.Seal(nil, nil, []byte(plain), p.bytes()) // #nosec G407 -- this AEAD brings a random nonce of its own
	return sealMark + key.id + "." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// unseal is the value that was sealed for this place. A value of another place,
// a changed one, or one of a key that is not in the ring is an error that says
// nothing of it.
func (s *Store) unseal(p place, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	id, text, ok := strings.Cut(strings.TrimPrefix(sealed, sealMark), ".")
	if !ok || !isSealed(sealed) {
		return "", fmt.Errorf("the %s of %s %d is not sealed", p.field, p.purpose, p.row)
	}
	key, err := s.keys.find(id)
	if err != nil {
		return "", err
	}
	box, err := key.box(p.purpose)
	if err != nil {
		return "", err
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("the %s of %s %d is damaged", p.field, p.purpose, p.row)
	}
	plain, err := box.Open(nil, nil, raw, p.bytes())
	if err != nil {
		return "", fmt.Errorf("the %s of %s %d does not open with key %s", p.field, p.purpose, p.row, key.id)
	}
	return string(plain), nil
}

func isSealed(value string) bool { return strings.HasPrefix(value, sealMark) }

// keyOf is the id of the key that a value was sealed with.
func keyOf(sealed string) string {
	id, _, _ := strings.Cut(strings.TrimPrefix(sealed, sealMark), ".")
	return id
}

// sealKey is one key of the ring.
type sealKey struct {
	id  string // the first characters of a hash of it: tells keys apart, tells nothing of them
	raw []byte // 32 bytes
}

// box is the cipher of one purpose.
func (k sealKey) box(purpose string) (cipher.AEAD, error) {
	derived, err := hkdf.Key(sha256.New, k.raw, nil, "throughline "+purpose, 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("make the cipher: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// readKey reads a key as it is written: 32 bytes in base64.
func readKey(text string) (sealKey, error) {
	text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimSpace(text)), "=")
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(raw) != 32 {
		return sealKey{}, models.Errorf(models.Conflict, "A secret key is 32 random bytes in base64, such as openssl rand -base64 32 makes.")
	}
	return sealKey{id: hashOf("throughline key id " + string(raw))[:8], raw: raw}, nil
}

// text is the key as the ring's file holds it.
func (k sealKey) text() string { return base64.StdEncoding.EncodeToString(k.raw) }
