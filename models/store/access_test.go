package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func member(project int64, role models.Role) models.Principal {
	return models.Principal{PersonID: 77, Name: "Kim", Projects: map[int64]models.Role{project: role}}
}

func TestTheInvisibleIsLikeTheAbsent(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		other, err := s.CreateProject(ctx, admin, "OTHER", "Other")
		require.NoError(t, err)
		stranger := member(other.ID, models.Maintainer)
		model := ref(models.Model, "fraud-score")
		_, err = s.Find(ctx, stranger, model)
		absent := fmt.Sprint(models.Errorf(models.NotFound, "There is no model fraud-score, or it is not yours to see."))
		require.EqualError(t, err, absent)
		_, err = s.Throughline(ctx, stranger, "production", "fraud-score")
		require.Equal(t, models.NotFound, models.CodeOf(err))
		list, _, err := s.Deployments(ctx, stranger, DeploymentFilter{})
		require.NoError(t, err)
		require.Empty(t, list)
		_, err = s.Project(ctx, stranger, "FRAUD")
		require.Equal(t, models.NotFound, models.CodeOf(err))
		id := h.find(models.Model, "fraud-score").ID
		_, err = s.AddComment(ctx, stranger, id, "hello")
		require.Equal(t, models.NotFound, models.CodeOf(err))
		_, err = s.AddComment(ctx, member(h.project.ID, models.Viewer), id, "hello")
		require.Equal(t, models.Forbidden, models.CodeOf(err))
		rows, err := s.Activity(ctx, stranger, ActivityFilter{})
		require.NoError(t, err)
		for _, a := range rows {
			require.Equal(t, "OTHER", a.Project)
		}
	})
}

func TestAnotherProjectCanNotDescribeAModel(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		other, err := s.CreateProject(ctx, admin, "OTHER", "Other")
		require.NoError(t, err)
		theirs, err := s.CreateIntegration(ctx, admin, other.ID, "cloudevents", "theirs", nil, nil)
		require.NoError(t, err)
		forged := models.Description{Ref: ref(models.ModelVersion, "fraud-score/1"), At: day(90), State: models.Retired, Title: "forged"}
		_, err = s.Apply(ctx, Inbound{Integration: theirs, ID: "x", Name: "forged", Body: []byte("{}"), Batch: models.Batch{Descriptions: []models.Description{forged}}})
		require.NoError(t, err)
		v := h.find(models.ModelVersion, "fraud-score/1")
		require.Equal(t, models.Live, v.State)
		require.NotEqual(t, "forged", v.Title)
		_, err = s.Find(ctx, member(other.ID, models.Viewer), v.Ref)
		require.Equal(t, models.NotFound, models.CodeOf(err), "a mention does not make it visible")
		d := deployment("stolen", "9", 90, models.Live)
		_, err = s.Apply(ctx, Inbound{Integration: theirs, ID: "y", Name: "deployment", Body: []byte("{}"), Batch: models.Batch{Descriptions: []models.Description{d}}})
		require.NoError(t, err)
		require.Equal(t, models.Live, h.find(models.ModelVersion, "fraud-score/1").State, "their deployment supersedes nothing")
		_, err = s.Throughline(ctx, member(other.ID, models.Viewer), "production", "fraud-score")
		require.Equal(t, models.NotFound, models.CodeOf(err), "and opens no line")
		i, err := s.Integration(ctx, other.ID, "cloudevents", "theirs")
		require.NoError(t, err)
		require.EqualValues(t, 1, i.Unmatched)
	})
}

func TestLinksOfPeople(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		kim := member(h.project.ID, models.Contributor)
		run := ref(models.Run, "r")
		h.apply("cloudevents", "1", models.Description{Ref: run, At: day(0), State: models.Passed})
		l, err := s.AddLink(ctx, kim, run, ref(models.Commit, "https://github.com/acme/fraud.git@"+sha1), models.BuiltFrom)
		require.NoError(t, err)
		require.Equal(t, "github.com/acme/fraud@"+sha1, l.To.Ref.Key)
		require.True(t, l.Manual)
		again, err := s.AddLink(ctx, kim, run, l.To.Ref, models.BuiltFrom)
		require.NoError(t, err)
		require.Equal(t, l.ID, again.ID, "the same link once")
		h.apply("cloudevents", "2", models.Description{Ref: run, At: day(1), State: models.Passed, Links: []models.LinkTo{{Relation: models.BuiltFrom, To: ref(models.Commit, "github.com/acme/fraud@"+sha2)}}})
		out, _, err := s.Links(ctx, kim, h.find(models.Run, "r").ID)
		require.NoError(t, err)
		require.Len(t, out, 2, "a source's links leave a person's alone")
		require.Equal(t, models.Conflict, models.CodeOf(s.RemoveLink(ctx, kim, out[0].ID)), "a source's link is the source's")
		require.NoError(t, s.RemoveLink(ctx, kim, l.ID))
		for _, bad := range []struct {
			to       models.Ref
			relation models.Relation
			code     models.Code
		}{
			{run, models.BuiltFrom, models.Unprocessed},
			{ref(models.Commit, "deadbeef"), models.BuiltFrom, models.Unprocessed},
			{ref(models.Run, "unknown"), models.Mentions, models.NotFound},
			{ref(models.Commit, "github.com/a/b@"+sha1), "likes", models.Unprocessed},
		} {
			_, err = s.AddLink(ctx, kim, run, bad.to, bad.relation)
			require.Equal(t, bad.code, models.CodeOf(err), "%v", bad)
		}
	})
}

