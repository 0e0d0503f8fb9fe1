package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"throughline/models"
)

// The lives of a sign-in: unused, and at most.
const (
	SessionIdle = 7 * 24 * time.Hour
	SessionLife = 30 * 24 * time.Hour
)

// secret is 32 random bytes as text, and the hash that the database keeps of it.
func secret() (value, hash string) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	value = base64.RawURLEncoding.EncodeToString(raw)
	return value, hashOf(value)
}

func hashOf(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}

// Session is a sign-in in a browser.
type Session struct {
	Principal models.Principal
	CSRF      string // forms of this session carry it
}

// NewSession signs an account in and returns the cookie's value, which is shown
// to nobody else: the database keeps its hash.
func (s *Store) NewSession(ctx context.Context, person models.Account, agent string) (value string, err error) {
	value, hash := secret()
	csrf, _ := secret()
	by := models.Principal{PersonID: person.ID, Name: person.Name}
	err = s.write(ctx, by, func(u *unit) error {
		if _, err := u.exec(`DELETE FROM sessions WHERE expires_at < ? OR seen_at < ?`, u.at(), u.at()-SessionIdle.Milliseconds()); err != nil {
			return fmt.Errorf("sweep the sessions: %w", err)
		}
		_, err := u.exec(`INSERT INTO sessions (hash, person_id, csrf, agent, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			hash, person.ID, csrf, clip(agent, 200), u.at(), u.at(), u.at()+SessionLife.Milliseconds())
		if err != nil {
			return fmt.Errorf("open the session: %w", err)
		}
		_, err = u.record(0, 0, "session.opened", map[string]any{"person": person.ID})
		return err
	})
	return value, err
}

// EndSession signs out. The session is Principal.Session.
func (s *Store) EndSession(ctx context.Context, by models.Principal) error {
	return s.write(ctx, by, func(u *unit) error {
		if _, err := u.exec(`DELETE FROM sessions WHERE hash = ?`, by.Session); err != nil {
			return fmt.Errorf("close the session: %w", err)
		}
		_, err := u.record(0, 0, "session.closed", map[string]any{"person": by.PersonID})
		return err
	})
}

func (u *unit) endSessions(person int64) error {
	if _, err := u.exec(`DELETE FROM sessions WHERE person_id = ?`, person); err != nil {
		return fmt.Errorf("close the sessions: %w", err)
	}
	return nil
}

// PrincipalBySession is who a cookie's value stands for, by the rights of this
// moment. An unknown, ended or disabled one is Unauthorised.
func (s *Store) PrincipalBySession(ctx context.Context, value string) (Session, error) {
	return s.sessionByHash(ctx, hashOf(value))
}

func (s *Store) sessionByHash(ctx context.Context, hash string) (out Session, err error) {
	now := s.now().UnixMilli()
	p := &out.Principal
	var seen int64
	err = s.row(ctx, `SELECT p.id, p.name, p.email, p.hub_role, s.csrf, s.seen_at, s.expires_at
		FROM sessions s JOIN people p ON p.id = s.person_id
		WHERE s.hash = ? AND s.expires_at > ? AND s.seen_at > ? AND p.disabled_at = 0 AND s.created_at >= p.password_at`,
		[]any{hash, now, now - SessionIdle.Milliseconds()},
		&p.PersonID, &p.Name, &p.Email, &p.Hub, &out.CSRF, &seen, scanTime{&p.Expires})
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, models.Errorf(models.Unauthorised, "Sign in again, please: the session has ended.")
	}
	if err != nil {
		return Session{}, fmt.Errorf("look up the session: %w", err)
	}
	p.Session = hash
	if p.Projects, err = s.rolesOf(ctx, p.PersonID); err != nil {
		return Session{}, err
	}
	s.touch(ctx, now, seen, `UPDATE sessions SET seen_at = ? WHERE hash = ?`, hash)
	return out, nil
}

// touch writes a last-used time, at most once a minute. That it could not be
// written is no reason to refuse the request.
func (s *Store) touch(ctx context.Context, now, seen int64, q string, key any) {
	if now-seen < time.Minute.Milliseconds() {
		return
	}
	err := s.write(ctx, models.Principal{}, func(u *unit) error {
		_, err := u.exec(q, u.at(), key)
		return err
	})
	if err != nil {
		s.log.WarnContext(ctx, "note the last use", "error", err)
	}
}

// Refresh is the same principal by the rights of this moment: Unauthorised when
// its session or token has ended or its account is disabled.
func (s *Store) Refresh(ctx context.Context, by models.Principal) (models.Principal, error) {
	if by.TokenID != 0 {
		return s.tokenWhere(ctx, `t.id = ?`, by.TokenID)
	}
	if by.Session == "" {
		return by, models.Errorf(models.Unauthorised, "Sign in first.")
	}
	session, err := s.sessionByHash(ctx, by.Session)
	return session.Principal, err
}

func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return text[:n]
}
