package models

import (
	"slices"
	"time"
)

// Via is how somebody signed in.
type Via string

// The ways to sign in. Providers of identities add their own names.
const (
	ViaPassword Via = "password"
	ViaPasskey  Via = "passkey"
	ViaReset    Via = "reset" // the one-time link of an administrator
)

// Session is one browser in which a person is signed in.
type Session struct {
	ID        string // opaque; not what the cookie holds
	Agent     string // what the browser calls itself
	Via       Via
	Strong    bool // with two factors
	Current   bool // the one that asks
	CreatedAt time.Time
	SeenAt    time.Time // to the minute
}

// Factors are what a person can show besides a password.
type Factors struct {
	Password      bool // there is one
	App           bool // an authenticator app is set up
	RecoveryCodes int  // those not used yet
	Passkeys      []Passkey
}

// Second tells whether signing in takes a second step.
func (f Factors) Second() bool { return f.App || len(f.Passkeys) > 0 }

// Passkey is a key pair in a person's device; we hold the public half.
type Passkey struct {
	ID         int64
	Name       string
	Credential string // the device's own id of it, base64url
	Record     []byte // public key, flags and counter, as the library of passkeys writes them
	CreatedAt  time.Time
	UsedAt     time.Time // zero: never
	WarnedAt   time.Time // zero: never; else its counter went back, as a copy's does
}

// SecondFactorRule says who must have a second factor.
type SecondFactorRule struct {
	Everybody bool   `json:"everybody"`
	Roles     []Role `json:"roles"` // those who hold one of these in the whole hub
}

// Asks tells whether the rule concerns somebody with a role in the whole hub.
func (r SecondFactorRule) Asks(hub Role) bool {
	return r.Everybody || hub != Nobody && slices.Contains(r.Roles, hub)
}
