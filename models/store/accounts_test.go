package store

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

func makePerson(t *testing.T, s *Store, email string, hub models.Role) models.Account {
	t.Helper()
	a, err := s.CreatePerson(context.Background(), admin, NewPerson{Email: email, Password: "correct horse battery", Hub: hub})
	require.NoError(t, err)
	return a
}

func TestPasswordsOpenOnlyTheirAccount(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		ana := makePerson(t, s, " Ana@Example.com ", models.Viewer)
		require.Equal(t, "ana@example.com", ana.Email)
		require.Equal(t, "ana", ana.Name)
		_, err := s.CreatePerson(ctx, admin, NewPerson{Email: "ANA@example.com"})
		require.Equal(t, models.Conflict, models.CodeOf(err))
		makePerson(t, s, "boss@example.com", models.Administrator)
		_, err = s.CreatePerson(ctx, admin, NewPerson{Email: "bot@example.com"})
		require.NoError(t, err, "an account without a password")
		got, err := s.Authenticate(ctx, "ana@EXAMPLE.com", "correct horse battery")
		require.NoError(t, err)
		require.Equal(t, ana.ID, got.ID)
		require.NoError(t, s.SetDisabled(ctx, admin, makePerson(t, s, "dan@example.com", models.Nobody).ID, true))
		var said []string
		for email, password := range map[string]string{"ana@example.com": "wrong", "nobody@example.com": "correct horse battery",
			"dan@example.com": "correct horse battery", "bot@example.com": "", "": strings.Repeat("x", 5000)} {
			_, err := s.Authenticate(ctx, email, password)
			require.Equal(t, models.Unauthorised, models.CodeOf(err), email)
			said = append(said, err.Error())
		}
		for _, text := range said {
			require.Equal(t, said[0], text, "one refusal for all")
		}
	})
}

func TestBadAccountsAreRefused(t *testing.T) {
	s := open(t, Options{DataDir: t.TempDir()})
	for name, p := range map[string]NewPerson{
		"no address": {Email: "ana", Password: "correct horse"},
		"two":        {Email: "a@b@", Password: "correct horse"},
		"header":     {Email: "a@b.c\r\nBcc: x@y.z"},
		"short":      {Email: "a@b.c", Password: "1234567"},
		"long":       {Email: "a@b.c", Password: strings.Repeat("x", 300)},
		"role":       {Email: "a@b.c", Hub: "king"},
	} {
		_, err := s.CreatePerson(context.Background(), admin, p)
		require.Equal(t, models.Unprocessed, models.CodeOf(err), name)
	}
}

func TestSessionsEnd(t *testing.T) {
	now := time.Now()
	s := open(t, Options{DataDir: t.TempDir(), Now: func() time.Time { return now }})
	ctx := context.Background()
	makePerson(t, s, "boss@example.com", models.Administrator)
	ana := makePerson(t, s, "ana@example.com", models.Contributor)
	signIn := func() string {
		value, err := s.NewSession(ctx, ana, "test")
		require.NoError(t, err)
		return value
	}
	works := func(value string) bool {
		session, err := s.PrincipalBySession(ctx, value)
		require.True(t, err == nil || models.CodeOf(err) == models.Unauthorised)
		return err == nil && session.Principal.PersonID == ana.ID
	}
	idle := signIn()
	require.True(t, works(idle))
	now = now.Add(SessionIdle + time.Minute)
	require.False(t, works(idle), "unused for too long")
	used := signIn()
	for range 10 {
		now = now.Add(SessionLife / 11)
		require.True(t, works(used))
	}
	now = now.Add(SessionLife / 10)
	require.False(t, works(used), "at most so old, however much used")

	out := signIn()
	session, err := s.PrincipalBySession(ctx, out)
	require.NoError(t, err)
	require.NotEmpty(t, session.CSRF)
	require.NoError(t, s.EndSession(ctx, session.Principal))
	require.False(t, works(out), "signed out")
	_, err = s.Refresh(ctx, session.Principal)
	require.Equal(t, models.Unauthorised, models.CodeOf(err))

	changed := signIn()
	require.NoError(t, s.SetPassword(ctx, admin, ana.ID, "another good one"))
	require.False(t, works(changed), "password changed")
	disabled := signIn()
	require.NoError(t, s.SetDisabled(ctx, admin, ana.ID, true))
	require.False(t, works(disabled), "account disabled")
	require.NoError(t, s.SetDisabled(ctx, admin, ana.ID, false))
	require.False(t, works(disabled), "enabled again, the old session stays dead")
}

func TestTheLastAdministratorStays(t *testing.T) {
	s := open(t, Options{DataDir: t.TempDir()})
	ctx := context.Background()
	boss := makePerson(t, s, "boss@example.com", models.Administrator)
	require.Equal(t, models.Conflict, models.CodeOf(s.SetDisabled(ctx, admin, boss.ID, true)))
	require.Equal(t, models.Conflict, models.CodeOf(s.SetHubRole(ctx, admin, boss.ID, models.Viewer)))
	makePerson(t, s, "second@example.com", models.Administrator)
	require.NoError(t, s.SetHubRole(ctx, admin, boss.ID, models.Viewer))
	require.Equal(t, models.NotFound, models.CodeOf(s.SetHubRole(ctx, admin, 999, models.Viewer)))
}

