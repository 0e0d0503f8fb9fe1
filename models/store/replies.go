package store

import (
	"database/sql"
	"errors"
	"time"
)

// Clients repeat a call whose answer was lost. What it made is remembered under a
// mark of the call, in the transaction that made it, so that the repetition finds
// it instead of making another.

// reply is what an earlier call of this mark made; empty when there was none.
func (u *unit) reply(call string) (made string, err error) {
	if call == "" {
		return "", nil
	}
	err = u.row(`SELECT body FROM replies WHERE hash = ? AND until_at > ?`, []any{call, u.at()}, &made)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return made, err
}

// keepReply remembers what a call made, for a while.
func (u *unit) keepReply(call, made string, keep time.Duration) error {
	if call == "" {
		return nil
	}
	if _, err := u.exec(`DELETE FROM replies WHERE until_at <= ?`, u.at()); err != nil {
		return err
	}
	_, err := u.exec(`INSERT INTO replies (hash, body, until_at) VALUES (?, ?, ?) ON CONFLICT (hash) DO UPDATE SET body = excluded.body, until_at = excluded.until_at`,
		call, []byte(made), u.now.Add(keep).UnixMilli())
	return err
}
