package models

import "time"

// Identity joins an account to somebody that another system knows. Issuer and
// subject alone say who that is.
type Identity struct {
	ID        int64
	Issuer    string
	Label     string // what the person recognises it by
	CreatedAt time.Time
}
