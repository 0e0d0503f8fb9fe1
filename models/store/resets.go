package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"throughline/models"
)

// ResetLife is how long the link to a new password works.
const ResetLife = 24 * time.Hour

// NewResetLink is the code of a link by which a person chooses a new password,
// once. An earlier one stops working. The database keeps its hash.
func (s *Store) NewResetLink(ctx context.Context, by models.Principal, person int64) (code string, until time.Time, err error) {
	code, hash := secret()
	err = s.changePerson(ctx, by, person, "person.reset_link", nil, func(u *unit) error {
		if err := u.exists(person); err != nil {
			return err
		}
		if _, err := u.exec(`DELETE FROM reset_links WHERE person_id = ? OR expires_at <= ?`, person, u.at()); err != nil {
			return fmt.Errorf("drop earlier links: %w", err)
		}
		until = u.now.Add(ResetLife)
		_, err := u.exec(`INSERT INTO reset_links (hash, person_id, created_at, expires_at) VALUES (?, ?, ?, ?)`, hash, person, u.at(), millis(until))
		return err
	})
	return code, until, err
}

// ResetPerson is whose password the code's link would set; NotFound when the link
// is unknown, used or too old, or the account is closed.
func (s *Store) ResetPerson(ctx context.Context, code string) (models.Account, error) {
	rows, err := s.query(ctx, `SELECT `+accountColumns+` FROM people WHERE disabled_at = 0 AND
		id = (SELECT person_id FROM reset_links WHERE hash = ? AND used_at = 0 AND expires_at > ?)`, hashOf(code), s.now().UnixMilli())
	list, err := all(rows, err, scanAccount)
	if err == nil && len(list) == 0 {
		err = noReset()
	}
	if err != nil {
		return models.Account{}, err
	}
	return list[0], nil
}

func noReset() error {
	return models.Errorf(models.NotFound, "This link is not known, was used or has expired. Ask an administrator for a new one.")
}

// UseResetLink sets the password, ends every session and uses the link up: of two
// at once, one wins.
func (s *Store) UseResetLink(ctx context.Context, code, password string) (models.Account, error) {
	person, err := s.ResetPerson(ctx, code)
	if err != nil {
		return person, err
	}
	hash, err := hashPassword(password, person.Name, person.Email)
	if err != nil {
		return person, err
	}
	by := models.Principal{PersonID: person.ID, Name: person.Name}
	err = s.changePerson(ctx, by, person.ID, "person.password", map[string]any{"by": "reset link"}, func(u *unit) error {
		var id int64
		err := u.row(`UPDATE reset_links SET used_at = ? WHERE hash = ? AND used_at = 0 AND expires_at > ? RETURNING person_id`,
			[]any{u.at(), hashOf(code), u.at()}, &id)
		if errors.Is(err, sql.ErrNoRows) {
			return noReset()
		}
		if err != nil {
			return fmt.Errorf("use the link: %w", err)
		}
		return u.setPassword(id, hash)
	})
	return person, err
}
