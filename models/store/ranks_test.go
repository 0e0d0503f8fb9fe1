package store

import (
	"fmt"
	"testing"

	"throughline/models"
)

// TestWhatWasSaidAnewStands: a later event that repeats a title beats an earlier
// one that comes last, in every order and with repeats, and leaves no activity.
func TestWhatWasSaidAnewStands(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		for n, order := range [][]int{{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}, {1, 3, 1, 2, 2, 3}} {
			key := fmt.Sprintf("acme/fraud#%d", n+1)
			for i, at := range order {
				title := map[int]string{1: "first", 2: "between", 3: "first"}[at]
				h.apply("github", fmt.Sprint(n, " ", i), models.Description{Ref: ref(models.PullRequest, key), At: day(at), State: models.Open, StateAt: day(0), Title: title,
					Links: []models.LinkTo{{Relation: models.MergedAs, To: ref(models.Commit, "github.com/acme/fraud@"+map[int]string{1: sha1, 2: sha2, 3: sha1}[at])}}})
			}
			pr := h.find(models.PullRequest, key)
			if pr.Title != "first" {
				t.Errorf("order %v ends in %q", order, pr.Title)
			}
			out, _, err := s.Links(t.Context(), admin, pr.ID)
			if err != nil || len(out) != 1 || out[0].To.Ref.Key != "github.com/acme/fraud@"+sha1 {
				t.Errorf("order %v links to %+v, %v", order, out, err)
			}
		}
		before, _ := s.Seq(t.Context())
		h.apply("github", "0 99", models.Description{Ref: ref(models.PullRequest, "acme/fraud#1"), At: day(9), State: models.Open, StateAt: day(0), Title: "first"})
		if after, _ := s.Seq(t.Context()); after != before {
			t.Errorf("what changed nothing left %d rows of activity", after-before)
		}
	})
}
