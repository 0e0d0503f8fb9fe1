package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"throughline/models"
)

// A sign-in that awaits its second factor.
const (
	SignInLife  = 5 * time.Minute
	signInTries = 5
)

// SignIn is half done: the first factor was right. It opens nothing.
type SignIn struct {
	Account models.Account
	Via     models.Via
	Next    string // where to go then
	Left    int    // tries
}

// BeginSignIn remembers that an account has shown its first factor, and returns
// the value of the cookie by which the second step is found.
func (s *Store) BeginSignIn(ctx context.Context, person models.Account, via models.Via, next string) (value string, err error) {
	value, hash := secret()
	err = s.write(ctx, models.Principal{PersonID: person.ID, Name: person.Name}, func(u *unit) error {
		if _, err := u.exec(`DELETE FROM sign_ins WHERE expires_at <= ?`, u.at()); err != nil {
			return fmt.Errorf("sweep the sign-ins: %w", err)
		}
		_, err := u.exec(`INSERT INTO sign_ins (hash, person_id, via, next, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
			hash, person.ID, string(via), clip(next, 2000), u.at(), u.at()+SignInLife.Milliseconds())
		if err != nil {
			return fmt.Errorf("begin the sign-in: %w", err)
		}
		_, err = u.record(0, 0, "session.begun", map[string]any{"person": person.ID, "via": via})
		return err
	})
	return value, err
}

// HalfSignIn is the sign-in of a cookie's value; Unauthorised when it is over.
func (s *Store) HalfSignIn(ctx context.Context, value string) (SignIn, error) {
	rows, err := s.query(ctx, `SELECT p.id, p.email, p.name, p.hub_role, p.disabled_at, p.created_at, i.via, i.next, i.tries
		FROM sign_ins i JOIN people p ON p.id = i.person_id
		WHERE i.hash = ? AND i.expires_at > ? AND i.tries < ? AND p.disabled_at = 0 AND i.created_at >= p.password_at`,
		hashOf(value), s.now().UnixMilli(), signInTries)
	list, err := all(rows, err, func(r *sql.Rows, i *SignIn) error {
		a := &i.Account
		err := r.Scan(&a.ID, &a.Email, &a.Name, &a.Hub, scanFlag{&a.Disabled}, scanTime{&a.CreatedAt}, &i.Via, &i.Next, &i.Left)
		i.Left = signInTries - i.Left
		return err
	})
	if err == nil && len(list) == 0 {
		err = startAgain()
	}
	if err != nil {
		return SignIn{}, err
	}
	return list[0], nil
}

func startAgain() error {
	return models.Errorf(models.Unauthorised, "This sign-in took too long or too many tries. Start again.")
}

// FinishSignIn signs in whoever shows the second factor, and uses the sign-in
// up: it returns the value of a new session's cookie. Every call is one try of
// few; a wrong proof is Unauthorised.
func (s *Store) FinishSignIn(ctx context.Context, value string, p Proof, o Opening) (session string, err error) {
	person, err := s.takeTry(ctx, value)
	if err != nil {
		return "", err
	}
	err = s.write(ctx, models.Principal{PersonID: person.ID, Name: person.Name}, func(u *unit) error {
		if err := u.row(`DELETE FROM sign_ins WHERE hash = ? RETURNING via`, []any{hashOf(value)}, &o.Via); err != nil {
			return startAgainWhenGone(err)
		}
		if err := u.check(person.ID, p); err != nil {
			return err
		}
		o.Strong = true
		session, err = u.openSession(person.ID, o)
		return err
	})
	return session, err
}

// takeTry counts a try in a transaction of its own, so that a wrong code can not
// undo the counting.
func (s *Store) takeTry(ctx context.Context, value string) (a models.Account, err error) {
	err = s.write(ctx, models.Principal{}, func(u *unit) error {
		err := u.row(`UPDATE sign_ins SET tries = tries + 1 WHERE hash = ? AND tries < ? AND expires_at > ? RETURNING person_id`,
			[]any{hashOf(value), signInTries, u.at()}, &a.ID)
		if err != nil {
			return startAgainWhenGone(err)
		}
		return startAgainWhenGone(u.row(`SELECT name FROM people WHERE id = ? AND disabled_at = 0`, []any{a.ID}, &a.Name))
	})
	return a, err
}

func startAgainWhenGone(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return startAgain()
	}
	return err
}

// PasskeySignIn signs in an account by a passkey whose signature was verified
// just now, and keeps the passkey's counter.
func (s *Store) PasskeySignIn(ctx context.Context, person models.Account, key models.Passkey, o Opening) (session string, err error) {
	err = s.write(ctx, models.Principal{PersonID: person.ID, Name: person.Name}, func(u *unit) error {
		if err := u.check(person.ID, Proof{Passkey: &key}); err != nil {
			return err
		}
		session, err = u.openSession(person.ID, o)
		return err
	})
	return session, err
}
