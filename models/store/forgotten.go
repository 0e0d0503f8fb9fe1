package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"throughline/models"
	"throughline/models/forget"
)

// forgottenKey is the name under which the hub keeps the key of the hashes.
const forgottenKey = "forgotten.key"

// forgotten are the people who must not come back: keyed hashes of their
// addresses, names and logins. A nil one knows nobody.
type forgotten struct {
	newest int64 // the id of the last entry, by which a list is known
	count  int64
	key    []byte
	whose  map[string]int64 // hash → person
	names  []int            // of how many words the names are
}

// lapse is what stands for a person after anonymisation: in texts, and in keys.
func lapse(person int64) (label, slug string) {
	return fmt.Sprintf("Former member %d", person), fmt.Sprintf("former-member-%d", person)
}

// instead is what comes in the place of a word of a person.
func instead(kind forget.Kind, person int64) string {
	label, slug := lapse(person)
	if kind == forget.Name || kind == forget.Word {
		return label
	}
	return slug
}

func (f *forgotten) hash(kind forget.Kind, folded string) string {
	mac := hmac.New(sha256.New, f.key)
	mac.Write([]byte(string(kind) + ":" + folded))
	return hex.EncodeToString(mac.Sum(nil))
}

// forgetter replaces what belongs to the forgotten.
func (f *forgotten) forgetter() forget.Forgetter {
	return forget.Forgetter{Names: f.names, Find: func(kind forget.Kind, folded string) (string, bool) {
		person, found := f.whose[f.hash(kind, folded)]
		return instead(kind, person), found
	}}
}

// in is a text without the forgotten. Knowing nobody costs nothing.
func (f *forgotten) in(text string, form forget.Form) string {
	if f == nil || text == "" {
		return text
	}
	out, _ := f.forgetter().In(text, form)
	return out
}

// forgot is the list as this commit has to know it: one anonymised by another
// process before this commit began is on it.
func (u *unit) forgot() (*forgotten, error) {
	if u.group.forgotRead {
		return u.group.forgot, nil
	}
	list, err := u.s.readForgotten(!u.group.forgotChanged, func(q string, args []any, dest ...any) error { return u.row(q, args, dest...) }, u.query)
	if err == nil {
		u.group.forgot, u.group.forgotRead = list, true
	}
	return list, err
}

// forgotNow is the list outside of a write.
func (s *Store) forgotNow(ctx context.Context) (*forgotten, error) {
	return s.readForgotten(true, func(q string, args []any, dest ...any) error { return s.row(ctx, q, args, dest...) },
		func(q string, args ...any) (*sql.Rows, error) { return s.query(ctx, q, args...) })
}

// readForgotten answers from memory while nothing was added or taken. A write that
// changes the list may yet be undone: it keeps nothing in memory.
func (s *Store) readForgotten(keep bool, row func(string, []any, ...any) error, query func(string, ...any) (*sql.Rows, error)) (*forgotten, error) {
	var newest, count int64
	if err := row(`SELECT COALESCE(MAX(id), 0), COUNT(*) FROM forgotten`, nil, &newest, &count); err != nil || count == 0 {
		return nil, err
	}
	if known := s.forgot.Load(); keep && known != nil && known.newest == newest && known.count == count {
		return known, nil
	}
	f := &forgotten{newest: newest, count: count, whose: map[string]int64{}}
	var key string
	if err := row(`SELECT value FROM hub WHERE name = ?`, []any{forgottenKey}, &key); err != nil {
		return nil, fmt.Errorf("read the key of the forgotten: %w", err)
	}
	f.key, _ = hex.DecodeString(key)
	rows, err := query(`SELECT hash, kind, words, person_id FROM forgotten`)
	_, err = all(rows, err, f.scan)
	if err == nil && keep {
		s.forgot.Store(f)
	}
	return f, err
}

func (f *forgotten) scan(r *sql.Rows, _ *struct{}) error {
	var hash string
	var kind forget.Kind
	var words int
	var person int64
	err := r.Scan(&hash, &kind, &words, &person)
	f.whose[hash] = person
	if kind == forget.Name && !slices.Contains(f.names, words) {
		f.names = append(f.names, words)
	}
	return err
}

// suppress puts words of a person on the list.
func (u *unit) suppress(person int64, words []needle) error {
	key, err := u.forgottenKey()
	if err != nil {
		return err
	}
	f := &forgotten{key: key}
	for _, w := range words {
		_, err := u.exec(`INSERT INTO forgotten (hash, kind, words, person_id, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING`,
			f.hash(w.kind, w.folded), string(w.kind), w.words, person, u.at())
		if err != nil {
			return fmt.Errorf("put a hash on the list: %w", err)
		}
	}
	u.group.forgotRead, u.group.forgotChanged = false, true
	return nil
}

// forgottenKey is the key of the hashes, made when the first is needed.
func (u *unit) forgottenKey() ([]byte, error) {
	var text string
	err := u.row(`SELECT value FROM hub WHERE name = ?`, []any{forgottenKey}, &text)
	if errors.Is(err, sql.ErrNoRows) {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw) // never fails
		text = hex.EncodeToString(raw)
		_, err = u.exec(`INSERT INTO hub (name, value) VALUES (?, ?)`, forgottenKey, text)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of the forgotten: %w", err)
	}
	return hex.DecodeString(text)
}

// remember takes an address off the list, with what went with it: whoever makes
// an account for it again is back.
func (u *unit) remember(email string) error {
	f, err := u.forgot()
	if err != nil || f == nil {
		return err
	}
	person, known := f.whose[f.hash(forget.Address, forget.Fold(email))]
	if !known {
		return nil
	}
	_, err = u.exec(`DELETE FROM forgotten WHERE person_id = ?`, person)
	u.group.forgotRead, u.group.forgotChanged = false, true
	return err
}

// lapsed is the person that an address belonged to before it was forgotten, 0
// when it was nobody's.
func (s *Store) lapsed(ctx context.Context, email string) (int64, error) {
	f, err := s.forgotNow(ctx)
	if err != nil || f == nil {
		return 0, err
	}
	return f.whose[f.hash(forget.Address, forget.Fold(models.CleanEmail(email)))], nil
}

// lapsedName tells whether somebody anonymised is meant: they answer for nothing.
func lapsedName(person string) bool {
	for _, prefix := range []string{"Former member ", "former-member-"} {
		if rest, is := strings.CutPrefix(person, prefix); is {
			_, err := strconv.ParseInt(rest, 10, 64)
			return err == nil
		}
	}
	return false
}
