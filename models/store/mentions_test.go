package store

import (
	"context"
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// pull is a pull request as a source tells it on a day.
func pull(n int, title, branch, body string, state models.State, stateDay int) models.Description {
	return models.Description{Ref: ref(models.PullRequest, "acme/fraud#12"), At: day(n), Title: title, Text: body, State: state, StateAt: day(stateDay),
		Facts: map[string]any{"branch": branch, "repository": "acme/fraud"}}
}

func commitSaying(sha, message string) models.Description {
	return models.Description{Ref: ref(models.Commit, "github.com/acme/fraud@"+sha), At: day(1), Facts: map[string]any{"message": message}}
}

func ofCommits(d models.Description, shas ...string) models.Description {
	for _, sha := range shas {
		d.Links = append(d.Links, models.LinkTo{Relation: models.Contains, To: ref(models.Commit, "github.com/acme/fraud@"+sha)})
	}
	return d
}

// tasks adds plain cards at the beginning of the story.
func (h *hub) tasks(p models.Project, titles ...string) {
	h.t.Helper()
	clock := h.s.now
	h.s.now = func() time.Time { return day(-1) }
	defer func() { h.s.now = clock }()
	for _, title := range titles {
		_, err := h.s.AddCard(context.Background(), admin, p, title, 0)
		require.NoError(h.t, err)
	}
}

// mentioned are the cards that a subject's links lead to.
func (h *hub) mentioned(kind models.Kind, key string) (out []string) {
	h.t.Helper()
	links, _, err := h.s.Links(context.Background(), admin, h.find(kind, key).ID)
	require.NoError(h.t, err)
	for i := len(links) - 1; i >= 0; i-- {
		if l := links[i]; l.To.Ref.Kind == models.Task {
			require.Equal(h.t, models.Mentions, l.Relation)
			require.Equal(h.t, models.Declared, l.Evidence)
			require.Equal(h.t, "github/main", l.By)
			out = append(out, l.To.Ref.Key)
		}
	}
	return out
}

func TestWordsLinkCards(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		h.tasks(h.project, "one", "two", "three", "four")
		h.apply("github", "commit", commitSaying(sha1, "Tidy up\n\nFRAUD-4"))
		h.apply("github", "pr", ofCommits(pull(1, "FRAUD-1: velocity, FRAUD-99", "kim/fraud-2-fix", "See FRAUD-3 `FRAUD-4`", models.Open, 1), sha1))
		require.ElementsMatch(t, []string{"FRAUD-1", "FRAUD-2", "FRAUD-3", "FRAUD-4"}, h.mentioned(models.PullRequest, "acme/fraud#12"))
		require.Equal(t, []string{"FRAUD-4"}, h.mentioned(models.Commit, "github.com/acme/fraud@"+sha1))
		require.Len(t, h.card(models.Task, "FRAUD-1").Links, 1, "the card shows the pull request")

		h.apply("github", "edit", pull(2, "Velocity", "kim/fraud-2-fix", "nothing", models.Open, 1))
		require.ElementsMatch(t, []string{"FRAUD-2", "FRAUD-4"}, h.mentioned(models.PullRequest, "acme/fraud#12"), "what is edited away is gone")
		require.Empty(t, h.card(models.Task, "FRAUD-1").Links)
	})
}

func TestWordsNeverReachAProjectThatIsNotConnected(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		other, err := s.CreateProject(context.Background(), admin, "SECRET", "Not connected")
		require.NoError(t, err)
		h.tasks(other, "hidden")
		h.tasks(h.project, "ours")
		h.apply("github", "pr", pull(1, "fixes SECRET-1, fixes FRAUD-1", "secret-1", "", models.Merged, 1))
		require.Equal(t, []string{"FRAUD-1"}, h.mentioned(models.PullRequest, "acme/fraud#12"))
		require.Equal(t, models.Open, h.find(models.Task, "SECRET-1").State)
		require.Equal(t, models.Closed, h.find(models.Task, "FRAUD-1").State)
	})
}

func TestAMergeClosesTheCardItSaysItFixes(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tasks(h.project, "one", "two")
		open := pull(1, "Fixes FRAUD-1, see FRAUD-2", "b", "", models.Open, 1)
		merged := pull(2, "Fixes FRAUD-1, see FRAUD-2", "b", "", models.Merged, 2)
		h.apply("github", "open", open)
		require.Equal(t, "Backlog", h.column(models.Task, "FRAUD-1"))
		h.apply("github", "merged", merged)
		c := h.card(models.Task, "FRAUD-1")
		require.Equal(t, "Done", c.Column)
		require.Equal(t, models.Closed, c.Subject.State)
		require.Equal(t, "closed by acme/fraud#12", c.PlacedBy.Rule)
		require.Equal(t, "github/main", c.PlacedBy.Source)
		require.Equal(t, "Backlog", h.column(models.Task, "FRAUD-2"), "a mention closes nothing")

		_, err := s.MoveCard(ctx, admin, h.project, models.Move{Card: c.ID, Name: "In progress"})
		require.NoError(t, err)
		h.apply("github", "again", merged)
		h.apply("github", "older", open)
		require.Equal(t, "In progress", h.column(models.Task, "FRAUD-1"), "a person's move stands")

		require.NoError(t, s.CloseTask(ctx, admin, h.project, c.ID, models.Open))
		h.apply("github", "more", merged, pull(3, "Fixes FRAUD-1 at last", "b", "", models.Merged, 2))
		require.Equal(t, models.Open, h.find(models.Task, "FRAUD-1").State, "opened again by a person after the merge")
	})
}

