package store

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/second"
)

// wire is a person with a session and a clock to turn.
type wired struct {
	*Store
	t      *testing.T
	person models.Account
	now    time.Time
}

func wire(t *testing.T, s *Store) *wired {
	w := &wired{Store: s, t: t, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	s.now = func() time.Time { return w.now }
	makePerson(t, s, "boss@example.com", models.Administrator)
	w.person = makePerson(t, s, "ana@example.com", models.Contributor)
	return w
}

func (w *wired) signIn() models.Principal {
	w.t.Helper()
	value, err := w.NewSession(context.Background(), w.person, "Firefox")
	require.NoError(w.t, err)
	return w.by(value)
}

func (w *wired) by(value string) models.Principal {
	w.t.Helper()
	session, err := w.PrincipalBySession(context.Background(), value)
	require.NoError(w.t, err)
	return session.Principal
}

// app sets an app up and returns its secret, the recovery codes and the session.
func (w *wired) app() (secret string, codes []string, by models.Principal) {
	w.t.Helper()
	by = w.signIn()
	secret, pending, err := w.NewApp(by)
	require.NoError(w.t, err)
	code, err := second.Code(secret, w.now)
	require.NoError(w.t, err)
	codes, value, err := w.TurnOnApp(context.Background(), by, pending, code)
	require.NoError(w.t, err)
	return secret, codes, w.by(value)
}

func (w *wired) half() string {
	w.t.Helper()
	value, err := w.BeginSignIn(context.Background(), w.person, models.ViaPassword, "/")
	require.NoError(w.t, err)
	return value
}

func (w *wired) finish(half, code string) error {
	_, err := w.FinishSignIn(context.Background(), half, Proof{Code: code}, Opening{})
	return err
}

func TestACodeOfTheAppWorksOnce(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		secret, _, _ := w.app()
		code, _ := second.Code(secret, w.now)
		require.Error(t, w.finish(w.half(), code), "the code that set it up is used")
		w.now = w.now.Add(time.Minute)
		code, _ = second.Code(secret, w.now)
		require.NoError(t, w.finish(w.half(), code))
		err := w.finish(w.half(), code)
		require.Equal(t, models.Unauthorised, models.CodeOf(err), "used before")
	})
}

// Row 12: of fifty at once with one code, one comes in.
func TestOneCodeHasOneWinner(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		secret, codes, _ := w.app()
		w.now = w.now.Add(time.Minute)
		code, _ := second.Code(secret, w.now)
		for _, proof := range []string{code, codes[0]} {
			halves := make([]string, 50)
			for i := range halves {
				halves[i] = w.half()
			}
			won := make([]error, len(halves))
			var all sync.WaitGroup
			for i, half := range halves {
				all.Go(func() { won[i] = w.finish(half, proof) })
			}
			all.Wait()
			winners := 0
			for _, err := range won {
				if err == nil {
					winners++
				}
			}
			require.Equal(t, 1, winners)
		}
	})
}

func TestARecoveryCodeWorksOnceAndNewOnesReplaceIt(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		_, codes, by := w.app()
		require.Len(t, codes, second.RecoveryCodes)
		typed := strings.ToUpper(strings.ReplaceAll(codes[0], "-", " "))
		require.NoError(t, w.finish(w.half(), typed))
		require.Error(t, w.finish(w.half(), codes[0]))
		fresh, err := s.NewRecoveryCodes(t.Context(), by)
		require.NoError(t, err)
		require.Error(t, w.finish(w.half(), codes[1]), "replaced")
		require.NoError(t, w.finish(w.half(), fresh[1]))
		f, err := s.Factors(t.Context(), w.person.ID)
		require.NoError(t, err)
		require.Equal(t, second.RecoveryCodes-1, f.RecoveryCodes)
	})
}

