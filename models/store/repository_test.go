package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func TestARepositoryTellsHowItStands(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		pull := func(key string, n int, state models.State) models.Description {
			return models.Description{Ref: ref(models.PullRequest, key), At: day(n), Title: key, State: state, Facts: map[string]any{"repository": "github.com/acme/fraud"}}
		}
		require.NoError(t, s.ApplyPoll(t.Context(), h.sources["github"], "", models.Batch{Cursor: "one",
			Descriptions: []models.Description{pull("acme/fraud#1", 1, models.Open), pull("acme/fraud#2", 2, models.Merged), pull("acme/fraud#3", 3, models.Draft), pull("acme/fraudster#1", 4, models.Open)},
			Repositories: []models.RepositorySync{{Repository: "github.com/acme/fraud", State: models.SyncFailing, Error: "The token ended.", Hook: "missing", SyncedAt: day(5)}}}))

		now, err := s.RepositoryNow(t.Context(), admin, "github.com/acme/fraud")
		require.NoError(t, err)
		require.Equal(t, 3, now.Pulls, "not those of a repository with a longer name")
		require.Len(t, now.Open, 2)
		require.Equal(t, "acme/fraud#3", now.Open[0].Ref.Key, "the newest first")
		require.Equal(t, []models.RepositorySync{{Repository: "github.com/acme/fraud", Integration: "github/main", State: models.SyncFailing, Error: "The token ended.", Hook: "missing", SyncedAt: day(5)}}, now.Syncs)

		other, err := s.CreateProject(t.Context(), admin, "OTHER", "Other")
		require.NoError(t, err)
		for _, stranger := range []models.Principal{{Name: "stranger", PersonID: 9}, {Name: "neighbour", PersonID: 9, Projects: map[int64]models.Role{other.ID: models.Administrator}}} {
			now, err = s.RepositoryNow(t.Context(), stranger, "github.com/acme/fraud")
			require.NoError(t, err)
			require.Zero(t, len(now.Syncs)+len(now.Open)+now.Pulls, "%s learns nothing of it", stranger.Name)
		}
	})
}

func TestManyRepositoriesAreListedWithAsManyQuestions(t *testing.T) {
	s, count := counting(t)
	h := newHub(t, s)
	list := func(want int) int64 {
		return count(func() {
			found, err := s.Repositories(t.Context(), admin, h.project.ID)
			require.NoError(t, err)
			require.Len(t, found, want)
		})
	}
	repositories := func(from, to int) (b models.Batch) {
		for n := from; n < to; n++ {
			key := fmt.Sprintf("github.com/acme/r%02d", n)
			b.Descriptions = append(b.Descriptions, models.Description{Ref: ref(models.Repository, key), At: day(1), Title: key, Owners: []models.OwnerClaim{{Person: "dana"}}},
				models.Description{Ref: ref(models.PullRequest, fmt.Sprintf("acme/r%02d#1", n)), At: day(n), State: models.Open})
			b.Repositories = append(b.Repositories, models.RepositorySync{Repository: key, State: models.SyncOK, SyncedAt: time.Now()})
		}
		return b
	}
	require.NoError(t, s.ApplyPoll(t.Context(), h.sources["github"], "", repositories(0, 1)))
	little := list(1)
	require.NoError(t, s.ApplyPoll(t.Context(), h.sources["github"], "", repositories(1, 30)))
	requireSteady(t, little, list(30))

	found, err := s.Repositories(t.Context(), admin, h.project.ID)
	require.NoError(t, err)
	for _, r := range found {
		if r.Sync.Repository == "github.com/acme/r07" {
			require.Equal(t, day(7), r.ActiveAt, "of its newest pull request")
			require.Equal(t, 1, r.Open)
			require.Equal(t, "dana", r.Owners[0].Person)
		}
	}
}
