package github

import (
	"crypto/rsa"
	"strings"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/golang-jwt/jwt/v4"

	"throughline/integrations"
	"throughline/models"
)

// issuer signs in the name of the App, a minute back: clocks differ.
type issuer struct {
	id  string
	key ghinstallation.Signer
}

// Sign signs the claims.
func (i issuer) Sign(claims jwt.Claims) (string, error) {
	if c, ok := claims.(*jwt.RegisteredClaims); ok {
		c.Issuer, c.IssuedAt = i.id, jwt.NewNumericDate(time.Now().Add(-time.Minute).Truncate(time.Second))
	}
	return i.key.Sign(claims)
}

// privateKey reads the App's key. Forms send other line ends than files have, and
// settings of machines write them as \n.
func privateKey(account integrations.Account) (*rsa.PrivateKey, error) {
	text := strings.NewReplacer(`\n`, "\n", "\r\n", "\n").Replace(account.Get("app_key"))
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(text))
	if err != nil {
		return nil, models.FieldErrorf(models.Unprocessed, "app_key", "That is no private key of an App. Paste the whole .pem file, with its first and last line.")
	}
	return key, nil
}
