package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"throughline/integrations"
	"throughline/integrations/github"
	"throughline/integrations/github/lookalike"
	"throughline/models"
	"throughline/models/store"
)

const fraud = "github.com/acme/fraud"

// lines is a hub that hears a GitHub and a bot that runs and deploys.
type lines struct {
	t            *testing.T
	s            *store.Store
	gh           *lookalike.Server
	repo         *lookalike.Repo
	github, bots store.Integration
	account      integrations.Account
	at           time.Time
}

var hubAdmin = models.Principal{TokenID: 1, Name: "tests", Hub: models.Administrator}

func newLines(t *testing.T) *lines {
	ctx := t.Context()
	s, err := store.Open(ctx, store.Options{DataDir: t.TempDir(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	project, err := s.CreateProject(ctx, hubAdmin, "BAR", "Bar")
	if err != nil {
		t.Fatal(err)
	}
	l := &lines{t: t, s: s, gh: lookalike.Start(t, 3), at: time.Now()}
	for source, i := range map[string]*store.Integration{"github": &l.github, "cloudevents": &l.bots} {
		if *i, err = s.CreateIntegration(ctx, hubAdmin, project.ID, source, "main", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	l.repo = l.gh.Repo("acme/fraud")
	l.gh.Token("t0ken", lookalike.Reading)
	l.account = integrations.Account{Name: "main", Settings: map[string]string{"secret": "s", "token": "t0ken", "api_url": l.gh.URL + "/", "repositories": "acme/*"}}
	if err := s.ApplyPoll(ctx, l.github, "", models.Batch{Cursor: "x", Repositories: []models.RepositorySync{{Repository: fraud, State: models.SyncOK}}}); err != nil {
		t.Fatal(err)
	}
	return l
}

// listen lets the hub hear the repository's webhooks.
func (l *lines) listen() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		events, err := github.Source{}.Receive(r.Context(), l.account, integrations.Request{Header: r.Header, Body: body})
		if err != nil {
			l.t.Error(err)
			return
		}
		for _, e := range events {
			in := inbound(e, e.ID)
			in.Integration = l.github
			if out, err := l.s.Apply(context.Background(), in); err != nil || out.State == "parked" {
				l.t.Errorf("%s: %s %v", e.Name, out.Error, err)
			}
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	l.t.Cleanup(server.Close)
	l.gh.Hook(l.repo, server.URL, "s", "*")
}

// serve has the bot tell of a run, the version it made and where that serves.
func (l *lines) serve(run models.Description) {
	run.Ref, run.At, run.State = models.Ref{Kind: models.Run, Key: "r1"}, l.at, models.Passed
	version := models.Description{Ref: models.Ref{Kind: models.ModelVersion, Key: "fraud/1"}, At: l.at, State: models.Live,
		Links: []models.LinkTo{{Relation: models.ProducedBy, To: run.Ref, Evidence: models.Verified}}}
	deployment := models.Description{Ref: models.Ref{Kind: models.Deployment, Key: "d1"}, At: l.at, State: models.Live,
		Facts: map[string]any{"environment": "production", "model": "fraud", "version": "1"},
		Links: []models.LinkTo{{Relation: models.Deploys, To: version.Ref, Evidence: models.Verified}}}
	in := store.Inbound{Integration: l.bots, ID: "1", Name: "bots", Body: []byte("{}"), Batch: models.Batch{Descriptions: []models.Description{run, version, deployment}}}
	if out, err := l.s.Apply(l.t.Context(), in); err != nil || out.State == "parked" {
		l.t.Fatal(out, err)
	}
}

// resolve asks GitHub what the hub wants to know.
func (l *lines) resolve() {
	wants, err := l.s.Wants(l.t.Context(), l.github.ID)
	if err != nil || len(wants) == 0 {
		l.t.Logf("wants: %v %v", wants, err)
		return
	}
	batch, answers, err := github.New(http.DefaultClient).Resolve(l.t.Context(), l.account, wants)
	if err != nil {
		l.t.Error(err)
	}
	if err := l.s.ApplyAnswers(l.t.Context(), l.github, batch, answers); err != nil {
		l.t.Error(err)
	}
}

// parent is the sha of a commit's first parent.
func (l *lines) parent(sha string) string {
	r, _ := http.NewRequest(http.MethodGet, l.gh.URL+"/repos/acme/fraud/commits/"+sha, nil)
	r.Header.Set("Authorization", "Bearer t0ken")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		l.t.Fatal(err)
	}
	defer answer.Body.Close()
	var c struct{ Parents []struct{ SHA string } }
	if err := json.NewDecoder(answer.Body).Decode(&c); err != nil || len(c.Parents) == 0 {
		l.t.Fatal(answer.Status, err)
	}
	return c.Parents[0].SHA
}

// leads fails unless the line's code came by these pull requests.
func (l *lines) leads(want ...int) {
	l.t.Helper()
	line, err := l.s.Throughline(l.t.Context(), hubAdmin, "production", "fraud")
	if err != nil {
		l.t.Fatal(err)
	}
	var got []string
	for _, p := range line.PullRequests {
		got = append(got, p.Subject.Ref.Key)
	}
	var keys []string
	for _, n := range want {
		keys = append(keys, models.PullRequestKey(fraud, strconv.Itoa(n)))
	}
	slices.Sort(got)
	if !slices.Equal(got, keys) {
		l.t.Errorf("the line leads to %v, not %v (commit %v)", got, keys, line.Commit)
	}
	for _, g := range line.Gaps {
		if g.Missing == "commit" || g.Missing == "pull_request" {
			l.t.Errorf("gap: %s", g.Missing)
		}
	}
}

func builtFrom(repository, sha string) models.Description {
	return models.Description{Links: []models.LinkTo{{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: models.CommitKey(repository, sha)}, Evidence: models.Declared}}}
}

// TestWhateverARunNamesLeadsToItsPullRequest: however the code was merged and
// whichever name of it a run logged, the line has no gap between them.
func TestWhateverARunNamesLeadsToItsPullRequest(t *testing.T) {
	merge := func(method string) func(*lines) (models.Description, int) {
		return func(l *lines) (models.Description, int) {
			p := l.repo.OpenPull(lookalike.Draw{Title: "A", By: "kim"})
			p.Push(2)
			p.Merge(method, "lee")
			return builtFrom(fraud, p.MergeCommit), p.Number
		}
	}
	for name, c := range map[string]struct {
		heard bool
		make  func(*lines) (models.Description, int)
	}{
		"squash, by webhook": {true, merge("squash")},
		"merge, by webhook":  {true, merge("merge")},
		"queue, by webhook":  {true, merge("queue")},
		"rebase, by webhook": {true, merge("rebase")},
		"squash, asked":      {false, merge("squash")},
		"merge, asked":       {false, merge("merge")},
		"queue, asked":       {false, merge("queue")},
		"rebase, asked":      {false, merge("rebase")},
		"rebase, an earlier of its commits": {true, func(l *lines) (models.Description, int) {
			d, n := merge("rebase")(l)
			_, sha, _ := models.SplitCommit(d.Links[0].To.Key)
			return builtFrom(fraud, l.parent(sha)), n
		}},
		"test merge of before a push, by webhook": {true, func(l *lines) (models.Description, int) {
			p := l.repo.OpenPull(lookalike.Draw{Title: "A", By: "kim"})
			sha := p.MergeCommit
			p.Push(1)
			p.Merge("squash", "lee")
			if sha == "" || sha == p.MergeCommit {
				l.t.Fatalf("no test merge: %q", sha)
			}
			return builtFrom(fraud, sha), p.Number
		}},
		"a fork's address, by webhook": {true, func(l *lines) (models.Description, int) {
			p := l.repo.OpenPull(lookalike.Draw{Title: "A", By: "kim", From: l.repo.Fork("kim")})
			sha := p.Head()
			p.Merge("squash", "lee")
			return builtFrom("github.com/"+p.Fork.FullName(), sha), p.Number
		}},
		"a short sha": {true, func(l *lines) (models.Description, int) {
			d, n := merge("squash")(l)
			_, sha, _ := models.SplitCommit(d.Links[0].To.Key)
			return builtFrom(fraud, sha[:8]), n
		}},
		"a hint": {true, func(l *lines) (models.Description, int) {
			d, n := merge("squash")(l)
			_, sha, _ := models.SplitCommit(d.Links[0].To.Key)
			return models.Description{Facts: map[string]any{"commit_hint": sha}}, n
		}},
		"a short hint": {true, func(l *lines) (models.Description, int) {
			d, n := merge("squash")(l)
			_, sha, _ := models.SplitCommit(d.Links[0].To.Key)
			return models.Description{Facts: map[string]any{"commit_hint": sha[:8]}}, n
		}},
		"a tag as a hint": {true, func(l *lines) (models.Description, int) {
			d, n := merge("squash")(l)
			_, sha, _ := models.SplitCommit(d.Links[0].To.Key)
			l.repo.Tag("v1.2.0", sha, true, "lee")
			return models.Description{Facts: map[string]any{"commit_hint": "v1.2.0"}}, n
		}},
		"another spelling of the repository": {true, func(l *lines) (models.Description, int) {
			d, n := merge("squash")(l)
			_, sha, _ := models.SplitCommit(d.Links[0].To.Key)
			return builtFrom("https://github.com/Acme/Fraud.git", sha), n
		}},
		"a repository's old name, asked": {false, func(l *lines) (models.Description, int) {
			d, n := merge("squash")(l)
			l.repo.Rename("risk")
			return d, n
		}},
		"only the pipeline run knows the commit": {false, func(l *lines) (models.Description, int) {
			d, n := merge("rebase")(l)
			in := store.Inbound{Integration: l.bots, ID: "0", Name: "bots", Body: []byte("{}"), Batch: models.Batch{Descriptions: []models.Description{
				{Ref: models.Ref{Kind: models.PipelineRun, Key: "p1"}, At: l.at, State: models.Passed, Links: d.Links}}}}
			if _, err := l.s.Apply(l.t.Context(), in); err != nil {
				l.t.Fatal(err)
			}
			return models.Description{Links: []models.LinkTo{{Relation: models.ExecutedIn, To: models.Ref{Kind: models.PipelineRun, Key: "p1"}}}}, n
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLines(t)
			if c.heard {
				l.listen()
			}
			run, number := c.make(l)
			l.serve(run)
			l.resolve()
			l.leads(number)
		})
	}
}
