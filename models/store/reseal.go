package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"

	"throughline/models"
)

// sealedColumn is a column that holds sealed values: one each, or a JSON object
// of them by field.
type sealedColumn struct {
	purpose, table, id, column string
	object                     bool
}

// sealedColumns is every place where secrets that can be read back lie. What only
// has to be recognised (passwords, tokens, sessions) is kept as a hash instead.
var sealedColumns = []sealedColumn{
	{purpose: "integration", table: "integrations", id: "id", column: "secrets", object: true},
	{purpose: "webhook", table: "registry_webhooks", id: "id", column: "secret"},
	{purpose: sealTOTP, table: "totp_secrets", id: "person_id", column: "secret"},
}

type sealedRow struct {
	id   int64
	text string
}

// rows are those of a column that hold anything.
func (c sealedColumn) rows(u *unit) ([]sealedRow, error) {
	list, err := u.query(`SELECT ` + c.id + `, ` + c.column + ` FROM ` + c.table + ` WHERE ` + c.column + ` NOT IN ('', '{}') ORDER BY ` + c.id) // #nosec G202 -- names of the table above
	return all(list, err, func(r *sql.Rows, s *sealedRow) error { return r.Scan(&s.id, &s.text) })
}

// fields are the sealed values of one row.
func (c sealedColumn) fields(text string) map[string]string {
	if !c.object {
		return map[string]string{c.column: text}
	}
	out := map[string]string{}
	decode(text, &out)
	return out
}

// text is what fields came from.
func (c sealedColumn) text(fields map[string]string) string {
	if c.object {
		return encode(fields)
	}
	return fields[c.column]
}

// change seals every value for which worth tells so anew with the newest key, and
// tells how many.
func (c sealedColumn) change(u *unit, worth func(value string) bool) (n int, err error) {
	rows, err := c.rows(u)
	for _, row := range rows {
		fields, before := c.fields(row.text), n
		for name, value := range fields {
			if value == "" || !worth(value) {
				continue
			}
			if fields[name], err = u.s.sealAgain(place{c.purpose, row.id, name}, value); err != nil {
				return n, err
			}
			n++
		}
		if n == before {
			continue
		}
		if _, err := u.exec(`UPDATE `+c.table+` SET `+c.column+` = ? WHERE `+c.id+` = ?`, c.text(fields), row.id); err != nil { // #nosec G202 -- the same
			return n, fmt.Errorf("seal %s: %w", c.table, err)
		}
	}
	return n, err
}

// sealAgain seals a value that is in clear, or under any key of the ring.
func (s *Store) sealAgain(p place, value string) (string, error) {
	if isSealed(value) {
		plain, err := s.unseal(p, value)
		if err != nil {
			return "", err
		}
		value = plain
	}
	return s.seal(p, value)
}

// sealEverything seals what earlier versions kept in clear. It refuses a ring
// that lacks a key in use: nothing could be read with it.
func (s *Store) sealEverything(ctx context.Context) error {
	late := 0 // how many lay in clear
	err := s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) error {
		used, err := u.keysInUse()
		if err != nil {
			return err
		}
		for id := range used {
			if _, err := s.keys.find(id); err != nil && id != "" {
				return models.Errorf(models.Conflict, "The database holds secrets sealed with the key %s, but %s. Put that key back (the key file, or THROUGHLINE_SECRET_KEY), then start again.", id, s.keys.lacks())
			}
		}
		if used[""] == 0 {
			return errNothing
		}
		if late, err = u.reseal(func(value string) bool { return !isSealed(value) }); err != nil {
			return err
		}
		_, err = u.record(0, 0, "secrets.sealed", map[string]any{"secrets": late})
		return err
	})
	if err == nil && late > 0 {
		s.wipe(ctx)
	}
	return err
}

// wipe has the database write its file anew: what a row held before stays in free
// pages otherwise. It is no reason not to start that another program is at work.
func (s *Store) wipe(ctx context.Context) {
	orders := []string{`VACUUM`, `PRAGMA wal_checkpoint(TRUNCATE)`}
	if s.dialect.numbers {
		orders = nil
		for _, c := range sealedColumns {
			orders = append(orders, `VACUUM FULL `+c.table)
		}
	}
	for _, order := range orders {
		if _, err := s.reader.ExecContext(ctx, order); err != nil {
			s.log.WarnContext(ctx, "secrets that were in clear may be left in free pages of the database; change them at their servers, or run VACUUM", "error", err)
			return
		}
	}
}

