package models

// State is where a subject stands, in the one set of words of decisions.md §2.
type State string

// The states. Which kind may have which is said in decisions.md §2.
const (
	Queued    State = "queued"
	Running   State = "running"
	Passed    State = "passed"
	Warning   State = "warning"
	Failed    State = "failed"
	Cancelled State = "cancelled"
	Skipped   State = "skipped"
	Paused    State = "paused"
	Unknown   State = "unknown"

	Draft  State = "draft"
	Open   State = "open"
	Merged State = "merged"
	Closed State = "closed"

	Pending    State = "pending"
	Live       State = "live"
	Superseded State = "superseded"
	RolledBack State = "rolled_back"
	Removed    State = "removed"

	Registered     State = "registered"
	Candidate      State = "candidate"
	WaitingSignOff State = "waiting_sign_off"
	Approved       State = "approved"
	Retired        State = "retired"

	Fresh State = "fresh"
	Late  State = "late"

	Confirmed State = "confirmed"
	Dismissed State = "dismissed"
	Recovered State = "recovered"
)

var workStates = []State{Queued, Running, Passed, Warning, Failed, Cancelled, Skipped, Paused, Unknown}

var statesOf = map[Kind][]State{
	Run:            workStates,
	PipelineRun:    workStates,
	PullRequest:    {Draft, Open, Merged, Closed},
	Deployment:     {Pending, Live, Superseded, Failed, RolledBack, Removed},
	ModelVersion:   {Registered, Candidate, WaitingSignOff, Approved, Live, Retired},
	DatasetVersion: {Fresh, Late, Failed, Unknown},
	Breach:         {Open, Confirmed, Dismissed, Recovered},
	Task:           {Open, Closed},
}

// StatesOf lists the states a kind may have; none for kinds without states.
func StatesOf(k Kind) []State { return statesOf[k] }

// WorkState reads the word of a bot for a run, pipeline run, step or check:
// our own words and the common ones of other systems. Anything else is unknown.
func WorkState(word string) State {
	for _, s := range workStates {
		if string(s) == word {
			return s
		}
	}
	if s, ok := workWords[word]; ok {
		return s
	}
	return Unknown
}

// workWords is the table of product.md, "States", in lower case.
var workWords = map[string]State{
	"pending": Queued, "requested": Queued, "waiting": Queued, "scheduled": Queued, "new": Queued,
	"in_progress": Running, "building": Running, "start": Running, "canceling": Running,
	"success": Passed, "succeeded": Passed, "complete": Passed, "completed": Passed, "finished": Passed, "cached": Passed, "pass": Passed, "ok": Passed,
	"neutral": Warning, "action_required": Warning, "unstable": Warning,
	"failure": Failed, "error": Failed, "fail": Failed, "timed_out": Failed, "startup_failure": Failed,
	"canceled": Cancelled, "aborted": Cancelled, "killed": Cancelled, "abort": Cancelled, "cancel": Cancelled,
	"not_built": Skipped, "stale": Unknown,
}

// Terminal tells whether a thing in this state has come to an end; it breaks
// ties between facts of the same time (decisions.md §7).
func (s State) Terminal() bool {
	switch s {
	case Queued, Running, Paused, Pending, Draft, Open, Registered, Candidate, WaitingSignOff, Unknown, "":
		return false
	}
	return true
}

// Word is the state as pages write it: "waiting sign-off".
func (s State) Word() string {
	switch s {
	case WaitingSignOff:
		return "waiting sign-off"
	case RolledBack:
		return "rolled back"
	case "":
		return "unknown"
	}
	return string(s)
}