func TestCommentsBelongToTheirAuthors(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.apply("cloudevents", "1", models.Description{Ref: ref(models.Run, "r"), At: day(0), State: models.Passed})
		id := h.find(models.Run, "r").ID
		kim := member(h.project.ID, models.Contributor)
		c, err := s.AddComment(ctx, kim, id, "  Looks *good*. ")
		require.NoError(t, err)
		require.Equal(t, "Looks *good*.", c.Body)
		require.Equal(t, models.Forbidden, models.CodeOf(s.EditComment(ctx, admin, c.ID, "no")))
		require.NoError(t, s.EditComment(ctx, kim, c.ID, "better"))
		list, err := s.Comments(ctx, id)
		require.NoError(t, err)
		require.Equal(t, "better", list[0].Body)
		require.False(t, list[0].Edited.IsZero())
		require.NoError(t, s.DeleteComment(ctx, kim, c.ID))
		list, err = s.Comments(ctx, id)
		require.NoError(t, err)
		require.True(t, list[0].Deleted)
		require.Empty(t, list[0].Body)
		_, err = s.AddComment(ctx, kim, id, "\x00 \n")
		require.Equal(t, models.Unprocessed, models.CodeOf(err))
	})
}

func TestAPageCatchesUpBySequence(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		since, err := s.Seq(ctx)
		require.NoError(t, err)
		pr := ref(models.PullRequest, "a/b#1")
		h.apply("github", "1", models.Description{Ref: pr, At: day(0), State: models.Draft})
		h.apply("github", "2", models.Description{Ref: pr, At: day(1), State: models.Open, Title: "Now open"})
		changes, upTo, tooMany, err := s.ProjectChanges(ctx, h.project.ID, since)
		require.NoError(t, err)
		require.False(t, tooMany)
		require.Len(t, changes, 1, "each card once, as it is now")
		require.Equal(t, "move", changes[0].Op)
		require.Equal(t, "In review", changes[0].Column)
		require.Equal(t, "Now open", changes[0].Title)
		none, again, _, err := s.ProjectChanges(ctx, h.project.ID, upTo)
		require.NoError(t, err)
		require.Empty(t, none)
		require.Equal(t, upTo, again)
		_, _, tooMany, err = s.ProjectChanges(ctx, h.project.ID, upTo+5)
		require.NoError(t, err)
		require.True(t, tooMany, "a sequence of another life")
		require.NoError(t, s.RemoveCard(ctx, admin, h.project, changes[0].CardID))
		changes, _, _, err = s.ProjectChanges(ctx, h.project.ID, upTo)
		require.NoError(t, err)
		require.Equal(t, "remove", changes[0].Op)
	})
}

func TestBoardSettingsPlaceEverythingAnew(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		h.tell(names())
		b, err := s.BoardSettings(ctx, h.project.ID)
		require.NoError(t, err)
		b.Columns = append([]ColumnSetting{{Name: "Shipped", Limit: 3}}, b.Columns[1:5]...) // without Backlog, Live and Done
		b.Rules = []models.Rule{{Kind: models.PullRequest, Column: "Shipped"}, {Kind: models.Deployment, Column: "Sign-off"}}
		require.NoError(t, s.SaveBoardSettings(ctx, admin, h.project.ID, b))
		require.Equal(t, "Shipped", h.column(models.PullRequest, "acme/fraud#7"))
		require.Equal(t, "Sign-off", h.column(models.Deployment, "d1"))
		b.Rules[0].Column = "Nowhere"
		require.Equal(t, models.Unprocessed, models.CodeOf(s.SaveBoardSettings(ctx, admin, h.project.ID, b)))
	})
}

func TestTasksHaveTheProjectsNumbers(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, ctx := newHub(t, s), context.Background()
		b, err := s.Board(ctx, h.project, models.BoardFilter{}, 5)
		require.NoError(t, err)
		first, err := s.AddCard(ctx, admin, h.project, "Ask legal", 0)
		require.NoError(t, err)
		require.Equal(t, "FRAUD-1", first.Subject.Ref.Key)
		require.Equal(t, "Backlog", first.Column)
		second, err := s.AddCard(ctx, admin, h.project, "Ship", b.Columns[2].ID)
		require.NoError(t, err)
		require.Equal(t, "In review", second.Column)
		require.NoError(t, s.CloseTask(ctx, admin, h.project, first.ID, models.Closed))
		require.Equal(t, "Done", h.column(models.Task, "FRAUD-1"))
	})
}