func TestASecondStepEnds(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		_, codes, _ := w.app()
		half := w.half()
		for range signInTries {
			require.Error(t, w.finish(half, "000000"))
		}
		require.ErrorContains(t, w.finish(half, codes[0]), "too many tries", "the right one comes too late")
		late := w.half()
		w.now = w.now.Add(SignInLife)
		require.ErrorContains(t, w.finish(late, codes[0]), "too long")
		for what, do := range map[string]func() error{
			"the password changed": func() error {
				return s.SetPassword(t.Context(), admin, w.person.ID, "another good one")
			},
			"the account closed": func() error { return s.SetDisabled(t.Context(), admin, w.person.ID, true) },
		} {
			half := w.half()
			w.now = w.now.Add(time.Second)
			require.NoError(t, do())
			_, err := s.HalfSignIn(t.Context(), half)
			require.Equal(t, models.Unauthorised, models.CodeOf(err), what)
			require.Error(t, w.finish(half, codes[0]), what)
		}
	})
}

func TestSettingUpASecondFactorSignsOutTheOthers(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		other := w.signIn()
		_, _, by := w.app()
		require.True(t, by.Strong)
		_, err := s.Refresh(t.Context(), other)
		require.Equal(t, models.Unauthorised, models.CodeOf(err))
		require.NoError(t, s.TurnOffApp(t.Context(), by))
		by, err = s.Refresh(t.Context(), by)
		require.NoError(t, err)
		require.False(t, by.Strong, "without a factor no session is strong")
		f, err := s.Factors(t.Context(), w.person.ID)
		require.NoError(t, err)
		require.False(t, f.Second())
		require.Zero(t, f.RecoveryCodes)
	})
}

func TestTheRuleConcernsThoseItNames(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		by := w.signIn()
		for _, c := range []struct {
			rule  models.SecondFactorRule
			asked bool
		}{
			{models.SecondFactorRule{}, false},
			{models.SecondFactorRule{Roles: []models.Role{models.Administrator}}, false},
			{models.SecondFactorRule{Roles: []models.Role{models.Contributor}}, true},
			{models.SecondFactorRule{Everybody: true}, true},
		} {
			require.NoError(t, s.SetSecondFactorRule(t.Context(), admin, c.rule))
			_, err := s.Refresh(t.Context(), by)
			require.Equal(t, c.asked, err != nil, "%+v", c.rule)
		}
		_, _, strong := w.app()
		_, err := s.Refresh(t.Context(), strong)
		require.NoError(t, err, "who has one is not asked")
		err = s.SetSecondFactorRule(t.Context(), admin, models.SecondFactorRule{Roles: []models.Role{"king"}})
		require.Equal(t, models.Unprocessed, models.CodeOf(err))
	})
}

func TestAResetTakesEveryFactor(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		_, _, by := w.app()
		_, err := s.AddPasskey(t.Context(), by, models.Passkey{Name: "laptop", Credential: "abc", Record: []byte(`{}`)})
		require.NoError(t, err)
		require.NoError(t, s.ResetSecondFactor(t.Context(), admin, w.person.ID))
		f, err := s.Factors(t.Context(), w.person.ID)
		require.NoError(t, err)
		require.False(t, f.Second())
		_, err = s.Refresh(t.Context(), by)
		require.Error(t, err, "and every session")
	})
}

func TestSessionsAreListedByANameThatOpensNothing(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		first := w.signIn()
		w.now = w.now.Add(time.Minute)
		by := w.signIn()
		list, err := s.Sessions(t.Context(), by)
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.True(t, list[0].Current)
		_, err = s.PrincipalBySession(t.Context(), list[0].ID)
		require.Error(t, err, "the shown id is no cookie")
		boss := models.Principal{PersonID: w.person.ID - 1, Session: "x"}
		require.Equal(t, models.NotFound, models.CodeOf(s.EndOneSession(t.Context(), boss, first.Session)), "somebody else's")
		require.NoError(t, s.EndOneSession(t.Context(), by, first.Session))
		_, err = s.Refresh(t.Context(), first)
		require.Error(t, err)
		third := w.signIn()
		require.NoError(t, s.EndSessions(t.Context(), by, w.person.ID))
		_, err = s.Refresh(t.Context(), third)
		require.Error(t, err)
		_, err = s.Refresh(t.Context(), by)
		require.NoError(t, err, "the one that asks stays")
	})
}

