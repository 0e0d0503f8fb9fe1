package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	"strconv"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"throughline/models"
)

const ceType = "application/cloudevents+json"

func TestHooksRefuseAndKeep(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	other := s.project("OTHER")
	s.seed()
	s.token("stranger", models.Contributor, other.ID)
	s.token("reader", models.Administrator, 0, models.ScopeRead)
	s.token("runs", models.Administrator, 0, models.ScopeRuns)
	run := cloudEvent("h1", "run.started", `{"run_id":"r9","experiment":"e","name":"n"}`)
	deploy := cloudEvent("h2", "deployment", `{"id":"d9","environment":"staging","model":"churn","version":"3","state":"live","at":"2026-11-21T10:00:00Z"}`)
	for _, step := range []struct {
		name, caller, path, body string
		status                   int
		contains                 string
	}{
		{"no token", "", "/hooks/cloudevents/mine", run, 401, ""},
		{"no token, no such integration", "", "/hooks/cloudevents/none", run, 401, ""},
		{"token of another project", "stranger", "/hooks/cloudevents/mine", run, 404, "no such integration"},
		{"no such integration", "stranger", "/hooks/cloudevents/none", run, 404, "no such integration"},
		{"no such source", "seed", "/hooks/nothing/mine", run, 404, ""},
		{"only reading", "reader", "/hooks/cloudevents/mine", run, 403, "events:write"},
		{"runs only: a run", "runs", "/hooks/cloudevents/mine", run, 202, `"state":"applied"`},
		{"runs only: a deployment", "runs", "/hooks/cloudevents/mine", deploy, 403, "scopes"},
		{"repeated", "seed", "/hooks/cloudevents/mine", run, 200, `"duplicate":true`},
		{"unknown type", "seed", "/hooks/cloudevents/mine", `{"specversion":"1.0","source":"x","id":"u1","type":"com.example.other"}`, 202, `"state":"ignored"`},
		{"broken JSON", "seed", "/hooks/cloudevents/mine", `{"specversion":"1.0",`, 400, "21"},
		{"too large", "seed", "/hooks/cloudevents/mine", `{"a":"` + strings.Repeat("x", 33<<20) + `"}`, 413, ""},
	} {
		a := s.ask(step.caller, "POST", step.path, step.body, "Content-Type", ceType)
		require.Equal(t, step.status, a.status, "%s: %s", step.name, a.body)
		require.Contains(t, a.body, step.contains, step.name)
	}
	require.Equal(t, 415, s.ask("seed", "POST", "/hooks/cloudevents/mine", "hello", "Content-Type", "text/plain").status)
}

// TestAKeyNamesAPostOnce: the same post again gets the first answer, another one with
// the same key is refused, and a key of one project says nothing in another.
func TestAKeyNamesAPostOnce(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.seed()
	run := func(id string) string {
		return cloudEvent(id, "run.started", `{"run_id":"`+id+`","experiment":"e","name":"n"}`)
	}
	for _, path := range []string{"/hooks/cloudevents/mine", "/api/v1/projects/MINE/events"} {
		key := path + " k1"
		send := func(body string, more ...string) answer {
			return s.ask("seed", "POST", path, body, append([]string{"Content-Type", ceType}, more...)...)
		}
		require.Equal(t, 202, send(run("k1"), idempotencyKey, `"`+key+`"`).status)
		again := send(run("k1"), idempotencyKey, key)
		require.Equal(t, 200, again.status, again.body)
		require.Contains(t, again.body, `"state":"applied"`)
		other := send(run("k2"), idempotencyKey, key)
		require.Equal(t, 422, other.status, other.body)
		require.Contains(t, other.body, idempotencyKey)
		require.Equal(t, 404, s.ask("seed", "GET", "/api/v1/subjects/run/k2", "").status, "a refused post left something")
		require.Equal(t, 400, send(run("k3"), idempotencyKey, strings.Repeat("k", 300)).status)
		parked := `{"specversion":"1.0","source":"x","id":"p1","type":"dev.throughline.run.started.v1","data":{}}`
		require.Contains(t, send(parked, idempotencyKey, path+" k4").body, `"state":"parked"`)
		require.Contains(t, send(parked, idempotencyKey, path+" k4").body, `"state":"parked"`)
	}
}

