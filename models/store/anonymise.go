package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"throughline/models"
)

// Anonymous is what became, or would become, of a person.
type Anonymous struct {
	Person  int64
	Label   string           // Former member 12
	Already bool             // it had been done before; this looked for what was left
	Found   map[string]int64 // rows in which they stood, by table
}

// Rows is how many rows were found.
func (a Anonymous) Rows() (n int64) {
	for _, rows := range a.Found {
		n += rows
	}
	return n
}

// batch is how many rows one write changes: others wait for no more than that.
const batch = 100

// Anonymise makes a person nobody: the account is closed and becomes "Former
// member N", and address, name and the given logins upstream are replaced all over
// the database. What sources tell of them later is replaced as it comes in. It
// works in many small writes beside a running server; broken off, it is done again
// from the start. With dry it only counts.
func (s *Store) Anonymise(ctx context.Context, by models.Principal, email string, logins []string, dry bool) (out Anonymous, err error) {
	a, already, err := s.whoLeaves(ctx, email)
	if err != nil {
		return out, err
	}
	t, err := s.traceOf(ctx, a, logins)
	if err != nil {
		return out, err
	}
	found, err := t.count(ctx)
	label, _ := lapse(a.ID)
	out = Anonymous{Person: a.ID, Label: label, Already: already, Found: found}
	if err != nil || dry || already && out.Rows() == 0 {
		return out, err
	}
	if a.ID == 0 && out.Rows() == 0 {
		return out, models.Errorf(models.NotFound, "There is no account for %s, and nothing here names it.", email)
	}
	if err := s.closeFor(ctx, by, &a, t); err != nil {
		return out, err
	}
	out.Person = a.ID
	out.Label, _ = lapse(a.ID)
	return out, t.sweep(ctx, by, out)
}

// whoLeaves is the account of an address, or what is left of one that was
// anonymised; the zero id is somebody whom only sources name.
func (s *Store) whoLeaves(ctx context.Context, email string) (a models.Account, already bool, err error) {
	clean := models.CleanEmail(email)
	if clean == "" {
		return a, false, models.FieldErrorf(models.Unprocessed, "email", "%q is not an e-mail address.", email)
	}
	a, err = s.PersonByEmail(ctx, clean)
	if err == nil || models.CodeOf(err) != models.NotFound {
		return a, false, err
	}
	a = models.Account{Email: clean}
	a.ID, err = s.lapsed(ctx, clean)
	return a, a.ID != 0, err
}

// count is in how many rows of each table the person stands.
func (t *trace) count(ctx context.Context) (map[string]int64, error) {
	out := map[string]int64{}
	list, err := t.hits(ctx)
	for _, h := range list {
		out[h.table.name]++
	}
	if err != nil {
		return out, err
	}
	seqs, err := t.activity(ctx)
	if len(seqs) > 0 {
		out["activity"] = int64(len(seqs))
	}
	return out, err
}

// sweep replaces the person until a search finds nothing more: what was under way
// when it began may have been written behind its back.
func (t *trace) sweep(ctx context.Context, by models.Principal, a Anonymous) error {
	for try := 0; try < 5; try++ {
		list, err := t.hits(ctx)
		if err != nil {
			return err
		}
		if err := t.clear(ctx, by, list); err != nil {
			return err
		}
		left, err := t.redact(ctx, by)
		if err != nil {
			return err
		}
		if len(list) == 0 && left == 0 {
			return t.finish(ctx, by, a)
		}
	}
	return models.Errorf(models.Conflict, "Somebody goes on writing the name; what was found so far is replaced. Do it again.")
}

// clear replaces the person in rows, some at a time.
func (t *trace) clear(ctx context.Context, by models.Principal, list []hit) error {
	for len(list) > 0 {
		part := list[:min(len(list), batch)]
		list = list[len(part):]
		err := t.s.write(ctx, by, func(u *unit) error {
			for _, h := range part {
				if err := u.clear(t, h); err != nil {
					return fmt.Errorf("replace in %s: %w", h.table.name, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// redact replaces the person in the activity, whose chain goes on to verify.
func (t *trace) redact(ctx context.Context, by models.Principal) (n int, err error) {
	seqs, err := t.activity(ctx)
	if err != nil {
		return 0, err
	}
	for n = len(seqs); len(seqs) > 0; {
		part := seqs[:min(len(seqs), vouchedAtOnce)]
		seqs = seqs[len(part):]
		err := t.s.write(ctx, by, func(u *unit) error {
			rows, err := u.reworded(t, part)
			if err != nil || len(rows) == 0 {
				return err
			}
			return u.redact("activity.redacted", map[string]any{"person": t.person}, rows)
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// finish gives the account its new name and records what was done, without
// personal data. On SQLite the old bytes go from the files too.
func (t *trace) finish(ctx context.Context, by models.Principal, a Anonymous) error {
	err := t.s.write(ctx, by, func(u *unit) error {
		label, slug := lapse(a.Person)
		_, err := u.exec(`UPDATE people SET email = ?, name = ?, anonymised_at = CASE anonymised_at WHEN 0 THEN ? ELSE anonymised_at END WHERE id = ?`,
			slug+lapsedDomain, label, u.at(), a.Person)
		if err != nil {
			return err
		}
		return u.redact("person.anonymised", map[string]any{"person": a.Person, "replaced": a.Found}, nil)
	})
	if err != nil {
		return err
	}
	return t.s.scrub(ctx)
}

// scrub takes what was replaced out of the files of SQLite: out of the search
// index, free pages and the log of writes.
func (s *Store) scrub(ctx context.Context) error {
	if s.dialect.numbers {
		return nil
	}
	for merge, done := int64(-64), false; !done; merge = 64 {
		err := s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) (err error) {
			done, err = u.mergeSearch(merge)
			return err
		})
		if err != nil {
			return err
		}
	}
	ctx, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	var busy, pages, moved int
	return s.reader.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &moved)
}

// mergeSearch merges some pages of the search index, which drops deleted words for
// good, and tells whether nothing is left to merge.
func (u *unit) mergeSearch(pages int64) (done bool, err error) {
	var before, after int64
	if err := u.row(`SELECT total_changes()`, nil, &before); err != nil {
		return false, err
	}
	if _, err := u.exec(`INSERT INTO search (search, rank) VALUES ('merge', ?)`, pages); err != nil {
		return false, err
	}
	err = u.row(`SELECT total_changes()`, nil, &after)
	return after-before < 2, err
}

// lapsedDomain ends the addresses of anonymised accounts: no mail can be sent there.
const lapsedDomain = "@anonymised.invalid"

// Vacuum writes the whole database file anew, so that no page of it holds what was
// deleted. Others wait while it does; PostgreSQL does this by itself.
func (s *Store) Vacuum(ctx context.Context) error {
	if s.dialect.numbers {
		return nil
	}
	if _, err := s.reader.ExecContext(ctx, `VACUUM`); err != nil {
		return fmt.Errorf("vacuum: %w", err)
	}
	_, err := s.reader.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

// Anonymised tells whether an account is what is left of somebody anonymised.
func Anonymised(a models.Account) bool {
	return strings.HasSuffix(a.Email, lapsedDomain) && lapsedName(a.Name)
}
