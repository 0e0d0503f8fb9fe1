package views

import (
	"slices"
	"strconv"
	"strings"

	"throughline/models"
)

// Attempt is one time that a pipeline run was run, before it was run again.
type Attempt struct {
	Number int
	State  models.State
	Failed []string // steps
	Steps  int
}

// Attempts are the earlier attempts of a pipeline run, the newest first.
func Attempts(s models.Subject) (out []Attempt) {
	now, _ := strconv.Atoi(plain(s.Facts["attempt"]))
	for n := now - 1; n > 0; n-- {
		if a := attempt(s, n); a.Steps > 0 {
			out = append(out, a)
		}
	}
	return out
}

// attempt sums up the steps of one attempt: one that failed fails it.
func attempt(s models.Subject, n int) Attempt {
	a := Attempt{Number: n, State: models.Passed}
	for _, f := range Facts(s, "tried."+strconv.Itoa(n)+".") {
		a.Steps++
		switch state := models.State(plain(f.Value)); state {
		case models.Failed:
			a.State, a.Failed = models.Failed, append(a.Failed, f.Name)
		case models.Passed, models.Skipped:
		default:
			if a.State == models.Passed {
				a.State = state
			}
		}
	}
	slices.Sort(a.Failed)
	return a
}

func (a Attempt) words() string {
	if len(a.Failed) == 0 {
		return count(a.Steps, "step")
	}
	return "failed at " + strings.Join(a.Failed, ", ")
}
