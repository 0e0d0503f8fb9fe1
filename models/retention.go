package models

import "time"

// Keeping is how long the hub keeps things that nobody needs for ever, in days.
// What 0 means is told by each KeepRule.
type Keeping struct {
	Deliveries  int `json:"deliveries_days"`
	Sessions    int `json:"sessions_days"`
	SignIns     int `json:"sign_ins_days"`
	Invitations int `json:"invitations_days"`
	Tokens      int `json:"tokens_days"`
	Comments    int `json:"comments_days"`
}

// KeepRule is one line of the settings of retention.
type KeepRule struct {
	Name    string // of the setting
	What    string // what is removed
	Hint    string // when, and what stays
	Days    func(*Keeping) *int
	Default int
	Forever bool // 0 keeps for ever; otherwise it removes at once
}

// KeepRules are the lines, in the order of the page.
var KeepRules = []KeepRule{
	{"deliveries", "Raw texts of deliveries", "After they were received. Parked ones stay until they are handled; what was read from them stays.", func(k *Keeping) *int { return &k.Deliveries }, 90, true},
	{"sessions", "Sign-ins that have ended", "After their end, with the browser's name.", func(k *Keeping) *int { return &k.Sessions }, 7, false},
	{"sign_ins", "Sign-ins under way and links for new passwords", "After they expired.", func(k *Keeping) *int { return &k.SignIns }, 1, false},
	{"invitations", "Invitations", "After they expired, with the address they were for.", func(k *Keeping) *int { return &k.Invitations }, 30, true},
	{"tokens", "Names of revoked tokens", "After they were revoked. Their number stays, as rows of activity name it.", func(k *Keeping) *int { return &k.Tokens }, 365, true},
	{"comments", "Texts of deleted comments", "After they were deleted. That there was one stays.", func(k *Keeping) *int { return &k.Comments }, 30, false},
}

// MaxKeeping is the longest time that can be set: 100 years.
const MaxKeeping = 36500

// DefaultKeeping is what a new hub keeps.
func DefaultKeeping() (k Keeping) {
	for _, r := range KeepRules {
		*r.Days(&k) = r.Default
	}
	return k
}

// Check refuses what can not be meant.
func (k Keeping) Check() error {
	for _, r := range KeepRules {
		if n := *r.Days(&k); n < 0 || n > MaxKeeping {
			return FieldErrorf(Unprocessed, r.Name+"_days", "%s: a number of days from 0 to %d, not %d.", r.What, MaxKeeping, n)
		}
	}
	return nil
}

// Cleaning is what a run of the retention removed.
type Cleaning struct {
	At      time.Time        `json:"at"`
	Took    float64          `json:"seconds"`
	Removed map[string]int64 `json:"removed"` // by rule
}

// Total is how much was removed.
func (c Cleaning) Total() (n int64) {
	for _, rows := range c.Removed {
		n += rows
	}
	return n
}