func TestMembersHoldWhatTheyWereGiven(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		p, err := s.CreateProject(ctx, admin, "FRAUD", "Fraud")
		require.NoError(t, err)
		ana := makePerson(t, s, "ana@example.com", models.Nobody)
		value, err := s.NewSession(ctx, ana, "")
		require.NoError(t, err)
		role := func() models.Role {
			session, err := s.PrincipalBySession(ctx, value)
			require.NoError(t, err)
			return session.Principal.RoleIn(p.ID)
		}
		require.Equal(t, models.Nobody, role())
		require.NoError(t, s.SetMember(ctx, admin, p.ID, ana.ID, models.Viewer))
		require.NoError(t, s.SetMember(ctx, admin, p.ID, ana.ID, models.Maintainer))
		require.Equal(t, models.Maintainer, role())
		members, err := s.Members(ctx, p.ID)
		require.NoError(t, err)
		require.Len(t, members, 1)
		maintainer := models.Principal{PersonID: 99, Projects: map[int64]models.Role{p.ID: models.Maintainer}}
		require.Equal(t, models.Forbidden, models.CodeOf(s.SetMember(ctx, maintainer, p.ID, ana.ID, models.Administrator)), "nobody gives more than they hold")
		require.NoError(t, s.SetMember(ctx, admin, p.ID, ana.ID, models.Administrator))
		require.Equal(t, models.Forbidden, models.CodeOf(s.RemoveMember(ctx, maintainer, p.ID, ana.ID)))
		require.NoError(t, s.RemoveMember(ctx, admin, p.ID, ana.ID))
		require.Equal(t, models.Nobody, role())
		require.Equal(t, models.NotFound, models.CodeOf(s.SetMember(ctx, admin, p.ID, 999, models.Viewer)))
	})
}

func TestTokens(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		p, err := s.CreateProject(ctx, admin, "FRAUD", "Fraud")
		require.NoError(t, err)
		value, token, err := s.CreateToken(ctx, admin, NewToken{Name: "ci", Role: models.Contributor, ProjectID: p.ID, Scopes: []models.Scope{models.ScopeEvents}})
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(value, "tl_"))
		require.Equal(t, "FRAUD", token.Project)
		require.Equal(t, value[len(value)-4:], token.Last4)
		by, err := s.PrincipalByToken(ctx, value)
		require.NoError(t, err)
		require.Equal(t, models.Contributor, by.RoleIn(p.ID))
		require.Equal(t, models.Nobody, by.RoleIn(p.ID+1))
		require.False(t, by.Allows(models.ScopeRead))
		var stored int
		require.NoError(t, s.row(ctx, `SELECT COUNT(*) FROM tokens WHERE hash = ? OR prefix = ? OR last4 = ?`, []any{value, value, value}, &stored))
		require.Zero(t, stored, "the value itself is kept nowhere")

		maintainer := models.Principal{PersonID: 5, Projects: map[int64]models.Role{p.ID: models.Maintainer}}
		for name, step := range map[string]struct {
			by   models.Principal
			t    NewToken
			code models.Code
		}{
			"more than one holds":   {maintainer, NewToken{Name: "x", Role: models.Administrator, ProjectID: p.ID}, models.Forbidden},
			"the whole hub":         {maintainer, NewToken{Name: "x", Role: models.Viewer}, models.Forbidden},
			"scopes beyond its own": {models.Principal{TokenID: 1, Hub: models.Administrator, Scopes: []models.Scope{models.ScopeWrite}}, NewToken{Name: "x", Role: models.Viewer}, models.Forbidden},
			"no name":               {admin, NewToken{Role: models.Viewer}, models.Unprocessed},
			"no role":               {admin, NewToken{Name: "x"}, models.Unprocessed},
			"no such scope":         {admin, NewToken{Name: "x", Role: models.Viewer, Scopes: []models.Scope{"all"}}, models.Unprocessed},
			"over already":          {admin, NewToken{Name: "x", Role: models.Viewer, ExpiresAt: time.Now().Add(-time.Second)}, models.Unprocessed},
		} {
			_, _, err := s.CreateToken(ctx, step.by, step.t)
			require.Equal(t, step.code, models.CodeOf(err), name)
		}
		require.Equal(t, models.NotFound, models.CodeOf(s.RevokeToken(ctx, admin, p.ID+1, token.ID)), "of another project")
		require.NoError(t, s.RevokeToken(ctx, admin, p.ID, token.ID))
		_, err = s.PrincipalByToken(ctx, value)
		require.Equal(t, models.Unauthorised, models.CodeOf(err))
		_, err = s.Refresh(ctx, by)
		require.Equal(t, models.Unauthorised, models.CodeOf(err))
		list, err := s.Tokens(ctx, p.ID)
		require.NoError(t, err)
		require.False(t, list[0].RevokedAt.IsZero())
		require.False(t, list[0].LastUsed.IsZero())
	})
}

// Of fifty who use the setup link at once, one becomes the administrator.
func TestTheSetupLinkHasOneWinner(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		old, err := s.NewSetupLink(ctx)
		require.NoError(t, err)
		code, err := s.NewSetupLink(ctx)
		require.NoError(t, err)
		require.Equal(t, models.NotFound, models.CodeOf(s.CheckSetupLink(ctx, old)), "a newer link replaces it")
		require.NoError(t, s.CheckSetupLink(ctx, code))
		var wg sync.WaitGroup
		won := make(chan string, 50)
		for i := range 50 {
			wg.Go(func() {
				a, err := s.UseSetupLink(ctx, code, NewPerson{Email: "p" + itoa(int64(i)) + "@example.com", Password: "correct horse battery"})
				if err == nil {
					won <- a.Email
				}
			})
		}
		wg.Wait()
		require.Len(t, won, 1)
		people, err := s.People(ctx)
		require.NoError(t, err)
		require.Len(t, people, 1)
		require.Equal(t, models.Administrator, people[0].Hub)
		_, err = s.NewSetupLink(ctx)
		require.Equal(t, models.Conflict, models.CodeOf(err))
	})
}