// Row 42: whoever has the value from before a step has nothing.
func TestAProofGivesTheSessionANewSecret(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		old, err := s.NewSession(t.Context(), w.person, "")
		require.NoError(t, err)
		by := w.by(old)
		w.now = w.now.Add(time.Hour)
		value, err := s.ProveSession(t.Context(), by, Proof{Password: true})
		require.NoError(t, err)
		_, err = s.PrincipalBySession(t.Context(), old)
		require.Error(t, err)
		require.Equal(t, w.now, w.by(value).Proved)
		require.Equal(t, by.Session, w.by(value).Session, "the same session to open websockets")
		_, err = s.ProveSession(t.Context(), by, Proof{Code: "123456"})
		require.Error(t, err)
	})
}

func TestAResetLinkWorksOnceAndForADay(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		link := func() string {
			code, _, err := s.NewResetLink(t.Context(), admin, w.person.ID)
			require.NoError(t, err)
			return code
		}
		earlier := link()
		code := link()
		_, err := s.ResetPerson(t.Context(), earlier)
		require.Equal(t, models.NotFound, models.CodeOf(err), "a newer one replaces it")
		by := w.signIn()
		w.now = w.now.Add(time.Second)
		var all sync.WaitGroup
		won := make([]error, 10)
		for i := range won {
			all.Go(func() { _, won[i] = s.UseResetLink(context.Background(), code, "a quite new sentence") })
		}
		all.Wait()
		winners := 0
		for _, err := range won {
			if err == nil {
				winners++
			}
		}
		require.Equal(t, 1, winners)
		_, err = s.Refresh(t.Context(), by)
		require.Error(t, err, "every session ends")
		_, err = s.Authenticate(t.Context(), "ana@example.com", "a quite new sentence")
		require.NoError(t, err)
		late := link()
		w.now = w.now.Add(ResetLife)
		_, err = s.UseResetLink(t.Context(), late, "a third sentence then")
		require.Equal(t, models.NotFound, models.CodeOf(err))
		_, _, err = s.NewResetLink(t.Context(), admin, 999)
		require.Equal(t, models.NotFound, models.CodeOf(err))
	})
}

func TestAChallengeIsTakenOnceWhereItWasGiven(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		keep := func() { require.NoError(t, s.KeepChallenge(t.Context(), "c", ChallengeProve, "mine", []byte(`{}`))) }
		keep()
		for _, wrong := range [][3]string{{"d", ChallengeProve, "mine"}, {"c", ChallengeSecond, "mine"}, {"c", ChallengeProve, "yours"}} {
			_, err := s.TakeChallenge(t.Context(), wrong[0], wrong[1], wrong[2])
			require.Equal(t, models.Unauthorised, models.CodeOf(err), wrong)
		}
		_, err := s.TakeChallenge(t.Context(), "c", ChallengeProve, "mine")
		require.NoError(t, err)
		_, err = s.TakeChallenge(t.Context(), "c", ChallengeProve, "mine")
		require.Error(t, err, "once")
		keep()
		w.now = w.now.Add(5 * time.Minute)
		_, err = s.TakeChallenge(t.Context(), "c", ChallengeProve, "mine")
		require.Error(t, err, "too late")
	})
}

// No code, secret or link is anywhere in the activity or, in clear, in the tables.
func TestNoSecretOfASecondFactorIsKeptInClear(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		w := wire(t, s)
		secret, codes, _ := w.app()
		link, _, err := s.NewResetLink(t.Context(), admin, w.person.ID)
		require.NoError(t, err)
		half := w.half()
		for _, q := range []string{`SELECT detail FROM activity`, `SELECT secret FROM totp_secrets`, `SELECT hash FROM recovery_codes`,
			`SELECT hash FROM reset_links`, `SELECT hash FROM sign_ins`} {
			rows, err := s.query(t.Context(), q)
			require.NoError(t, err)
			for rows.Next() {
				var text string
				require.NoError(t, rows.Scan(&text))
				for _, clear := range append(codes, secret, link, half) {
					require.NotContains(t, text, clear, q)
				}
			}
			require.NoError(t, rows.Close())
		}
	})
}
