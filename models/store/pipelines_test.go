package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/search"
)

// ran tells of a finished run of a pipeline.
func (h *hub) ran(pipeline, branch string, n int, state models.State, why string) {
	h.t.Helper()
	start := time.Now().UTC().Add(time.Duration(n-60) * time.Minute).Truncate(time.Second)
	h.n++
	h.apply("cloudevents", fmt.Sprint("ran", h.n), models.Description{Ref: ref(models.PipelineRun, fmt.Sprintf("%s-%s-%d", pipeline, branch, n)), At: start.Add(10 * time.Minute), State: state,
		Title: fmt.Sprintf("%s #%d", pipeline, n), Facts: map[string]any{models.FactPipeline: pipeline, models.FactNumber: n, models.FactBranch: branch,
			models.FactStartedAt: start.Format(time.RFC3339), models.FactEndedAt: start.Add(time.Duration(n) * time.Minute).Format(time.RFC3339),
			models.FactError: orNil(why), "step.train": models.Step{State: state, Order: 1}}})
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (h *hub) pipelines(text string) (keys []string) {
	h.t.Helper()
	list, _, err := h.s.PipelineRuns(context.Background(), admin, PipelineFilter{Text: text, Me: "Kim"})
	require.NoError(h.t, err)
	for _, l := range list {
		keys = append(keys, l.Subject.Ref.Key)
	}
	return keys
}

func TestPipelineRunsAreListedAndFiltered(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.ran("fraud/train", "main", 4, models.Passed, "")
		h.ran("fraud/train", "main", 6, models.Passed, "")
		h.ran("fraud/train", "main", 8, models.Passed, "")
		h.ran("fraud/train", "main", 20, models.Failed, "OOMKilled after 20 min")
		h.ran("tx/etl", "dev", 30, models.Failed, "OOMKilled after 3 min")
		require.Equal(t, []string{"tx/etl-dev-30", "fraud/train-main-20", "fraud/train-main-8", "fraud/train-main-6", "fraud/train-main-4"}, h.pipelines(""))
		for text, want := range map[string][]string{
			"state:failed": {"tx/etl-dev-30", "fraud/train-main-20"}, "branch:dev": {"tx/etl-dev-30"}, "oomkilled pipeline:fraud*": {"fraud/train-main-20"},
			"took:>7m -state:failed": {"fraud/train-main-8"}, "number:6": {"fraud/train-main-6"}, "no:error took:<5m": {"fraud/train-main-4"},
			"system:cloudevents has:step state:failed,passed branch:dev": {"tx/etl-dev-30"}, "no:claim state:failed branch:main": {"fraud/train-main-20"}, "has:commit": nil, "dataset:x": nil} {
			require.Equal(t, want, h.pipelines(text), text)
		}
		_, _, err := s.PipelineRuns(ctx, admin, PipelineFilter{Text: "colour:red"})
		require.IsType(t, &search.Error{}, err)

		var paged []string
		for after := ""; ; {
			list, next, err := s.PipelineRuns(ctx, admin, PipelineFilter{Limit: 2, After: after})
			require.NoError(t, err)
			for _, l := range list {
				paged = append(paged, l.Subject.Ref.Key)
			}
			if after = next; next == "" {
				break
			}
		}
		require.Equal(t, h.pipelines(""), paged)
	})
}

func TestARunIsComparedWithWhatIsUsual(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		for n := 1; n <= 25; n++ {
			h.ran("etl", "main", n, models.Passed, "")
		}
		list, _, err := s.PipelineRuns(context.Background(), admin, PipelineFilter{Limit: 1})
		require.NoError(t, err)
		require.Len(t, list[0].Before, 20)
		require.Equal(t, "6", list[0].Before[0].Number, "the oldest of the last twenty comes first")
		require.Equal(t, 15*time.Minute+30*time.Second, models.Usual(list[0].Before))
	})
}

func TestFailuresAreGroupedByCauseUntilARunPasses(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.ran("train", "main", 1, models.Failed, "No space left on device /tmp/a-81")
		h.ran("etl", "main", 2, models.Failed, "No space left on device /tmp/b-2")
		h.ran("etl", "dev", 3, models.Failed, "Schema mismatch")
		h.ran("score", "main", 4, models.Failed, "")
		groups, err := s.Failures(ctx, admin, "")
		require.NoError(t, err)
		require.Equal(t, map[string]int{"No space left on device …": 2, "Schema mismatch": 1, "score: step train failed": 1}, sizes(groups))

		h.ran("etl", "main", 9, models.Passed, "")
		groups, err = s.Failures(ctx, admin, "")
		require.NoError(t, err)
		require.Equal(t, map[string]int{"No space left on device …": 1, "Schema mismatch": 1, "score: step train failed": 1}, sizes(groups))
	})
}

func sizes(groups []models.FailureGroup) map[string]int {
	out := map[string]int{}
	for _, g := range groups {
		out[g.Cause] += len(g.Lines)
	}
	return out
}

func TestOneClaimsAndARerunClears(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		kim, lee := h.signedIn(h.somebody("kim@example.com", models.Contributor)), h.signedIn(h.somebody("lee@example.com", models.Contributor))
		h.ran("train", "main", 1, models.Failed, "x")
		h.ran("train", "main", 2, models.Failed, "x")
		h.ran("train", "dev", 3, models.Failed, "x")
		first, second, other := h.find(models.PipelineRun, "train-main-1").ID, h.find(models.PipelineRun, "train-main-2").ID, h.find(models.PipelineRun, "train-dev-3").ID
		require.NoError(t, s.Claim(ctx, kim, "disk", first, second, other))
		err := s.Claim(ctx, lee, "", second)
		require.Equal(t, models.Conflict, models.CodeOf(err))
		require.Contains(t, err.Error(), "Kim looks at it already")
		require.Equal(t, []string{"train-dev-3", "train-main-2", "train-main-1"}, h.pipelines("claim:@me"))

		h.ran("train", "main", 5, models.Passed, "")
		require.Equal(t, []string{"train-dev-3"}, h.pipelines("has:claim"), "the branch that passed needs nobody any more")
		require.NoError(t, s.Unclaim(ctx, lee, other))
		require.Empty(t, h.pipelines("has:claim"))
		require.Equal(t, models.NotFound, models.CodeOf(s.Unclaim(ctx, lee, other)))
		passed := h.find(models.PipelineRun, "train-main-5").ID
		require.Equal(t, models.Conflict, models.CodeOf(s.Claim(ctx, kim, "", passed)), "what passed needs nobody")
	})
}
