package store

import (
	"context"
	"fmt"
	"time"

	"throughline/models"
)

// MaxOverlap is the longest that a rotated token's old value may work on.
const MaxOverlap = 30 * 24 * time.Hour

// RotateToken gives a token of a project, or any (0), a new value, which is shown
// this once. The old one works on for the overlap; one that was still old before
// ends now: at most two values are valid. Nobody rotates what they could not make.
func (s *Store) RotateToken(ctx context.Context, by models.Principal, project, id int64, overlap time.Duration) (value string, token models.Token, err error) {
	if overlap < 0 || overlap > MaxOverlap {
		return "", token, models.FieldErrorf(models.Unprocessed, "overlap_hours", "The old value works on for 0 to %d hours.", int(MaxOverlap.Hours()))
	}
	random, _ := secret()
	value = TokenPrefix + random
	err = s.write(ctx, by, func(u *unit) error {
		if token, err = u.tokenOf(project, id); err != nil {
			return err
		}
		if err := mayMake(by, token); err != nil {
			return err
		}
		if token, err = u.rotate(token.ID, value, overlap); err != nil {
			return err
		}
		_, err := u.record(token.ProjectID, 0, "token.rotated", map[string]any{"token": id, "name": token.Name, "old_until": token.OldUntil})
		return err
	})
	return value, token, err
}

// tokenOf is a token that works, of a project or any (0).
func (u *unit) tokenOf(project, id int64) (models.Token, error) {
	t, err := u.token(id)
	if err != nil {
		return t, err
	}
	if project != 0 && t.ProjectID != project || !t.Works(u.now) {
		return t, models.Errorf(models.NotFound, "There is no such token.")
	}
	return t, nil
}

// mayMake refuses to hand out more than somebody holds.
func mayMake(by models.Principal, t models.Token) error {
	if by.Anonymous() {
		return nil
	}
	if !by.RoleIn(t.ProjectID).AtLeast(t.Role) {
		return models.Errorf(models.Forbidden, "This token holds the role %q, which is more than yours there.", t.Role)
	}
	if len(by.Scopes) > 0 && !within(t.Scopes, by.Scopes) {
		return models.Errorf(models.Forbidden, "A token rotates only tokens of its own scopes.")
	}
	if outlives(t.ExpiresAt, by) {
		return models.Errorf(models.Forbidden, "This token works longer than yours does; a token rotates only what expires no later than itself.")
	}
	return nil
}

func (u *unit) rotate(id int64, value string, overlap time.Duration) (models.Token, error) {
	until := u.now.Add(overlap)
	err := u.must(`UPDATE tokens SET old_hash = hash, old_last4 = last4, old_until_at = ?, old_used_at = last_used_at, last_used_at = 0,
		hash = ?, prefix = ?, last4 = ?, rotated_at = ? WHERE id = ?`,
		millis(until), hashOf(value), value[:len(TokenPrefix)+4], value[len(value)-4:], u.at(), id)
	if err != nil {
		return models.Token{}, fmt.Errorf("rotate the token: %w", err)
	}
	return u.token(id)
}
