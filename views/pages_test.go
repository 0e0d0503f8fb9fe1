package views

import (
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"throughline/models"
)

const hostile = `<b>"'><img src=x onerror=alert(1)>`

// pages is one of every page, full of one text.
func pages(text string) map[string]templ.Component {
	f := frameOf(text)
	project := models.Project{ID: 1, Key: "CHURN", Name: text, Description: text}
	column := models.Column{ID: 3, Name: text, Limit: 1, Count: 2, Cards: []models.Card{cardOf(models.PullRequest, "o/n#"+text, text)}, Next: text}
	board := models.Board{Project: project, Columns: []models.Column{column}, Filter: models.BoardFilter{Text: text, Owner: text}}
	out := map[string]templ.Component{
		"login":    Login(LoginPage{Frame: f, Email: text, Next: text, Error: text, Hint: text}),
		"setup":    Setup(SetupPage{Frame: f, Token: text, Name: text, Email: text, Error: text}),
		"error":    Failure(ErrorPage{Frame: f, Status: 404, Title: text, Message: text, ID: text}),
		"home":     Home(HomePage{Frame: f, Live: []DeploymentRow{deploymentOf(text)}, Activity: activityOf(text), Steps: []Onboarding{{Text: text, Path: "/"}}}),
		"help":     Help(HelpPage{Frame: f}),
		"board":    Board(BoardPage{Frame: f, Board: board, Error: text, Task: text}),
		"column":   Column(ColumnPage{Frame: f, Column: column, Filter: board.Filter}),
		"part":     ColumnPart(ColumnPage{Frame: f, Column: column, Filter: board.Filter}),
		"move":     Move(MovePage{Frame: f, Card: column.Cards[0], Columns: board.Columns, Error: text}),
		"activity": Activity(ActivityPage{Frame: f, Rows: activityOf(text), Next: "/?" + text}),
		"audit": Audit(AuditPage{Frame: f, Path: "/audit", Filter: AuditFilter{text, text, text, text, text, text, text}, Actions: [][]string{{text, text}}, Before: 3, Error: text,
			Chain: ChainLine{At: noon, Broken: text}, Rows: auditOf(text)}),
		"list": List(ListPage{Frame: f, Heading: text, Lead: text, Path: "/runs", Text: text, Rows: []models.Subject{subjectOf(models.Run, text, text)}, Next: text, Empty: text}),
		"deployments": Deployments(DeploymentsPage{Frame: f, Environments: []string{text}, Models: []string{text}, Rows: []DeploymentRow{deploymentOf(text)}, Next: text,
			Cells: map[[2]string]DeploymentRow{{text, text}: deploymentOf(text)}}),
		"line":       Line(linePage(f, text)),
		"lines":      Lines(LinesPage{Frame: f, Rows: []DeploymentRow{deploymentOf(text)}}),
		"model card": ModelCard(CardPage{Frame: f, Model: text, Markdown: text, Problems: []models.Problem{{Line: 1, Message: text}}, Error: text}),
		"settings": Settings(SettingsPage{Frame: f, Project: project, Columns: []ColumnSetting{{Name: text}}, Rules: []models.Rule{{Kind: models.Run, States: []models.State{models.State(text)}, Column: text}},
			Members: []models.Member{{Account: models.Account{ID: 2, Name: text, Email: text}, Role: models.Viewer, Function: models.Function(text)}}, Error: text, At: "board",
			Teams: []models.TeamRole{{Team: models.Team{Key: text, Name: text}, Role: models.Viewer}}, AllTeams: []models.Team{{Key: text, Name: text}}, Link: text,
			Invitations: []models.Invitation{invitationOf(text)}, Leavers: []models.Leaver{{Account: models.Account{ID: 3, Name: text}, Open: 2}}}),
		"artifacts":    ArtifactFolder(artifactsOf(f, text)),
		"artifact":     ArtifactFile(artifactsOf(f, text)),
		"new project":  NewProject(ProjectPage{Frame: f, Key: text, Name: text, Error: text}),
		"integrations": Integrations(IntegrationsPage{Frame: f, Project: project, Parked: 2, Rows: []IntegrationRow{{Source: text, Title: text, Name: text, State: text, Error: text, Lag: text}}, Sources: []SourceInfo{{text, text, text}}}),
		"integration": Integration(IntegrationPage{Frame: f, Project: project, Source: SourceInfo{text, text, text}, Name: text, ID: 1, HookURL: text, Curl: text, Notes: []string{text}, Error: text,
			Fields: []SettingField{{Name: "url", Label: text, Help: text, Value: text}}, Health: &IntegrationRow{Error: text}, Polls: true}),
		"deliveries": Deliveries(DeliveriesPage{Frame: f, Project: project, State: "parked", Rows: []DeliveryRow{{ID: 1, Integration: text, Event: text, Error: text, State: "parked"}}}),
		"delivery":   Delivery(DeliveryPage{Frame: f, Project: project, Row: DeliveryRow{Event: text, EventID: text, Body: text, Error: text, State: "parked"}, Error: text}),
		"tokens":     Tokens(TokensPage{Frame: f, Path: "/projects/CHURN/tokens", Rows: []models.Token{{Name: text, Prefix: text, Role: models.Viewer}}, Created: text, Name: text, Error: text}),
		"account":    Account(AccountPage{Frame: f, Error: text}),
		"people": People(PeoplePage{Frame: f, Rows: []models.Account{{ID: 2, Name: text, Email: text}}, Email: text, Error: text, Link: text,
			Teams: []models.Team{{Key: text, Name: text}}, Invitations: []models.Invitation{invitationOf(text)}}),
		"teams": Teams(TeamsPage{Frame: f, Rows: []models.Team{{Key: text, Name: text}}, Key: text, Name: text, Error: text}),
		"team": TeamView(TeamPage{Frame: f, Team: models.Team{Key: text, Name: text}, MayLead: true, Link: text, At: "members", Error: text, Typed: text,
			Members:  []models.TeamMember{{Account: models.Account{ID: 2, Name: text, Email: text}, Function: models.Function(text), Lead: true}},
			Projects: []models.TeamRole{{Project: project, Role: models.Viewer, Function: models.Function(text)}}, Owned: ownedOf(text),
			Invitations: []models.Invitation{invitationOf(text)}}),
		"invite":           Invite(InvitePage{Frame: Frame{CSRF: "token"}, Code: text, Offer: invitationOf(text), Name: text, Email: text, Error: text}),
		"invite signed in": Invite(InvitePage{Frame: f, Code: text, Offer: invitationOf(text)}),
		"handover": Handover(HandoverPage{Frame: f, Error: text, To: text, Teams: []models.Team{{Key: text, Name: text}}, Handover: models.Handover{
			Account: models.Account{ID: 2, Name: text, Disabled: true}, Owned: ownedOf(text), Leads: []models.Team{{Key: text, Name: text}},
			Tokens: []models.Token{{Name: text, Prefix: text, Last4: text, Project: text}}}}),
	}
	for _, failing := range []string{"failing", "paused"} {
		part := ImportPart{Frame: f, Path: "/import", Source: text, State: failing, Error: text, Paused: noon, Now: noon, Asks: true, Known: 2, Repos: 3, Failing: 1,
			Progress: models.Progress{StartedAt: noon, Stages: []models.Stage{{Name: text, Done: 3, Total: 9}, {Name: text, Done: 2}}}, Settings: "/", Board: "/", Pulls: "/", Repositories: "/"}
		out["import "+failing] = Import(ConnectionPage{Frame: f, Project: project, Source: SourceInfo{text, text, text}, Name: text, Import: part})
	}
	out["repositories"] = Repositories(RepositoriesPage{Frame: f, Project: project, Total: 2, Failing: 1, Text: text, Next: text, Sort: text, MayConnect: true,
		Rows: []RepositoryRow{{Key: text, Path: "/", URL: "javascript:alert(1)", Integration: text, State: models.SyncFailing, Error: text, Hook: "missing", SyncedAt: noon, ActiveAt: noon,
			Owners: []models.Owner{{Person: text}, {Person: text}, {Person: text}, {Person: text}}}}})
	for _, kind := range models.Kinds {
		out["subject "+string(kind)] = Subject(subjectPage(f, kind, text))
	}
	return out
}

