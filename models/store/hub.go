package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"throughline/models"
)

// SecondFactorRule says who must have a second factor in this hub.
func (s *Store) SecondFactorRule(ctx context.Context) (models.SecondFactorRule, error) {
	var text string
	err := s.row(ctx, `SELECT value FROM hub WHERE name = 'second_factor'`, nil, &text)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return models.SecondFactorRule{}, fmt.Errorf("read who needs a second factor: %w", err)
	}
	return readRule(text), nil
}

// readRule reads what SetSecondFactorRule wrote. What can not be read asks
// everybody: to fail open would be worse.
func readRule(text string) (r models.SecondFactorRule) {
	if text == "" {
		return r
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		r.Everybody = true
	}
	return r
}

// SetSecondFactorRule changes who must have a second factor. Sessions of those
// who have none can do nothing but set one up from here on.
func (s *Store) SetSecondFactorRule(ctx context.Context, by models.Principal, r models.SecondFactorRule) error {
	for _, role := range r.Roles {
		if !role.Known() {
			return models.FieldErrorf(models.Unprocessed, "roles", "There is no role %q.", role)
		}
	}
	if r.Roles == nil {
		r.Roles = []models.Role{}
	}
	return s.write(ctx, by, func(u *unit) error {
		var was string
		err := u.row(`SELECT COALESCE((SELECT value FROM hub WHERE name = 'second_factor'), '{}')`, nil, &was)
		if err != nil {
			return fmt.Errorf("read who needs a second factor: %w", err)
		}
		_, err = u.exec(`INSERT INTO hub (name, value) VALUES ('second_factor', ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, encode(r))
		if err != nil {
			return fmt.Errorf("set who needs a second factor: %w", err)
		}
		old := models.SecondFactorRule{Roles: []models.Role{}}
		decode(was, &old)
		detail := map[string]any{"everybody": r.Everybody, "roles": r.Roles}
		_, err = u.record(0, 0, "hub.second_factor", changed(detail, map[string]any{"everybody": old.Everybody, "roles": old.Roles}, maps.Clone(detail)))
		return err
	})
}
