package github

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"slices"
	"testing"

	"throughline/integrations"
	"throughline/integrations/github/lookalike"
)

// lookAlikeAccount is a look-alike with a repository, and an account that is yet to be
// let in.
func lookAlikeAccount(t *testing.T) (*lookalike.Server, integrations.Account) {
	gh := lookalike.Start(t, 1)
	gh.Send = func(lookalike.Post) int { return http.StatusAccepted }
	gh.Repo("acme/fraud").OpenPull(lookalike.Draw{Title: "Faster", By: "kim"})
	gh.Repo("acme/churn")
	return gh, integrations.Account{ID: 1, Name: "main", Settings: map[string]string{"secret": "s3cret", "api_url": gh.URL + "/api/v3/", "repositories": "acme/fraud, acme/c*",
		"report_check": "on", "report_comment": "on", "report_status": "on"}}
}

func lookAlikeApp(t *testing.T, gh *lookalike.Server, account integrations.Account, may lookalike.Permissions) *lookalike.App {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	app := gh.App("throughline", &key.PublicKey, may)
	account.Settings["app_id"] = app.ClientID
	account.Settings["app_key"] = string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	return app
}

func TestTheLookAlikeGrantsWhatIsAsked(t *testing.T) {
	names := map[string][]string{"": nil, "deployments": {"Deployments read"}, "actions": {"Actions read"}, "contents": {"Contents read"},
		"statuses": {"Commit statuses read", "Commit statuses write"}, "pull_requests": {"Pull requests read", "Pull requests write"}}
	for lost, want := range names {
		gh, account := lookAlikeAccount(t)
		lookAlikeApp(t, gh, account, lookalike.Writing.Without(lost)).Install("acme")
		if required, _ := missing(t, account); !slices.Equal(required, want) {
			t.Errorf("an App without %q misses %q", lost, required)
		}
		gh, account = lookAlikeAccount(t)
		gh.Token("t0ken", lookalike.Writing.Without(lost))
		account.Settings["token"], account.Settings["report_check"] = "t0ken", "" // that is for Apps alone
		if required, _ := missing(t, account); !slices.Equal(required, want) {
			t.Errorf("a token without %q misses %q", lost, required)
		}
	}
}

func TestTheLookAlikeGetsOneWebhookEach(t *testing.T) {
	gh, account := lookAlikeAccount(t)
	pings := 0
	gh.Send = func(p lookalike.Post) int {
		event, err := New(http.DefaultClient).Receive(t.Context(), account, integrations.Request{Header: p.Header, Body: p.Body})
		if err != nil || event[0].Name != "ping" {
			t.Errorf("%v %+v", err, event)
		}
		pings++
		return http.StatusAccepted
	}
	gh.Token("t0ken", lookalike.Writing)
	account.Settings["token"] = "t0ken"
	for round, done := range []string{"created", "updated"} {
		made := hook(t, account)
		if len(made) != 2 || made[0].Done != done || made[1].Done != done || pings != 2*(round+1) {
			t.Errorf("%+v, %d pings", made, pings)
		}
	}
	account.Settings["repositories"] = "acme/*"
	if made := hook(t, account); len(made) != 1 || made[0].Where != "all of acme" {
		t.Errorf("%+v", made)
	}
}

func TestTheLookAlikeKnowsTheApp(t *testing.T) {
	gh, account := lookAlikeAccount(t)
	app := lookAlikeApp(t, gh, account, lookalike.Reading)
	app.Install("elsewhere")
	app.Install("acme", "fraud")
	app.SetHook(here, "old", "*")
	p := New(http.DefaultClient)
	if name, err := repositoryOf(t.Context(), p, account); err != nil || name != "acme/fraud" {
		t.Fatal(name, err)
	}
	if made := hook(t, account); made[0].Done != "updated" || app.Hook.Secret != "s3cret" {
		t.Errorf("%+v", made)
	}
}
