package views

import (
	"strings"
	"time"

	"throughline/models"
)

// RepositoriesPage lists a project's repositories with how their truth is kept.
type RepositoriesPage struct {
	Frame      Frame
	Project    models.Project
	Rows       []RepositoryRow
	Total      int // of all, whatever the filter
	Failing    int
	Text       string
	State      models.SyncState
	Sort       string // one of repositoryOrders
	Next       string
	MayConnect bool
}

// RepositoryRow is one repository.
type RepositoryRow struct {
	Key, Path, URL, Integration string
	State                       models.SyncState // empty: only webhooks tell of it
	Error, Hook                 string
	SyncedAt                    time.Time
	Pulls, Open                 int
	ActiveAt                    time.Time // when its newest pull request last changed
	Owners                      []models.Owner
}

// repositoryOrders are the orders of the list, with their words.
var repositoryOrders = [][2]string{{"", "By name"}, {"trouble", "Trouble first"}, {"activity", "Last activity"}, {"synced", "Asked longest ago"}, {"open", "Most open pull requests"}}

var syncStates = []models.SyncState{models.SyncOK, models.SyncImporting, models.SyncWaiting, models.SyncFailing, models.SyncGone}

// syncLook is how the truth of a repository is kept, in words and shape.
func syncLook(s models.SyncState) (look, string) {
	switch s {
	case models.SyncOK:
		return lookOf(models.Passed), "up to date"
	case models.SyncImporting:
		return lookOf(models.Running), "importing"
	case models.SyncWaiting:
		return lookOf(models.Queued), "waiting"
	case models.SyncFailing:
		return lookOf(models.Failed), "failing"
	case models.SyncGone:
		return lookOf(models.Closed), "gone"
	}
	return lookOf(models.Unknown), "webhooks only"
}

// hookWord says how the repository's webhook fares; nothing where nobody may look.
func hookWord(r RepositoryRow) (string, Tone) {
	switch r.Hook {
	case "ok":
		return "webhook ok", Good
	case "missing":
		return "no webhook", Careful
	case "failing":
		return "webhook failing", Bad
	}
	return "", Quiet
}

// shortName is the repository without the host that everybody knows.
func (r RepositoryRow) shortName() string { return models.RepositoryName(r.Key) }

func (p RepositoriesPage) path() string { return settingsPath(p.Project, "repositories") }

func (p RepositoriesPage) more() string {
	return address(p.path(), "q", p.Text, "state", string(p.State), "sort", p.Sort, "after", p.Next)
}

// pullsWord is "12 pull requests, 3 open".
func pullsWord(r RepositoryRow) string {
	if r.Pulls == 0 {
		return "no pull request"
	}
	out := group(itoa(r.Pulls)) + " pull requests"
	if r.Pulls == 1 {
		out = "1 pull request"
	}
	return out + ", " + group(itoa(r.Open)) + " open"
}

func ownersWord(owners []models.Owner) string {
	var names []string
	for _, o := range owners[:min(3, len(owners))] {
		names = append(names, o.Shown())
	}
	if len(owners) > 3 {
		names = append(names, itoa(len(owners)-3)+" more")
	}
	return "owned by " + strings.Join(names, ", ")
}

func countRepositories(n int) string {
	if n == 1 {
		return "1 repository"
	}
	return itoa(n) + " repositories"
}
