package models

import "time"

// Finding is one thing that a source needs of its upstream, and whether the
// account has it.
type Finding struct {
	Name     string `json:"name" doc:"As the upstream's own pages call it"`
	Needed   string `json:"needed,omitempty" enum:"read,write" doc:"Absent for what is no permission"`
	Optional bool   `json:"optional" doc:"The source works without it, for less"`
	OK       bool   `json:"ok"`
	Why      string `json:"why" doc:"What it is for, and what is missing without it"`
	How      string `json:"how,omitempty" doc:"What to do, where it is missing"`
}

// Needs tells whether something required is missing.
func (f Finding) Needs() bool { return !f.OK && !f.Optional }

// HookMade is what became of one webhook at the upstream.
type HookMade struct {
	Where   string `json:"where" doc:"The repository, organisation or App that posts now"`
	Done    string `json:"done" enum:"created,updated,refused"`
	Problem string `json:"problem,omitempty" doc:"Why it was refused"`
}

// Setup is how far the connection of an integration has come: what its last check
// found, and which webhooks were made.
type Setup struct {
	Findings  []Finding
	Problem   string // why the check could not be made; empty: it was
	CheckedAt time.Time
	Hooks     []HookMade
	HookedAt  time.Time
}

// Missing counts what is required and not there.
func (s Setup) Missing() (n int) {
	for _, f := range s.Findings {
		if f.Needs() {
			n++
		}
	}
	return n
}

// Hooked tells whether a webhook was made.
func (s Setup) Hooked() bool {
	for _, h := range s.Hooks {
		if h.Done != "refused" {
			return true
		}
	}
	return false
}
