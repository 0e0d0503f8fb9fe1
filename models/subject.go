package models

import (
	"fmt"
	"slices"
	"time"
)

// Subject is what a card, a link, a comment or an owner can point at.
type Subject struct {
	ID          int64
	Ref         Ref
	Source      string // the source's name ("github"), empty for neutral kinds
	Integration string // the integration's name, empty for neutral kinds
	Title       string // the key where nobody gave a title
	URL         string // upstream's page, http or https, or empty
	State       State  // empty for kinds without states
	Raw         string // upstream's word for the state
	StateAt     time.Time
	Stale       bool // its source went quiet while it was under way
	Described   bool // false: only mentioned by others so far
	Facts       map[string]any
	UpdatedAt   time.Time // when we last changed it
	Seq         int64     // the activity that last changed it
}

// Text is a fact as text, empty when it is unknown.
func (s Subject) Text(name string) string {
	switch v := s.Facts[name].(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		return fmt.Sprint(v)
	}
}

// Link is one edge between two subjects.
type Link struct {
	ID       int64
	Relation Relation
	From, To Subject
	Evidence Evidence
	Source   string // source that said so, empty for a person's link
	By       string // who said so: an integration's or a person's name
	Since    time.Time
	Manual   bool // made by a person; only a person removes it
}

// Owner answers for a subject.
type Owner struct {
	ID       int64
	Person   string // e-mail, login or team:KEY
	Name     string // of the account or team behind it; empty where there is none
	Account  int64  // of a person with an account
	Team     string // key of a team
	As       string // owner, deputy, steward, on-call
	Evidence Evidence
	By       string
	Since    time.Time
	Gone     string    // why nobody is behind it any more: "left on 3 Nov 2026"; empty: somebody is
	GoneAt   time.Time // since when, where that is known
}

// Counts tells whether the owner is somebody who still answers.
func (o Owner) Counts() bool { return o.Gone == "" }

// Shown is the owner's name as people read it.
func (o Owner) Shown() string {
	if o.Name != "" {
		return o.Name
	}
	return o.Person
}

// Answered tells whether at least one of the owners still answers.
func Answered(owners []Owner) bool { return slices.ContainsFunc(owners, Owner.Counts) }

// OwnerRoles are the words an Owner may answer as.
var OwnerRoles = []string{"owner", "deputy", "steward", "on-call"}

// Comment is a person's or bot's Markdown on a subject.
type Comment struct {
	ID      int64
	Author  string
	ActorID string // Principal.Actor of the author
	Body    string // Markdown
	At      time.Time
	Edited  time.Time // zero when never
	Deleted bool
}

// Activity is one row of the append-only record of changes.
type Activity struct {
	Seq     int64
	At      time.Time
	Actor   string // Principal.Actor
	By      string // the actor's name
	Action  string // subject.described, card.moved, owner.assigned, …
	Project string // project key, or empty
	Subject *Subject
	Detail  map[string]any
}

// CardRevision is one saved text of a model card.
type CardRevision struct {
	ID       int64
	Model    string
	Version  string // the model version it is about, or empty
	Number   int    // 1, 2, …
	Markdown string
	Problems []Problem
	Sections []Section
	By       string
	At       time.Time
}

// Section is one standard section of a model card and whether it says anything.
type Section struct {
	Name   string
	Filled bool
}

// Filled counts the sections that say something.
func (c CardRevision) Filled() (n int) {
	for _, s := range c.Sections {
		if s.Filled {
			n++
		}
	}
	return n
}
