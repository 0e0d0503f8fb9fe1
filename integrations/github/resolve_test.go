package github

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"throughline/integrations"
	"throughline/integrations/github/lookalike"
	"throughline/models"
)

// TestACommitLeadsToItsPullRequest: however it was merged, and by whichever part
// of its sha it was named; a sha that no repository, or more than one, has leads
// nowhere.
func TestACommitLeadsToItsPullRequest(t *testing.T) {
	gh := lookalike.Start(t, 3)
	repo := gh.Repo("acme/fraud")
	gh.Repo("acme/twin")
	gh.Token("t0ken", lookalike.Reading)
	account := integrations.Account{Name: "main", Settings: map[string]string{"token": "t0ken", "api_url": gh.URL + "/", "repositories": "acme/*"}}
	const fraud = "github.com/acme/fraud"
	among := []string{fraud, "github.com/acme/twin"}
	for _, method := range []string{"squash", "rebase", "merge"} {
		pr := repo.OpenPull(lookalike.Draw{Title: "By " + method, By: "kim"})
		pr.Push(2)
		pr.Merge(method, "lee")
		sha := pr.MergeCommit
		key := models.PullRequestKey(fraud, strconv.Itoa(pr.Number))
		for name, want := range map[string]models.Want{
			"in full": {SHA: sha, Repository: []string{fraud}, Commit: models.Ref{Kind: models.Commit, Key: fraud + "@" + sha}},
			"short":   {SHA: sha[:8], Repository: []string{fraud}, Commit: models.Ref{Kind: models.Commit, Key: fraud + "@" + sha[:8]}},
			"a hint":  {SHA: sha, Repository: among},
		} {
			batch, answers, err := New(http.DefaultClient).Resolve(t.Context(), account, []models.Want{want})
			if err != nil || len(answers) != 1 || answers[0].Commit.Key != fraud+"@"+sha {
				t.Fatalf("%s, %s: %+v, %v", method, name, answers, err)
			}
			named := want.Commit
			if named.Key == "" {
				named = answers[0].Commit
			}
			if !slices.ContainsFunc(batch.Descriptions, func(d models.Description) bool {
				return d.Ref.Key == key && slices.Contains(d.Links, models.LinkTo{Relation: models.Contains, To: named, Evidence: models.Verified})
			}) {
				t.Errorf("%s, %s does not lead to %s: %+v", method, name, key, batch.Descriptions)
			}
		}
	}
	batch, answers, err := New(http.DefaultClient).Resolve(t.Context(), account, []models.Want{{SHA: "0123456789abcdef0123456789abcdef01234567", Repository: among}})
	if err != nil || len(answers) != 1 || answers[0].Commit.Key != "" || len(batch.Descriptions) != 0 {
		t.Errorf("a sha that nobody has: %+v, %v", answers, err)
	}
}

// TestAStumbleHoldsUpNobody: a commit that GitHub fails on is asked for again
// another time, and those behind it are answered.
func TestAStumbleHoldsUpNobody(t *testing.T) {
	gh := lookalike.Start(t, 3)
	pr := gh.Repo("acme/fraud").OpenPull(lookalike.Draw{By: "kim"})
	gh.Token("t0ken", lookalike.Reading)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "badbadbad") {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		gh.ServeHTTP(w, r)
	}))
	t.Cleanup(broken.Close)
	account := integrations.Account{Name: "main", Settings: map[string]string{"token": "t0ken", "api_url": broken.URL + "/", "repositories": "acme/*"}}
	among := []string{"github.com/acme/fraud"}
	_, answers, err := New(http.DefaultClient).Resolve(t.Context(), account, []models.Want{{SHA: "badbadbad", Repository: among}, {SHA: pr.Head(), Repository: among}})
	if err == nil || len(answers) != 1 || answers[0].Want.SHA != pr.Head() {
		t.Errorf("%+v, %v", answers, err)
	}
}
