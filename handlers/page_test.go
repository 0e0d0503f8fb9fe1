package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// desk is a person at work in the project BAR, on whose board one run stands.
func desk(t *testing.T, role models.Role) *browser {
	t.Helper()
	s := newSite(t)
	s.project("BAR")
	s.token("bot", models.Administrator, 0)
	s.person("kim@example.com", role)
	require.Equal(t, 201, s.ask("bot", http.MethodPost, "/api/v1/projects/BAR/integrations", `{"source":"cloudevents","name":"bar"}`).status)
	s.happens("1", "run.finished", `{"run_id":"r1","experiment":"e","name":"<b>\"otter","user":"dana","state":"finished","metrics":{"auc":0.9}}`)
	b := s.browser()
	require.Equal(t, http.StatusSeeOther, b.signIn("kim@example.com").status)
	return b
}

func (s *site) happens(id, kind, data string) {
	s.t.Helper()
	a := s.ask("bot", http.MethodPost, "/hooks/cloudevents/bar", cloudEvent(id, kind, data), "Content-Type", "application/cloudevents+json")
	require.Equal(s.t, http.StatusAccepted, a.status, a.body)
	require.NotContains(s.t, a.body, "parked")
}

// send posts a form of a page.
func (b *browser) send(path string, pairs ...string) answer {
	b.t.Helper()
	form := url.Values{"csrf": {b.csrf}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.post(path, form)
}

var (
	cardID   = regexp.MustCompile(`id="card-(\d+)"`)
	columnOf = regexp.MustCompile(`data-id="(\d+)" data-name="([^"]+)"`)
)

// column is the id of a column of the board.
func (b *browser) column(name string) string {
	b.t.Helper()
	for _, m := range columnOf.FindAllStringSubmatch(b.get("/projects/BAR/board").body, -1) {
		if m[2] == name {
			return m[1]
		}
	}
	b.t.Fatalf("the board has no column %q", name)
	return ""
}

// standing is what the board shows from a column's start to its end.
func (b *browser) standing(name string) string {
	b.t.Helper()
	_, rest, _ := strings.Cut(b.get("/projects/BAR/board").body, `data-name="`+name+`"`)
	in, _, _ := strings.Cut(rest, "</section>")
	return in
}

func TestACardIsMovedByForm(t *testing.T) {
	b := desk(t, models.Contributor)
	id := cardID.FindStringSubmatch(b.standing("In review"))[1]
	move := "/projects/BAR/cards/" + id + "/move"
	require.Contains(t, b.get(move+"?version=1").body, `name="version" value="1"`)
	a := b.send(move, "version", "1", "column", b.column("Candidate"), "place", "bottom")
	require.Equal(t, "/projects/BAR/board", a.header.Get("Location"), a.body)
	require.Contains(t, b.standing("Candidate"), "moved by")

	a = b.send(move, "version", "1", "column", b.column("Done"), "place", "top")
	require.Equal(t, http.StatusConflict, a.status)
	require.Contains(t, a.body, "was moved to Candidate")
	require.Contains(t, b.standing("Candidate"), "card-"+id)
}

func TestTheScriptGetsParts(t *testing.T) {
	b := desk(t, models.Contributor)
	id := cardID.FindStringSubmatch(b.standing("In review"))[1]
	move := "/projects/BAR/cards/" + id + "/move"
	form := url.Values{"column": {b.column("Live")}, "version": {"1"}}
	first := b.post(move, form, "X-Part", "1", "X-CSRF-Token", b.csrf)
	require.Equal(t, http.StatusOK, first.status, first.body)
	require.True(t, strings.HasPrefix(first.body, `<li class="card"`), first.body)
	second := b.post(move, form, "X-Part", "1", "X-CSRF-Token", b.csrf)
	require.Equal(t, http.StatusConflict, second.status)
	require.Contains(t, second.json(t)["detail"], "moved to Live")
	require.Equal(t, float64(1), b.get("/projects/BAR/board/counts").json(t)[b.column("Live")])
	require.Equal(t, "/runs/r1", b.get("/projects/BAR/cards/"+id).header.Get("Location"))
}

func TestAViewerOnlyLooks(t *testing.T) {
	b := desk(t, models.Viewer)
	board := b.get("/projects/BAR/board").body
	require.NotContains(t, board, "move-dialog")
	require.NotContains(t, board, "Add a task")
	require.NotContains(t, b.get("/runs/r1").body, "Write a comment")
	require.Equal(t, http.StatusForbidden, b.send("/subjects/run/r1/comments", "body", "x").status)
	require.Equal(t, http.StatusForbidden, b.get("/projects/BAR/settings").status)
}

func TestRefusedFormsComeBack(t *testing.T) {
	b := desk(t, models.Administrator)
	rows := []struct {
		path  string
		form  []string
		holds string
	}{
		{"/projects/BAR/cards", []string{"title", " ", "column", b.column("Backlog")}, "board-page"},
		{"/projects", []string{"key", "BAR", "name", "Twice"}, `value="Twice"`},
		{"/projects/BAR/settings/board", []string{"column_id", "0", "column_name", "Mine", "column_limit", "many"}, `value="Mine"`},
		{"/projects/BAR/members", []string{"email", "nobody@example.com", "role", "viewer"}, "Nobody has an account"},
		{"/projects/BAR/integrations/new/cloudevents", []string{"name", "bar"}, `value="bar"`},
		{"/projects/BAR/tokens", []string{"name", "ci", "role", "king"}, `value="ci"`},
		{"/subjects/run/r1/links", []string{"relation", "built_from", "kind", "pull_request", "key", "o/n#404"}, `value="o/n#404"`},
		{"/subjects/run/r1/owners", []string{"person", "ann", "as", "king"}, `value="ann"`},
		{"/invitations", []string{"email", "ann"}, `value="ann"`},
		{"/invitations", []string{"email[]", "ann@example.com", "email[]", "eve@example.com"}, "as a plain field"}, // row 43
		{"/projects/BAR/invitations", []string{"email", "ann", "role", "viewer"}, `value="ann"`},
		{"/projects/BAR/members", []string{"email", "a@example.com", "email", "b@example.com", "role", "viewer"}, "more than once"}, // row 43
		{"/projects/BAR/teams", []string{"team", "none", "role", "viewer"}, "There is no team"},
		{"/teams", []string{"key", "Bad Key", "name", "Ours"}, `value="Ours"`},
		{"/account/password", []string{"password", "wrong", "new", "long enough"}, "another one"},
	}
	for _, r := range rows {
		a := b.send(r.path, r.form...)
		require.True(t, a.status >= 400 && a.status < 500, "%s: %d", r.path, a.status)
		require.Contains(t, a.body, r.holds, r.path)
		require.Contains(t, a.body, `class="note t-failed"`, r.path)
	}
}

func TestASubjectIsWrittenAbout(t *testing.T) {
	b := desk(t, models.Contributor)
	b.get("/runs/r1")
	require.Equal(t, http.StatusSeeOther, b.send("/subjects/run/r1/comments", "body", "**good** <script>").status)
	require.Equal(t, http.StatusSeeOther, b.send("/subjects/run/r1/owners", "person", "ann", "as", "deputy", "person", "", "as", "owner").status)
	require.Equal(t, http.StatusSeeOther, b.send("/subjects/run/r1/links", "relation", "trained_on", "kind", "dataset_version", "key", "lake/tx@sha256:ab").status)
	page := b.get("/runs/r1").body
	require.Contains(t, page, "<strong>good</strong>")
	require.Contains(t, page, "deputy")
	require.Contains(t, page, "tx@sha256:ab")
	require.NotContains(t, page, "<script>")
	require.NotContains(t, page, `<b>"otter`)
}

func TestAModelCardKeepsBrokenText(t *testing.T) {
	b := desk(t, models.Contributor)
	b.happens("2", "model_version.registered", `{"model":"churn","version":"1","run_id":"r1"}`)
	b.get("/models/churn/card")
	a := b.send("/models/churn/card", "markdown", "---\nlicense: [mit\n---\n# Uses\n\nKept all the same.")
	require.Equal(t, http.StatusSeeOther, a.status, a.body)
	page := b.get("/models/churn").body
	require.Contains(t, page, "Kept all the same.")
	require.Regexp(t, `Line \d`, page)
	require.Equal(t, http.StatusNotFound, b.get("/models/churn@champion").status)
}

func TestGapsAreClosedOnTheirPage(t *testing.T) {
	b := desk(t, models.Contributor)
	b.happens("2", "model_version.registered", `{"model":"churn","version":"1"}`)
	b.happens("3", "deployment", `{"id":"d1","environment":"production","model":"churn","version":"1","state":"live","at":"2026-01-02T03:04:05Z"}`)
	line := "/throughline/production/churn"
	require.Contains(t, b.get(line).body, `id="gap-run"`)
	a := b.send(line+"/close", "missing", "run", "kind", "model_version", "key", "churn/1", "value", "no-such-run")
	require.Equal(t, http.StatusNotFound, a.status)
	require.Contains(t, a.body, `value="no-such-run"`)
	require.Equal(t, http.StatusSeeOther, b.send(line+"/close", "missing", "run", "kind", "model_version", "key", "churn/1", "value", "r1").status)
	require.Equal(t, http.StatusSeeOther, b.send(line+"/close", "missing", "owner_model", "kind", "model", "key", "churn", "value", "ann").status)
	page := b.get(line).body
	require.NotContains(t, page, `id="gap-run"`)
	require.NotContains(t, page, `id="gap-owner_model"`)
	require.Contains(t, b.get("/throughline").body, line)
}

func TestATokenIsShownOnce(t *testing.T) {
	b := desk(t, models.Administrator)
	b.get("/projects/BAR/tokens")
	a := b.send("/projects/BAR/tokens", "name", "ci", "role", "contributor", "days", "7")
	require.Equal(t, http.StatusCreated, a.status, a.body)
	value := regexp.MustCompile(`id="token"[^>]*>(tl_[^<]+)<`).FindStringSubmatch(a.body)[1]
	require.NotContains(t, b.get("/projects/BAR/tokens").body, value)
	b.tokens["ci"] = value
	require.Equal(t, 200, b.ask("ci", http.MethodGet, "/api/v1/projects/BAR/board", "").status)
}

func TestEveryPageOpens(t *testing.T) {
	b := desk(t, models.Administrator)
	for _, path := range []string{"/", "/projects", "/projects/new", "/projects/BAR/board?kind=run&q=otter&owner=dana&state=passed", "/projects/BAR/activity",
		"/projects/BAR/settings", "/projects/BAR/integrations", "/projects/BAR/integrations/new/github", "/projects/BAR/integrations/cloudevents/bar",
		"/projects/BAR/deliveries", "/projects/BAR/deliveries?state=all", "/projects/BAR/deliveries/1", "/projects/BAR/tokens", "/pulls", "/runs?q=otter&best=1",
		"/pipelines", "/models", "/datasets", "/deployments", "/throughline", "/search?q=otter", "/runs/r1", "/account", "/people", "/people/1/handover", "/teams", "/help"} {
		a := b.get(path)
		require.Equal(t, 200, a.status, path)
		require.Contains(t, a.body, "</html>", path)
		require.NotContains(t, a.body, `<b>"otter`, path)
	}
}
