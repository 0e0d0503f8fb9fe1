package models

import (
	"slices"
	"time"
)

// Project is a team's shared space.
type Project struct {
	ID          int64
	Key         string // FRAUD
	Name        string
	Description string
	CreatedAt   time.Time
	Role        Role // of whoever asked
}

// Board is a bounded window of a project's board.
type Board struct {
	Project Project
	Seq     int64 // the activity the window is true at; a live connection starts here
	Columns []Column
	Filter  BoardFilter
}

// Column is one column with its first cards.
type Column struct {
	ID    int64
	Name  string
	Limit int // work-in-progress limit; 0 is none
	Count int // all its cards that pass the filter
	Cards []Card
	Next  string // cursor of the cards that follow, empty at the end
}

// Card stands for one subject on one board. It holds nothing that depends on
// the viewer, so that one rendering serves everybody.
type Card struct {
	ID       int64
	Project  string // the project's key
	ColumnID int64
	Column   string
	Position float64
	Version  int64 // rises with each move; a move made from an older one is refused
	Subject  Subject
	PlacedBy Placement
	Links    []Link   // the few that the card shows
	Owners   []string // who answers for it
	Comments int
	Claim    string // who looks at it, when it failed
	Sections int    // model cards: standard sections filled …
	Of       int    // … of so many; 0 when there is no model card
}

// Placement says why a card stands where it stands.
type Placement struct {
	Rule     string    `json:"rule,omitempty"`     // in words: "open pull request"
	Event    string    `json:"event,omitempty"`    // "pull_request.opened"
	Source   string    `json:"source,omitempty"`   // the integration, "github/main"
	Person   string    `json:"person,omitempty"`   // who moved it, when a person did
	Override bool      `json:"override,omitempty"` // a person's move stands against the rule
	Ended    string    `json:"ended,omitempty"`    // the person whose move a later stage of work ended
	At       time.Time `json:"at"`
}

// BoardFilter limits what a board shows; it is kept in the address.
type BoardFilter struct {
	Text  string
	Kinds []Kind
	Owner string
	State State
}

// Empty tells whether everything passes.
func (f BoardFilter) Empty() bool {
	return f.Text == "" && len(f.Kinds) == 0 && f.Owner == "" && f.State == ""
}

// Move asks for a card to stand elsewhere.
type Move struct {
	Card    int64
	Version int64  // the version the person saw; 0 does not check
	Column  int64  // the target column's id …
	Name    string // … or its name
	After   int64  // the card to stand below; 0 is the top
	Bottom  bool   // the end of the column, instead of After
}

// Change is one thing that open pages should show.
type Change struct {
	Seq      int64
	Project  int64
	Op       string // put, move, remove
	Card     *Card  // nil when removed
	CardID   int64
	Subject  Ref
	Title    string
	Column   string
	Position float64
}

// Rule places the cards of subjects that match on a column. A board's rules are
// tried in order, the first match wins (decisions.md §10).
type Rule struct {
	Kind   Kind    `json:"kind" yaml:"kind"`
	States []State `json:"states,omitempty" yaml:"states,omitempty"` // any of; none means every state
	Checks State   `json:"checks,omitempty" yaml:"checks,omitempty"` // pull requests: the state of all checks together
	Column string  `json:"column" yaml:"column"`
}

// Words says the rule for people: "merged pull request with passed checks".
func (r Rule) Words() string {
	out := r.Kind.Word()
	for i, s := range r.States {
		if i == 0 {
			out = s.Word() + " " + out
			continue
		}
		out = s.Word() + " or " + out
	}
	if r.Checks != "" {
		out += " with " + r.Checks.Word() + " checks"
	}
	return out
}

// Matches tells whether the rule is about a subject of this kind, state and checks.
func (r Rule) Matches(kind Kind, state, checks State) bool {
	return r.Kind == kind && (len(r.States) == 0 || slices.Contains(r.States, state)) &&
		(r.Checks == "" || r.Checks == checks)
}

// Place is the first rule that matches, or none.
func Place(rules []Rule, kind Kind, state, checks State) (Rule, bool) {
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Matches(kind, state, checks) })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

// DefaultColumns are the columns of a new board.
var DefaultColumns = []string{"Backlog", "In progress", "In review", "Candidate", "Sign-off", "Live", "Done"}

// DefaultRules are the rules of a new board (decisions.md §10). The last line of
// each kind catches what the decisions leave open, so that nothing vanishes.
var DefaultRules = []Rule{
	{Kind: PullRequest, States: []State{Draft}, Column: "In progress"},
	{Kind: PullRequest, States: []State{Open}, Column: "In review"},
	{Kind: PullRequest, States: []State{Merged}, Checks: Passed, Column: "Done"},
	{Kind: PullRequest, States: []State{Merged}, Column: "In review"},
	{Kind: PullRequest, States: []State{Closed}, Column: "Done"},
	{Kind: Run, States: []State{Queued}, Column: "Backlog"},
	{Kind: Run, States: []State{Running, Paused}, Column: "In progress"},
	{Kind: Run, Column: "In review"},
	{Kind: ModelVersion, States: []State{Registered, Candidate, Approved}, Column: "Candidate"},
	{Kind: ModelVersion, States: []State{WaitingSignOff}, Column: "Sign-off"},
	{Kind: ModelVersion, States: []State{Live}, Column: "Live"},
	{Kind: ModelVersion, States: []State{Retired}, Column: "Done"},
	{Kind: ModelVersion, Column: "Candidate"},
	{Kind: ModelCard, Column: "Backlog"},
	{Kind: PipelineRun, States: []State{Queued, Running, Paused}, Column: "In progress"},
	{Kind: PipelineRun, States: []State{Failed, Warning, Unknown}, Column: "In review"},
	{Kind: PipelineRun, States: []State{Passed, Cancelled, Skipped}, Column: "Done"},
	{Kind: Deployment, States: []State{Pending}, Column: "In progress"},
	{Kind: Deployment, States: []State{Live}, Column: "Live"},
	{Kind: Deployment, States: []State{Failed}, Column: "In review"},
	{Kind: Deployment, Column: "Done"},
	{Kind: Breach, States: []State{Open, Confirmed}, Column: "In progress"},
	{Kind: Breach, Column: "Done"},
	{Kind: Task, States: []State{Closed}, Column: "Done"},
	{Kind: Task, Column: "Backlog"},
}
