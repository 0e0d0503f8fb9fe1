package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

var everyReport = []models.ReportKind{models.ReportCheck, models.ReportComment, models.ReportStatus}

// open tells of an open pull request in a repository, whose head failed a check.
func (h *hub) opens(repository, number string) models.Subject {
	key := models.PullRequestKey(repository, number)
	h.n++
	head := ref(models.Commit, "github.com/"+repository+"@"+sha3)
	h.apply("github", key, models.Description{Ref: ref(models.PullRequest, key), At: time.Now(), Title: "Next", State: models.Open,
		Facts: map[string]any{"author": "kim", "repository": "github.com/" + repository, "number": 8, "head_sha": sha3},
		Links: []models.LinkTo{{Relation: models.Contains, To: head}}},
		models.Description{Ref: head, At: day(9), Facts: map[string]any{"check.tests": map[string]any{"state": "failed"}, "check.lint": map[string]any{"state": "passed"}}})
	return h.find(models.PullRequest, key)
}

func (h *hub) wanted(kinds ...models.ReportKind) []models.Report {
	h.t.Helper()
	list, err := h.s.WantedReports(context.Background(), h.sources["github"].ID, kinds)
	require.NoError(h.t, err)
	return list
}

func TestAPullRequestIsReportedWithWhatIsOpen(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		pull := h.opens("acme/fraud", "8")
		said, err := s.PullReport(ctx, admin, pull)
		require.NoError(t, err)
		require.Len(t, said.Live, 1)
		require.Equal(t, []string{"production", "fraud-score", "1"}, []string{said.Live[0].Environment, said.Live[0].Model, said.Live[0].Version})
		require.Equal(t, []string{"tests"}, said.Failing)
		require.True(t, said.Unreviewed)
		require.Len(t, said.Live[0].Gaps, 3)
		require.Equal(t, "/throughline/production/fraud-score#gap-owner_dataset", said.Live[0].Gaps[0].Page)
		require.Equal(t, 5, said.Open())

		elsewhere, err := s.PullReport(ctx, admin, h.opens("acme/other", "9"))
		require.NoError(t, err)
		require.Equal(t, models.PullReport{}, elsewhere, "its repository is behind no model")

		stranger, err := s.PullReport(ctx, models.Principal{TokenID: 9}, pull)
		require.NoError(t, err)
		require.False(t, stranger.Touches())
	})
}

// What leaves the hub names nobody, also where a gap tells who left.
func TestAReportNamesNoPeople(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		dana := h.somebody("dana@example.com", models.Nobody)
		h.assign("dana@example.com")
		require.NoError(t, s.SetMember(ctx, admin, h.project.ID, dana.ID, models.Viewer))
		require.NoError(t, s.RemoveMember(ctx, admin, h.project.ID, dana.ID))
		line, err := s.Throughline(ctx, admin, "production", "fraud-score")
		require.NoError(t, err)
		require.Contains(t, encode(line.Gaps), "left on", "the page says who left")
		h.opens("acme/fraud", "8")
		list := h.wanted(everyReport...)
		require.Len(t, list, 3)
		for _, word := range []string{"dana", "Dana", "left on", "s3://lake"} {
			require.NotContains(t, encode(list), word)
		}
	})
}

func TestWhatAnUpstreamIsToKnow(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		require.Empty(t, h.wanted(models.ReportCheck), "nothing is open")
		h.opens("acme/other", "9")
		require.Empty(t, h.wanted(models.ReportCheck, models.ReportComment), "it touches no model")
		h.opens("acme/fraud", "8")
		list := h.wanted(everyReport...)
		require.Len(t, list, 3)
		check, comment, status := list[0], list[1], list[2]
		require.Equal(t, []any{models.ReportCheck, sha3, sha3, 8, "/pulls/acme%2Ffraud%238"}, []any{check.Kind, check.SHA, check.Target, check.Number, check.Page})
		require.Equal(t, []any{models.ReportComment, "8"}, []any{comment.Kind, comment.Target})
		require.Equal(t, []any{models.ReportStatus, "github.com/acme/fraud", sha1, "production"}, []any{status.Kind, status.Repository, status.SHA, status.Target})
		require.Equal(t, []models.ReportedLine{{Model: "fraud-score", Version: "1", Since: h.find(models.Deployment, "d1").StateAt, Gaps: 3}}, status.Line.Models)
		require.Len(t, h.wanted(models.ReportComment), 1, "only what is switched on")

		before := check.Digest()
		require.Equal(t, before, h.wanted(models.ReportCheck)[0].Digest(), "nothing changed")
		_, err := s.SetOwners(ctx, admin, ref(models.Model, "fraud-score"), []models.OwnerClaim{{Person: "dana@example.com"}})
		require.NoError(t, err)
		require.NotEqual(t, before, h.wanted(models.ReportCheck)[0].Digest(), "a gap closed")
	})
}

