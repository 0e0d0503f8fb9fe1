package store

import (
	"context"
	"database/sql"
	"fmt"

	"throughline/models"
)

// Factors are what a person can show besides a password.
func (s *Store) Factors(ctx context.Context, person int64) (f models.Factors, err error) {
	var password, app int
	err = s.row(ctx, `SELECT COALESCE(MAX(CASE WHEN password_hash <> '' THEN 1 ELSE 0 END), 0),
		(SELECT COUNT(*) FROM totp_secrets WHERE person_id = ?),
		(SELECT COUNT(*) FROM recovery_codes WHERE person_id = ? AND used_at = 0) FROM people WHERE id = ?`,
		[]any{person, person, person}, &password, &app, &f.RecoveryCodes)
	if err != nil {
		return f, fmt.Errorf("look up the second factors: %w", err)
	}
	f.Password, f.App = password > 0, app > 0
	f.Passkeys, err = s.Passkeys(ctx, person)
	return f, err
}

// WithSecondFactor are the people who have one.
func (s *Store) WithSecondFactor(ctx context.Context) (map[int64]bool, error) {
	rows, err := s.query(ctx, `SELECT person_id FROM totp_secrets UNION SELECT person_id FROM passkeys`)
	ids, err := all(rows, err, func(r *sql.Rows, id *int64) error { return r.Scan(id) })
	have := make(map[int64]bool, len(ids))
	for _, id := range ids {
		have[id] = true
	}
	return have, err
}

// ResetSecondFactor takes every second factor of a person and ends all sessions,
// for somebody who has lost them. The activity tells who did it.
func (s *Store) ResetSecondFactor(ctx context.Context, by models.Principal, person int64) error {
	return s.changePerson(ctx, by, person, "second.reset", nil, func(u *unit) error {
		for _, table := range []string{"totp_secrets", "recovery_codes", "passkeys"} {
			if _, err := u.exec(`DELETE FROM `+table+` WHERE person_id = ?`, person); err != nil {
				return fmt.Errorf("take the second factor: %w", err)
			}
		}
		return u.endSessions(person)
	})
}

// gained makes the session strong that has just set up a factor. Every other
// browser is signed out when it is the first: it has shown none.
func (u *unit) gained(by models.Principal) (value string, err error) {
	if err := u.must(`UPDATE sessions SET strong = 1 WHERE public_id = ? AND person_id = ?`, by.Session, by.PersonID); err != nil {
		return "", err
	}
	if _, err := u.exec(`DELETE FROM sessions WHERE person_id = ? AND strong = 0`, by.PersonID); err != nil {
		return "", fmt.Errorf("close the other sessions: %w", err)
	}
	if _, err := u.exec(`DELETE FROM sign_ins WHERE person_id = ?`, by.PersonID); err != nil {
		return "", fmt.Errorf("close the sign-ins under way: %w", err)
	}
	return u.renewSession(by)
}

// lost is called when a factor went: with the last one the recovery codes go, and
// no session of the person counts as strong any more.
func (u *unit) lost(person int64) error {
	var left int
	err := u.row(`SELECT (SELECT COUNT(*) FROM totp_secrets WHERE person_id = ?) + (SELECT COUNT(*) FROM passkeys WHERE person_id = ?)`,
		[]any{person, person}, &left)
	if err != nil || left > 0 {
		return err
	}
	if _, err := u.exec(`DELETE FROM recovery_codes WHERE person_id = ?`, person); err != nil {
		return fmt.Errorf("take the recovery codes: %w", err)
	}
	_, err = u.exec(`UPDATE sessions SET strong = 0 WHERE person_id = ?`, person)
	return err
}
