package store

import (
	"strings"

	"throughline/models"
	"throughline/models/second"
)

// Proof is what a person has shown: one of its parts.
type Proof struct {
	Password bool            // it was compared just now
	Code     string          // of the app, or a recovery code
	Passkey  *models.Passkey // its signature was verified just now; Record is to be kept
}

// check uses the proof up, or refuses it as Unauthorised.
func (u *unit) check(person int64, p Proof) error {
	code := strings.ReplaceAll(strings.TrimSpace(p.Code), " ", "")
	switch {
	case p.Password:
		return nil
	case p.Passkey != nil:
		return u.usePasskey(person, *p.Passkey)
	case second.CleanCode(code) != "":
		return u.useRecovery(person, second.CleanCode(code))
	}
	return u.useApp(person, code)
}