func invitationOf(text string) models.Invitation {
	return models.Invitation{ID: 4, Email: text, Project: text, Role: models.Viewer, Team: text, TeamName: text, Hub: models.Viewer, By: text, ExpiresAt: noon}
}

func ownedOf(text string) []models.Owned {
	one := models.Owned{Owner: models.Owner{ID: 5, Person: text, Name: text, As: "owner", Gone: text, GoneAt: noon}, Subject: subjectOf(models.Model, text, text),
		Projects: []string{text}, MayWrite: true}
	two := one
	two.Owner.ID = 6
	return []models.Owned{one, two}
}

func deploymentOf(text string) DeploymentRow {
	return DeploymentRow{Subject: subjectOf(models.Deployment, text, text), Environment: text, Model: text, Version: text, By: text, Gaps: 2}
}

func activityOf(text string) []models.Activity {
	s := subjectOf(models.Run, text, text)
	detail := map[string]any{"event": text, "from": text, "to": text, "changed": []any{text}}
	return []models.Activity{{By: text, Action: "card.moved", Subject: &s, Detail: detail, At: noon},
		{By: text, Action: "subject.changed", Subject: &s, Detail: detail, At: noon}, {By: text, Action: text, At: noon}}
}

func auditOf(text string) (rows []AuditRow) {
	for i, a := range append(activityOf(text), models.Activity{By: text, Actor: text, Action: "member.set", Project: text, At: noon,
		Detail: map[string]any{"from": map[string]any{text: text}, "to": map[string]any{text: []any{text}, "role": nil}}}) {
		a.Seq = int64(i + 1)
		rows = append(rows, AuditRow{Activity: a, Hash: text})
	}
	return rows
}

