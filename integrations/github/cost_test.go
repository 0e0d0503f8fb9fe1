package github

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"throughline/integrations/github/lookalike"
)

// TestWhatAnImportCosts: a thousand pull requests cost exactly what the manual
// says, and a round with nothing new costs nothing of the hourly limit.
func TestWhatAnImportCosts(t *testing.T) {
	gh := lookalike.Start(t, 1)
	gh.Limit = 100_000
	w := newWorld(t, gh, lookalike.Reading)
	want := fill(gh.Repo("acme/fraud"))
	gh.Hook(gh.Repo("acme/fraud"), "https://hub.example/hooks/github/main", testSecret, "pull_request")
	want++ // the one page of its deliveries
	gh.Recount()
	w.round()
	first := gh.Count()
	files := 0
	for route, n := range first.Routes {
		if strings.Contains(route, "/contents/") {
			files += n
		}
	}
	if first.Total-files != want || files > 4 {
		t.Errorf("the import cost %d requests and %d for files, the formula says %d\n%v", first.Total-files, files, want, first.Routes)
	}
	if diff := w.difference(func(k lookalike.Known) bool { return k.Asked }); diff != "" {
		t.Error(cut(diff))
	}
	if asked := recall(w.cursor).Progress; asked.Requests != first.Total || asked.Running() {
		t.Errorf("the progress counts %d of %d requests", asked.Requests, first.Total)
	}

	gh.Recount()
	w.round()
	second := gh.Count()
	if second.Total != second.Conditional || second.Total != second.NotModified || second.Total == 0 {
		t.Errorf("of %d requests %d were conditional and %d answered 304\n%s", second.Total, second.Conditional, second.NotModified, strings.Join(second.Log, "\n"))
	}
	if first.MostAtOnce != 1 || second.MostAtOnce != 1 {
		t.Errorf("%d and %d requests at a time", first.MostAtOnce, second.MostAtOnce)
	}
	t.Logf("import: %d requests; a round with nothing new: %d, all 304", first.Total, second.Total)
}

func pagesOf(n int) int { return max(1, (n+99)/100) }

// fill makes a thousand pull requests with what belongs to them, and returns what
// their import costs by the formula of docs/integrations/github.md.
func fill(r *lookalike.Repo) (cost int) {
	const pulls, runs, deployments = 1000, 130, 20
	cost = 1 + 1 + pagesOf(pulls) + pagesOf(runs) + pagesOf(deployments)
	for n := range pulls {
		commits, reviews := 1+n%3, n%2
		if n == 500 {
			commits, reviews = 120, 101
		}
		p := r.OpenPull(lookalike.Draw{By: "kim", Commits: commits})
		for i := range reviews {
			p.Review(fmt.Sprint("reviewer-", i), "APPROVED")
		}
		r.RunCheck(p.Head(), p.Branch, "lint", "success")
		r.Status(p.Head(), "ci/jenkins", "success", "jenkins[bot]")
		if n%20 != 0 {
			p.Merge("squash", "lee")
		}
		if n < runs {
			p.StartWorkflow("CI", "test", "train").Play("success")
		}
		cost += 1 + pagesOf(commits) + pagesOf(reviews) + 1 + 1
	}
	for range deployments {
		r.Deploy(r.Branches["main"], "production", nil, nil, "lee").Say("success", "lee")
	}
	return cost + runs + deployments
}

// TestOneRequestAtATime: whoever asks, the sync of several accounts with one
// token or a person's wizard, GitHub is asked one thing after the other.
func TestOneRequestAtATime(t *testing.T) {
	gh := lookalike.Start(t, 1)
	w := newWorld(t, gh, lookalike.Reading)
	gh.Random("acme/fraud", 1, 5)
	gh.Lie(lookalike.Lies{Slow: 1, Late: time.Millisecond})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { _, _, _ = w.polled.Poll(t.Context(), w.account, "") })
	}
	all.Wait()
	if c := gh.Count(); c.MostAtOnce != 1 || c.Total < 40 {
		t.Errorf("%d of %d requests at a time", c.MostAtOnce, c.Total)
	}
}
