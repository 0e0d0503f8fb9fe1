package store

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

var octocat = NewIdentity{Issuer: "https://github.com", Subject: "583231", Label: "octocat"}

// Row 43: issuer and subject together say who it is, and belong to one account.
func TestAnIdentityBelongsToOneAccount(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		ana, bea := makePerson(t, s, "ana@example.com", models.Viewer), makePerson(t, s, "bea@example.com", models.Viewer)
		require.NoError(t, s.Connect(ctx, models.Principal{PersonID: ana.ID}, octocat))
		require.Equal(t, models.Conflict, models.CodeOf(s.Connect(ctx, models.Principal{PersonID: bea.ID}, octocat)))
		found, err := s.PersonByIdentity(ctx, octocat.Issuer, octocat.Subject)
		require.NoError(t, err)
		require.Equal(t, ana.ID, found.ID)
		_, err = s.PersonByIdentity(ctx, "https://github.example.com", octocat.Subject)
		require.Equal(t, models.NotFound, models.CodeOf(err), "the same number at another issuer is somebody else")
		require.NoError(t, s.SetDisabled(ctx, models.Principal{Name: "test"}, ana.ID, true))
		_, err = s.PersonByIdentity(ctx, octocat.Issuer, octocat.Subject)
		require.Equal(t, models.Forbidden, models.CodeOf(err)) // row 08
	})
}

func TestOfManyFirstSignInsOneMakesTheAccount(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		var all sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			all.Go(func() {
				_, errs[i] = s.CreateByIdentity(context.Background(), NewPerson{Email: "octo@example.com"}, octocat)
			})
		}
		all.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
				continue
			}
			require.Equal(t, models.Conflict, models.CodeOf(err), err)
		}
		require.Equal(t, 1, made)
		people, err := s.People(context.Background())
		require.NoError(t, err)
		require.Len(t, people, 1)
		require.Equal(t, models.Nobody, people[0].Hub)
	})
}

func TestOnlyWaysThatAreOfferedCount(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		ana := makePerson(t, s, "ana@example.com", models.Viewer)
		by := models.Principal{PersonID: ana.ID}
		require.NoError(t, s.Connect(ctx, by, octocat))
		require.NoError(t, s.Connect(ctx, by, NewIdentity{Issuer: "https://gone.example", Subject: "1", Label: "ana"}))
		list, err := s.Identities(ctx, ana.ID)
		require.NoError(t, err)
		require.Len(t, list, 2)
		offered := WaysIn{Issuers: []string{octocat.Issuer}}
		require.Equal(t, models.Conflict, models.CodeOf(s.Disconnect(ctx, by, list[0].ID, offered)), "no passwords, the other provider is gone")
		require.NoError(t, s.Disconnect(ctx, by, list[1].ID, offered))
		offered.Password = true
		require.NoError(t, s.Disconnect(ctx, by, list[0].ID, offered))
	})
}
