package handlers

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

const registryRoot = "/api/2.0/mlflow/"

// registrySite is a site whose maintainer has a run and the registered model fraud.
func registrySite(t *testing.T, change ...func(*Options)) (s *site, run string) {
	s = newSite(t, change...)
	p, err := s.store.CreateProject(t.Context(), models.Principal{TokenID: 1, Hub: models.Administrator}, "BAR", "Bar")
	require.NoError(t, err)
	s.token("maintainer", models.Maintainer, p.ID)
	s.token("viewer", models.Viewer, p.ID)
	s.token("runs", models.Maintainer, p.ID, models.ScopeRuns)
	run = within(t, s.registry("maintainer", "POST", "runs/create", `{"experiment_id":"0","start_time":1}`, 200), "run", "info", "run_id")
	s.registry("maintainer", "POST", "registered-models/create", `{"name":"fraud"}`, 200)
	return s, run
}

// registry asks a call and wants a status.
func (s *site) registry(caller, method, path, body string, status int) string {
	s.t.Helper()
	a := s.ask(caller, method, registryRoot+path, body)
	require.Equal(s.t, status, a.status, "%s %s %s: %s", method, path, body, a.body)
	return a.body
}

// within is a text inside of an answer.
func within(t *testing.T, body string, names ...string) string {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(body), &v))
	for _, name := range names {
		v = v.(map[string]any)[name]
	}
	return fmt.Sprint(v)
}

// Row 14: what a version names as its source is what is downloaded.
func TestSourcesOfVersionsThatLeadElsewhereAreRefused(t *testing.T) {
	s, run := registrySite(t)
	s.registry("maintainer", "POST", "registered-models/create", `{"name":"prompt","tags":[{"key":"mlflow.prompt.is_prompt","value":"true"}]}`, 200)
	for _, model := range []string{"fraud", "prompt"} {
		for _, source := range []string{"file:///tmp", "/tmp", "file:", "FILE://", "runs:/../x", "mlflow-artifacts:/../../", "s3://x/../..", "s3://x/y", "https://evil.test/x",
			"runs:/" + run + "/%2e%2e/%2e%2e", "mlflow-artifacts:/0/" + run + "/artifacts/%2e%2e", "models:/m-1", "models://elsewhere/fraud/1"} {
			body, _ := json.Marshal(map[string]any{"name": model, "source": source, "run_id": run, "tags": []models.Pair{{Key: models.PromptTag, Value: "true"}}})
			require.Contains(t, s.registry("maintainer", "POST", "model-versions/create", string(body), 400), "INVALID_PARAMETER_VALUE", source)
		}
		require.Contains(t, s.registry("maintainer", "GET", "model-versions/get-download-uri?version=1&name="+model, "", 404), "RESOURCE_DOES_NOT_EXIST")
	}
	s.registry("maintainer", "POST", "model-versions/create", `{"name":"prompt","source":"dummy-source"}`, 200)
}

// A client that lost the answer sends the same again; a second wish has another body,
// or comes later.
func TestARepeatedCallRegistersOneVersion(t *testing.T) {
	s, run := registrySite(t)
	body := `{"name":"fraud","source":"runs:/` + run + `/model","run_id":"` + run + `"}`
	first := s.registry("maintainer", "POST", "model-versions/create", body, 200)
	require.JSONEq(t, first, s.registry("maintainer", "POST", "model-versions/create", body, 200))
	require.Equal(t, "1", within(t, first, "model_version", "version"))
	other := strings.Replace(body, "model\"", "other\"", 1)
	require.Equal(t, "2", within(t, s.registry("maintainer", "POST", "model-versions/create", other, 200), "model_version", "version"))
	logged := `{"experiment_id":"0","name":"net"}`
	one := s.registry("maintainer", "POST", "logged-models", logged, 200)
	require.JSONEq(t, one, s.registry("maintainer", "POST", "logged-models", logged, 200))
}

func TestATokenForRunsRegistersNothing(t *testing.T) {
	s, run := registrySite(t)
	s.registry("runs", "POST", "registered-models/create", `{"name":"x"}`, 403)
	s.registry("runs", "POST", "model-versions/create", `{"name":"fraud","source":"runs:/`+run+`/model"}`, 403)
	s.registry("runs", "POST", "logged-models", `{"experiment_id":"0","name":"net"}`, 200)
	s.registry("viewer", "GET", "webhooks", "", 403)
}

// receiver keeps what webhooks told it; the first answers are failures.
type receiver struct {
	sync.Mutex
	fail int
	got  []*http.Request
	told []string
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.Lock()
	defer r.Unlock()
	r.got, r.told = append(r.got, req), append(r.told, string(body))
	if len(r.got) <= r.fail {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func TestRegistryWebhooksArriveSignedAndAreRepeated(t *testing.T) {
	r := &receiver{fail: 2}
	there := httptest.NewServer(r)
	defer there.Close()
	var ahead time.Duration
	s, _ := registrySite(t, func(o *Options) {
		o.Send = http.DefaultClient.Do
		o.Now = func() time.Time { return time.Now().Add(ahead) }
	})
	hook := `{"name":"hub","url":"` + there.URL + `","events":[{"entity":"REGISTERED_MODEL","action":"CREATED"}],"secret":"s3cr3t"}`
	made := s.registry("maintainer", "POST", "webhooks", hook, 200)
	require.NotContains(t, made, "s3cr3t")
	s.registry("maintainer", "POST", "registered-models/create", `{"name":"new"}`, 200)
	ahead = -time.Hour // the next attempt is due at once
	for range 4 {
		require.NoError(t, s.h.tracking.SendDue(t.Context()))
	}
	require.Len(t, r.told, 3, "two failures, and then no more")
	first := r.got[0].Header
	for n, req := range r.got {
		mac := hmac.New(sha256.New, []byte("s3cr3t"))
		fmt.Fprintf(mac, "%s.%s.%s", first.Get("X-MLflow-Delivery-Id"), first.Get("X-MLflow-Timestamp"), r.told[n])
		require.Equal(t, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), req.Header.Get("X-MLflow-Signature"))
	}
	require.Contains(t, r.told[0], `"entity":"registered_model","action":"created"`)
	id := within(t, made, "webhook", "webhook_id")
	require.Contains(t, s.registry("maintainer", "POST", "webhooks/"+id+"/test", `{}`, 200), `"success":true`)
	require.Contains(t, r.told[3], "example_model")
	s.registry("maintainer", "PATCH", "webhooks/"+id, `{"status":"DISABLED"}`, 200)
	s.registry("maintainer", "POST", "registered-models/create", `{"name":"newer"}`, 200)
	require.NoError(t, s.h.tracking.SendDue(t.Context()))
	require.Len(t, r.told, 4, "a webhook that is switched off is told nothing")
	s.registry("maintainer", "DELETE", "webhooks/"+id, "", 200)
	s.registry("maintainer", "GET", "webhooks/"+id, "", 404)
}

// Row 23: a webhook's address is judged when it is saved.
func TestWebhooksInsideTheNetworkAreRefused(t *testing.T) {
	refused := models.Errorf(models.Unprocessed, "This is a private address.")
	s, _ := registrySite(t, func(o *Options) { o.CheckURL = func(_ context.Context, _ string) error { return refused } })
	for _, url := range []string{"http://127.0.0.1/x", "ftp://x/y", "https://user:pw@hub.test/", "file:///etc/passwd", "x"} {
		s.registry("maintainer", "POST", "webhooks", `{"name":"hub","url":"`+url+`","events":[{"entity":"MODEL_VERSION","action":"CREATED"}]}`, 400)
	}
}
