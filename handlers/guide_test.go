package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/integrations"
	"throughline/models"
)

func guided(t *testing.T) (*browser, *upstream, string) {
	s := newSite(t)
	s.project("MINE")
	s.person("ana@example.com", models.Administrator)
	b := s.browser()
	require.Equal(t, 303, b.signIn("ana@example.com").status)
	b.get("/projects/MINE/integrations")
	u, address := newUpstream(t)
	return b, u, address
}

const newGitHub = "/projects/MINE/integrations/new/github"

func (b *browser) connect(address string, more ...string) answer {
	form := url.Values{"csrf": {b.csrf}, "way": {"token"}, "name": {"mine"}, "setting.host": {"github.com"}, "setting.repositories": {"acme/fraud"}, "setting.api_url": {address}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return b.post(newGitHub, form)
}

func TestTheGuideLeadsFromRepositoriesToTheFirstDelivery(t *testing.T) {
	b, u, address := guided(t)
	a := b.get(newGitHub)
	require.Contains(t, a.body, `value="mine"`)
	require.Contains(t, a.body, `name="way" value="token" checked`)
	a = b.get(newGitHub + "?host=git.example.com&repositories=acme%2F*&name=mine&way=app")
	require.Contains(t, a.body, "https://git.example.com/organizations/acme/settings/apps/new?")
	require.Contains(t, a.body, "pull_requests=read")
	require.Contains(t, a.body, "<textarea id=\"set-app_key\"")

	u.lacks["deployments"] = true
	a = b.connect(address, "setting.token", "t0ken-never-shown")
	one := "/projects/MINE/integrations/github/mine"
	require.Equal(t, one+"/check", a.header.Get("Location"), a.body)
	a = b.get(one + "/check")
	require.Equal(t, 1, strings.Count(a.body, "</svg>missing"), a.body)
	require.Contains(t, a.body, "Without it the line ends before production.")
	require.Contains(t, a.body, "Repository permissions, Deployments, Read-only")
	u.lacks = map[string]bool{}
	require.Equal(t, 303, b.post(one+"/check", url.Values{"csrf": {b.csrf}}).status)
	require.Contains(t, b.get(one+"/check").body, "All that is needed is there.")

	require.Contains(t, b.get(one+"/first").body, "Waiting for the first delivery")
	require.Equal(t, one+"/webhook", b.post(one+"/webhook", url.Values{"csrf": {b.csrf}, "how": {"make"}}).header.Get("Location"))
	require.Contains(t, b.get(one+"/webhook").body, "acme/fraud")
	require.Equal(t, 401, b.signed("/hooks/github/mine", "wrong", "ping", "p0", `{"zen":"x"}`).status)
	require.Contains(t, b.get(one+"/first").body, "signature does not match")
	require.Equal(t, 202, b.signed("/hooks/github/mine", u.secrets[0], "ping", "p1", `{"zen":"x"}`).status)
	a = b.get(one)
	require.Equal(t, 2, strings.Count(a.body, "One is kept"), "the token and the webhook's secret")
	a = b.read(b.client.Do(b.asPart(one + "/first")))
	require.Regexp(t, `^<section[^>]* data-said="First delivery arrived: ping"`, a.body)
	require.NotContains(t, a.body, "data-await")
	for _, path := range []string{one, one + "/check", one + "/webhook", one + "/first", "/projects/MINE/audit"} {
		a := b.get(path)
		require.Equal(t, 200, a.status, path)
		require.NotContains(t, a.body, "t0ken-never-shown", path)
		require.NotContains(t, a.body, u.secrets[0], path)
	}
}

func (b *browser) asPart(path string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, b.server.URL+path, nil)
	require.NoError(b.t, err)
	r.Header.Set("X-Part", "1")
	return r
}

