package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"throughline/models"
)

const maxPasskeys = 20

// Passkeys lists a person's passkeys, the oldest first.
func (s *Store) Passkeys(ctx context.Context, person int64) ([]models.Passkey, error) {
	rows, err := s.query(ctx, `SELECT id, name, credential, record, created_at, used_at, warned_at FROM passkeys WHERE person_id = ? ORDER BY id`, person)
	return all(rows, err, func(r *sql.Rows, p *models.Passkey) error {
		return r.Scan(&p.ID, &p.Name, &p.Credential, &p.Record, scanTime{&p.CreatedAt}, scanTime{&p.UsedAt}, scanTime{&p.WarnedAt})
	})
}

// PasskeyHandle is the random name by which passkeys know their person; it is
// made when it is asked for first.
func (s *Store) PasskeyHandle(ctx context.Context, person int64) (handle string, err error) {
	err = s.row(ctx, `SELECT passkey_handle FROM people WHERE id = ?`, []any{person}, &handle)
	if err != nil || handle != "" {
		return handle, err
	}
	fresh, _ := secret()
	err = s.write(ctx, models.Principal{PersonID: person}, func(u *unit) error {
		if _, err := u.exec(`UPDATE people SET passkey_handle = ? WHERE id = ? AND passkey_handle = ''`, fresh, person); err != nil {
			return err
		}
		return u.row(`SELECT passkey_handle FROM people WHERE id = ?`, []any{person}, &handle)
	})
	return handle, err
}

// PersonByHandle is the account that a passkey names; Unauthorised when there is
// none or it is closed.
func (s *Store) PersonByHandle(ctx context.Context, handle string) (models.Account, error) {
	rows, err := s.query(ctx, `SELECT `+accountColumns+` FROM people WHERE passkey_handle = ? AND passkey_handle <> '' AND disabled_at = 0`, handle)
	list, err := all(rows, err, scanAccount)
	if err == nil && len(list) == 0 {
		err = models.Errorf(models.Unauthorised, "This passkey belongs to no account here.")
	}
	if err != nil {
		return models.Account{}, err
	}
	return list[0], nil
}

// AddPasskey keeps a new passkey of the person and returns the new value of the
// session's cookie.
func (s *Store) AddPasskey(ctx context.Context, by models.Principal, p models.Passkey) (value string, err error) {
	p.Name = strings.TrimSpace(p.Name)
	if p.Name == "" || len(p.Name) > 100 {
		return "", models.FieldErrorf(models.Unprocessed, "name", "A passkey has a name of at most 100 characters.")
	}
	err = s.changePerson(ctx, by, by.PersonID, "passkey.added", nil, func(u *unit) error {
		if err := u.addPasskey(by.PersonID, p); err != nil {
			return err
		}
		value, err = u.gained(by)
		return err
	})
	return value, err
}

func (u *unit) addPasskey(person int64, p models.Passkey) error {
	var n int
	if err := u.row(`SELECT COUNT(*) FROM passkeys WHERE person_id = ?`, []any{person}, &n); err != nil {
		return fmt.Errorf("count the passkeys: %w", err)
	}
	if n >= maxPasskeys {
		return models.Errorf(models.Conflict, "You have %d passkeys; remove one first.", n)
	}
	_, err := u.exec(`INSERT INTO passkeys (person_id, name, credential, record, created_at) VALUES (?, ?, ?, ?, ?)`,
		person, p.Name, p.Credential, string(p.Record), u.at())
	if unique(err) {
		return models.Errorf(models.Conflict, "This passkey is registered already.")
	}
	return err
}

// RemovePasskey forgets one of the person's passkeys.
func (s *Store) RemovePasskey(ctx context.Context, by models.Principal, id int64) error {
	return s.changePerson(ctx, by, by.PersonID, "passkey.removed", map[string]any{"passkey": id}, func(u *unit) error {
		if err := u.must(`DELETE FROM passkeys WHERE id = ? AND person_id = ?`, id, by.PersonID); err != nil {
			return err
		}
		return u.lost(by.PersonID)
	})
}

// WarnPasskey notes that a passkey's counter did not go on: there may be a copy.
func (s *Store) WarnPasskey(ctx context.Context, person, id int64) error {
	return s.changePerson(ctx, models.Principal{}, person, "passkey.warned", map[string]any{"passkey": id}, func(u *unit) error {
		return u.must(`UPDATE passkeys SET warned_at = ? WHERE id = ? AND person_id = ?`, u.at(), id, person)
	})
}

// usePasskey keeps the record, with its counter, of a passkey that was shown.
func (u *unit) usePasskey(person int64, p models.Passkey) error {
	err := u.must(`UPDATE passkeys SET record = ?, used_at = ? WHERE id = ? AND person_id = ?`, string(p.Record), u.at(), p.ID, person)
	if models.CodeOf(err) == models.NotFound {
		return models.Errorf(models.Unauthorised, "This passkey was removed.")
	}
	return err
}

// Purposes of challenges.
const (
	ChallengeRegister = "register"
	ChallengeSignIn   = "sign in"
	ChallengeSecond   = "second"
	ChallengeProve    = "prove"
)

const (
	challengeLife  = 5 * 60 * 1000 // ms
	challengesOpen = 10_000
)

// KeepChallenge remembers for five minutes what a passkey is asked to sign.
// bound is the session or sign-in it is for. No activity: anybody may ask.
func (s *Store) KeepChallenge(ctx context.Context, challenge, purpose, bound string, data []byte) error {
	return s.write(ctx, models.Principal{}, func(u *unit) error {
		if _, err := u.exec(`DELETE FROM challenges WHERE expires_at <= ?`, u.at()); err != nil {
			return fmt.Errorf("sweep the challenges: %w", err)
		}
		var open int
		if err := u.row(`SELECT COUNT(*) FROM challenges`, nil, &open); err != nil || open >= challengesOpen {
			return models.Errorf(models.Busy, "Too many people are signing in; try again in a moment.").Because(err)
		}
		_, err := u.exec(`INSERT INTO challenges (hash, purpose, bound, data, expires_at) VALUES (?, ?, ?, ?, ?)`,
			hashOf(challenge), purpose, bound, string(data), u.at()+challengeLife)
		return err
	})
}

// TakeChallenge is what KeepChallenge remembered, once. Whatever was not asked
// for this purpose, or here, is Unauthorised.
func (s *Store) TakeChallenge(ctx context.Context, challenge, purpose, bound string) (data []byte, err error) {
	err = s.write(ctx, models.Principal{}, func(u *unit) error {
		err := u.row(`DELETE FROM challenges WHERE hash = ? AND purpose = ? AND bound = ? AND expires_at > ? RETURNING data`,
			[]any{hashOf(challenge), purpose, bound, u.at()}, &data)
		if errors.Is(err, sql.ErrNoRows) {
			return models.Errorf(models.Unauthorised, "This took too long, or was used before. Try again.")
		}
		return err
	})
	return data, err
}
