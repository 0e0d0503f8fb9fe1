package store

import (
	"context"
	"fmt"
	"math/rand"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

const sha1, sha2 = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"

// story is a whole line told by two sources, with a late second deployment.
func story() map[string][]models.Description {
	pr, commit := ref(models.PullRequest, "acme/fraud#7"), ref(models.Commit, "github.com/acme/fraud@"+sha1)
	head := ref(models.Commit, "github.com/acme/fraud@"+sha2)
	run, version := ref(models.Run, "run-1"), ref(models.ModelVersion, "fraud-score/1")
	return map[string][]models.Description{
		"github opened": {{Ref: pr, At: day(0), Title: "Add velocity features", State: models.Open, Facts: map[string]any{"author": "kim", "repository": "acme/fraud", "head_sha": sha2},
			Links: []models.LinkTo{{Relation: models.Contains, To: head}}}},
		"github check": {{Ref: head, At: day(1), Facts: map[string]any{"check.tests": map[string]any{"state": "passed"}}}},
		"github merged": {{Ref: pr, At: day(2), Title: "Add velocity features", State: models.Merged, Facts: map[string]any{"author": "kim", "repository": "acme/fraud", "head_sha": sha2},
			Links: []models.LinkTo{{Relation: models.Contains, To: head}, {Relation: models.MergedAs, To: commit}}}},
		"github review":       {{Ref: pr, At: day(1), Facts: map[string]any{"review.lee": map[string]any{"state": "approved", "at": day(1)}}}},
		"cloudevents started": {{Ref: run, At: day(3), Title: "brave-otter", State: models.Running, Facts: map[string]any{"metric.auc": 0.5}}},
		"cloudevents finished": {{Ref: run, At: day(4), Title: "brave-otter", State: models.Passed, Facts: map[string]any{"metric.auc": 0.93},
			Links: []models.LinkTo{{Relation: models.BuiltFrom, To: commit}, {Relation: models.TrainedOn, To: ref(models.DatasetVersion, "s3://lake/tx@sha256:ab")}}}},
		"cloudevents registered":  {{Ref: version, At: day(5), State: models.Registered, Links: []models.LinkTo{{Relation: models.ProducedBy, To: run}}}},
		"cloudevents registered2": {{Ref: ref(models.ModelVersion, "fraud-score/2"), At: day(7), State: models.Registered}},
		"cloudevents live":        {deployment("d1", "1", 6, models.Live)},
		"cloudevents live2":       {deployment("d2", "2", 8, models.Live)},
		"cloudevents back":        {deployment("d2", "2", 9, models.RolledBack)},
	}
}

func deployment(id, version string, n int, state models.State) models.Description {
	return models.Description{Ref: ref(models.Deployment, id), At: day(n), State: state,
		Facts: map[string]any{"environment": "production", "model": "fraud-score", "version": version},
		Links: []models.LinkTo{{Relation: models.Deploys, To: ref(models.ModelVersion, "fraud-score/"+version)}}}
}

// tell applies the named parts of the story in the given order.
func (h *hub) tell(order []string) {
	for _, name := range order {
		source, _, _ := strings.Cut(name, " ")
		h.n++
		h.apply(source, fmt.Sprint(name, h.n), story()[name]...)
	}
}

func names() (out []string) {
	for name := range story() {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

func TestAWholeLineFromRealisticEvents(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		require.Equal(t, models.Live, h.find(models.ModelVersion, "fraud-score/1").State, "the rollback puts version 1 in force again")
		require.Equal(t, models.Retired, h.find(models.ModelVersion, "fraud-score/2").State)
		require.Equal(t, "Live", h.column(models.ModelVersion, "fraud-score/1"))
		require.Equal(t, "Done", h.column(models.PullRequest, "acme/fraud#7"), "merged, and its checks passed")

		line, err := s.Throughline(ctx, admin, "production", "fraud-score")
		require.NoError(t, err)
		require.Equal(t, "d1", line.Deployment.Ref.Key)
		require.Equal(t, []models.GapKind{models.GapOwnerDataset, models.GapModelCard, models.GapOwnerModel}, gapKinds(line))

		owner := []models.OwnerClaim{{Person: "dana@example.com"}}
		_, err = s.SetOwners(ctx, admin, ref(models.Model, "fraud-score"), owner)
		require.NoError(t, err)
		_, err = s.SetOwners(ctx, admin, ref(models.Dataset, "s3://lake/tx"), owner)
		require.NoError(t, err)
		_, err = s.SaveCard(ctx, admin, 0, "fraud-score", models.Batch{Cards: []models.CardText{{Model: "fraud-score", Markdown: "# Fraud score\nScores card payments."}}})
		require.NoError(t, err)
		line, err = s.Throughline(ctx, admin, "production", "fraud-score")
		require.NoError(t, err)
		require.Empty(t, gapKinds(line))
		require.Equal(t, "lee", line.PullRequests[0].Reviews[0].By)

		rows, broken, err := s.VerifyActivity(ctx)
		require.NoError(t, err)
		require.Zero(t, broken)
		require.Positive(t, rows)
	})
}

func gapKinds(l models.Throughline) (out []models.GapKind) {
	for _, g := range l.Gaps {
		out = append(out, g.Missing)
	}
	return out
}

func TestAnyOrderAnyNumberOfTimesGivesOneState(t *testing.T) {
	rounds := 12
	both(t, func(t *testing.T, s *Store) {
		want := ""
		for round := range rounds {
			o := Options{DataDir: t.TempDir()}
			if s.dialect.numbers {
				o = Options{DatabaseURL: freshDatabase(t)}
			}
			h := newHub(t, open(t, o))
			order := append(names(), names()...)
			rand.New(rand.NewSource(int64(round))).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			h.tell(order)
			got := h.state()
			if want == "" {
				want = got
			}
			require.Equal(t, want, got, "order %v", order)
		}
	})
}

// state is all that must not depend on the order of arrival (decisions.md §7).
func (h *hub) state() string {
	var b strings.Builder
	for _, q := range []string{
		`SELECT kind || ' ' || key || ' ' || integration_id || ' ' || title || ' ' || state || ' ' || state_at || ' ' || checks || ' ' || described || ' ' || facts FROM subjects`,
		`SELECT f.key || ' ' || l.relation || ' ' || t.key || ' ' || l.evidence FROM links l JOIN subjects f ON f.id = l.from_id JOIN subjects t ON t.id = l.to_id WHERE l.until_at = 0`,
		`SELECT s.key || ' ' || o.person FROM owners o JOIN subjects s ON s.id = o.subject_id WHERE o.until_at = 0`,
		`SELECT s.key || ' ' || b.name || ' ' || c.placed FROM cards c JOIN subjects s ON s.id = c.subject_id JOIN board_columns b ON b.id = c.column_id`,
	} {
		rows, err := h.s.reader.Query(q)
		require.NoError(h.t, err)
		var lines []string
		for rows.Next() {
			var line string
			require.NoError(h.t, rows.Scan(&line))
			lines = append(lines, line)
		}
		require.NoError(h.t, rows.Close())
		sort.Strings(lines)
		b.WriteString(strings.Join(lines, "\n") + "\n--\n")
	}
	return b.String()
}

func TestADeliveryHasOneEffect(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		d := models.Description{Ref: ref(models.Run, "r"), At: day(0), State: models.Running}
		first, again := h.apply("github", "same", d), h.apply("github", "same", d)
		require.False(t, first.Duplicate)
		require.True(t, again.Duplicate)
		seq, err := s.Seq(context.Background())
		require.NoError(t, err)
		require.Equal(t, first.Seq, seq)
		require.False(t, h.apply("cloudevents", "same", d).Duplicate, "ids are unique within an integration")
	})
}

