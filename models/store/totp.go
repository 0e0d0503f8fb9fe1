package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"throughline/models"
	"throughline/models/second"
)

// Purposes of sealing: what is sealed for one can not be opened for another.
const (
	sealTOTP        = "totp"
	sealTOTPPending = "totp pending"
)

// appPending is how long the page of a new app stays good.
const appPending = 30 * time.Minute

// NewApp makes the secret of an authenticator app. Nothing is kept: pending is
// the secret sealed for this person, and comes back with the first code.
func (s *Store) NewApp(by models.Principal) (secret, pending string, err error) {
	if secret, err = second.NewSecret(); err != nil {
		return "", "", err
	}
	pending, err = s.seal(place{sealTOTPPending, by.PersonID, "secret"}, itoa(s.now().Unix())+" "+secret)
	return secret, pending, err
}

// PendingApp is the secret of NewApp again.
func (s *Store) PendingApp(by models.Principal, pending string) (secret string, err error) {
	stale := models.Errorf(models.Unprocessed, "This picture is too old. Scan the new one.")
	plain, err := s.unseal(place{sealTOTPPending, by.PersonID, "secret"}, pending)
	if err != nil {
		return "", stale.Because(err)
	}
	made, secret, _ := strings.Cut(plain, " ")
	at, err := strconv.ParseInt(made, 10, 64)
	if err != nil || s.now().Sub(time.Unix(at, 0)) > appPending {
		return "", stale.Because(err)
	}
	return secret, nil
}

// TurnOnApp sets the app up, in place of an earlier one, when the code is its
// present one. It returns new recovery codes, shown this once, and the new value
// of the session's cookie.
func (s *Store) TurnOnApp(ctx context.Context, by models.Principal, pending, code string) (codes []string, value string, err error) {
	secret, err := s.PendingApp(by, pending)
	if err != nil {
		return nil, "", err
	}
	step, ok := second.Step(secret, strings.ReplaceAll(code, " ", ""), s.now(), 0)
	if !ok {
		return nil, "", models.FieldErrorf(models.Unprocessed, "code", "That is not the code the app shows now. Check that the clocks agree, then try the next one.")
	}
	sealed, err := s.seal(place{sealTOTP, by.PersonID, "secret"}, secret)
	if err != nil {
		return nil, "", err
	}
	err = s.changePerson(ctx, by, by.PersonID, "second.app_on", nil, func(u *unit) error {
		if codes, err = u.newCodes(by.PersonID); err != nil {
			return err
		}
		_, err := u.exec(`INSERT INTO totp_secrets (person_id, secret, last_step, created_at) VALUES (?, ?, ?, ?) ON CONFLICT (person_id)
			DO UPDATE SET secret = excluded.secret, last_step = excluded.last_step, created_at = excluded.created_at`, by.PersonID, sealed, step, u.at())
		if err != nil {
			return fmt.Errorf("keep the secret: %w", err)
		}
		value, err = u.gained(by)
		return err
	})
	return codes, value, err
}

// TurnOffApp forgets the person's app.
func (s *Store) TurnOffApp(ctx context.Context, by models.Principal) error {
	return s.changePerson(ctx, by, by.PersonID, "second.app_off", nil, func(u *unit) error {
		if err := u.must(`DELETE FROM totp_secrets WHERE person_id = ?`, by.PersonID); err != nil {
			return err
		}
		return u.lost(by.PersonID)
	})
}

// useApp uses a code of the person's app up. Of two at once with the same code,
// one wins.
func (u *unit) useApp(person int64, code string) error {
	var sealed string
	var last int64
	err := u.row(`SELECT secret, last_step FROM totp_secrets WHERE person_id = ?`, []any{person}, &sealed, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return wrongCode()
	}
	if err != nil {
		return fmt.Errorf("look up the app: %w", err)
	}
	secret, err := u.s.unseal(place{sealTOTP, person, "secret"}, sealed)
	if err != nil {
		return fmt.Errorf("open the app's secret: %w", err)
	}
	step, ok := second.Step(secret, code, u.now, last)
	if !ok {
		return wrongCode()
	}
	return u.must(`UPDATE totp_secrets SET last_step = ? WHERE person_id = ? AND last_step < ?`, step, person, step)
}

func wrongCode() error {
	return models.FieldErrorf(models.Unauthorised, "code", "That code does not fit, or was used before. Wait for the next one.")
}
