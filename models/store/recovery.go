package store

import (
	"context"
	"fmt"

	"throughline/models"
	"throughline/models/second"
)

// NewRecoveryCodes replaces the person's recovery codes. They are shown this
// once: the database keeps their hashes.
func (s *Store) NewRecoveryCodes(ctx context.Context, by models.Principal) (codes []string, err error) {
	err = s.changePerson(ctx, by, by.PersonID, "second.codes", nil, func(u *unit) error {
		if err := u.needsFactor(by.PersonID); err != nil {
			return err
		}
		codes, err = u.newCodes(by.PersonID)
		return err
	})
	return codes, err
}

func (u *unit) needsFactor(person int64) error {
	var n int
	err := u.row(`SELECT (SELECT COUNT(*) FROM totp_secrets WHERE person_id = ?) + (SELECT COUNT(*) FROM passkeys WHERE person_id = ?)`,
		[]any{person, person}, &n)
	if err == nil && n == 0 {
		return models.Errorf(models.Conflict, "Recovery codes stand in for an app or a passkey; set one up first.")
	}
	return err
}

func (u *unit) newCodes(person int64) ([]string, error) {
	if _, err := u.exec(`DELETE FROM recovery_codes WHERE person_id = ?`, person); err != nil {
		return nil, fmt.Errorf("drop the earlier codes: %w", err)
	}
	codes := second.NewCodes()
	for _, code := range codes {
		if _, err := u.exec(`INSERT INTO recovery_codes (hash, person_id, created_at) VALUES (?, ?, ?)`, hashOf(code), person, u.at()); err != nil {
			return nil, fmt.Errorf("keep a code: %w", err)
		}
	}
	return codes, nil
}

// useRecovery uses a recovery code up.
func (u *unit) useRecovery(person int64, code string) error {
	done, err := u.exec(`UPDATE recovery_codes SET used_at = ? WHERE hash = ? AND person_id = ? AND used_at = 0`, u.at(), hashOf(code), person)
	if err != nil {
		return fmt.Errorf("use a recovery code: %w", err)
	}
	if n, _ := done.RowsAffected(); n == 0 {
		return wrongCode()
	}
	return nil
}