func (k *keyring) lacks() string {
	if k.path == "" {
		return "the key in the settings is another"
	}
	return k.path + " does not hold it"
}

func (u *unit) reseal(worth func(string) bool) (n int, err error) {
	for _, c := range sealedColumns {
		changed, err := c.change(u, worth)
		n += changed
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// keysInUse counts the sealed values by key; "" are values in clear.
func (u *unit) keysInUse() (map[string]int, error) {
	used := map[string]int{}
	for _, c := range sealedColumns {
		rows, err := c.rows(u)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			for _, value := range c.fields(row.text) {
				switch {
				case value == "":
				case isSealed(value):
					used[keyOf(value)]++
				default:
					used[""]++
				}
			}
		}
	}
	return used, nil
}

// SecretKey is one key of the ring, as status shows it.
type SecretKey struct {
	ID      string
	Newest  bool // seals what is new
	Secrets int  // how many it has sealed
}

// SecretKeys lists the keys of the ring, the newest first, with what each has sealed.
func (s *Store) SecretKeys(ctx context.Context) (list []SecretKey, err error) {
	err = s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) error {
		used, err := u.keysInUse()
		if err != nil {
			return err
		}
		for i, key := range s.keys.all() {
			list = append(list, SecretKey{ID: key.id, Newest: i == 0, Secrets: used[key.id]})
		}
		return errNothing
	})
	return list, err
}

func (k *keyring) all() []sealKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.list)
}

// RotateSecrets puts a new key before the others of the ring's file and seals
// every secret with it. A server that runs beside it reads the file again when it
// meets the new key.
func (s *Store) RotateSecrets(ctx context.Context, by models.Principal) (n int, err error) {
	if s.keys.path == "" {
		return 0, models.Errorf(models.Conflict, "The key comes from THROUGHLINE_SECRET_KEY. Write it into a file with a new key on a line before it, start the server with --secret-key-file, and rotate again.")
	}
	err = s.write(ctx, by, func(u *unit) error { // its turn to write is also that to change the file
		newest, err := s.keys.add(newKey())
		if err != nil {
			return err
		}
		if n, err = u.reseal(func(value string) bool { return keyOf(value) != newest.id }); err != nil {
			return err
		}
		_, err = u.record(0, 0, "secrets.rotated", map[string]any{"secrets": n, "key": newest.id})
		return err
	})
	return n, err
}

// DropOldKeys takes the keys out of the ring's file that have sealed nothing that
// is left. A key in use stays.
func (s *Store) DropOldKeys(ctx context.Context, by models.Principal) (dropped []string, err error) {
	if s.keys.path == "" {
		return nil, models.Errorf(models.Conflict, "The key comes from THROUGHLINE_SECRET_KEY: there is no file to drop keys from.")
	}
	err = s.write(ctx, by, func(u *unit) error {
		used, err := u.keysInUse()
		if err != nil {
			return err
		}
		if dropped, err = s.keys.keep(func(i int, key sealKey) bool { return i == 0 || used[key.id] > 0 }); err != nil {
			return err
		}
		if len(dropped) == 0 {
			return errNothing
		}
		_, err = u.record(0, 0, "secrets.keys_dropped", map[string]any{"keys": dropped})
		return err
	})
	return dropped, err
}

// add puts a key before those that the file holds now: another program may have
// changed it since it was read.
func (k *keyring) add(text string) (sealKey, error) {
	key, err := readKey(text)
	if err != nil {
		return key, err
	}
	if err := k.read(); err != nil {
		return key, err
	}
	return key, k.store(append([]sealKey{key}, k.all()...))
}

// keep drops the keys of the file for which it says no.
func (k *keyring) keep(worth func(int, sealKey) bool) (dropped []string, err error) {
	if err := k.read(); err != nil {
		return nil, err
	}
	var kept []sealKey
	for i, key := range k.all() {
		if worth(i, key) {
			kept = append(kept, key)
			continue
		}
		dropped = append(dropped, key.id)
	}
	if len(dropped) == 0 {
		return nil, nil
	}
	return dropped, k.store(kept)
}

// store replaces the file in one step, and then the ring.
func (k *keyring) store(list []sealKey) error {
	lines := make([]string, len(list))
	for i, key := range list {
		lines[i] = key.text()
	}
	temporary, err := writeRing(k.path, lines)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, k.path); err != nil {
		_ = os.Remove(temporary)
		return fmt.Errorf("change the secret keys: %w", err)
	}
	if err := syncFolder(k.path); err != nil {
		return fmt.Errorf("change the secret keys: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = list
	return nil
}
