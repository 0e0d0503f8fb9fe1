package handlers

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

func TestSwitchesOfWhatGitHubIsTold(t *testing.T) {
	s := newSite(t).withAdmin()
	s.project("MINE")
	s.person("ana@example.com", models.Administrator)
	one := "/projects/MINE/integrations/github/mine"
	s.api("admin", "POST", "/projects/MINE/integrations", `{"source":"github","name":"mine","settings":{"secret":"s3cret","token":"t0ken","report_check":"true"}}`, 201)
	said := func() map[string]any {
		return s.api("admin", "GET", one, "", 200).json(t)["settings"].(map[string]any)
	}
	require.Equal(t, "on", said()["report_check"])
	s.api("admin", "PATCH", one, `{"settings":{"report_check":"off","report_comment":"on"}}`, 200)
	require.Equal(t, []any{"", "on"}, []any{said()["report_check"], said()["report_comment"]})
	s.api("admin", "PATCH", one, `{"settings":{"report_check":"maybe"}}`, 422)

	b := s.browser()
	b.signIn("ana@example.com")
	page := b.get(one)
	require.Contains(t, page.body, `type="checkbox" name="setting.report_comment" value="on" checked`)
	require.NotContains(t, page.body, `name="setting.report_check" value="on" checked`)
	require.Contains(t, page.body, "Whoever may read the repository reads")
	require.Contains(t, page.body, "Nothing yet.")
	require.Equal(t, 303, b.post(one, url.Values{"csrf": {b.csrf}, "setting.host": {"github.com"}, "setting.report_check": {"on"}}).status)
	require.Equal(t, []any{"on", ""}, []any{said()["report_check"], said()["report_comment"]}, "what is not ticked is off")
	require.Contains(t, b.get(one).body, "GitHub takes check runs from Apps only")
	require.Equal(t, 422, b.post(one, url.Values{"csrf": {b.csrf}, "setting.host": {"github.com"}, "setting.report_check": {"maybe"}}).status)
}

func TestWhatGitHubWasToldIsListed(t *testing.T) {
	s := newSite(t).withAdmin()
	s.project("MINE")
	s.seed()
	s.person("ana@example.com", models.Administrator)
	ctx, one := context.Background(), "/projects/MINE/integrations/github/mine"
	i, err := s.store.IntegrationFor(ctx, "github", "mine")
	require.NoError(t, err)
	list, _, err := s.store.Subjects(ctx, models.Principal{TokenID: 1, Hub: models.Administrator}, store.SubjectFilter{})
	require.NoError(t, err)
	for n, kind := range []models.ReportKind{models.ReportCheck, models.ReportComment} {
		r := models.Report{Integration: i.ID, SubjectID: list[0].ID, Kind: kind, Target: "1"}
		r.TriedAt, r.URL, r.Problem = time.Now().Add(time.Duration(n)*time.Second), "https://github.com/acme/fraud/pull/1", []string{"", `no <b>"permission"`}[n]
		require.NoError(t, s.store.KeepReport(ctx, r))
	}
	first := s.api("admin", "GET", one+"/reports?limit=1", "", 200)
	require.Contains(t, first.body, `"kind":"comment"`)
	require.Contains(t, first.body, `"state":"failing"`)
	next := first.json(t)["next"].(string)
	second := s.api("admin", "GET", one+"/reports?limit=1&after="+next, "", 200)
	require.Contains(t, second.body, `"kind":"check_run"`)
	require.NotContains(t, second.body, `"next"`)
	s.api("admin", "GET", "/projects/MINE/integrations/github/none/reports", "", 404)

	b := s.browser()
	b.signIn("ana@example.com")
	page := b.get(one)
	require.Contains(t, page.body, "no &lt;b&gt;&#34;permission&#34;")
	require.Contains(t, page.body, `href="https://github.com/acme/fraud/pull/1"`)
}