func TestTheGuideGivesBackWhatWasTyped(t *testing.T) {
	b, _, address := guided(t)
	a := b.get(newGitHub + "?host=a%2Fb&repositories=acme%2Ffraud&name=mine&way=token")
	require.Equal(t, 400, a.status)
	require.Contains(t, a.body, `value="a/b"`)
	require.Contains(t, a.body, `value="acme/fraud"`)
	require.Regexp(t, `id="set-host"[^>]*aria-invalid="true"`, a.body)

	a = b.connect(address, "way", "app", "setting.app_id", "4711", "setting.app_key", "not a key at all")
	require.Equal(t, 422, a.status)
	require.Regexp(t, `id="set-app_key"[^>]*aria-invalid="true"`, a.body)
	require.Contains(t, a.body, `value="4711"`)
	require.Contains(t, a.body, `name="setting.repositories" value="acme/fraud"`)
	require.NotContains(t, a.body, "not a key at all", "a secret is not sent back")

	require.Equal(t, 303, b.connect(address, "setting.token", "t").status)
	a = b.connect(address, "setting.token", "t")
	require.Equal(t, 409, a.status)
	require.Regexp(t, `id="integration-name"[^>]*aria-invalid="true"`, a.body)
	require.Contains(t, b.get(newGitHub).body, `value="mine-2"`, "a name that is free")
}

func TestWithoutATokenTheWebhookIsNext(t *testing.T) {
	b, _, address := guided(t)
	a := b.connect(address, "way", "webhook")
	require.Equal(t, "/projects/MINE/integrations/github/mine/webhook", a.header.Get("Location"))
	a = b.get("/projects/MINE/integrations/github/mine/webhook")
	require.NotContains(t, a.body, "Create the webhook")
	require.Contains(t, a.body, b.server.URL+"/hooks/github/mine")
	require.Contains(t, a.body, "https://github.com/acme/fraud/settings/hooks/new")
	a = b.post("/projects/MINE/integrations/github/mine/webhook", url.Values{"csrf": {b.csrf}, "how": {"hand"}})
	require.Equal(t, 201, a.status)
	secret := regexp.MustCompile(`id="secret"[^>]*>([^<]{43})<`).FindStringSubmatch(a.body)
	require.NotNil(t, secret)
	require.Equal(t, 202, b.signed("/hooks/github/mine", secret[1], "ping", "p1", `{"zen":"x"}`).status)
	require.NotContains(t, b.get("/projects/MINE/integrations/github/mine/webhook").body, secret[1])
}

func TestARefusedWebhookLeavesThePage(t *testing.T) {
	b, u, address := guided(t)
	require.Equal(t, 303, b.connect(address, "setting.token", "t").status)
	u.lacks["hooks"] = true
	one := "/projects/MINE/integrations/github/mine"
	require.Equal(t, 303, b.post(one+"/webhook", url.Values{"csrf": {b.csrf}, "how": {"make"}}).status)
	a := b.get(one + "/webhook")
	require.Contains(t, a.body, "lacks the permission Webhooks")
	require.Contains(t, a.body, "Create the webhook")
}

func TestSourcesWithoutStepsHaveNoPagesOfThem(t *testing.T) {
	b, _, _ := guided(t)
	require.Equal(t, 303, b.post("/projects/MINE/integrations/new/cloudevents", url.Values{"csrf": {b.csrf}, "name": {"ce"}}).status)
	for _, page := range []string{"check", "webhook", "first"} {
		require.Equal(t, 404, b.get("/projects/MINE/integrations/cloudevents/ce/"+page).status)
	}
	require.NotContains(t, b.get("/projects/MINE/integrations/cloudevents/ce").body, "Check permissions")
}

// Row 25: a link from elsewhere does not say where a token is sent to.
func TestALinkFromElsewhereChoosesNoHost(t *testing.T) {
	b, _, _ := guided(t)
	for _, c := range []struct {
		host, site string
		asks       bool
	}{{"git.example.com", "same-origin", true}, {"git.example.com", "cross-site", false}, {"git.example.com", "none", false}, {"github.com", "none", true}, {"GitHub.com", "cross-site", true}} {
		r := b.asPart(newGitHub + "?repositories=acme%2F*&name=mine&way=token&host=" + c.host)
		r.Header.Set("Sec-Fetch-Site", c.site)
		a := b.read(b.client.Do(r))
		require.Equal(t, c.asks, strings.Contains(a.body, `id="set-token"`), "%+v", c)
		require.Contains(t, a.body, c.host)
	}
}

func TestASettingWithOptionsTakesNoOther(t *testing.T) {
	s := integrations.Setting{Options: []integrations.Option{{Value: "on", Label: "On"}}}
	require.True(t, s.Takes("on") && s.Takes("") && integrations.Setting{}.Takes("x"))
	require.False(t, s.Takes("off"))
}
