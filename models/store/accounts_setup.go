package store

import (
	"context"
	"fmt"
	"time"

	"throughline/models"
)

// SetupLife is how long the link of a first start works.
const SetupLife = 24 * time.Hour

// NewSetupLink is the code of a link that makes the first account, once. It is a
// Conflict when there is an account; an earlier code stops working.
func (s *Store) NewSetupLink(ctx context.Context) (code string, err error) {
	code, hash := secret()
	err = s.write(ctx, models.Principal{Name: "setup"}, func(u *unit) error {
		if err := u.nobodyYet(); err != nil {
			return err
		}
		if _, err := u.exec(`DELETE FROM setup_links`); err != nil {
			return fmt.Errorf("drop earlier setup links: %w", err)
		}
		_, err := u.exec(`INSERT INTO setup_links (hash, created_at, expires_at) VALUES (?, ?, ?)`,
			hash, u.at(), u.at()+SetupLife.Milliseconds())
		return err
	})
	return code, err
}

func (u *unit) nobodyYet() error {
	var people int
	if err := u.row(`SELECT COUNT(*) FROM people`, nil, &people); err != nil {
		return fmt.Errorf("count the people: %w", err)
	}
	if people > 0 {
		return models.Errorf(models.Conflict, "Somebody has set this hub up already.")
	}
	return nil
}

// CheckSetupLink is NotFound unless the code would make the first account now.
func (s *Store) CheckSetupLink(ctx context.Context, code string) error {
	var n int
	err := s.row(ctx, `SELECT COUNT(*) FROM setup_links WHERE hash = ? AND used_at = 0 AND expires_at > ?
		AND NOT EXISTS (SELECT 1 FROM people)`, []any{hashOf(code), s.now().UnixMilli()}, &n)
	if err != nil {
		return fmt.Errorf("look up the setup link: %w", err)
	}
	if n == 0 {
		return noSetup()
	}
	return nil
}

func noSetup() error {
	return models.Errorf(models.NotFound, "This setup link is not known, was used or has expired.")
}

// UseSetupLink makes the first account, an administrator of the hub, and uses
// the link up: of two at once, one wins.
func (s *Store) UseSetupLink(ctx context.Context, code string, p NewPerson) (a models.Account, err error) {
	if p.Password == "" {
		return a, models.FieldErrorf(models.Unprocessed, "password", "Choose a password of at least %d characters.", MinPassword)
	}
	p.Hub = models.Administrator
	hash, err := p.check()
	if err != nil {
		return a, err
	}
	err = s.write(ctx, models.Principal{Name: "setup"}, func(u *unit) error {
		done, err := u.exec(`UPDATE setup_links SET used_at = ? WHERE hash = ? AND used_at = 0 AND expires_at > ?`, u.at(), hashOf(code), u.at())
		if err != nil {
			return fmt.Errorf("use the setup link: %w", err)
		}
		if n, _ := done.RowsAffected(); n == 0 {
			return noSetup()
		}
		if err := u.nobodyYet(); err != nil {
			return err
		}
		a, err = u.createPerson(p, hash)
		return err
	})
	return a, err
}