func revisionOf(text string) *models.CardRevision {
	return &models.CardRevision{Model: text, Number: 2, Markdown: text, By: text, At: noon, Problems: []models.Problem{{Line: 3, Message: text}},
		Sections: []models.Section{{Name: text, Filled: true}, {Name: text}}}
}

func subjectPage(f Frame, kind models.Kind, text string) SubjectPage {
	s := subjectOf(kind, "a/"+text, text)
	return SubjectPage{Frame: f, Subject: s, Out: []models.Link{linkOf(text)}, In: []models.Link{linkOf(text)}, Activity: activityOf(text),
		Owners:   []models.Owner{{Person: text, As: text, Evidence: models.Verified}, {Person: text, Team: text, Name: text, Gone: text, As: text}},
		Choices:  []Choice{{text, text}},
		Comments: []models.Comment{{ID: 1, Author: text, ActorID: "person:1", Body: text, At: noon, Edited: noon}, {ID: 2, Author: text, Deleted: true}},
		Projects: f.Projects, Checks: Checks(s), Versions: []models.Subject{s}, Card: revisionOf(text), Line: &LineNote{text, text, 2},
		MayWrite: true, Error: text, Draft: Draft{Form: "link", Key: text}, Pull: pullPart(text), Repository: repositoryPart(text)}
}

func repositoryPart(text string) *RepositoryPart {
	return &RepositoryPart{Syncs: []models.RepositorySync{{Integration: text, State: models.SyncFailing, Error: text, Hook: text, SyncedAt: noon}}, Pulls: 3,
		Open: []models.Subject{subjectOf(models.PullRequest, "o/n#"+text, text)}, Affected: []models.Affected{{Environment: text, Model: text, How: text}}}
}

func pullPart(text string) *PullPart {
	run, version := subjectOf(models.Run, text, text), subjectOf(models.ModelVersion, text+"/1", text)
	other := subjectOf(models.Run, text+"2", text)
	other.ID = 8
	one := models.Contender{Run: run, Version: &version, Data: []models.Link{{Relation: models.TrainedOn, To: subjectOf(models.DatasetVersion, "a/b@"+text, text)}}}
	affected := models.Affected{Environment: text, Model: text, Version: text, How: text, Direct: true, Owners: []models.Owner{{Person: text, Gone: text}, {Team: text, Name: text}}}
	return &PullPart{Change: models.ChangeSet{Commits: []models.Subject{subjectOf(models.Commit, "github.com/o/n@"+text, text)}, Pipelines: []models.Subject{subjectOf(models.PipelineRun, text, text)}},
		Comparisons: []models.Comparison{models.Compare(text, &models.Champion{Contender: one, Model: text, Number: text, Environment: text}, []models.Contender{{Run: other}}),
			models.Compare(text, nil, []models.Contender{one})},
		Affected: []models.Affected{affected, {Model: text, Version: text, How: text}}, Earlier: 2}
}