func TestWhatCanNotBeAppliedIsParkedAndReplayed(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		good := models.Description{Ref: ref(models.Run, "good"), At: day(0), State: models.Running}
		out := h.apply("github", "bad", good, models.Description{Ref: ref("nonsense", "x"), At: day(0)})
		require.Equal(t, "parked", out.State)
		require.Contains(t, out.Error, "known kind")
		_, err := s.Find(ctx, admin, good.Ref)
		require.Equal(t, models.NotFound, models.CodeOf(err), "a parked delivery has no effect at all")

		list, err := s.Deliveries(ctx, h.project.ID, DeliveryFilter{State: "parked"})
		require.NoError(t, err)
		require.Len(t, list, 1)
		d, err := s.Delivery(ctx, h.project.ID, list[0].ID)
		require.NoError(t, err)
		require.Equal(t, "bad", string(d.Body))
		out, err = s.Replay(ctx, admin, d, models.Batch{Descriptions: []models.Description{good}}, false, "")
		require.NoError(t, err)
		require.Equal(t, "applied", out.State)
		h.find(models.Run, "good")
	})
}

func TestAPersonsMoveStandsUntilALaterStage(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		pr := ref(models.PullRequest, "a/b#1")
		h.apply("github", "1", models.Description{Ref: pr, At: day(0), State: models.Open})
		c := h.card(models.PullRequest, "a/b#1")
		require.Equal(t, "In review", c.Column)
		moved, err := s.MoveCard(ctx, admin, h.project, models.Move{Card: c.ID, Version: c.Version, Name: "Backlog"})
		require.NoError(t, err)
		require.Equal(t, "Backlog", moved.Column)
		require.True(t, moved.PlacedBy.Override)

		_, err = s.MoveCard(ctx, admin, h.project, models.Move{Card: c.ID, Version: c.Version, Name: "Done"})
		require.Equal(t, models.Conflict, models.CodeOf(err))
		require.Contains(t, err.Error(), "Backlog by tests")

		h.apply("github", "2", models.Description{Ref: pr, At: day(1), State: models.Draft})
		require.Equal(t, "Backlog", h.column(models.PullRequest, "a/b#1"), "an earlier stage leaves the move")
		h.apply("github", "3", models.Description{Ref: pr, At: day(2), State: models.Merged})
		c = h.card(models.PullRequest, "a/b#1")
		require.Equal(t, "Done", c.Column)
		require.Equal(t, "tests", c.PlacedBy.Ended)
	})
}

