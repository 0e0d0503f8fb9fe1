// Package second knows the second factors that need no server: codes of an
// authenticator app (RFC 6238) and recovery codes.
package second

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"image/png"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// period is how long a code of an app shows, in seconds.
const period = 30

// skew is how many steps a clock may be off, either way.
const skew = 1

// NewSecret makes the secret of an app: 160 random bits in base 32.
func NewSecret() (string, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Throughline", AccountName: "person", SecretSize: 20})
	if err != nil {
		return "", fmt.Errorf("make a secret: %w", err)
	}
	return key.Secret(), nil
}

// QR is a secret as the picture that apps read, a PNG. Host and account are what
// the app shows.
func QR(secret, host, account string) ([]byte, error) {
	raw, err := raw(secret)
	if err != nil {
		return nil, err
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Throughline " + host, AccountName: account, Secret: raw})
	if err != nil {
		return nil, fmt.Errorf("name the secret: %w", err)
	}
	picture, err := key.Image(240, 240)
	if err != nil {
		return nil, fmt.Errorf("draw the secret: %w", err)
	}
	var b bytes.Buffer
	err = png.Encode(&b, picture)
	return b.Bytes(), err
}

// Step is the number of the half minute whose code was typed, of those near now
// that come after last; ok tells whether there is one. Keeping it as the next
// last makes a code work once.
func Step(secret, code string, now time.Time, last int64) (step int64, ok bool) {
	at := now.Unix() / period
	for step := at - skew; step <= at+skew; step++ {
		right, err := hotp.GenerateCodeCustom(secret, uint64(max(step, 0)), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && step > last && subtle.ConstantTimeCompare([]byte(right), []byte(code)) == 1 {
			return step, true
		}
	}
	return 0, false
}

// Code is what an app with the secret shows at a time.
func Code(secret string, at time.Time) (string, error) { return totp.GenerateCode(secret, at) }
