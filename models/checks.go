package models

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Check is the last word of one check or commit status.
type Check struct {
	Name  string    `json:"-"`
	State State     `json:"state"`
	Raw   string    `json:"raw,omitempty"`
	URL   string    `json:"url,omitempty"`
	At    time.Time `json:"at"`
}

// SumChecks is the state of all checks of a commit together: failed when one
// failed, running while one is under way, else passed; empty when it has none.
func SumChecks(f Facts) State {
	sum := State("")
	for name, fact := range f {
		if !strings.HasPrefix(name, "check.") {
			continue
		}
		var c Check
		if json.Unmarshal(fact.Value, &c) != nil || c.State == "" {
			continue
		}
		sum = worse(sum, c.State)
	}
	return sum
}

// worse is the state that decides of two.
func worse(a, b State) State {
	rank := func(s State) int {
		switch s {
		case Failed, Cancelled:
			return 3
		case Queued, Running, Paused, Unknown:
			return 2
		case "":
			return 0
		}
		return 1
	}
	switch max(rank(a), rank(b)) {
	case 3:
		return Failed
	case 2:
		return Running
	case 1:
		return Passed
	}
	return ""
}

// notServing are names of environments whose deployments serve nobody yet.
var notServing = []string{"dev", "development", "test", "testing", "qa", "staging", "stage", "preview", "sandbox", "ci"}

// Serving tells whether a deployment to the environment makes a model version
// live for its users: everything but the usual names of stages before.
func Serving(environment string) bool {
	return !slices.Contains(notServing, strings.ToLower(environment))
}

// FailingChecks are the names of a commit's checks that failed, in order.
func FailingChecks(commit Subject) (out []string) {
	for fact, value := range commit.Facts {
		name, is := strings.CutPrefix(fact, "check.")
		said, ok := value.(map[string]any)
		if is && ok && (said["state"] == string(Failed) || said["state"] == string(Cancelled)) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