func TestACardThatIsYoungerThanTheMergeStaysOpen(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		h.apply("github", "merged", pull(-9, "Fixes FRAUD-1", "b", "", models.Merged, -9))
		h.tasks(h.project, "made later")
		h.apply("github", "label", pull(-8, "Fixes FRAUD-1", "b", "label", models.Merged, -9))
		require.Equal(t, models.Open, h.find(models.Task, "FRAUD-1").State)
	})
}

func TestClosingDoesNotDependOnTheOrder(t *testing.T) {
	story := func() []models.Description {
		return []models.Description{
			ofCommits(pull(1, "Fixes FRAUD-1", "b", "", models.Open, 1), sha1),
			ofCommits(pull(3, "Fixes FRAUD-1 and closes FRAUD-2", "b", "", models.Merged, 3), sha1, sha2),
			pull(4, "Closes FRAUD-2", "fraud-3", "", models.Merged, 3), // FRAUD-1 was edited away after the merge
			commitSaying(sha1, "resolves FRAUD-4"), commitSaying(sha2, "see FRAUD-1"),
		}
	}
	both(t, func(t *testing.T, s *Store) {
		want := ""
		for round := range 8 {
			o := Options{DataDir: t.TempDir()}
			if s.dialect.numbers {
				o = Options{DatabaseURL: freshDatabase(t)}
			}
			h := newHub(t, open(t, o))
			h.tasks(h.project, "one", "two", "three", "four")
			for i, n := range rand.New(rand.NewSource(int64(round))).Perm(2 * len(story())) {
				h.apply("github", fmt.Sprint("event", i), story()[n%len(story())])
			}
			if want == "" {
				want = h.state()
				require.Equal(t, models.Open, h.find(models.Task, "FRAUD-1").State)
				require.Equal(t, models.Closed, h.find(models.Task, "FRAUD-2").State)
				require.Equal(t, models.Closed, h.find(models.Task, "FRAUD-4").State, "by a commit of the pull request")
				require.Equal(t, "Backlog", h.column(models.Task, "FRAUD-3"))
			}
			require.Equal(t, want, h.state(), "round %d", round)
		}
	})
}

// plainCommit is a commit of a repository without pull requests.
func plainCommit(sha string, facts map[string]any, links ...models.LinkTo) models.Description {
	d := models.Description{Ref: ref(models.Commit, "git.example.com/acme/fraud@"+sha), At: day(1), Facts: map[string]any{"author": "Kim"}, Links: links}
	for k, v := range facts {
		d.Facts[k] = v
	}
	return d
}

func TestATrailerSaysWhatARunWasBuiltFrom(t *testing.T) {
	events := []struct {
		source string
		d      models.Description
	}{
		{"github", plainCommit(sha1, nil, models.LinkTo{Relation: models.Mentions, To: ref(models.Run, "run-1")}, models.LinkTo{Relation: models.Mentions, To: ref(models.Run, "run-2")})},
		{"cloudevents", models.Description{Ref: ref(models.Run, "run-1"), At: day(2), State: models.Passed}},
		{"cloudevents", models.Description{Ref: ref(models.Run, "run-2"), At: day(2), State: models.Passed,
			Links: []models.LinkTo{{Relation: models.BuiltFrom, To: ref(models.Commit, "git.example.com/acme/fraud@"+sha2)}}}},
		{"cloudevents", models.Description{Ref: ref(models.Run, "run-2"), At: day(1), State: models.Running}},
	}
	both(t, func(t *testing.T, s *Store) {
		want := ""
		for round := range 6 {
			o := Options{DataDir: t.TempDir()}
			if s.dialect.numbers {
				o = Options{DatabaseURL: freshDatabase(t)}
			}
			h := newHub(t, open(t, o))
			for i, n := range rand.New(rand.NewSource(int64(round))).Perm(len(events)) {
				h.apply(events[n].source, fmt.Sprint("event", i), events[n].d)
			}
			if want == "" {
				want = h.state()
			}
			require.Equal(t, want, h.state(), "round %d", round)
			for run, sha := range map[string]string{"run-1": sha1, "run-2": sha2} {
				found, err := h.s.Find(context.Background(), admin, models.Ref{Kind: models.Run, Key: run, Integration: h.sources["cloudevents"].ID})
				require.NoError(t, err)
				links, _, err := h.s.Links(context.Background(), admin, found.ID)
				require.NoError(t, err)
				require.Len(t, links, 1, "a run's own source knows better than a commit's trailer")
				require.Equal(t, "git.example.com/acme/fraud@"+sha, links[0].To.Ref.Key)
				require.Equal(t, models.Declared, links[0].Evidence)
			}
		}
	})
}
