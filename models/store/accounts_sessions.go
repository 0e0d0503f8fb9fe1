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
	"strings"
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

// Opening is how a session comes about.
type Opening struct {
	Agent    string // what the browser calls itself
	Via      models.Via
	Strong   bool   // two factors were shown
	Replaces string // the session that this browser had before, which ends
}

// NewSession signs an account in by its password; see OpenSession.
func (s *Store) NewSession(ctx context.Context, person models.Account, agent string) (value string, err error) {
	return s.OpenSession(ctx, person, Opening{Agent: agent, Via: models.ViaPassword})
}

// OpenSession signs an account in and returns the cookie's value, which is shown
// to nobody else: the database keeps its hash.
func (s *Store) OpenSession(ctx context.Context, person models.Account, o Opening) (value string, err error) {
	err = s.write(ctx, models.Principal{PersonID: person.ID, Name: person.Name}, func(u *unit) error {
		value, err = u.openSession(person.ID, o)
		return err
	})
	return value, err
}

func (u *unit) openSession(person int64, o Opening) (value string, err error) {
	if _, err := u.exec(`DELETE FROM sessions WHERE expires_at < ? OR seen_at < ? OR public_id = ? AND person_id = ?`,
		u.at(), u.at()-SessionIdle.Milliseconds(), o.Replaces, person); err != nil {
		return "", fmt.Errorf("sweep the sessions: %w", err)
	}
	value, hash := secret()
	csrf, _ := secret()
	public, _ := secret()
	_, err = u.exec(`INSERT INTO sessions (hash, public_id, person_id, csrf, agent, via, strong, created_at, seen_at, proved_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, hash, public[:24], person, csrf, clip(o.Agent, 200), string(o.Via), flag(o.Strong),
		u.at(), u.at(), u.at(), u.at()+SessionLife.Milliseconds())
	if err != nil {
		return "", fmt.Errorf("open the session: %w", err)
	}
	_, err = u.record(0, 0, "session.opened", map[string]any{"person": person, "via": o.Via, "strong": o.Strong})
	return value, err
}

// EndSession signs out. The session is Principal.Session.
func (s *Store) EndSession(ctx context.Context, by models.Principal) error {
	return s.EndOneSession(ctx, by, by.Session)
}

// endSessions ends every sign-in of a person, half-done ones too, but one.
func (u *unit) endSessions(person int64, but ...string) error {
	kept := append(but, "")
	if _, err := u.exec(`DELETE FROM sessions WHERE person_id = ? AND public_id <> ?`, person, kept[0]); err != nil {
		return fmt.Errorf("close the sessions: %w", err)
	}
	if _, err := u.exec(`DELETE FROM sign_ins WHERE person_id = ?`, person); err != nil {
		return fmt.Errorf("close the sign-ins under way: %w", err)
	}
	return nil
}

// PrincipalBySession is who a cookie's value stands for, by the rights of this
// moment. An unknown, ended or disabled one is Unauthorised.
func (s *Store) PrincipalBySession(ctx context.Context, value string) (Session, error) {
	return s.sessionWhere(ctx, `s.hash = ?`, hashOf(value))
}

func (s *Store) sessionWhere(ctx context.Context, where, key string) (out Session, err error) {
	now := s.now().UnixMilli()
	p := &out.Principal
	var seen int64
	var rule string
	err = s.row(ctx, `SELECT p.id, p.name, p.email, p.hub_role, s.public_id, s.csrf, s.strong, s.seen_at, s.proved_at, s.expires_at,
		COALESCE((SELECT value FROM hub WHERE name = 'second_factor'), '')
		FROM sessions s JOIN people p ON p.id = s.person_id
		WHERE s.expires_at > ? AND s.seen_at > ? AND p.disabled_at = 0 AND s.created_at >= p.password_at AND `+where,
		[]any{now, now - SessionIdle.Milliseconds(), key},
		&p.PersonID, &p.Name, &p.Email, &p.Hub, &p.Session, &out.CSRF, scanFlag{&p.Strong}, &seen, scanTime{&p.Proved}, scanTime{&p.Expires}, &rule)
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, models.Errorf(models.Unauthorised, "Sign in again, please: the session has ended.")
	}
	if err != nil {
		return Session{}, fmt.Errorf("look up the session: %w", err)
	}
	if p.NeedsSecond = !p.Strong && readRule(rule).Asks(p.Hub); p.NeedsSecond {
		p.Hub = models.Nobody // until it is set up, no role holds
	} else if p.Projects, err = s.rolesOf(ctx, p.PersonID); err != nil {
		return Session{}, err
	}
	s.touch(ctx, now, seen, `UPDATE sessions SET seen_at = ? WHERE public_id = ?`, p.Session)
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
// its session or token has ended, its account is disabled, or the hub has come to
// ask for a second factor that the session lacks.
func (s *Store) Refresh(ctx context.Context, by models.Principal) (models.Principal, error) {
	if by.TokenID != 0 {
		return s.tokenWhere(ctx, `t.id = ?`, "", by.TokenID)
	}
	if by.Session == "" {
		return by, models.Errorf(models.Unauthorised, "Sign in first.")
	}
	session, err := s.sessionWhere(ctx, `s.public_id = ?`, by.Session)
	if err == nil && session.Principal.NeedsSecond {
		return by, models.Errorf(models.Unauthorised, "This hub asks for a second factor.")
	}
	return session.Principal, err
}

// clip is at most n bytes of a text; PostgreSQL takes no half characters.
func clip(text string, n int) string {
	return strings.ToValidUTF8(text[:min(len(text), n)], "")
}