func TestCardsKeepTheirOrder(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		for i := range 5 {
			h.apply("github", fmt.Sprint(i), models.Description{Ref: ref(models.Run, fmt.Sprint("r", i)), At: day(i), State: models.Running})
		}
		order := func() (out string) {
			b, err := s.Board(ctx, h.project, models.BoardFilter{}, 100)
			require.NoError(t, err)
			for _, c := range b.Columns[1].Cards {
				out += c.Subject.Ref.Key
			}
			return out
		}
		require.Equal(t, "r4r3r2r1r0", order(), "newest first")
		id := func(key string) int64 { return h.card(models.Run, key).ID }
		for range 60 { // halving the room between two cards runs out, the column is spread out again
			_, err := s.MoveCard(ctx, admin, h.project, models.Move{Card: id("r0"), Name: "in progress", After: id("r4")})
			require.NoError(t, err)
			require.Equal(t, "r4r0", order()[:4])
			_, err = s.MoveCard(ctx, admin, h.project, models.Move{Card: id("r1"), Name: "In progress", After: id("r4")})
			require.NoError(t, err)
			require.Equal(t, "r4r1r0", order()[:6])
		}
		_, err := s.MoveCard(ctx, admin, h.project, models.Move{Card: id("r4"), Name: "In progress", Bottom: true})
		require.NoError(t, err)
		require.Equal(t, "r1r0r3r2r4", order())
	})
}

func TestACardSaysOnlyWhatItsTextSays(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		model := ref(models.Model, "fraud-score")
		save := func(n int, text string, d models.Description) {
			d.Ref, d.At = model, day(n)
			_, err := s.SaveCard(ctx, admin, h.project.ID, model.Key, models.Batch{Descriptions: []models.Description{d}, Cards: []models.CardText{{Model: model.Key, Markdown: text, At: day(n)}}})
			require.NoError(t, err)
		}
		save(0, "one", models.Description{Facts: map[string]any{"license": "mit", "tags": []string{"a"}}, Links: []models.LinkTo{{Relation: models.Mentions, To: ref(models.Dataset, "lake/one")}}})
		require.Equal(t, "Backlog", h.column(models.ModelCard, model.Key), "a model stands on the board as its card")
		require.Equal(t, "mit", h.find(models.Model, model.Key).Facts["license"])
		save(1, "two", models.Description{Facts: map[string]any{"tags": []string{"b"}}})
		got := h.find(models.Model, model.Key)
		require.Equal(t, map[string]any{"tags": []any{"b"}}, got.Facts)
		out, _, err := s.Links(ctx, admin, got.ID)
		require.NoError(t, err)
		require.Empty(t, out)
		h.apply("cloudevents", "v", models.Description{Ref: ref(models.ModelVersion, model.Key+"/1"), At: day(2), State: models.Registered})
		require.Empty(t, h.column(models.ModelCard, model.Key), "… until it has a version")
		require.Equal(t, "Candidate", h.column(models.ModelVersion, model.Key+"/1"))
	})
}
