package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/integrations/github"
	"throughline/integrations/github/lookalike"
	"throughline/models"
	"throughline/models/store"
)

// telling is a hub beside a GitHub: a live model built from acme/fraud, and a
// loop that tells, by a clock of its own.
type telling struct {
	*testing.T
	gh    *lookalike.Server
	repo  *lookalike.Repo
	store *store.Store
	in    store.Integration
	bots  store.Integration
	loop  *integrations.ReportLoop
	clock time.Time
	way   func(*http.Request) *http.Response // in place of GitHub, nil asks it
	lose  bool                               // what becomes of a report
	n     int
}

var anAdmin = models.Principal{TokenID: 1, Name: "tests", Hub: models.Administrator}

// newTelling connects as an App, or with a token.
func newTelling(t *testing.T, app bool, switches ...string) *telling {
	h := &telling{T: t, gh: lookalike.Start(t, 3), clock: time.Now()}
	var err error
	h.store, err = store.Open(t.Context(), store.Options{DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	h.must(err)
	t.Cleanup(func() { _ = h.store.Close() })
	project, err := h.store.CreateProject(t.Context(), anAdmin, "FRAUD", "Fraud")
	h.must(err)
	h.gh.Token("reader", lookalike.Reading)
	settings, secrets := map[string]string{"repositories": "acme/*", "api_url": h.gh.URL}, map[string]string{"secret": "s3cret"}
	h.repo = h.gh.Repo("acme/fraud")
	if app {
		settings["app_id"], secrets["app_key"] = newApp(t, h.gh)
	} else {
		h.gh.Token("t0ken", lookalike.Writing)
		secrets["token"] = "t0ken"
	}
	for _, name := range switches {
		settings[name] = "on"
	}
	h.in, err = h.store.CreateIntegration(t.Context(), anAdmin, project.ID, "github", "main", settings, secrets)
	h.must(err)
	h.bots, err = h.store.CreateIntegration(t.Context(), anAdmin, project.ID, "cloudevents", "main", nil, nil)
	h.must(err)
	h.gh.Send = h.hear
	h.gh.OwnerHook("acme", "https://hub.example.com/hooks/github/main", "s3cret", "*")
	h.restart()
	return h
}

func newApp(t *testing.T, gh *lookalike.Server) (id, key string) {
	made, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	app := gh.App("throughline-acme", &made.PublicKey, lookalike.Writing)
	app.Install("acme")
	return fmt.Sprint(app.ID), string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(made)}))
}

func (h *telling) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// restart forgets all that a process remembers.
func (h *telling) restart() {
	source := github.New(&http.Client{Transport: h})
	h.loop = &integrations.ReportLoop{Sources: []integrations.Source{source}, Store: h, Log: slog.New(slog.DiscardHandler),
		Base: "https://hub.example.com", Now: func() time.Time { return h.clock }}
}

// RoundTrip is the way to GitHub.
func (h *telling) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.way != nil {
		if answer := h.way(r); answer != nil {
			answer.Request = r
			return answer, nil
		}
	}
	return http.DefaultTransport.RoundTrip(r)
}

func (h *telling) ReportTargets(ctx context.Context) ([]integrations.ReportTarget, error) {
	return polls{h.store}.ReportTargets(ctx)
}

func (h *telling) Seq(ctx context.Context) (int64, error) { return h.store.Seq(ctx) }

func (h *telling) WantedReports(ctx context.Context, id int64, kinds []models.ReportKind) ([]models.Report, error) {
	return h.store.WantedReports(ctx, id, kinds)
}

func (h *telling) KeepReport(ctx context.Context, r models.Report) error {
	if h.lose {
		return errors.New("killed before it could be kept")
	}
	return h.store.KeepReport(ctx, r)
}

// hear takes a webhook as the program does.
func (h *telling) hear(p lookalike.Post) int {
	i, err := h.store.IntegrationFor(context.Background(), "github", "main")
	h.must(err)
	events, err := github.Source{}.Receive(context.Background(), account(i), integrations.Request{Header: p.Header, Body: p.Body})
	h.must(err)
	for _, e := range events {
		h.must(e.Err)
		in := inbound(e, e.ID)
		in.Integration = h.in
		_, err = h.store.Apply(context.Background(), in)
		h.must(err)
	}
	return http.StatusAccepted
}

