package store

import (
	"context"
	"database/sql"
	"fmt"

	"throughline/models"
)

// Sessions lists the browsers in which the person is signed in, the last used
// first.
func (s *Store) Sessions(ctx context.Context, by models.Principal) ([]models.Session, error) {
	now := s.now().UnixMilli()
	rows, err := s.query(ctx, `SELECT s.public_id, s.agent, s.via, s.strong, s.created_at, s.seen_at FROM sessions s
		JOIN people p ON p.id = s.person_id
		WHERE s.person_id = ? AND s.expires_at > ? AND s.seen_at > ? AND s.created_at >= p.password_at
		ORDER BY s.seen_at DESC, s.public_id`, by.PersonID, now, now-SessionIdle.Milliseconds())
	return all(rows, err, func(r *sql.Rows, one *models.Session) error {
		err := r.Scan(&one.ID, &one.Agent, &one.Via, scanFlag{&one.Strong}, scanTime{&one.CreatedAt}, scanTime{&one.SeenAt})
		one.Current = one.ID == by.Session
		return err
	})
}

// EndOneSession ends one sign-in of the person, by the id that Sessions shows.
// Somebody else's is NotFound.
func (s *Store) EndOneSession(ctx context.Context, by models.Principal, id string) error {
	return s.write(ctx, by, func(u *unit) error {
		if err := u.must(`DELETE FROM sessions WHERE public_id = ? AND person_id = ?`, id, by.PersonID); err != nil {
			return err
		}
		_, err := u.record(0, 0, "session.closed", map[string]any{"person": by.PersonID})
		return err
	})
}

// EndSessions ends every sign-in of a person, but the one that asks.
func (s *Store) EndSessions(ctx context.Context, by models.Principal, person int64) error {
	return s.changePerson(ctx, by, person, "session.closed_all", nil, func(u *unit) error {
		if err := u.exists(person); err != nil {
			return err
		}
		return u.endSessions(person, by.Session)
	})
}

func (u *unit) exists(person int64) error {
	var found int
	if err := u.row(`SELECT COUNT(*) FROM people WHERE id = ?`, []any{person}, &found); err != nil {
		return fmt.Errorf("look up the person: %w", err)
	}
	if found == 0 {
		return models.Errorf(models.NotFound, "There is no such person.")
	}
	return nil
}

// ProveSession notes that the person has just proved again who they are, and
// gives the session a new secret: the cookie's value until now is worth nothing.
func (s *Store) ProveSession(ctx context.Context, by models.Principal, p Proof) (value string, err error) {
	err = s.write(ctx, by, func(u *unit) error {
		if err := u.check(by.PersonID, p); err != nil {
			return err
		}
		if value, err = u.renewSession(by); err != nil {
			return err
		}
		_, err = u.record(0, 0, "session.proved", map[string]any{"person": by.PersonID})
		return err
	})
	return value, err
}

func (u *unit) renewSession(by models.Principal) (value string, err error) {
	value, hash := secret()
	return value, u.must(`UPDATE sessions SET hash = ?, proved_at = ? WHERE public_id = ? AND person_id = ?`,
		hash, u.at(), by.Session, by.PersonID)
}
