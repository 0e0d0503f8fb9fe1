package github

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// memory is the cursor of an account: what is to be asked still, what is known of
// each repository, and the tags by which GitHub says that nothing changed.
type memory struct {
	Version  int                  `json:"v"`
	Chosen   string               `json:"chosen,omitempty"` // the patterns that the lists were read with
	Finds    []task               `json:"finds,omitempty"`  // where to look for repositories still
	Seen     []string             `json:"seen,omitempty"`   // repositories met in this round
	Blind    bool                 `json:"blind,omitempty"`  // some could not be looked for: none is taken for gone
	Order    []string             `json:"order,omitempty"`  // repositories to do in this round
	Repos    map[string]*mark     `json:"repos"`            // by name in lower case
	Tags     map[string]string    `json:"tags"`             // ETags by address
	Progress models.Progress      `json:"progress"`
	Above    map[string][]string  `json:"above,omitempty"`  // webhooks of organisations, by owner
	Missed   map[string]string    `json:"missed,omitempty"` // deliveries that were read because they can not arrive, with their hook
	Rest     time.Time            `json:"rest"`             // the import pauses until then
	Pages    map[string]foundPage `json:"pages,omitempty"`  // what lists of repositories held
}

const memoryVersion = 1

// task is one thing to ask.
type task struct {
	Kind string          `json:"k"`
	Arg  string          `json:"a,omitempty"` // a number, a sha, an owner
	Page int             `json:"p,omitempty"`
	With json.RawMessage `json:"w,omitempty"` // what an answer hangs on
}

func (t task) same(o task) bool { return t.Kind == o.Kind && t.Arg == o.Arg }

// mark is what is remembered of a repository.
type mark struct {
	Name     string          `json:"name"` // acme/fraud, as GitHub spells it
	Repo     json.RawMessage `json:"repo"` // as webhooks hold it
	Pushed   string          `json:"pushed,omitempty"`
	OwnersOf string          `json:"owners_of,omitempty"` // the push at which its owners were read
	OwnersAt time.Time       `json:"owners_at"`
	Owned    bool            `json:"owned,omitempty"` // its files name some
	Tasks    []task          `json:"tasks,omitempty"` // the last is the next
	Imported bool            `json:"imported,omitempty"`
	Expected [3]int          `json:"expected"`      // pull requests, runs and deployments that count as work
	Cut      bool            `json:"cut,omitempty"` // the import stopped at the history's end

	PullsAt  time.Time `json:"pulls_at"`  // the newest change known
	PullsTop time.Time `json:"pulls_top"` // … of the walk under way
	RunsAt   time.Time `json:"runs_at"`
	RunsTop  time.Time `json:"runs_top"`
	RunPages []runPage `json:"run_pages,omitempty"` // those asked for in every round
	LiveAt   time.Time `json:"deployments_at"`
	LiveTop  time.Time `json:"deployments_top"`

	Heads   map[string]headMark        `json:"heads,omitempty"`   // of pull requests whose checks are watched, by number
	Running map[string]bool            `json:"running,omitempty"` // workflow runs that have yet to end
	Live    map[string]json.RawMessage `json:"live,omitempty"`    // deployments that may change

	Hook     string           `json:"hook,omitempty"`
	HookID   int64            `json:"hook_id,omitempty"`
	Error    string           `json:"error,omitempty"`
	Notes    []string         `json:"notes,omitempty"`
	State    models.SyncState `json:"state"`
	SyncedAt time.Time        `json:"synced_at"`
}

// headMark is the newest commit of a pull request whose checks are watched.
type headMark struct {
	SHA    string `json:"sha"`
	Closed bool   `json:"closed,omitempty"` // then only until its checks have ended
}

// runPage is what is remembered of a page of workflow runs.
type runPage struct {
	Tail time.Time `json:"tail"` // when the last run on it was made
	Low  int64     `json:"low"`  // the lowest id on it
	More bool      `json:"more,omitempty"`
}

// recall reads a cursor. One of another program's version begins anew: that is safe.
func recall(cursor string) *memory {
	m := &memory{}
	if json.Unmarshal([]byte(cursor), m) != nil || m.Version != memoryVersion {
		m = &memory{Version: memoryVersion}
	}
	if m.Repos == nil {
		m.Repos = map[string]*mark{}
	}
	if m.Tags == nil {
		m.Tags = map[string]string{}
	}
	return m
}

// text is the memory as a cursor.
func (m *memory) text() string {
	text, err := json.Marshal(m)
	if err != nil {
		return ""
	}
	return string(text)
}

func (m *memory) idle() bool { return len(m.Finds) == 0 && len(m.Order) == 0 }

// forget drops the tags of what is asked no more.
func (m *memory) forget(address string) {
	maps.DeleteFunc(m.Tags, func(known, _ string) bool { return strings.HasPrefix(known, address) })
}

// note adds what the repository's truth lacks, once.
func (r *mark) note(lack string) {
	if !slices.Contains(r.Notes, lack) {
		r.Notes = append(r.Notes, lack)
	}
}

func (r *mark) fail(words string) { r.State, r.Error = models.SyncFailing, words }

// health is how the repository fares, for people.
func (r *mark) health(account integrations.Account) models.RepositorySync {
	out := models.RepositorySync{Repository: models.RepositoryKey(host(account) + "/" + r.Name), State: r.State, Error: r.Error, Hook: r.Hook, SyncedAt: r.SyncedAt}
	if out.Error == "" {
		out.Error = strings.Join(r.Notes, " ")
	}
	return out
}

// watch remembers a thing in one of the mark's sets.
func watch[T any](set *map[string]T, key string, value T) {
	if *set == nil {
		*set = map[string]T{}
	}
	(*set)[key] = value
}
