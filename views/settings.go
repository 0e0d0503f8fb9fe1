package views

import (
	"net/url"
	"strings"
	"time"

	"throughline/models"
)

// SettingsPage is a project's own settings: name, board, members.
type SettingsPage struct {
	Frame   Frame
	Project models.Project
	Columns []ColumnSetting
	Rules   []models.Rule
	Members []models.Member
	Error   string
	At      string // the form that was refused: project, board, members, teams, invite
	Typed   string // the e-mail it held

	Teams       []models.TeamRole
	AllTeams    []models.Team
	Invitations []models.Invitation
	Link        string // of a new invitation, shown once
	Leavers     []models.Leaver
}

// ColumnSetting is one column in the form.
type ColumnSetting struct {
	ID    int64
	Name  string
	Limit int
	Cards int
}

// IntegrationsPage lists what a project is connected to, with the health of each.
type IntegrationsPage struct {
	Frame   Frame
	Project models.Project
	Rows    []IntegrationRow
	Sources []SourceInfo
	Parked  int64
}

// IntegrationRow is one connected upstream.
type IntegrationRow struct {
	ID                               int64
	Source, Title, Name              string
	State, Error                     string
	LastEventAt, PolledAt, Paused    time.Time
	Lag                              string
	Parked, BadSignatures, Unmatched int64
	Polls                            bool
}

// SourceInfo is one kind of upstream that can be connected.
type SourceInfo struct{ Name, Title, Summary string }

// IntegrationPage connects a source or changes a connection.
type IntegrationPage struct {
	Frame   Frame
	Project models.Project
	Source  SourceInfo
	Name    string
	ID      int64  // 0 connects a new one
	Here    bool   // the project's own tracking server
	Address string // of this server
	Fields  []SettingField
	HookURL string // where the upstream posts; empty for sources that are asked
	Curl    string // a line to try
	Notes   []string
	Health  *IntegrationRow
	Import  *ImportPart // of a source that is asked
	Error   string
	Field   string // the field the error is about
	Polls   bool
	Checks  bool             // what it may do can be checked
	Tested  []models.Finding // just now
	Hooks   bool             // its webhook can be made

	Tells   bool // its upstream can be told
	Telling bool // and is
	Note    string
	Reports []models.Report // that it was told last
}

// SettingField is one field of an integration's form.
type SettingField struct {
	Name, Label, Help, Value string
	Secret, Required, Kept   bool // Kept: a secret is stored, leave empty to keep it
	Long                     bool // of several lines
	Flag                     bool // a switch
	Options                  []SettingOption
}

// SettingOption is one of the values that a field may take.
type SettingOption struct{ Value, Label string }

// DeliveriesPage lists deliveries, by default those that wait for a hand.
type DeliveriesPage struct {
	Frame   Frame
	Project models.Project
	State   string
	Rows    []DeliveryRow
	Next    string
}

// DeliveryRow is one event as it came in.
type DeliveryRow struct {
	ID                                 int64
	Integration, Event, EventID, Error string
	State                              string
	At                                 time.Time
	Body                               string // of one delivery's page
}

// DeliveryPage is one delivery with its body.
type DeliveryPage struct {
	Frame   Frame
	Project models.Project
	Row     DeliveryRow
	Error   string
}

// TokensPage lists a project's or the hub's tokens.
type TokensPage struct {
	Frame   Frame
	Path    string // of the page
	Rows    []models.Token
	Roles   []models.Role // that may be given
	Created string        // a new value, shown once
	Made    models.Token  // whose value it is
	Name    string
	Error   string
}

// ProjectPage is the form of a new project.
type ProjectPage struct {
	Frame     Frame
	Key, Name string
	Error     string
}

func settingsPath(p models.Project, rest ...string) string {
	return "/projects/" + url.PathEscape(p.Key) + "/" + strings.Join(rest, "/")
}

// healthLook shows how an integration does.
func healthLook(state string) look {
	switch state {
	case "ok":
		return look{"check", Good}
	case "failing":
		return look{"octagon", Bad}
	case "paused":
		return look{"pause", Careful}
	}
	return look{"dashed", Quiet}
}

func deliveryLook(state string) look {
	switch state {
	case "applied":
		return look{"check", Good}
	case "parked":
		return look{"octagon", Bad}
	}
	return look{"skip", Quiet}
}

// ruleStates are a rule's states as the form has them: separated by commas.
func ruleStates(r models.Rule) string {
	words := make([]string, len(r.States))
	for i, s := range r.States {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

// withSpare adds empty rows for what is new.
func withSpare[T any](rows []T, n int) []T {
	return append(append([]T{}, rows...), make([]T, n)...)
}

func limitText(n int) string {
	if n == 0 {
		return ""
	}
	return itoa(n)
}

// scopeHelp says what each scope lets a bot do.
var scopeHelp = map[models.Scope]string{
	models.ScopeRead: "look at what its role may see", models.ScopeEvents: "post any event", models.ScopeRuns: "post runs, and model versions that name their run",
	models.ScopeDeployments: "post deployments", models.ScopeWrite: "change what its role may, by the API",
}

func integrationAction(p IntegrationPage) string {
	if p.ID == 0 {
		return settingsPath(p.Project, "integrations/new", p.Source.Name)
	}
	return settingsPath(p.Project, "integrations", p.Source.Name, p.Name)
}

func fieldType(f SettingField) string {
	if f.Secret {
		return "password"
	}
	return "text"
}

func keptWord(f SettingField) string {
	if f.Kept {
		return "One is kept; leave this empty to keep it."
	}
	return ""
}

func boolPage(b bool) string {
	if b {
		return "page"
	}
	return "false"
}

func scopeWords(t models.Token) string {
	if len(t.Scopes) == 0 {
		return "all that the role allows"
	}
	words := make([]string, len(t.Scopes))
	for i, s := range t.Scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

// tokenName gives a refused name back.
func tokenName(p TokensPage) string {
	if p.Error == "" {
		return ""
	}
	return p.Name
}

// overlaps are how long an old value may work on.
var overlaps = []struct {
	Hours string
	Text  string
}{{"24", "a day"}, {"1", "an hour"}, {"168", "a week"}, {"0", "not at all"}}

func closeWord(a models.Account) string {
	if a.Disabled {
		return "open"
	}
	return "close"
}

// tokenPlace says where a token works.
func tokenPlace(t models.Token) string {
	if t.Project == "" {
		return "the whole hub"
	}
	return t.Project
}

// testedLook is how one finding of a test looks.
func testedLook(f models.Finding) look {
	l, _ := findingLook(f)
	return l
}
