package models

import (
	"strings"
	"time"
	"unicode"
)

// Account is a person who may sign in.
type Account struct {
	ID        int64
	Email     string // lower case
	Name      string
	Hub       Role // a role held in every project, or Nobody
	Disabled  bool
	CreatedAt time.Time
}

// Member is a person's role in one project.
type Member struct {
	Account  Account
	Role     Role
	Function Function
	Since    time.Time
}

// Token is a bot's key, without its secret part.
type Token struct {
	ID        int64
	Name      string
	Prefix    string // the first characters of the value, for recognising it
	Last4     string // the last four
	Role      Role
	Project   string // project key; empty means the whole hub
	ProjectID int64  // 0 means the whole hub
	Scopes    []Scope
	CreatedBy string
	CreatedAt time.Time
	ExpiresAt time.Time // zero means never
	RevokedAt time.Time // zero means not revoked
	LastUsed  time.Time // the newest value, to the minute; zero means never
	RotatedAt time.Time // when it got its newest value; zero means it has its first
	OldLast4  string    // the last four of the value before
	OldUntil  time.Time // until when that works
	OldUsed   time.Time // when that was last used
}

// Works tells whether the token opens anything at this moment.
func (t Token) Works(now time.Time) bool {
	return t.RevokedAt.IsZero() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt))
}

// Rotating tells whether the value before works beside the newest one.
func (t Token) Rotating(now time.Time) bool { return t.Works(now) && now.Before(t.OldUntil) }

// EndsSoon tells whether a token that works will expire within a fortnight.
func (t Token) EndsSoon(now time.Time) bool {
	return t.Works(now) && !t.ExpiresAt.IsZero() && t.ExpiresAt.Before(now.Add(14*24*time.Hour))
}

// CleanEmail is an address as accounts keep it; empty when it is none.
func CleanEmail(raw string) string {
	email := strings.ToLower(strings.TrimSpace(raw))
	at := strings.LastIndexByte(email, '@')
	if at < 1 || at == len(email)-1 || len(email) > 254 || strings.ContainsAny(email, " <>\"") || strings.IndexFunc(email, notPrinted) >= 0 {
		return ""
	}
	return email
}

// notPrinted are the characters that show nothing, or turn what follows around.
func notPrinted(r rune) bool { return !unicode.IsPrint(r) }
