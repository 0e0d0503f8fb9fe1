package github

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/integrations/promises"
	"throughline/models"
)

const testSecret = "it's a secret"

var testAccount = integrations.Account{ID: 1, Name: "bar", Settings: map[string]string{"secret": testSecret}}

// signed is a delivery as GitHub posts it.
func signed(event, body string) integrations.Request {
	r := integrations.Request{Body: []byte(body), Header: http.Header{}, Now: time.Unix(1, 0)}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Event", event)
	r.Header.Set("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
	sign(&r)
	return r
}

func sign(r *integrations.Request) {
	r.Header.Set("X-Hub-Signature-256", integrations.Sign(testSecret, r.Body))
}

// form is the same delivery in GitHub's other content type.
func form(event, body string) integrations.Request {
	r := signed(event, url.Values{"payload": {body}}.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func receive(t *testing.T, account integrations.Account, r integrations.Request) integrations.Event {
	t.Helper()
	events, err := Source{}.Receive(context.Background(), account, r)
	if err != nil || len(events) != 1 {
		t.Fatalf("Receive: %d events, %v", len(events), err)
	}
	return events[0]
}

func TestPromises(t *testing.T) {
	valid := map[string]integrations.Request{"form": form("pull_request", openedPull)}
	for _, c := range goldens {
		valid[c.name] = signed(c.event, c.payload)
	}
	promises.Keep(t, Source{}, promises.Cases{
		Account: testAccount,
		Valid:   valid,
		Unknown: map[string]integrations.Request{
			"star":              signed("star", `{"action":"created",`+inRepo),
			"not even known":    signed("quantum_entanglement", `[]`),
			"deployment review": signed("deployment_review", `{"action":"approved",`+inRepo),
			"suite of Actions":  signed("check_suite", `{"action":"completed","check_suite":{"id":1,"app":{"slug":"github-actions"}},`+inRepo),
			"deleted branch": signed("push", `{"ref":"refs/heads/x","deleted":true,"after":"0000000000000000000000000000000000000000",
				"commits":[],"head_commit":null,`+inRepo),
		},
		Sign: sign,
	})
}

func FuzzReceive(f *testing.F) {
	seeds := []integrations.Request{form("pull_request", openedPull)}
	for _, c := range goldens {
		seeds = append(seeds, signed(c.event, c.payload))
	}
	promises.Fuzz(f, Source{}, testAccount, seeds...)
}

func TestSignature(t *testing.T) {
	good := signed("push", `{}`).Header.Get(integrations.SignatureHeader)
	set := func(values ...string) func(*integrations.Request) {
		return func(r *integrations.Request) { r.Header[integrations.SignatureHeader] = values }
	}
	sha1 := func(r *integrations.Request) {
		r.Header.Del(integrations.SignatureHeader)
		r.Header.Set("X-Hub-Signature", "sha1=5d61605c3feea9799210ddcb71307d4ba264225f")
	}
	for name, change := range map[string]func(*integrations.Request){
		"missing": set(), "empty": set(""), "no prefix": set(strings.TrimPrefix(good, "sha256=")), "only prefix": set("sha256="),
		"upper case": set("sha256=" + strings.ToUpper(good[7:])), "upper prefix": set("SHA256=" + good[7:]),
		"half": set(good[:39]), "longer": set(good + "00"), "twice": set(good, good), "not hex": set("sha256=" + strings.Repeat("z", 64)),
		"sha1": sha1, "sha1 word": set("sha1=" + good[7:]), "of another secret": set(integrations.Sign("other", []byte(`{}`))), "spaces": set(" " + good),
		"of the empty secret": set(integrations.Sign("", []byte(`{}`))),
	} {
		r := signed("push", `{}`)
		change(&r)
		if _, err := (Source{}).Receive(context.Background(), testAccount, r); !errors.Is(err, integrations.ErrSignature) {
			t.Errorf("signature %s: %v", name, err)
		}
	}
}

func TestSecrets(t *testing.T) {
	for _, c := range []struct {
		configured, used string
		genuine          bool
	}{
		{"s", "s", true}, {"old,new", "old", true}, {"old,new", "new", true}, {"old\nnew\n", "new", true}, {" old , new ", "new", true},
		{"", "", false}, {" ", "", false}, {",", "", false}, {"\n", "", false}, {"a,,b", "", false}, {"old,new", "old,new", false}, {"a,b,c", "c", false},
	} {
		r := signed("ping", `{}`)
		r.Header.Set(integrations.SignatureHeader, integrations.Sign(c.used, r.Body))
		account := integrations.Account{Settings: map[string]string{"secret": c.configured}}
		_, err := Source{}.Receive(context.Background(), account, r)
		if genuine := !errors.Is(err, integrations.ErrSignature); genuine != c.genuine {
			t.Errorf("configured %q, signed with %q: genuine is %v", c.configured, c.used, genuine)
		}
	}
}

// GitHub documents this signature of this body.
func TestSignIsGitHubs(t *testing.T) {
	want := "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	if got := integrations.Sign("It's a Secret to Everybody", []byte("Hello, World!")); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRefusedBodies(t *testing.T) {
	plain := signed("push", `{}`)
	plain.Header.Set("Content-Type", "text/plain")
	noName, twoFields := signed("", `{}`), form("push", `{}`)
	twoFields.Body = append(twoFields.Body, "&payload=x"...)
	sign(&twoFields)
	for name, c := range map[string]struct {
		r    integrations.Request
		code models.Code
		says string
	}{
		"media type": {plain, models.Unsupported, "text/plain"}, "no event": {noName, models.Invalid, "X-GitHub-Event"},
		"cut JSON": {signed("push", `{"ref":"x`), models.Invalid, "byte offset 9"}, "cut form": {form("push", `{"ref":`), models.Invalid, "byte offset 7"},
		"two payloads": {twoFields, models.Invalid, "payload"}, "too deep": {signed("push", strings.Repeat("[", 20_000)), models.Invalid, "byte"},
	} {
		_, err := Source{}.Receive(context.Background(), testAccount, c.r)
		if models.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v (%s)", name, err, models.CodeOf(err))
		}
	}
}

func TestParked(t *testing.T) {
	for name, r := range map[string]integrations.Request{
		"no repository":   signed("pull_request", `{"action":"opened","pull_request":{"number":1,"updated_at":"2026-03-01T10:00:00Z"}}`),
		"no number":       signed("pull_request", `{"action":"opened","pull_request":{},`+inRepo),
		"another shape":   signed("pull_request", `{"action":"opened","pull_request":[],`+inRepo),
		"no time":         signed("workflow_run", `{"workflow_run":{"id":1},`+inRepo),
		"no review":       signed("pull_request_review", `{"action":"submitted",`+inRepo),
		"no status":       signed("deployment_status", `{"deployment":{"id":1,"created_at":"2026-03-01T10:00:00Z","environment":"x"},`+inRepo),
		"year -1199":      signed("status", `{"id":1,"sha":"aaaaaaa","context":"x","updated_at":-99999999999,`+inRepo),
		"climbing folder": signed("push", `{"repository":{"full_name":"../.."}}`),
	} {
		event := receive(t, testAccount, r)
		if event.Err == nil || event.Ignored || len(event.Batch.Descriptions) > 0 {
			t.Errorf("%s is not parked: %+v", name, event)
		}
	}
}

func TestRepositories(t *testing.T) {
	for list, want := range map[string]bool{"": true, "acme/fraud": true, "acme/*": true, "*": true, "other/x, ACME/f*": true,
		"other/*": false, "acme": false, "acme/frau": false, "[": false} {
		account := integrations.Account{Settings: map[string]string{"secret": testSecret, "repositories": list}}
		event := receive(t, account, signed("pull_request", openedPull))
		if event.Ignored == want || event.Name != "pull_request.opened" {
			t.Errorf("%q: ignored is %v", list, event.Ignored)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct{ repositories, host, field string }{
		{"acme/*", "github.com", ""}, {"", "https://ghe.acme.example/", ""}, {"acme/[", "", "repositories"}, {"", "ghe.acme.example/x", "host"}} {
		account := integrations.Account{Settings: map[string]string{"repositories": c.repositories, "host": c.host}}
		err := Source{}.Check(context.Background(), account)
		var refusal *models.Error
		if errors.As(err, &refusal) != (c.field != "") || refusal != nil && refusal.Field != c.field {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestEnterpriseServer(t *testing.T) {
	account := integrations.Account{Settings: map[string]string{"secret": testSecret, "host": "https://GHE.acme.example/"}}
	event := receive(t, account, signed("pull_request", openedPull))
	d := event.Batch.Descriptions[0]
	if d.Ref.Key != "ghe.acme.example/acme/fraud#12" || d.Links[0].To.Key != "ghe.acme.example/acme/fraud@"+headSHA {
		t.Errorf("keys %s and %s", d.Ref.Key, d.Links[0].To.Key)
	}
}

func TestDeliveryID(t *testing.T) {
	r := signed("ping", `{}`)
	if id := receive(t, testAccount, r).ID; id != "72d3162e-cc78-11e3-81ab-4c9367dc0958" {
		t.Errorf("the id is %q", id)
	}
	r.Header.Set("X-GitHub-Delivery", "x\x00y")
	if id := receive(t, testAccount, r).ID; id != "" {
		t.Errorf("the id is %q", id)
	}
}
