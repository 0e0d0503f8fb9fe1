package signin

import (
	"encoding/json"

	"github.com/go-webauthn/webauthn/webauthn"
)

// user is a holder as the library of passkeys knows one.
type user struct{ Holder }

// WebAuthnID is the random name that passkeys keep of their person.
func (u user) WebAuthnID() []byte { return []byte(u.Handle) }

// WebAuthnName is what the device lists the passkey by.
func (u user) WebAuthnName() string { return u.Account.Email }

// WebAuthnDisplayName is the person's name.
func (u user) WebAuthnDisplayName() string { return u.Account.Name }

// WebAuthnCredentials are the records of the person's passkeys.
func (u user) WebAuthnCredentials() []webauthn.Credential {
	list := make([]webauthn.Credential, 0, len(u.Keys))
	for _, k := range u.Keys {
		var c webauthn.Credential
		if json.Unmarshal(k.Record, &c) == nil {
			list = append(list, c)
		}
	}
	return list
}
