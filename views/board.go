package views

import (
	"net/url"

	"throughline/models"
)

// BoardPage is a project's board.
type BoardPage struct {
	// Rendered are the cards of each column, by its id, where somebody has rendered
	// this window before: cards are the same for every viewer.
	Rendered map[int64]string
	Frame    Frame
	Board    models.Board
	Error    string // why a form of the page was refused
	Task     string // the title of a task that was refused
}

// ColumnPage is the rest of one column: a page of its own without the script, a
// part of the board with it.
type ColumnPage struct {
	Frame  Frame
	Column models.Column
	Filter models.BoardFilter
}

// MovePage asks where a card should go, for those who do without the script.
type MovePage struct {
	Frame   Frame
	Card    models.Card
	Columns []models.Column
	Error   string
}

// boardKinds are the kinds whose cards a board can hold.
var boardKinds = []models.Kind{models.PullRequest, models.Run, models.PipelineRun, models.ModelVersion,
	models.ModelCard, models.Deployment, models.Breach, models.Task}

// boardStates are the states a board can be filtered by.
var boardStates = []models.State{models.Open, models.Draft, models.Merged, models.Closed, models.Queued, models.Running,
	models.Passed, models.Warning, models.Failed, models.Cancelled, models.Registered, models.Candidate,
	models.WaitingSignOff, models.Approved, models.Live, models.Pending, models.Superseded, models.RolledBack, models.Retired}

// filterQuery is a filter as it stands in addresses.
func filterQuery(f models.BoardFilter, pairs ...string) string {
	q := url.Values{}
	for _, k := range f.Kinds {
		q.Add("kind", string(k))
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("q", f.Text)
	set("owner", f.Owner)
	set("state", string(f.State))
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func morePath(in string, c models.Column, f models.BoardFilter) string {
	return in + "/board/columns/" + id64(c.ID) + filterQuery(f, "after", c.Next)
}

func over(c models.Column) bool { return c.Limit > 0 && c.Count > c.Limit }

func columnTitle(c models.Column) string { return c.Name + ", " + itoa(c.Count) }

func cardsIn(b models.Board) (n int) {
	for _, c := range b.Columns {
		n += c.Count
	}
	return n
}

func columnID(c models.Column) string { return "col-" + id64(c.ID) }

func lastID(c models.Column) string {
	if len(c.Cards) == 0 {
		return "0"
	}
	return id64(c.Cards[len(c.Cards)-1].ID)
}

// taskText gives a refused title back, once.
func taskText(text string, column int) string {
	if column > 0 {
		return ""
	}
	return text
}
