package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"throughline/models"
)

// The names under which the hub keeps the settings of retention and its last run.
const (
	keepingName  = "retention"
	cleaningName = "retention.last"
)

// cleanedAtOnce is how many rows one write removes: others wait for no more.
const cleanedAtOnce = 200

// cleanerLock lets one replica at a time clean, on PostgreSQL.
const cleanerLock = 7480_2265

// Keeping is how long the hub keeps what.
func (s *Store) Keeping(ctx context.Context) (k models.Keeping, err error) {
	k = models.DefaultKeeping()
	return k, s.hubValue(ctx, keepingName, &k)
}

// LastCleaning is what the last run of the retention removed, the zero Cleaning
// when there was none.
func (s *Store) LastCleaning(ctx context.Context) (c models.Cleaning, err error) {
	return c, s.hubValue(ctx, cleaningName, &c)
}

// hubValue reads JSON that the hub keeps, leaving v as it is when there is none.
func (s *Store) hubValue(ctx context.Context, name string, v any) error {
	var text string
	err := s.row(ctx, `SELECT value FROM hub WHERE name = ?`, []any{name}, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	decode(text, v)
	return err
}

func (u *unit) setHub(name string, v any) error {
	_, err := u.exec(`INSERT INTO hub (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, encode(v))
	return err
}

// SetKeeping says how long the hub keeps what.
func (s *Store) SetKeeping(ctx context.Context, by models.Principal, k models.Keeping) error {
	if err := k.Check(); err != nil {
		return err
	}
	return s.write(ctx, by, func(u *unit) error {
		if err := u.setHub(keepingName, k); err != nil {
			return err
		}
		_, err := u.record(0, 0, "retention.changed", map[string]any{"days": k})
		return err
	})
}

// Clean removes what has been kept for as long as it may be, in small writes, and
// records it where it removed something. Of several at once on PostgreSQL one
// works; the others are told so by a Conflict.
func (s *Store) Clean(ctx context.Context, by models.Principal) (models.Cleaning, error) {
	unlock, err := s.lockCleaner(ctx)
	if err != nil {
		return models.Cleaning{}, err
	}
	defer unlock()
	started := time.Now()
	c := models.Cleaning{At: s.now().UTC().Truncate(time.Second), Removed: map[string]int64{}}
	keep, err := s.Keeping(ctx)
	if err != nil {
		return c, err
	}
	tables, err := s.tables(ctx)
	if err != nil {
		return c, err
	}
	for _, rule := range models.KeepRules {
		days := *rule.Days(&keep)
		if days == 0 && rule.Forever {
			continue
		}
		n, err := s.cleanRule(ctx, rule.Name, tables, c.At.AddDate(0, 0, -days).UnixMilli())
		if err != nil {
			return c, fmt.Errorf("remove %s: %w", rule.Name, err)
		}
		if n > 0 {
			c.Removed[rule.Name] = n
		}
	}
	c.Took = time.Since(started).Seconds()
	return c, s.noteCleaning(ctx, by, c)
}

func (s *Store) noteCleaning(ctx context.Context, by models.Principal, c models.Cleaning) error {
	return s.write(ctx, by, func(u *unit) error {
		if err := u.setHub(cleaningName, c); err != nil || c.Total() == 0 {
			return err
		}
		_, err := u.record(0, 0, "retention.ran", map[string]any{"removed": c.Removed})
		return err
	})
}

// lockCleaner takes the lock of the cleaner. SQLite has one process that serves.
func (s *Store) lockCleaner(ctx context.Context) (unlock func(), err error) {
	if !s.dialect.numbers {
		return func() {}, nil
	}
	conn, err := s.reader.Conn(ctx)
	if err != nil {
		return nil, err
	}
	var mine bool
	if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, int64(cleanerLock)).Scan(&mine); err != nil || !mine {
		_ = conn.Close()
		return nil, firstOf(err, models.Errorf(models.Conflict, "Another Throughline is clearing away at this moment."))
	}
	return func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(cleanerLock))
		_ = conn.Close()
	}, nil
}

// keepRetention cleans about once an hour until ctx ends. The times are spread, so
// that replicas and the other jobs of an hour do not meet.
func (s *Store) keepRetention(ctx context.Context) {
	wait := 2*time.Minute + rand.N(8*time.Minute) // #nosec G404 -- spreads load, protects nothing
	for {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		wait = 54*time.Minute + rand.N(12*time.Minute) // #nosec G404 -- the same
		if last, err := s.LastCleaning(ctx); err == nil && s.now().Sub(last.At) < 30*time.Minute {
			continue // another replica did
		}
		if _, err := s.Clean(ctx, models.Principal{Name: "Throughline"}); err != nil && ctx.Err() == nil && models.CodeOf(err) != models.Conflict {
			s.log.Warn("clear away what has been kept long enough", "error", err)
		}
	}
}
