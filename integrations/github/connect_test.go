package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"throughline/integrations"
	"throughline/models"
)

// missing are the findings that are not there, "name level".
func missing(t *testing.T, account integrations.Account) (required, optional []string) {
	t.Helper()
	found, err := New(http.DefaultClient).Probe(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		name := strings.TrimSpace(f.Name + " " + f.Needed)
		switch {
		case f.Why == "" || f.OK != (f.How == ""):
			t.Errorf("%s says too little or too much: %+v", name, f)
		case f.Needs():
			required = append(required, name)
		case !f.OK:
			optional = append(optional, name)
		}
	}
	return required, optional
}

func TestAMissingPermissionIsNamedAndNoOther(t *testing.T) {
	for _, way := range []string{"token", "app"} {
		for _, p := range permissions {
			t.Run(way+" "+p.name+" "+p.level, func(t *testing.T) {
				g, account := newPermitting(t)
				if way == "app" {
					account = g.asApp(t, account)
				}
				for _, p := range permissions { // all granted, as far as the switches ask
					if p.when != "" {
						account.Settings[p.when] = "on"
						g.grants[p.key] = "write"
					}
				}
				if required, optional := missing(t, account); len(required)+len(optional) > 0 {
					t.Fatalf("with all granted: missing %q, optional %q", required, optional)
				}
				lower := map[string]string{"write": "read", "read": ""}[p.level]
				want := []string{p.name + " " + p.level}
				if p.level == "read" { // what may not read may not write
					for _, other := range permissions {
						if other.key == p.key && other.level == "write" {
							want = append(want, other.name+" write")
						}
					}
				}
				g.grants[p.key] = lower
				required, optional := missing(t, account)
				got := append(required, optional...)
				slices.Sort(got)
				slices.Sort(want)
				switch {
				case p.key == "metadata" && way == "token":
					want = []string{"Repositories"} // nothing can be read at all
				case p.key == "metadata":
					want = append(want, "Repositories")
				case p.key == "checks" && way == "token": // no token writes check runs: a commit status stands in
					want = slices.DeleteFunc(want, func(name string) bool { return name == "Checks write" })
				case p.key == "repository_hooks" && way == "app":
					want = nil // an App has its own webhook
				}
				if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

func TestOnlyWhatIsSwitchedOnIsNeeded(t *testing.T) {
	g, account := newPermitting(t)
	g.grants["repository_hooks"] = ""
	required, optional := missing(t, account)
	if required != nil || !slices.Equal(optional, []string{"Webhooks write"}) {
		t.Errorf("required %q, optional %q", required, optional)
	}
	if slices.ContainsFunc(g.requests, func(r string) bool { return strings.HasPrefix(r, "POST") && !strings.HasSuffix(r, "/hooks") }) {
		t.Errorf("it tried to write: %q", g.requests)
	}
}

func TestATokenNeedsStatusesForTheCheckRun(t *testing.T) {
	g, account := newPermitting(t)
	account.Settings["report_check"] = "on"
	if required, _ := missing(t, account); !slices.Equal(required, []string{"Commit statuses write"}) {
		t.Errorf("required %q", required)
	}
	if required, _ := missing(t, g.asApp(t, account)); !slices.Equal(required, []string{"Checks write"}) {
		t.Errorf("an App's: required %q", required)
	}
}

func TestAFineGrainedTokenIsNotBlamedForChecks(t *testing.T) {
	g, account := newPermitting(t)
	g.grants["checks"] = ""
	if required, optional := missing(t, account); required != nil || !slices.Equal(optional, []string{"Checks read"}) {
		t.Errorf("required %q, optional %q", required, optional)
	}
	if required, _ := missing(t, g.asApp(t, account)); !slices.Equal(required, []string{"Checks read"}) {
		t.Errorf("an App's: required %q", required)
	}
}

func TestAClassicTokenIsReadByItsScopes(t *testing.T) {
	g, account := newPermitting(t)
	scopes := "repo:status, read:org"
	g.scopes = &scopes
	account.Settings["report_status"], account.Settings["report_comment"] = "on", "on"
	required, optional := missing(t, account)
	if !slices.Equal(required, []string{"Pull requests write"}) || !slices.Equal(optional, []string{"Webhooks write"}) {
		t.Errorf("required %q, optional %q", required, optional)
	}
	if slices.ContainsFunc(g.requests, func(r string) bool { return strings.HasPrefix(r, "POST") }) {
		t.Errorf("it tried to write: %q", g.requests)
	}
}

func TestRepositoriesOutOfReachAreNamed(t *testing.T) {
	_, account := newPermitting(t)
	account.Settings["repositories"] = "acme/fraud, other/secret"
	found, err := New(http.DefaultClient).Probe(t.Context(), account)
	if err != nil || found[0].OK || !strings.Contains(found[0].How, "other/secret") || strings.Contains(found[0].How, "acme/fraud") {
		t.Errorf("%v %+v", err, found[0])
	}
}

func TestAReasonThatIsNoPermissionIsTold(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"message":"the acme organization has an IP allow list enabled"}`))
	}))
	defer server.Close()
	_, account := newPermitting(t)
	account.Settings["api_url"] = server.URL
	found, err := New(http.DefaultClient).Probe(t.Context(), account)
	if err != nil || !strings.Contains(found[0].How, "IP allow list") {
		t.Errorf("%v %+v", err, found)
	}
}

func TestALimitIsNotTakenForAMissingPermission(t *testing.T) {
	for _, part := range []string{"/repos/acme/fraud", "/pulls", "/hooks"} { // the first, one between, the last
		g, account := newPermitting(t)
		g.slower = part
		_, err := New(http.DefaultClient).Probe(t.Context(), account)
		var wish *integrations.RetryAfter
		if !errors.As(err, &wish) || time.Until(wish.Until) < 50*time.Minute {
			t.Errorf("%s: %v", part, err)
		}
	}
}

func TestAListOutOfReachIsNoOtherPermission(t *testing.T) {
	g, account := newPermitting(t)
	account.Settings["repositories"], g.grants["metadata"] = "acme/*", ""
	if required, _ := missing(t, account); !slices.Equal(required, []string{"Repositories"}) {
		t.Errorf("missing %q", required)
	}
}

func TestACheckDoesNotAskALimitedGitHubOnAndOn(t *testing.T) {
	g, account := newPermitting(t)
	g.busy = true
	_, err := New(http.DefaultClient).Probe(t.Context(), account)
	var wish *integrations.RetryAfter
	if !errors.As(err, &wish) || time.Until(wish.Until) < 50*time.Minute || len(g.requests) != 1 {
		t.Errorf("%v after %d requests", err, len(g.requests))
	}
}

func TestATokenThatGitHubDoesNotKnow(t *testing.T) {
	_, account := newPermitting(t)
	account.Settings["token"] = "wr0ng"
	_, err := New(http.DefaultClient).Probe(t.Context(), account)
	if err == nil || !strings.Contains(integrations.Words(err), "does not know the token") || strings.Contains(fmt.Sprint(err), "wr0ng") {
		t.Errorf("%v", err)
	}
}

func TestAnAppSignsInAndSharesItsToken(t *testing.T) {
	g, account := newPermitting(t)
	account = g.asApp(t, account)
	p := New(http.DefaultClient)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if _, err := repositoryOf(t.Context(), p, account); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if g.minted != 1 {
		t.Errorf("%d tokens for 5 requests at once", g.minted)
	}
	if _, err := repositoryOf(t.Context(), New(http.DefaultClient), account); err != nil || g.minted != 2 {
		t.Errorf("another program: %v, %d tokens", err, g.minted)
	}
}

func repositoryOf(ctx context.Context, p *Polled, account integrations.Account) (string, error) {
	api, err := p.api(account)
	if err != nil {
		return "", err
	}
	r, _, err := api.Repositories.Get(ctx, "acme", "fraud")
	return r.GetFullName(), err
}

func TestAnAppsTokenIsReplacedBeforeItsEnd(t *testing.T) {
	for lasts, want := range map[time.Duration]int{time.Hour: 1, 6 * time.Minute: 1, 4 * time.Minute: 2} {
		g, account := newPermitting(t)
		account, g.lasts = g.asApp(t, account), lasts
		p := New(http.DefaultClient)
		for range 2 {
			if _, err := repositoryOf(t.Context(), p, account); err != nil {
				t.Fatal(err)
			}
		}
		if g.minted != want {
			t.Errorf("tokens of %s: %d for two requests, want %d", lasts, g.minted, want)
		}
	}
}

func TestAnAppsTokenThatWasRevokedIsReplacedOnce(t *testing.T) {
	g, account := newPermitting(t)
	account = g.asApp(t, account)
	p := New(http.DefaultClient)
	_, _ = repositoryOf(t.Context(), p, account)
	clear(g.valid)
	if _, err := repositoryOf(t.Context(), p, account); err != nil || g.minted != 2 {
		t.Errorf("%v, %d tokens", err, g.minted)
	}
	g.lasts = -time.Hour // GitHub takes none of them
	clear(g.valid)
	if _, err := repositoryOf(t.Context(), p, account); statusOf(err) != http.StatusUnauthorized || g.minted != 3 {
		t.Errorf("%v, %d tokens", err, g.minted)
	}
}

func TestAnAppHasOneTurnAtTheGate(t *testing.T) {
	g, account := newPermitting(t)
	account, g.lasts = g.asApp(t, account), time.Minute // each request takes a new token
	p := New(http.DefaultClient)
	for range 3 {
		_, _ = repositoryOf(t.Context(), p, account)
	}
	if turns := p.client.Transport.(*gate).host; len(turns) != 1 || g.minted != 3 {
		t.Errorf("%d turns for one App, with %d tokens", len(turns), g.minted)
	}
}

func TestTheInstallationIsFoundByItself(t *testing.T) {
	several := []map[string]any{{"id": 3, "account": map[string]any{"login": "elsewhere"}}, {"id": 7, "account": map[string]any{"login": "Acme"}}}
	for _, c := range []struct {
		name, repositories, number string
		installs                   []map[string]any
		want                       string
	}{
		{"the only one", "", "", several[1:], ""},
		{"by the owner", "acme/*", "", several, ""},
		{"by its number", "", "7", nil, ""},
		{"none", "acme/*", "", nil, "not installed anywhere"},
		{"which?", "", "", several, "elsewhere, Acme"},
		{"wrong number", "", "8", several, "no such installation"},
	} {
		g, account := newPermitting(t)
		account, g.installs = g.asApp(t, account), c.installs
		account.Settings["repositories"], account.Settings["installation"] = c.repositories, c.number
		_, err := repositoryOf(t.Context(), New(http.DefaultClient), account)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(integrations.Words(err), c.want)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestAnotherAppsKeyOpensNothing(t *testing.T) {
	g, account := newPermitting(t)
	account = g.asApp(t, account)
	account.Settings["app_id"] = "4712"
	_, err := New(http.DefaultClient).Probe(t.Context(), account)
	var ours *models.Error
	if !errors.As(err, &ours) || ours.Field != "app_key" || strings.Contains(fmt.Sprint(err), "PRIVATE") {
		t.Errorf("%v", err)
	}
}

const here = "https://hub.example.com/hooks/github/main"

func hook(t *testing.T, account integrations.Account) []models.HookMade {
	t.Helper()
	made, err := New(http.DefaultClient).Hook(t.Context(), account, here)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestAWebhookIsMadeOnce(t *testing.T) {
	for repositories, owner := range map[string]string{"acme/fraud": "/repos/acme/fraud", "acme/f*": "/repos/acme/fraud", "acme/*": "/orgs/acme"} {
		g, account := newPermitting(t)
		account.Settings["repositories"] = repositories
		g.grants["organization_hooks"] = "write"
		g.hooks[owner] = []map[string]any{{"id": 1, "config": map[string]any{"url": "https://other.example.com/"}}}
		first, second := hook(t, account), hook(t, account)
		if len(first) != 1 || first[0].Done != "created" || second[0].Done != "updated" || g.pings != 1 {
			t.Errorf("%s: first %+v, second %+v, %d pings", repositories, first, second, g.pings)
		}
		if len(g.hooks[owner]) != 2 || len(g.hooks) != 1 {
			t.Errorf("%s: webhooks %+v", repositories, g.hooks)
		}
		if got := g.hooks[owner][1]["events"]; !cmp.Equal(got, hookEvents()) || g.secrets[1] != "s3cret" {
			t.Errorf("%s: events %v, secrets %v", repositories, got, g.secrets)
		}
	}
}

func TestWithoutTheOrganisationsWebhookEachRepositoryGetsOne(t *testing.T) {
	g, account := newPermitting(t)
	account.Settings["repositories"] = "acme/*"
	if made := hook(t, account); len(made) != 2 || len(g.hooks["/repos/acme/churn"]) != 1 || len(g.hooks["/repos/acme/fraud"]) != 1 {
		t.Errorf("%+v, %+v", made, g.hooks)
	}
}

func TestARefusedWebhookSaysSo(t *testing.T) {
	g, account := newPermitting(t)
	g.grants["repository_hooks"] = "read"
	if made := hook(t, account); made[0].Done != "refused" || !strings.Contains(made[0].Problem, "Webhooks, Read and write") || len(g.hooks) != 0 {
		t.Errorf("%+v", made)
	}
}

func TestAnAppsWebhookIsSetUnlessItIsAnothers(t *testing.T) {
	g, account := newPermitting(t)
	account = g.asApp(t, account)
	if made := hook(t, account); made[0].Done != "created" || g.hookURL != here || !slices.Equal(g.secrets, []string{"s3cret"}) {
		t.Errorf("%+v, %s", made, g.hookURL)
	}
	if made := hook(t, account); made[0].Done != "updated" {
		t.Errorf("again: %+v", made)
	}
	g.hookURL = "https://elsewhere.example.com/"
	if made := hook(t, account); made[0].Done != "refused" || g.hookURL != "https://elsewhere.example.com/" {
		t.Errorf("another's: %+v, %s", made, g.hookURL)
	}
}

func TestTheAddressOfTheAPIFollowsFromTheHost(t *testing.T) {
	for _, c := range [][3]string{
		{"", "", "https://api.github.com/"},
		{"GitHub.com", "", "https://api.github.com/"},
		{"git.example.com", "", "https://git.example.com/api/v3/"},
		{"git.example.com", "https://api.github.com/", "https://git.example.com/api/v3/"}, // the default of old
		{"acme.ghe.com", "", "https://api.acme.ghe.com/"},
		{"git.example.com", "http://127.0.0.1:8000", "http://127.0.0.1:8000/"},
	} {
		got, err := apiBase(integrations.Account{Settings: map[string]string{"host": c[0], "api_url": c[1]}})
		if err != nil || got.String() != c[2] {
			t.Errorf("%q %q: %v %v", c[0], c[1], got, err)
		}
	}
}

func TestSettingsThatCanNeverWorkAreRefused(t *testing.T) {
	g, account := newPermitting(t)
	key := g.asApp(t, account).Settings["app_key"]
	for _, c := range []struct {
		field    string
		settings map[string]string
	}{
		{"", map[string]string{"secret": "s"}},
		{"", map[string]string{"app_id": "4711", "app_key": key}},
		{"", map[string]string{"app_id": "Iv23liABC", "app_key": strings.ReplaceAll(key, "\r\n", `\n`), "installation": "7"}},
		{"repositories", map[string]string{"repositories": "acme/["}},
		{"host", map[string]string{"host": "a/b"}},
		{"token", map[string]string{"token": "two words"}},
		{"app_id", map[string]string{"app_key": key}},
		{"app_id", map[string]string{"app_id": "<b>", "app_key": key}},
		{"app_key", map[string]string{"app_id": "4711"}},
		{"app_key", map[string]string{"app_id": "4711", "app_key": key[:200]}},
		{"installation", map[string]string{"app_id": "4711", "app_key": key, "installation": "acme"}},
	} {
		err := New(http.DefaultClient).Valid(integrations.Account{Settings: c.settings})
		var ours *models.Error
		field := ""
		if errors.As(err, &ours) {
			field = ours.Field
		}
		if field != c.field || err != nil && strings.Contains(err.Error(), "BEGIN RSA PRIVATE KEY-----MII") {
			t.Errorf("%s: %v", c.field, err)
		}
	}
}
