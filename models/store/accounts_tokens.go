package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"throughline/models"
)

// TokenPrefix starts every token, so that scanners for leaked secrets know it.
const TokenPrefix = "tl_"

// NewToken is what a token is made of.
type NewToken struct {
	Name      string
	Role      models.Role
	ProjectID int64 // 0: the whole hub
	Scopes    []models.Scope
	ExpiresAt time.Time // zero: never
}

// CreateToken makes a token and returns its value, which is shown this once: the
// database keeps its hash. Nobody gives away more than they hold.
func (s *Store) CreateToken(ctx context.Context, by models.Principal, t NewToken) (value string, token models.Token, err error) {
	if err := t.check(by, s.now()); err != nil {
		return "", token, err
	}
	random, _ := secret()
	value = TokenPrefix + random
	err = s.write(ctx, by, func(u *unit) error {
		id, err := u.createToken(t, value)
		if err != nil {
			return err
		}
		token, err = u.token(id)
		return err
	})
	return value, token, err
}

func (t *NewToken) check(by models.Principal, now time.Time) error {
	t.Name = strings.TrimSpace(t.Name)
	held := by.RoleIn(t.ProjectID)
	switch {
	case t.Name == "" || len(t.Name) > 100:
		return models.FieldErrorf(models.Unprocessed, "name", "A token has a name of at most 100 characters.")
	case !t.Role.Known():
		return models.FieldErrorf(models.Unprocessed, "role", "There is no role %q.", t.Role)
	case !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now):
		return models.FieldErrorf(models.Unprocessed, "expires_at", "The token would have expired already.")
	case !by.Anonymous() && !held.AtLeast(t.Role):
		return models.FieldErrorf(models.Forbidden, "role", "You hold no more than the role %q there.", held)
	case !by.Anonymous() && len(by.Scopes) > 0 && !within(t.Scopes, by.Scopes):
		return models.FieldErrorf(models.Forbidden, "scopes", "A token makes only tokens of its own scopes.")
	case outlives(t.ExpiresAt, by):
		return models.FieldErrorf(models.Forbidden, "expires_at", "A token makes only tokens that expire no later than itself, at %s.", by.Expires.UTC().Format(time.RFC3339))
	}
	for _, scope := range t.Scopes {
		if !slices.Contains(models.Scopes, scope) {
			return models.FieldErrorf(models.Unprocessed, "scopes", "There is no scope %q.", scope)
		}
	}
	return nil
}

// outlives tells whether what expires then (zero: never) would work longer than
// the token that asks.
func outlives(expires time.Time, by models.Principal) bool {
	return by.TokenID != 0 && !by.Expires.IsZero() && (expires.IsZero() || expires.After(by.Expires))
}

// within tells whether scopes are some, and only some, of those held.
func within(scopes, held []models.Scope) bool {
	return len(scopes) > 0 && !slices.ContainsFunc(scopes, func(s models.Scope) bool { return !slices.Contains(held, s) })
}