func TestWhatWasToldIsKeptUpToDate(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		h.opens("acme/fraud", "8")
		seq, err := s.Seq(ctx)
		require.NoError(t, err)
		for _, r := range h.wanted(everyReport...) {
			r.Sent, r.Upstream, r.URL, r.TriedAt, r.SentAt = r.Digest(), "it:1", "https://github.com/x", time.Now(), time.Now()
			require.NoError(t, s.KeepReport(ctx, r))
			require.NoError(t, s.KeepReport(ctx, r), "again")
		}
		after, err := s.Seq(ctx)
		require.NoError(t, err)
		require.Equal(t, seq, after, "telling is no activity: it would cause the next telling")
		for _, r := range h.wanted(everyReport...) {
			require.Equal(t, r.Digest(), r.Sent, r.Kind)
		}
		rows, next, err := s.Reports(ctx, h.sources["github"].ID, "", 2)
		require.NoError(t, err)
		require.Len(t, rows, 2)
		require.Equal(t, "it:1", rows[0].Upstream)
		rows, next, err = s.Reports(ctx, h.sources["github"].ID, next, 2)
		require.NoError(t, err)
		require.Len(t, rows, 1)
		require.Empty(t, next)

		h.tell([]string{"cloudevents live2"}) // a later deployment; of version 2 no commit is known
		h.apply("cloudevents", "again", deployment("d3", "2", 10, models.Live))
		for _, r := range h.wanted(everyReport...) {
			require.NotEqual(t, r.Digest(), r.Sent, r.Kind)
			require.False(t, r.Pull.Touches(), "the live version is of another commit")
			require.Empty(t, r.Line.Models)
		}
		require.Len(t, h.wanted(everyReport...), 3)
	})
}

// The cost of what a change affects grows with what is live, not with what ever was.
func TestWhatIsLiveIsFoundByItsIndex(t *testing.T) {
	s := open(t, Options{DataDir: t.TempDir()})
	for _, q := range []string{
		strings.NewReplacer("?", "8").Replace(liveOrigins),
		`SELECT o.id FROM subjects o WHERE o.integration_id = 1 AND o.kind = 'pull_request' AND o.state IN ('open', 'draft')`,
	} {
		rows, err := s.reader.Query(`EXPLAIN QUERY PLAN ` + q)
		require.NoError(t, err)
		var plan []string
		for rows.Next() {
			var a, b, c int
			var line string
			require.NoError(t, rows.Scan(&a, &b, &c, &line))
			plan = append(plan, line)
		}
		require.NoError(t, rows.Close())
		text := strings.Join(plan, "\n")
		require.Regexp(t, `subjects_(live|open)`, text)
		require.NotRegexp(t, `SCAN (d|v|s|o|l|b|c|r|same)\b`, text)
	}
}

// Whoever may read the repository reads a report: it tells what the project of the
// integration sees, not what the hub knows.
func TestAReportTellsNothingOfOtherProjects(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		h.opens("acme/fraud", "8")
		other, err := s.CreateProject(ctx, admin, "OTHER", "Other")
		require.NoError(t, err)
		h.sources["other"], err = s.CreateIntegration(ctx, admin, other.ID, "cloudevents", "other", nil, nil)
		require.NoError(t, err)
		live := deployment("secret", "1", 6, models.Live)
		live.Facts["model"] = "secret-score"
		live.Links = []models.LinkTo{{Relation: models.Deploys, To: ref(models.ModelVersion, "secret-score/1")}}
		h.apply("other", "secret",
			models.Description{Ref: ref(models.Run, "secret-run"), At: day(3), Links: []models.LinkTo{{Relation: models.BuiltFrom, To: ref(models.Commit, "github.com/acme/fraud@"+sha1)}}},
			models.Description{Ref: ref(models.ModelVersion, "secret-score/1"), At: day(3), State: models.Registered, Links: []models.LinkTo{{Relation: models.ProducedBy, To: ref(models.Run, "secret-run")}}},
			live)
		said, err := s.PullReport(ctx, admin, h.find(models.PullRequest, "acme/fraud#8"))
		require.NoError(t, err)
		require.Len(t, said.Live, 2, "the hub knows both")
		list := h.wanted(everyReport...)
		require.Len(t, list, 3)
		require.NotContains(t, encode(list), "secret-score")
	})
}
