package models

import "time"

// Handover is what somebody has to pass on when they leave, as far as the reader
// may see it.
type Handover struct {
	Account Account
	Owned   []Owned
	Leads   []Team  // teams they lead
	Tokens  []Token // tokens they made that still work
}

// Owned is one thing that somebody answers for.
type Owned struct {
	Owner    Owner
	Subject  Subject
	Projects []string // keys, of those that the reader sees
	Answered bool     // somebody else answers for it, too
	MayWrite bool     // the reader may hand it over
}

// Open tells whether nobody answers for the thing until somebody takes it.
func (o Owned) Open() bool { return !o.Owner.Counts() && !o.Answered }

// Leaver is a person who left a project with things that nobody answers for now.
type Leaver struct {
	Account Account
	Left    time.Time
	Open    int
}