// serves puts a model live that was built from a new commit of a repository.
func (h *telling) serves(model string, repo *lookalike.Repo) string {
	h.Helper()
	sha := repo.Commit("main", "Train "+model, "kim").SHA
	ref := func(kind models.Kind, key string) models.Ref { return models.Ref{Kind: kind, Key: key} }
	h.says(models.Description{Ref: ref(models.Run, "run of "+model), State: models.Passed,
		Links: []models.LinkTo{{Relation: models.BuiltFrom, To: ref(models.Commit, "github.com/"+repo.FullName()+"@"+sha)}}},
		models.Description{Ref: ref(models.ModelVersion, model+"/7"), State: models.Registered, Links: []models.LinkTo{{Relation: models.ProducedBy, To: ref(models.Run, "run of "+model)}}},
		models.Description{Ref: ref(models.Deployment, "deployment of "+model), At: time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC), State: models.Live,
			Facts: map[string]any{"environment": "production", "model": model, "version": "7"},
			Links: []models.LinkTo{{Relation: models.Deploys, To: ref(models.ModelVersion, model+"/7")}}})
	return sha
}

func (h *telling) says(d ...models.Description) {
	h.Helper()
	h.n++
	out, err := h.store.Apply(h.Context(), store.Inbound{Integration: h.bots, ID: fmt.Sprint(h.n), Name: "test", Body: []byte("{}"), Batch: models.Batch{Descriptions: d}})
	h.must(err)
	if out.State != "applied" {
		h.Fatal(out)
	}
}

// owner gives a model an owner, or takes it away: a gap closes, or opens.
func (h *telling) owner(model string, is bool) {
	h.Helper()
	var owners []models.OwnerClaim
	if is {
		owners = []models.OwnerClaim{{Person: "dana@example.com"}}
	}
	_, err := h.store.SetOwners(h.Context(), anAdmin, models.Ref{Kind: models.Model, Key: model}, owners)
	h.must(err)
}

// settle lets the loop look, and send what it found.
func (h *telling) settle() {
	h.loop.Step(h.Context())
	h.pass(10 * time.Second)
}

func (h *telling) pass(d time.Duration) {
	h.clock = h.clock.Add(d)
	h.loop.Step(h.Context())
}

// get reads what GitHub shows.
func (h *telling) get(path string, into any) {
	h.Helper()
	r, _ := http.NewRequest(http.MethodGet, h.gh.URL+path, nil)
	r.Header.Set("Authorization", "Bearer reader")
	answer, err := http.DefaultClient.Do(r)
	h.must(err)
	defer answer.Body.Close()
	h.must(json.NewDecoder(answer.Body).Decode(into))
}

type shownCheck struct {
	ID                       int64
	Name, Conclusion, Status string
	ExternalID               string `json:"external_id"`
	DetailsURL               string `json:"details_url"`
	Output                   struct{ Title, Summary, Text string }
}

// checks are the check runs of a commit, those of the past included.
func (h *telling) checks(sha string) []shownCheck {
	h.Helper()
	var list struct {
		CheckRuns []shownCheck `json:"check_runs"`
	}
	h.get("/repos/acme/fraud/commits/"+sha+"/check-runs?filter=all", &list)
	return list.CheckRuns
}

type shownComment struct {
	ID   int64
	Body string
	User struct{ Login string }
}

func (h *telling) comments(number int) (list []shownComment) {
	h.Helper()
	h.get(fmt.Sprintf("/repos/acme/fraud/issues/%d/comments", number), &list)
	return list
}

type shownStatus struct {
	State, Context, Description string
	TargetURL                   string `json:"target_url"`
}

func (h *telling) statuses(sha string) (list []shownStatus) {
	h.Helper()
	h.get("/repos/acme/fraud/commits/"+sha+"/statuses", &list)
	return list
}

// writes counts what GitHub was told since the last Recount.
func (h *telling) writes() (n int) {
	for _, line := range h.gh.Count().Log {
		if method, path, _ := strings.Cut(line, " "); method != http.MethodGet && !strings.Contains(path, "access_tokens") {
			n++
		}
	}
	return n
}

func limited(status int) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {"90"}, "Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(`{"message":"slower, please"}`))}
}
