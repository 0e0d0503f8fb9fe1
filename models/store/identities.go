package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"throughline/models"
)

// NewIdentity is what a provider has told of who signed in.
type NewIdentity struct {
	Issuer, Subject, Label string
}

// PersonByIdentity is the account of somebody that an issuer knows. E-mail
// addresses play no part. A closed account is Forbidden.
func (s *Store) PersonByIdentity(ctx context.Context, issuer, subject string) (models.Account, error) {
	rows, err := s.query(ctx, `SELECT `+accountColumns+` FROM people WHERE id = (SELECT person_id FROM identities WHERE issuer = ? AND subject = ?)`,
		issuer, subject)
	list, err := all(rows, err, scanAccount)
	switch {
	case err != nil:
		return models.Account{}, err
	case len(list) == 0:
		return models.Account{}, models.Errorf(models.NotFound, "Nobody here is connected with this account.")
	case list[0].Disabled:
		return models.Account{}, models.Errorf(models.Forbidden, "This account is closed. An administrator of this hub can open it again.")
	}
	return list[0], nil
}

// Identities are those of a person, the oldest first.
func (s *Store) Identities(ctx context.Context, person int64) ([]models.Identity, error) {
	rows, err := s.query(ctx, `SELECT id, issuer, label, created_at FROM identities WHERE person_id = ? ORDER BY id`, person)
	return all(rows, err, func(r *sql.Rows, i *models.Identity) error {
		return r.Scan(&i.ID, &i.Issuer, &i.Label, scanTime{&i.CreatedAt})
	})
}

// Connect joins an identity to the account of whoever asks. One that is joined
// to somebody else is a Conflict; joined to the same, nothing changes.
func (s *Store) Connect(ctx context.Context, by models.Principal, id NewIdentity) error {
	return s.write(ctx, by, func(u *unit) error {
		var person int64
		err := u.row(`SELECT person_id FROM identities WHERE issuer = ? AND subject = ?`, []any{id.Issuer, id.Subject}, &person)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look up the identity: %w", err)
		}
		if person == by.PersonID {
			return nil
		}
		if person != 0 {
			return models.Errorf(models.Conflict, "That account is connected to somebody else here.")
		}
		if err := u.insertIdentity(by.PersonID, id); err != nil {
			return err
		}
		_, err = u.record(0, 0, "identity.connected", map[string]any{"person": by.PersonID, "issuer": id.Issuer})
		return err
	})
}

func (u *unit) insertIdentity(person int64, id NewIdentity) error {
	_, err := u.insert(`INSERT INTO identities (person_id, issuer, subject, label, created_at) VALUES (?, ?, ?, ?, ?)`,
		person, id.Issuer, id.Subject, clip(clean(id.Label), 200), u.at())
	if unique(err) {
		return models.Errorf(models.Conflict, "That account is connected to somebody already.")
	}
	if err != nil {
		return fmt.Errorf("connect the identity: %w", err)
	}
	return nil
}

// CreateByIdentity makes an account for somebody new, without a password and
// without any role. An address that has an account is a Conflict: whoever it
// belongs to connects the identity after signing in.
func (s *Store) CreateByIdentity(ctx context.Context, p NewPerson, id NewIdentity) (a models.Account, err error) {
	p.Hub, p.Password = models.Nobody, ""
	if _, err := p.check(); err != nil {
		return a, err
	}
	err = s.write(ctx, models.Principal{Name: "sign-in"}, func(u *unit) error {
		if a, err = u.insertPerson(p, ""); err != nil {
			return err
		}
		u.by = models.Principal{PersonID: a.ID, Name: a.Name}
		if err := u.insertIdentity(a.ID, id); err != nil {
			return err
		}
		_, err := u.record(0, 0, "person.created", map[string]any{"person": a.ID, "issuer": id.Issuer})
		return err
	})
	return a, err
}

// WaysIn are the ways of signing in that this hub offers beside passkeys.
type WaysIn struct {
	Password bool
	Issuers  []string
}

// Disconnect takes an identity from the account of whoever asks. The last way of
// signing in stays: Conflict.
func (s *Store) Disconnect(ctx context.Context, by models.Principal, identity int64, ways WaysIn) error {
	return s.write(ctx, by, func(u *unit) error {
		var issuer string
		err := u.row(`SELECT issuer FROM identities WHERE id = ? AND person_id = ?`, []any{identity, by.PersonID}, &issuer)
		if errors.Is(err, sql.ErrNoRows) {
			return models.Errorf(models.NotFound, "There is no such connection.")
		}
		if err != nil {
			return fmt.Errorf("look up the identity: %w", err)
		}
		if err := u.must(`DELETE FROM identities WHERE id = ?`, identity); err != nil {
			return err
		}
		if err := u.stillGetsIn(by.PersonID, ways); err != nil {
			return err
		}
		_, err = u.record(0, 0, "identity.disconnected", map[string]any{"person": by.PersonID, "issuer": issuer})
		return err
	})
}

func (u *unit) stillGetsIn(person int64, ways WaysIn) error {
	var password, passkeys int
	err := u.row(`SELECT CASE WHEN password_hash <> '' THEN 1 ELSE 0 END, (SELECT COUNT(*) FROM passkeys WHERE person_id = people.id)
		FROM people WHERE id = ?`, []any{person}, &password, &passkeys)
	if err != nil {
		return fmt.Errorf("count the ways of signing in: %w", err)
	}
	rows, err := u.query(`SELECT issuer FROM identities WHERE person_id = ?`, person)
	issuers, err := all(rows, err, func(r *sql.Rows, issuer *string) error { return r.Scan(issuer) })
	if err != nil {
		return err
	}
	if password > 0 && ways.Password || passkeys > 0 || slices.ContainsFunc(issuers, func(i string) bool { return slices.Contains(ways.Issuers, i) }) {
		return nil
	}
	return models.Errorf(models.Conflict, "This is your only way of signing in. Set up %s first.", strings.Join(ways.others(), " or "))
}

func (w WaysIn) others() []string {
	if w.Password {
		return []string{"a passkey", "a password (ask an administrator for a reset link)"}
	}
	return []string{"a passkey"}
}
