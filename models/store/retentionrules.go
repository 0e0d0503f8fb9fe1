package store

import (
	"context"
	"strings"

	"throughline/models"
)

// cleaner is one statement that removes at most some rows of a table. Its last
// two ? are the time before which things go, and how many.
type cleaner struct {
	rule, table, column string // column: must be there for the statement to make sense
	statement           string
}

// cleaners do what the rules say. Statements of tables that this hub does not have
// are left out.
var cleaners = []cleaner{
	{"deliveries", "deliveries", "purged_at", `UPDATE deliveries SET body = $empty, header = '{}', purged_at = ? WHERE id IN (
 SELECT id FROM deliveries WHERE purged_at = 0 AND state <> 'parked' AND received_at < ? ORDER BY received_at LIMIT ?)`},
	{"sessions", "sessions", "expires_at", `DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE expires_at < ? LIMIT ?)`},
	{"sign_ins", "sign_ins", "expires_at", `DELETE FROM sign_ins WHERE hash IN (SELECT hash FROM sign_ins WHERE expires_at < ? LIMIT ?)`},
	{"sign_ins", "challenges", "expires_at", `DELETE FROM challenges WHERE hash IN (SELECT hash FROM challenges WHERE expires_at < ? LIMIT ?)`},
	{"sign_ins", "reset_links", "expires_at", `DELETE FROM reset_links WHERE hash IN (SELECT hash FROM reset_links WHERE expires_at < ? LIMIT ?)`},
	{"sign_ins", "setup_links", "expires_at", `DELETE FROM setup_links WHERE hash IN (SELECT hash FROM setup_links WHERE expires_at < ? LIMIT ?)`},
	{"invitations", "invitations", "expires_at", `DELETE FROM invitations WHERE id IN (SELECT id FROM invitations WHERE expires_at < ? ORDER BY id LIMIT ?)`},
	{"tokens", "tokens", "maker_id", `UPDATE tokens SET name = 'revoked token', created_by = '' WHERE id IN (
 SELECT id FROM tokens WHERE revoked_at > 0 AND revoked_at < ? AND name <> 'revoked token' ORDER BY id LIMIT ?)`},
	{"comments", "comments", "deleted_at", `UPDATE comments SET body = '' WHERE id IN (
 SELECT id FROM comments WHERE deleted_at > 0 AND deleted_at < ? AND body <> '' ORDER BY id LIMIT ?)`},
}

// cleanRule removes all that a rule says, some rows at a time, and tells how many.
func (s *Store) cleanRule(ctx context.Context, rule string, tables []table, before int64) (total int64, err error) {
	for _, c := range cleaners {
		if c.rule != rule || !present(tables, c.table, c.column) {
			continue
		}
		for n := int64(cleanedAtOnce); n == cleanedAtOnce; total += n {
			if n, err = s.cleanSome(ctx, c, before); err != nil {
				return total, err
			}
		}
	}
	return total, nil
}

func (s *Store) cleanSome(ctx context.Context, c cleaner, before int64) (n int64, err error) {
	empty := `X''`
	if s.dialect.numbers {
		empty = `''::bytea`
	}
	err = s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) error {
		args := []any{before, cleanedAtOnce}
		if c.rule == "deliveries" {
			args = append([]any{u.at()}, args...)
		}
		done, err := u.exec(strings.ReplaceAll(c.statement, "$empty", empty), args...)
		if err == nil {
			n, err = done.RowsAffected()
		}
		return err
	})
	return n, err
}

func present(tables []table, name, column string) bool {
	for _, t := range tables {
		if t.name == name {
			return t.has(column)
		}
	}
	return false
}