func linePage(f Frame, text string) LinePage {
	commit, version := subjectOf(models.Commit, "github.com/o/n@"+text, text), subjectOf(models.ModelVersion, text+"/1", text)
	t := models.Throughline{Environment: text, Model: text, Deployment: subjectOf(models.Deployment, text, text), Version: &version, Commit: &commit,
		PullRequests: []models.PullRequestLine{{Subject: subjectOf(models.PullRequest, "o/n#1", text)}},
		Datasets:     []models.DatasetLine{{Version: subjectOf(models.DatasetVersion, "a/b@"+text, text), Dataset: models.Ref{Kind: models.Dataset, Key: text}}}}
	t.Gaps = t.FindGaps()
	return LinePage{Frame: f, Line: t, MayWrite: true, Error: text, ErrorAt: models.GapRun, Typed: text}
}

// What strangers write is shown as it stands; no page turns it into markup.
func TestPagesEscape(t *testing.T) {
	for name, page := range pages(hostile) {
		t.Run(name, func(t *testing.T) {
			html := draw(t, page)
			for _, bad := range []string{`<img src=x`, `<b>"`, `href="javascript:`, `onerror=alert(1)>"`} {
				if i := strings.Index(html, bad); i >= 0 {
					t.Errorf("%q stands in the page: …%s…", bad, html[max(0, i-120):min(len(html), i+80)])
				}
			}
		})
	}
}

// The policy of the pages allows neither styles nor scripts in the markup.
func TestPagesHoldNoInlineCode(t *testing.T) {
	inline := regexp.MustCompile(`\sstyle="|<style|\son[a-z]+="|<script>`)
	for name, page := range pages("plain words") {
		if found := inline.FindString(draw(t, page)); found != "" {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

var idPattern = regexp.MustCompile(`\sid="([^"]+)"`)

func TestIdsAreUnique(t *testing.T) {
	for name, page := range pages("word") {
		seen := map[string]bool{}
		for _, m := range idPattern.FindAllStringSubmatch(draw(t, page), -1) {
			if seen[m[1]] {
				t.Errorf("%s has the id %q twice", name, m[1])
			}
			seen[m[1]] = true
		}
	}
}

func TestEmptyPagesSaySo(t *testing.T) {
	f := frameOf("Dana")
	for want, page := range map[string]templ.Component{
		"This board fills itself":         Board(BoardPage{Frame: f, Board: models.Board{Columns: []models.Column{{ID: 1, Name: "Backlog"}}}}),
		"No card passes this filter":      Board(BoardPage{Frame: f, Board: models.Board{Columns: []models.Column{{ID: 1}}, Filter: models.BoardFilter{Text: "x"}}}),
		"Nothing passes this filter":      List(ListPage{Frame: f, Path: "/runs", Filtered: true}),
		"No model serves anywhere yet":    Lines(LinesPage{Frame: f}),
		"Nothing has been deployed yet":   Deployments(DeploymentsPage{Frame: f}),
		"Nothing is linked yet":           Subject(SubjectPage{Frame: f, Subject: models.Subject{Ref: models.Ref{Kind: models.Run, Key: "1"}}}),
		"Nothing is connected yet":        Integrations(IntegrationsPage{Frame: f}),
		"every delivery could be applied": Deliveries(DeliveriesPage{Frame: f, State: "parked"}),
		"No model is live yet":            Home(HomePage{Frame: f}),
		"There is no team yet":            Teams(TeamsPage{Frame: f}),
		"Nobody yet: what the team owns":  TeamView(TeamPage{Frame: f}),
		"All is handed over":              Handover(HandoverPage{Frame: f}),
		"There is nothing here. mlflow":   ArtifactFolder(ArtifactsPage{Frame: f}),
		"No artifacts yet":                Artifacts(ArtifactList{}),
		"No team has a role here":         Settings(SettingsPage{Frame: f}),
	} {
		if !strings.Contains(draw(t, page), want) {
			t.Errorf("an empty page does not say %q", want)
		}
	}
}

func TestOnlyPostFormsCarryTheToken(t *testing.T) {
	form := regexp.MustCompile(`(?s)<form[^>]*>.*?</form>`)
	for name, page := range pages("word") {
		for _, html := range form.FindAllString(draw(t, page), -1) {
			posts, carries := strings.Contains(html, `method="post"`), strings.Contains(html, `name="csrf"`)
			if posts != carries {
				t.Errorf("%s: posts %v, carries the token %v: %.200s", name, posts, carries, html)
			}
		}
	}
}
