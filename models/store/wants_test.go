package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// TestWhatIsWantedOfASource: commits of its repositories that a run, a version or
// a deployment names and no pull request contains, and runs with a bare sha; each
// once, and again a day later.
func TestWhatIsWantedOfASource(t *testing.T) {
	now := time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)
	both(t, func(t *testing.T, s *Store) {
		s.now = func() time.Time { return now }
		ctx, h := context.Background(), newHub(t, s)
		github := h.sources["github"]
		require.NoError(t, s.ApplyPoll(ctx, github, "", models.Batch{Cursor: "x", Repositories: []models.RepositorySync{{Repository: "github.com/acme/fraud", State: models.SyncOK}}}))
		run := func(key, commit string) models.Description {
			return models.Description{Ref: ref(models.Run, key), At: now, State: models.Passed, Links: []models.LinkTo{{Relation: models.BuiltFrom, To: ref(models.Commit, commit)}}}
		}
		h.apply("cloudevents", "runs", run("short", "github.com/acme/fraud@abcdef1"), run("elsewhere", "github.com/acme/other@"+sha1), run("known", "github.com/acme/fraud@"+sha2),
			models.Description{Ref: ref(models.Run, "hint"), At: now, State: models.Passed, Facts: map[string]any{"commit_hint": sha3}})
		h.apply("github", "pull", models.Description{Ref: ref(models.PullRequest, "acme/fraud#1"), At: now, State: models.Open, Links: []models.LinkTo{{Relation: models.Contains, To: ref(models.Commit, "github.com/acme/fraud@"+sha2)}}})

		pipeline := run("executing", "github.com/Acme/Fraud@"+sha3)
		pipeline.Ref.Kind = models.PipelineRun
		idle := run("idle", "github.com/acme/fraud@fedcba9")
		idle.Ref.Kind = models.PipelineRun
		executed := models.Description{Ref: ref(models.Run, "executed"), At: now, State: models.Passed, Links: []models.LinkTo{{Relation: models.ExecutedIn, To: pipeline.Ref}}}
		h.apply("cloudevents", "pipelines", pipeline, idle, executed)
		wants, err := s.Wants(ctx, github.ID)
		require.NoError(t, err)
		require.Len(t, wants, 3)
		wants = slices.DeleteFunc(wants, func(w models.Want) bool {
			return w.Commit.Key == "github.com/Acme/Fraud@"+sha3 && w.Repository[0] == "github.com/acme/fraud"
		})
		require.Len(t, wants, 2, "a pipeline run's commit counts where a run was executed in it, in any spelling")
		require.Equal(t, []string{"abcdef1", sha3}, []string{wants[0].SHA, wants[1].SHA})

		pull := models.Description{Ref: ref(models.PullRequest, "acme/fraud#2"), At: now, State: models.Merged, Links: []models.LinkTo{{Relation: models.Contains, To: wants[0].Commit, Evidence: models.Verified}}}
		answers := []models.Answer{{Want: wants[0], Commit: ref(models.Commit, "github.com/acme/fraud@"+sha1)}, {Want: wants[1], Commit: ref(models.Commit, "github.com/acme/fraud@"+sha3)}}
		require.NoError(t, s.ApplyAnswers(ctx, github, models.Batch{Descriptions: []models.Description{pull}}, answers))
		require.NoError(t, s.ApplyAnswers(ctx, github, models.Batch{}, answers), "twice is once")
		links, _, err := s.Links(ctx, admin, h.find(models.Run, "hint").ID)
		require.NoError(t, err)
		require.Len(t, links, 1)
		require.Equal(t, []any{"github.com/acme/fraud@" + sha3, models.Declared}, []any{links[0].To.Ref.Key, links[0].Evidence})

		again, err := s.Wants(ctx, github.ID)
		require.NoError(t, err)
		require.Len(t, again, 1, "but for the pipeline run's, which was not answered")
		now = now.Add(25 * time.Hour)
		again, err = s.Wants(ctx, github.ID)
		require.NoError(t, err)
		require.Len(t, again, 2, "of the hint's commit no pull request is known yet")
	})
}
