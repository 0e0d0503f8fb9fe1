package views

import (
	"fmt"
	"strings"
	"time"

	"throughline/models"
)

// ImportPart is the part of a page that follows the import of a source.
type ImportPart struct {
	Frame        Frame
	Path         string // where it is asked for again
	Source       string
	Progress     models.Progress
	State, Error string // of the integration
	Halted       time.Time
	Paused       time.Time // until when; zero: it is not
	PolledAt     time.Time
	Asks         bool // there is something to ask with
	Known        int  // pull requests
	Repos        int
	Failing      int // of the repositories
	Now          time.Time

	Settings, Board, Pulls, Repositories string
}

// follows tells whether the page has something to wait for.
func (p ImportPart) follows() bool {
	return p.Asks && p.Halted.IsZero() && (p.Progress.Running() || !p.Progress.Begun())
}

// percent is the share that is done, in whole percents; 100 only at the end.
func (p ImportPart) percent() int {
	if p.Progress.Begun() && !p.Progress.Running() {
		return 100
	}
	return min(99, int(p.Progress.Share()*100))
}

// said is what a screen reader hears of the progress: the start, each quarter,
// the end, and what stopped it.
func (p ImportPart) said() string {
	switch {
	case !p.Halted.IsZero():
		return "The import is halted"
	case !p.Paused.IsZero():
		return "The import pauses"
	case !p.Progress.Begun():
		return ""
	case !p.Progress.Running():
		return "The import has ended"
	case p.State == "failing":
		return "The import stands still"
	}
	return fmt.Sprintf("Importing, %d percent", p.percent()/25*25)
}

// headline is the state of the import in a sentence, with its look.
func (p ImportPart) headline() (string, look) {
	switch {
	case !p.Asks:
		return "Nothing is asked of " + p.Source + ": there is no token and no App. What it posts is heard.", lookOf(models.Queued)
	case !p.Halted.IsZero():
		return "Halted. Nothing is asked; what " + p.Source + " posts is still heard.", lookOf(models.Paused)
	case !p.Paused.IsZero() && p.State == "paused" && strings.Contains(p.Error, "limit"):
		return "Paused by " + p.Source + "'s limit until " + p.until() + ".", lookOf(models.Paused)
	case !p.Paused.IsZero():
		return "It goes on at " + p.until() + ": the last attempt failed.", lookOf(models.Failed)
	case !p.Progress.Begun():
		return "The import begins in a moment.", lookOf(models.Queued)
	case p.Progress.Running() && p.State == "failing":
		return "The import stands still. It is tried again by itself, from where it stood.", lookOf(models.Failed)
	case p.Progress.Running():
		return "Importing from " + p.Source + ".", lookOf(models.Running)
	case p.State == "failing":
		return "Imported, but not kept up to date.", lookOf(models.Failed)
	}
	return "Imported, and kept up to date.", lookOf(models.Passed)
}

// until is when a pause ends, with the day where it is not today.
func (p ImportPart) until() string {
	if p.Paused.UTC().Format(time.DateOnly) == p.Now.UTC().Format(time.DateOnly) {
		return p.Paused.UTC().Format("15:04 UTC")
	}
	return brief(p.Paused) + " UTC"
}

// rate is how fast it goes and how long it takes, once that can be said.
func (p ImportPart) rate() string {
	out := group(itoa(p.Progress.Requests)) + " requests"
	if p.Progress.Unchanged > 0 {
		out += ", " + group(itoa(p.Progress.Unchanged)) + " of them answered “not modified”"
	}
	if rate := p.Progress.PerMinute(); rate >= 1 && p.Progress.Running() {
		out += ", " + group(itoa(int(rate))) + " a minute"
	}
	if left, ok := p.Progress.Left(); ok && p.Paused.IsZero() {
		out += "; about " + roughly(left) + " left"
	}
	return out
}

// stageLook tells whether a stage is done, under way or ahead.
func stageLook(p models.Progress, n int) (look, string) {
	s := p.Stages[n]
	switch {
	case !p.Running() || s.Total > 0 && s.Done >= s.Total:
		return lookOf(models.Passed), "done"
	case s.Done > 0 || s.Total > 0 || n == 0:
		return lookOf(models.Running), "under way"
	}
	return lookOf(models.Queued), "ahead"
}

// stageCount is how much of a stage is done, "412 of about 1,000".
func stageCount(p models.Progress, s models.Stage) string {
	switch {
	case !p.Running() || s.Total > 0 && s.Done >= s.Total:
		return group(itoa(max(s.Done, s.Total)))
	case s.Total == 0 && s.Done > 0:
		return group(itoa(s.Done)) + " so far"
	case s.Total == 0:
		return ""
	}
	return group(itoa(s.Done)) + " of " + group(itoa(s.Total))
}

// roughly is a duration in the one unit that matters.
func roughly(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return fmt.Sprintf("%d s", int(d.Seconds()+0.5))
	case d < 90*time.Minute:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("%d h", int(d.Hours()+0.5))
}

func awaitPath(p ImportPart) string {
	if p.follows() {
		return p.Path
	}
	return ""
}

func haltWord(p ImportPart) string {
	if p.Progress.Running() {
		return "Halt the import"
	}
	return "Stop asking"
}

func knownWord(p ImportPart) string {
	if p.Progress.Running() {
		return count(p.Known, "pull request") + " so far"
	}
	return count(p.Known, "pull request")
}
