package store

import (
	"context"
	"testing"
	"time"

	"throughline/models"
)

// TestAPollKeepsItsProgressUnlessTheCursorMoved: a restart while a poll runs wins
// over what the poll remembers, not over what it found.
func TestAPollKeepsItsProgressUnlessTheCursorMoved(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		i := newHub(t, s).sources["github"]
		pull := models.Description{Ref: models.Ref{Kind: models.PullRequest, Key: "acme/fraud#7"}, At: time.Now(), Title: "Seven"}
		batch := models.Batch{Cursor: "one", Descriptions: []models.Description{pull}, Progress: &models.Progress{Requests: 3, StartedAt: time.Now()},
			Repositories: []models.RepositorySync{{Repository: "github.com/acme/fraud", State: models.SyncOK, SyncedAt: time.Now()}}}
		if err := s.ApplyPoll(ctx, i, "", batch); err != nil {
			t.Fatal(err)
		}
		list, err := s.RepositorySyncs(ctx, i.ID)
		if err != nil || len(list) != 1 || list[0].Pulls != 1 || list[0].State != models.SyncOK || list[0].Integration != i.Label() {
			t.Fatalf("%+v, %v", list, err)
		}
		if err := s.RestartSync(ctx, admin, i.ID); err != nil {
			t.Fatal(err)
		}
		pull.Title, pull.At = "Eight", pull.At.Add(time.Minute)
		if err := s.ApplyPoll(ctx, i, "one", models.Batch{Cursor: "two", Descriptions: []models.Description{pull}, Progress: &models.Progress{Requests: 9, StartedAt: time.Now()}}); err != nil {
			t.Fatal(err)
		}
		now, err := s.Integration(ctx, i.ProjectID, i.Source, i.Name)
		if err != nil || now.Cursor != "" || now.Progress.Begun() {
			t.Fatalf("the poll under way took the restart back: %q %+v %v", now.Cursor, now.Progress, err)
		}
		if found, err := s.Find(ctx, admin, pull.Ref); err != nil || found.Title != "Eight" {
			t.Errorf("what it found is lost: %+v, %v", found.Title, err)
		}
	})
}

// TestAHaltedIntegrationIsNotAsked: and is again after it is resumed.
func TestAHaltedIntegrationIsNotAsked(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		i := newHub(t, s).sources["github"]
		for _, step := range []struct {
			do   func(context.Context, models.Principal, int64) error
			want int
		}{{s.HaltSync, 1}, {s.ResumeSync, 2}, {s.HaltSync, 1}, {s.RestartSync, 2}} {
			if err := step.do(ctx, admin, i.ID); err != nil {
				t.Fatal(err)
			}
			if targets, err := s.PollTargets(ctx); err != nil || len(targets) != step.want {
				t.Fatalf("%d targets, not %d: %v", len(targets), step.want, err)
			}
		}
	})
}

// TestATwoFacedPoll: a poll that went well may say that nothing works.
func TestATwoFacedPoll(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		i := newHub(t, s).sources["github"]
		if err := s.ApplyPoll(ctx, i, "", models.Batch{Cursor: "x", Problem: "acme/fraud: hidden"}); err != nil {
			t.Fatal(err)
		}
		now, err := s.Integration(ctx, i.ProjectID, i.Source, i.Name)
		if err != nil || now.State != "failing" || now.Error != "acme/fraud: hidden" {
			t.Errorf("%s %q %v", now.State, now.Error, err)
		}
	})
}

// TestAnImportDoesNotBuryTheBoard: what was over long ago is known and gets no
// card; what is open, or has just ended, does.
func TestAnImportDoesNotBuryTheBoard(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		pull := func(key string, state models.State, at time.Time) models.Description {
			return models.Description{Ref: ref(models.PullRequest, key), At: at, State: state, StateAt: at}
		}
		batch := models.Batch{Cursor: "x", Past: day(0), Descriptions: []models.Description{pull("a/b#1", models.Merged, day(-1)),
			pull("a/b#2", models.Merged, day(1)), pull("a/b#3", models.Open, day(-9))}}
		if err := s.ApplyPoll(context.Background(), h.sources["github"], "", batch); err != nil {
			t.Fatal(err)
		}
		for key, column := range map[string]string{"a/b#1": "", "a/b#2": "Done", "a/b#3": "In review"} {
			if got := h.column(models.PullRequest, key); got != column {
				t.Errorf("%s stands in %q, not %q", key, got, column)
			}
		}
	})
}

// TestRepositoriesOfAProject: those that are to be kept, and those that only
// webhooks told of, with what is known of each; another project's are not there.
func TestRepositoriesOfAProject(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx, h := context.Background(), newHub(t, s)
		repo := func(key string) models.Description {
			return models.Description{Ref: ref(models.Repository, key), At: day(0), Title: key, Owners: []models.OwnerClaim{{Person: "@acme/risk"}}}
		}
		pull := func(key string, state models.State) models.Description {
			return models.Description{Ref: ref(models.PullRequest, key), At: day(0), State: state}
		}
		h.apply("github", "1", repo("github.com/acme/told"), pull("acme/told#1", models.Open))
		batch := models.Batch{Cursor: "x", Descriptions: []models.Description{repo("github.com/acme/fraud"), pull("acme/fraud#1", models.Open), pull("acme/fraud#2", models.Merged), pull("acme/fraud-two#1", models.Open)},
			Repositories: []models.RepositorySync{{Repository: "github.com/acme/fraud", State: models.SyncOK, SyncedAt: day(1)}, {Repository: "github.com/acme/hidden", State: models.SyncFailing, Error: "hidden"}}}
		if err := s.ApplyPoll(ctx, h.sources["github"], "", batch); err != nil {
			t.Fatal(err)
		}
		other, err := s.CreateProject(ctx, admin, "OTHER", "Other")
		if err != nil {
			t.Fatal(err)
		}
		if list, err := s.Repositories(ctx, admin, other.ID); err != nil || len(list) != 0 {
			t.Errorf("another project has %+v, %v", list, err)
		}
		list, err := s.Repositories(ctx, admin, h.project.ID)
		got := map[string]Repository{}
		for _, r := range list {
			got[r.Sync.Repository] = r
		}
		if err != nil || len(list) != 3 || got["github.com/acme/fraud"].Pulls != 2 || got["github.com/acme/fraud"].Open != 1 || len(got["github.com/acme/fraud"].Owners) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
		if r := got["github.com/acme/hidden"]; r.Sync.State != models.SyncFailing || r.Subject.ID != 0 {
			t.Errorf("hidden: %+v", r)
		}
		if r := got["github.com/acme/told"]; r.Sync.State != "" || r.Pulls != 1 || r.Subject.ID == 0 {
			t.Errorf("told: %+v", r)
		}
	})
}