func (u *unit) createToken(t NewToken, value string) (int64, error) {
	project := sql.NullInt64{Int64: t.ProjectID, Valid: t.ProjectID != 0}
	scopes := t.Scopes
	if scopes == nil {
		scopes = []models.Scope{}
	}
	id, err := u.insert(`INSERT INTO tokens (name, hash, prefix, last4, role, project_id, scopes, created_by, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, t.Name, hashOf(value), value[:len(TokenPrefix)+4], value[len(value)-4:],
		string(t.Role), project, encode(scopes), u.by.Name, u.at(), millis(t.ExpiresAt))
	if err == nil && u.by.PersonID != 0 {
		_, err = u.exec(`UPDATE tokens SET maker_id = ? WHERE id = ?`, u.by.PersonID, id)
	}
	if err != nil {
		return 0, fmt.Errorf("create the token: %w", err)
	}
	_, err = u.record(t.ProjectID, 0, "token.created", map[string]any{"token": id, "name": t.Name, "role": t.Role, "scopes": scopes})
	return id, err
}

// #nosec G101 -- names of columns
const tokenColumns = `t.id, t.name, t.prefix, t.last4, t.role, COALESCE(p.key, ''), t.scopes, t.created_by,
	t.created_at, t.expires_at, t.revoked_at, t.last_used_at, COALESCE(t.project_id, 0), t.old_last4, t.old_until_at, t.old_used_at, t.rotated_at
	FROM tokens t LEFT JOIN projects p ON p.id = t.project_id`

func scanToken(rows *sql.Rows, t *models.Token) error {
	var scopes string
	err := rows.Scan(&t.ID, &t.Name, &t.Prefix, &t.Last4, &t.Role, &t.Project, &scopes, &t.CreatedBy,
		scanTime{&t.CreatedAt}, scanTime{&t.ExpiresAt}, scanTime{&t.RevokedAt}, scanTime{&t.LastUsed},
		&t.ProjectID, &t.OldLast4, scanTime{&t.OldUntil}, scanTime{&t.OldUsed}, scanTime{&t.RotatedAt})
	decode(scopes, &t.Scopes)
	return err
}

func (u *unit) token(id int64) (models.Token, error) {
	rows, err := u.query(`SELECT `+tokenColumns+` WHERE t.id = ?`, id)
	list, err := all(rows, err, scanToken)
	if err != nil {
		return models.Token{}, fmt.Errorf("read the token: %w", err)
	}
	if len(list) == 0 {
		return models.Token{}, models.Errorf(models.NotFound, "There is no such token.")
	}
	return list[0], nil
}

// Tokens lists the tokens of one project, or of all (0), newest first.
func (s *Store) Tokens(ctx context.Context, project int64) ([]models.Token, error) {
	rows, err := s.query(ctx, `SELECT `+tokenColumns+` WHERE ? = 0 OR t.project_id = ? ORDER BY t.id DESC`, project, project)
	return all(rows, err, scanToken)
}

// RevokeToken ends a token of a project, or any (0).
func (s *Store) RevokeToken(ctx context.Context, by models.Principal, project, id int64) error {
	return s.write(ctx, by, func(u *unit) error {
		err := u.must(`UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at = 0 AND (? = 0 OR project_id = ?)`,
			u.at(), id, project, project)
		if err != nil {
			return err
		}
		_, err = u.record(project, 0, "token.revoked", map[string]any{"token": id})
		return err
	})
}

// PrincipalByToken is who a token stands for. An unknown, expired or revoked one
// is Unauthorised.
func (s *Store) PrincipalByToken(ctx context.Context, value string) (models.Principal, error) {
	hash := hashOf(value)
	return s.tokenWhere(ctx, `(t.hash = ? OR t.old_hash = ? AND t.old_until_at > ?)`, hash, hash, hash, s.now().UnixMilli())
}

// tokenWhere is the principal of a token. hash is the value's that was shown,
// empty where the token is asked for by its id.
func (s *Store) tokenWhere(ctx context.Context, where, hash string, args ...any) (p models.Principal, err error) {
	refused := models.Errorf(models.Unauthorised, "This token is not known, has expired or was revoked.")
	var project sql.NullInt64
	var role models.Role
	var scopes string
	var used, oldUsed int64
	var newest bool
	err = s.row(ctx, `SELECT t.id, t.name, t.role, t.project_id, t.scopes, t.expires_at, t.last_used_at, t.old_used_at, CASE WHEN t.hash = ? THEN 1 ELSE 0 END FROM tokens t
		WHERE t.revoked_at = 0 AND `+where, append([]any{hash}, args...), &p.TokenID, &p.Name, &role, &project, &scopes, scanTime{&p.Expires}, &used, &oldUsed, scanFlag{&newest})
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !p.Expires.IsZero() && !s.now().Before(p.Expires):
		return models.Principal{}, refused
	case err != nil:
		return models.Principal{}, fmt.Errorf("look up the token: %w", err)
	}
	decode(scopes, &p.Scopes)
	if project.Valid {
		p.Projects = map[int64]models.Role{project.Int64: role}
	} else {
		p.Hub = role
	}
	switch {
	case newest:
		s.touch(ctx, s.now().UnixMilli(), used, `UPDATE tokens SET last_used_at = ? WHERE id = ?`, p.TokenID)
	case hash != "":
		s.touch(ctx, s.now().UnixMilli(), oldUsed, `UPDATE tokens SET old_used_at = ? WHERE id = ?`, p.TokenID)
	}
	return p, nil
}
