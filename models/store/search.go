package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"throughline/models"
)

// words cuts a person's text into search words; the last may be unfinished.
func words(text string) []string {
	list := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	return list[:min(len(list), 12)]
}

// match is the full-text query for a person's text: every word, each as a prefix.
func (d dialect) match(text string) string {
	list := words(text)
	for i, w := range list {
		if d.numbers {
			list[i] = w + ":*"
			continue
		}
		list[i] = `"` + w + `"*`
	}
	if d.numbers {
		return strings.Join(list, " & ")
	}
	return strings.Join(list, " ")
}

// matches is the condition that subject s matches a full-text query.
func (d dialect) matches() string {
	if d.numbers {
		return `s.id IN (SELECT subject_id FROM search WHERE words @@ to_tsquery('simple', ?))`
	}
	return `s.id IN (SELECT rowid FROM search WHERE search MATCH ?)`
}

// bestOf is how many of the newest matches are ranked: ranking all of a common
// word costs seconds.
const bestOf = 1000

// best lists the best matches among the newest; it has one page.
func (s *Store) best(ctx context.Context, where []string, args []any, match string, f SubjectFilter) ([]models.Subject, string, error) {
	where, args = append(where, s.dialect.matches()), append(args, match)
	newest := `SELECT s.id FROM subjects s LEFT JOIN integrations i ON i.id = s.integration_id WHERE ` + strings.Join(where, " AND ") +
		` ORDER BY s.upstream_at DESC, s.id DESC LIMIT ` + strconv.Itoa(bestOf)
	q := subjectSelect + ` JOIN search ON search.rowid = s.id WHERE s.id IN (` + newest + `) AND search MATCH ? ORDER BY bm25(search, 8.0, 6.0, 1.0), s.id DESC LIMIT ?`
	if s.dialect.numbers {
		q = subjectSelect + ` JOIN search w ON w.subject_id = s.id WHERE s.id IN (` + newest + `) ORDER BY ts_rank(w.words, to_tsquery('simple', ?)) DESC, s.id DESC LIMIT ?`
	}
	rows, err := s.query(ctx, q, append(args, match, pageSize(f.Limit))...)
	list, err := all(rows, err, scanSubject)
	return s.fresh(list), "", err
}

// indexCursor is the name under which the hub keeps how far search has read.
const indexCursor = "search.seq"

// indexSearch brings the search index up to the newest activity and tells how
// many rows of it it read. It runs beside the acknowledgement path.
func (s *Store) indexSearch(ctx context.Context) (n int, err error) {
	err = s.write(ctx, models.Principal{Name: "Throughline"}, func(u *unit) error {
		from, err := u.indexed()
		if err != nil {
			return err
		}
		ids, upTo, err := u.changedSince(from, 500)
		if err != nil || upTo == from {
			return errors.Join(err, errNothingIf(upTo == from))
		}
		for _, id := range ids {
			if err := u.index(id); err != nil {
				return err
			}
		}
		n = int(upTo - from)
		_, err = u.exec(`INSERT INTO hub (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, indexCursor, itoa(upTo))
		return err
	})
	return n, err
}

func errNothingIf(nothing bool) error {
	if nothing {
		return errNothing
	}
	return nil
}

func (u *unit) indexed() (seq int64, err error) {
	var value string
	err = u.row(`SELECT value FROM hub WHERE name = ?`, []any{indexCursor}, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	seq, _ = strconv.ParseInt(value, 10, 64)
	return seq, err
}

// changedSince are the subjects of the next rows of activity, each once.
func (u *unit) changedSince(seq int64, limit int) (ids []int64, upTo int64, err error) {
	rows, err := u.query(`SELECT seq, subject_id FROM activity WHERE seq > ? ORDER BY seq LIMIT ?`, seq, limit)
	if err != nil {
		return nil, seq, err
	}
	defer rows.Close()
	seen := map[int64]bool{}
	upTo = seq
	for rows.Next() {
		var id int64
		if err := rows.Scan(&upTo, &id); err != nil {
			return nil, seq, err
		}
		if id != 0 && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids, upTo, rows.Err()
}

// index writes the search words of one subject.
func (u *unit) index(id int64) error {
	row, err := u.load(id)
	if err != nil {
		return err
	}
	key := row.ref.Key + " " + strings.NewReplacer("/", " ", "@", " ", "#", " ", "_", " ", "-", " ").Replace(row.ref.Key)
	title := strings.ReplaceAll(row.title, "_", " ") + " " + row.title
	body := searchBody(row)
	if u.s.dialect.numbers {
		_, err = u.exec(`INSERT INTO search (subject_id, words) VALUES (?, setweight(to_tsvector('simple', ?), 'A') || setweight(to_tsvector('simple', ?), 'B') || to_tsvector('simple', ?))
 ON CONFLICT (subject_id) DO UPDATE SET words = excluded.words`, id, cut(title, 4000), cut(key, 4000), cut(body, 64<<10))
		return err
	}
	_, err = u.exec(`INSERT OR REPLACE INTO search (rowid, title, key, body) VALUES (?, ?, ?, ?)`, id, title, key, body)
	return err
}

// searchBody are the words of a subject's text and of its short facts.
func searchBody(row *subjectRow) string {
	var b strings.Builder
	b.WriteString(row.facts.String(models.FactText))
	for name, value := range row.facts.Values() {
		if s, ok := value.(string); ok && len(s) < 500 {
			b.WriteString(" " + name + " " + s)
		}
	}
	return b.String()
}

// Run does what has to be done in the background, until ctx ends: the search
// index, checking the chain of activity, and clearing away what has been kept for
// as long as it may be.
func (s *Store) Run(ctx context.Context) {
	var beside sync.WaitGroup
	beside.Go(func() { s.guardChain(ctx) })    // ends with ctx
	beside.Go(func() { s.keepRetention(ctx) }) // ends with ctx
	beside.Go(func() { s.keepSwept(ctx) })     // ends with ctx
	beside.Go(func() { s.keepLate(ctx) })      // ends with ctx
	beside.Go(func() { s.keepTold(ctx) })      // ends with ctx
	beside.Go(func() { s.keepProjected(ctx) }) // ends when all is there, or with ctx
	defer beside.Wait()
	bell, stop := s.Watch()
	defer stop()
	for {
		for n := 1; n > 0 && ctx.Err() == nil; {
			var err error
			if n, err = s.indexSearch(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("index for search", "error", err)
				break
			}
		}
		select {
		case <-bell:
		case <-ctx.Done():
			return
		}
		select { // gather what comes in bursts
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return
		}
	}
}