// TestASignedPostNeedsNoToken, and with a signing secret a token alone does not do.
func TestASignedPostNeedsNoToken(t *testing.T) {
	s := newSite(t)
	p := s.project("MINE")
	s.seed()
	secret := "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	_, err := s.store.CreateIntegration(context.Background(), models.Principal{TokenID: 1, Name: "t", Hub: models.Administrator}, p.ID, "cloudevents", "signed", nil, map[string]string{"signing_secret": secret})
	require.NoError(t, err)
	hook, err := standardwebhooks.NewWebhook(secret)
	require.NoError(t, err)
	body := cloudEvent("s1", "run.started", `{"run_id":"s1","experiment":"e","name":"n"}`)
	now := s.h.Now()
	signature, err := hook.Sign("msg_1", now, []byte(body))
	require.NoError(t, err)
	header := []string{"Content-Type", ceType, "webhook-id", "msg_1", "webhook-timestamp", strconv.FormatInt(now.Unix(), 10), "webhook-signature", signature}
	require.Equal(t, 401, s.ask("seed", "POST", "/hooks/cloudevents/signed", body, "Content-Type", ceType).status, "a token alone")
	require.Equal(t, 401, s.ask("", "POST", "/hooks/cloudevents/mine", body, header...).status, "a signature where none is agreed")
	a := s.ask("", "POST", "/hooks/cloudevents/signed", body, header...)
	require.Equal(t, 202, a.status, a.body)
	require.Equal(t, 401, s.ask("", "POST", "/hooks/cloudevents/signed", body+" ", header...).status, "an altered body")
}

func TestABadSignatureRaisesACounterOnly(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.seed()
	before, err := s.store.Seq(context.Background())
	require.NoError(t, err)
	for _, signature := range []string{"", "sha256=00", "sha1=" + strings.Repeat("0", 40), strings.ToUpper("sha256=" + strings.Repeat("a", 64))} {
		a := s.ask("", "POST", "/hooks/github/mine", pullBody, "X-GitHub-Event", "pull_request", "X-GitHub-Delivery", "x", "X-Hub-Signature-256", signature)
		require.Equal(t, 401, a.status, a.body)
	}
	after, err := s.store.Seq(context.Background())
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.EqualValues(t, 4, s.ask("seed", "GET", "/api/v1/projects/MINE/integrations/github/mine", "").json(t)["bad_signatures"])
}

func TestPackedBodies(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.seed()
	pack := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write([]byte(text))
		require.NoError(t, err)
		require.NoError(t, z.Close())
		return b.String()
	}
	for _, step := range []struct {
		name, body, encoding string
		status               int
	}{
		{"gzip", pack(cloudEvent("z1", "run.started", `{"run_id":"z"}`)), "gzip", 202},
		{"a bomb", pack(strings.Repeat(" ", 64<<20)), "gzip", 413},
		{"no gzip", "plain", "gzip", 400},
		{"cut", pack(strings.Repeat("{}", 5000))[:30], "gzip", 400},
		{"another encoding", "x", "br", 415},
	} {
		a := s.ask("seed", "POST", "/hooks/cloudevents/mine", step.body, "Content-Type", ceType, "Content-Encoding", step.encoding)
		require.Equal(t, step.status, a.status, "%s: %s", step.name, a.body)
	}
}

func TestTheHandshakeTellsNothing(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.seed()
	there := s.ask("", "OPTIONS", "/hooks/cloudevents/mine", "", "WebHook-Request-Origin", "events.example.com")
	absent := s.ask("", "OPTIONS", "/hooks/cloudevents/none", "", "WebHook-Request-Origin", "events.example.com")
	require.Equal(t, 200, there.status)
	require.Equal(t, "events.example.com", there.header.Get("WebHook-Allowed-Origin"))
	require.Equal(t, there.header.Get("WebHook-Allowed-Origin"), absent.header.Get("WebHook-Allowed-Origin"))
	require.Equal(t, there.status, absent.status)
}

func TestABotMayPostWithBasic(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.seed()
	r := cloudEvent("b1", "run.started", `{"run_id":"b"}`)
	require.Equal(t, 202, s.ask("", "POST", "/hooks/cloudevents/mine", r, "Content-Type", ceType, "Authorization", basic("jenkins", s.tokens["seed"])).status)
	require.Equal(t, 401, s.ask("", "POST", "/hooks/cloudevents/mine?token="+s.tokens["seed"], r, "Content-Type", ceType).status)
	require.Equal(t, 202, s.ask("seed", "POST", "/api/v1/projects/MINE/events", cloudEvent("b2", "run.started", `{"run_id":"b2"}`), "Content-Type", ceType).status)
}

// Row 17: strangers who send large bodies all at once share a few places in
// memory; small ones go on being taken.
func TestLargeBodiesShareAFewPlaces(t *testing.T) {
	s := newSite(t)
	s.project("MINE")
	s.seed()
	require.True(t, s.h.budget.TryAcquire(bodiesAtOnce))
	big := strings.Repeat(" ", 2*smallEnough) + pullBody
	a := s.signed("/hooks/github/mine", "s", "pull_request", "big1", big)
	require.Equal(t, 503, a.status, a.body)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	require.Equal(t, 202, s.signed("/hooks/github/mine", "s", "pull_request", "small1", pullBody).status)
	s.h.budget.Release(bodiesAtOnce)
	for i := range 2 * bodiesAtOnce {
		require.Equal(t, 202, s.signed("/hooks/github/mine", "s", "pull_request", "big2"+itoa(int64(i)), big).status, "a place is given back")
	}
}
