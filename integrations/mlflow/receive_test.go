package mlflow

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// posted is a delivery as a real server (3.11.2) posted it, secret s3cr3t.
type posted struct {
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body_raw"`
}

func (p posted) request() integrations.Request {
	r := integrations.Request{Header: http.Header{}, Body: []byte(p.Body)}
	for name, value := range p.Headers {
		r.Header.Set(name, value)
	}
	seconds, _ := strconv.ParseInt(r.Header.Get(timeHeader), 10, 64)
	r.Now = time.Unix(seconds, 0).Add(8 * time.Second)
	return r
}

func deliveries(t *testing.T) (out []posted) {
	t.Helper()
	file, err := os.Open("testdata/webhook-deliveries.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var p posted
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func teamA() integrations.Account {
	return integrations.Account{ID: 1, Name: "main", Settings: map[string]string{"url": "http://mlflow", "secret": "s3cr3t", "workspaces": "team-*, team-a"}}
}

func TestRealDeliveriesAreGenuineAndUnderstood(t *testing.T) {
	source, told, poked, ignored := New(nil), map[models.Ref]models.Description{}, map[string]bool{}, map[string]bool{}
	for _, p := range deliveries(t) {
		events, err := source.Receive(t.Context(), teamA(), p.request())
		if err != nil || len(events) != 1 || events[0].Err != nil || events[0].ID != p.Headers["X-MLflow-Delivery-Id"] {
			t.Fatalf("%s: %v %+v", p.Body, err, events)
		}
		e := events[0]
		poked[e.Name] = poked[e.Name] || e.Poke
		ignored[e.Name] = ignored[e.Name] || e.Ignored
		for _, d := range e.Batch.Descriptions {
			told[d.Ref] = d
		}
		again, err := source.Replay(t.Context(), teamA(), e.Name, nil, e.Body)
		if err != nil || again.Name != e.Name || len(again.Batch.Descriptions) != len(e.Batch.Descriptions) {
			t.Errorf("a replay of %s says something else: %v", e.Name, err)
		}
	}
	for _, name := range []string{"registered_model.created", "model_version.created", "model_version_tag.set", "model_version_tag.deleted", "model_version_alias.created", "model_version_alias.deleted"} {
		if !poked[name] {
			t.Errorf("%s asks for nothing", name)
		}
	}
	if !ignored["prompt.created"] || !ignored["model_version.created"] {
		t.Errorf("prompts, or the example, are taken for models: %v", ignored)
	}
	if d := told[models.Ref{Kind: models.Model, Key: "team-a:fraud"}]; d.Facts["description"] != "d" {
		t.Errorf("the model is %+v", d)
	}
	if _, example := told[models.Ref{Kind: models.ModelVersion, Key: "team-a:example_model/1"}]; example {
		t.Error("the example was believed")
	}
}

func TestOthersPostsAreRefused(t *testing.T) {
	source, all := New(nil), deliveries(t)
	good := all[slices.IndexFunc(all, func(p posted) bool { return strings.Contains(p.Body, `"registered_model"`) })]
	for name, spoil := range map[string]func(*integrations.Request, integrations.Account){
		"another secret": func(_ *integrations.Request, a integrations.Account) { a.Settings["secret"] = "other" },
		"no secret":      func(_ *integrations.Request, a integrations.Account) { delete(a.Settings, "secret") },
		"another body":   func(r *integrations.Request, _ integrations.Account) { r.Body = append(r.Body, ' ') },
		"another id":     func(r *integrations.Request, _ integrations.Account) { r.Header.Set(deliveryHeader, "x") },
		"another time": func(r *integrations.Request, _ integrations.Account) {
			r.Header.Set(timeHeader, strconv.FormatInt(r.Now.Unix(), 10))
		},
		"an old post":    func(r *integrations.Request, _ integrations.Account) { r.Now = r.Now.Add(6 * time.Minute) },
		"a post to come": func(r *integrations.Request, _ integrations.Account) { r.Now = r.Now.Add(-6 * time.Minute) },
		"no signature":   func(r *integrations.Request, _ integrations.Account) { r.Header.Del(signatureHeader) },
		"two signatures": func(r *integrations.Request, _ integrations.Account) { r.Header.Add(signatureHeader, "v1,x") },
		"another algorithm": func(r *integrations.Request, _ integrations.Account) {
			r.Header.Set(signatureHeader, "v0,"+r.Header.Get(signatureHeader)[3:])
		},
	} {
		r, a := good.request(), teamA()
		if _, err := source.Receive(t.Context(), a, r); err != nil {
			t.Fatal(err)
		}
		spoil(&r, a)
		if _, err := source.Receive(t.Context(), a, r); !errors.Is(err, integrations.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := teamA() // while the secret is changed, both count
	a.Settings["secret"] = "new, s3cr3t"
	if _, err := source.Receive(t.Context(), a, good.request()); err != nil {
		t.Error(err)
	}
	a.Settings["workspaces"] = "team-b"
	if events, err := source.Receive(t.Context(), a, good.request()); err != nil || !events[0].Ignored {
		t.Errorf("another workspace's model was taken: %v", err)
	}
}
