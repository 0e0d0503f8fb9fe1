package integrations

import (
	"context"

	"throughline/models"
)

// Validator is a source that refuses settings that can never work, without asking
// anybody.
type Validator interface {
	Valid(account Account) error
}

// Prober is a source that finds out what its account may do at the upstream.
//
// Probe changes nothing there. It names what is missing one by one; its error says
// that nothing could be found out at all.
type Prober interface {
	Asks(account Account) bool // there is something to ask with
	Probe(ctx context.Context, account Account) ([]models.Finding, error)
}

// Hooker is a source that sets up its own webhooks at the upstream.
//
// Hook makes the upstream post to address, however often it is called: a webhook
// of that address is brought up to date, never doubled. What the upstream refused
// is among the answers; the error is of what prevents all of it.
type Hooker interface {
	Hook(ctx context.Context, account Account, address string) ([]models.HookMade, error)
	ByHand(account Account) HookByHand
}

// HookByHand is what a person does at the upstream where Hook may not.
type HookByHand struct {
	Makes   string // what Hook does, in a sentence
	Setting string // the name of the secret both sides share
	Pages   []Link // where webhooks are entered
	Kind    string // the content type
	Events  []string
}

// Link is an address with its words.
type Link struct{ Text, URL string }

// Guided is a source that is connected in steps: what is asked of everybody, then
// one of several ways to be let in.
type Guided interface {
	Guide(account Account, hook string) Guide
}

// Guide is the steps of a Guided source, with what was chosen so far.
type Guide struct {
	First []string // names of the settings that come before the choice
	Ways  []Way    // the best first
}

// Way is one way to be let in.
type Way struct {
	Name     string // in addresses
	Title    string
	Summary  string
	Settings []string // names of what it asks for
	Do       []string // what to do at the upstream, in order
	Links    []Link   // where
	Needs    []models.Finding
}
