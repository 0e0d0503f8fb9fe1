package models

import "time"

// StepFact begins the names of the facts about the steps of a pipeline run:
// "step.train". The name is unique in the run; a Title is shown in its place.
const StepFact = "step."

// StepBegan begins the names of the facts that hold when a step began, for sources
// that tell the beginning and the end of a step apart: it stands in for a Step's
// own Started.
const StepBegan = "step_began."

// Step is the value of a step's fact, in JSON. What is not known is left out.
type Step struct {
	State   State    `json:"state"`
	Raw     string   `json:"raw,omitempty"`        // the upstream's word for the state
	Title   string   `json:"title,omitempty"`      // where the name is an id
	Started string   `json:"started_at,omitempty"` // RFC 3339, see StepTime
	Ended   string   `json:"ended_at,omitempty"`
	URL     string   `json:"url,omitempty"`   // its page or log upstream; http or https
	Order   int64    `json:"order"`           // steps are listed by it, then by name
	After   []string `json:"after,omitempty"` // names of the steps that it waits for; of no step at all: one after the other
	Attempt int      `json:"attempt,omitempty"`
	Error   string   `json:"error,omitempty"`  // why it failed, in a line
	Cached  bool     `json:"cached,omitempty"` // nothing was computed: an earlier result was taken
	Type    string   `json:"type,omitempty"`   // the upstream's word for what it does: Trainer, BashOperator
}

// StepTime is a moment as a Step holds it; empty for the zero time.
func StepTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
