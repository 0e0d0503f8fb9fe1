package store

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// train tells a run built from a commit, and the version that came of it.
func (h *hub) train(id, sha string, n int, auc float64, version string) {
	h.n++
	d := []models.Description{{Ref: ref(models.Run, id), At: day(n), Title: id, State: models.Passed,
		Facts: map[string]any{"experiment": "fraud", "metric.auc": auc, "param.depth": fmt.Sprint(n), "started_at": day(n)},
		Links: []models.LinkTo{{Relation: models.BuiltFrom, To: ref(models.Commit, "github.com/acme/fraud@"+sha)},
			{Relation: models.TrainedOn, To: ref(models.DatasetVersion, "s3://lake/tx@sha256:"+id)}}}}
	if version != "" {
		d = append(d, models.Description{Ref: ref(models.ModelVersion, "fraud-score/"+version), At: day(n), State: models.Registered,
			Links: []models.LinkTo{{Relation: models.ProducedBy, To: ref(models.Run, id)}}})
	}
	h.apply("cloudevents", fmt.Sprint("train ", id, " ", h.n), d...)
}

func (h *hub) pull(number int, shas ...string) models.Subject {
	h.n++
	d := models.Description{Ref: ref(models.PullRequest, fmt.Sprintf("acme/fraud#%d", number)), At: day(0), Title: "Change", State: models.Open, Facts: map[string]any{"head_sha": shas[0]}}
	for _, sha := range shas {
		d.Links = append(d.Links, models.LinkTo{Relation: models.Contains, To: ref(models.Commit, "github.com/acme/fraud@"+sha)})
	}
	h.apply("github", fmt.Sprint("pull ", h.n), d)
	return h.find(models.PullRequest, d.Ref.Key)
}

func (h *hub) compare(pull models.Subject) []models.Comparison {
	h.t.Helper()
	change, err := h.s.ChangeOf(h.t.Context(), admin, pull.ID)
	require.NoError(h.t, err)
	list, err := h.s.Comparisons(h.t.Context(), admin, pull.ID, change.Runs)
	require.NoError(h.t, err)
	return list
}

func TestAPullRequestsRunsAreComparedWithWhatIsLive(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		pr := h.pull(7, sha1, sha2)
		require.Empty(t, h.compare(pr), "no run names its commits")

		h.train("new", sha2, 5, 0.95, "")
		h.train("old", "3333333333333333333333333333333333333333", 1, 0.9, "1")
		list := h.compare(pr)
		require.Len(t, list, 1)
		require.Nil(t, list[0].Champion, "nothing is live")

		h.apply("cloudevents", "live", deployment("d1", "1", 6, models.Live))
		h.train("tried", "4444444444444444444444444444444444444444", 8, 0.99, "2")
		h.apply("cloudevents", "staging", models.Description{Ref: ref(models.Deployment, "s1"), At: day(9), State: models.Live,
			Facts: map[string]any{"environment": "staging", "model": "fraud-score", "version": "2"},
			Links: []models.LinkTo{{Relation: models.Deploys, To: ref(models.ModelVersion, "fraud-score/2")}}})
		list = h.compare(pr)
		require.Equal(t, "old", list[0].Champion.Run.Ref.Key, "by the experiment, where no version came of the run")
		require.Equal(t, "production", list[0].Champion.Environment, "not staging's, although it is newer")
		require.Equal(t, "new", list[0].Runs[0].Run.Ref.Key)
		by, verdict, ok := list[0].Metrics[0].Against(0)
		require.True(t, ok)
		require.InDelta(t, 0.05, by, 1e-9)
		require.Equal(t, models.DoesBetter, verdict)
		require.Equal(t, []models.DatasetRow{{Dataset: "s3://lake/tx", Relation: models.TrainedOn, Champion: "sha256:old", Runs: []string{"sha256:new"}}}, list[0].Datasets)

		h.train("new", sha2, 7, 0.95, "3")
		h.apply("cloudevents", "live3", deployment("d3", "3", 8, models.Live))
		list = h.compare(pr)
		require.True(t, list[0].Champion.Own, "its own run is what is live now")
		require.Empty(t, list[0].Runs)
	})
}

func TestTheAliasChampionStandsInWhereNothingIsLive(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		pr := h.pull(7, sha1)
		h.train("new", sha1, 5, 0.95, "2")
		h.train("old", sha2, 1, 0.9, "1")
		h.apply("cloudevents", "alias", models.Description{Ref: ref(models.ModelVersion, "fraud-score/1"), At: day(6), Facts: map[string]any{"aliases": []string{"champion"}}})
		list := h.compare(pr)
		require.Equal(t, "old", list[0].Champion.Run.Ref.Key)
		require.Empty(t, list[0].Champion.Environment)
	})
}

func TestWhatOthersMayNotSeeIsNoChampion(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		pr := h.pull(7, sha1)
		h.train("new", sha1, 5, 0.95, "")
		h.train("old", sha2, 1, 0.9, "1")
		h.apply("cloudevents", "live", deployment("d1", "1", 6, models.Live))
		other, err := s.CreateProject(t.Context(), admin, "OTHER", "Other")
		require.NoError(t, err)
		stranger := models.Principal{Name: "stranger", PersonID: 99, Projects: map[int64]models.Role{other.ID: models.Administrator}}
		change, err := s.ChangeOf(t.Context(), stranger, pr.ID)
		require.NoError(t, err)
		require.Empty(t, change.Runs)
		list, err := s.Comparisons(t.Context(), stranger, pr.ID, []models.Subject{h.find(models.Run, "new")})
		require.NoError(t, err)
		require.Nil(t, list[0].Champion)
	})
}

func TestManyRunsAreComparedWithAsManyQuestions(t *testing.T) {
	s, count := counting(t)
	h := newHub(t, s)
	little, much := h.pull(1, sha1), h.pull(2, sha2)
	h.train("a", sha1, 1, 0.9, "1")
	h.apply("cloudevents", "live", deployment("d1", "1", 6, models.Live))
	for n := range 12 {
		h.train(fmt.Sprint("b", n), sha2, n+2, 0.9, fmt.Sprint(n+2))
	}
	h.train("c", sha1, 3, 0.8, "40")
	few := count(func() { require.Len(t, h.compare(little), 1) })
	many := count(func() { require.Len(t, h.compare(much)[0].Runs, RunsCompared) })
	requireSteady(t, few, many)
}
