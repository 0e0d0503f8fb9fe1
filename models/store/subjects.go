package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"throughline/models"
)

const subjectSelect = `SELECT s.id, s.kind, s.key, s.integration_id, s.title, s.url, s.state, s.raw, s.state_at, s.described, s.facts, s.updated_at, s.seq, s.upstream_at,
 COALESCE(i.source, ''), COALESCE(i.name, '') FROM subjects s LEFT JOIN integrations i ON i.id = s.integration_id`

// listed is a subject with the place it has in lists, newest first.
type listed struct {
	models.Subject
	upstream int64
}

func scanSubject(r *sql.Rows, s *listed) error {
	var facts string
	var stateAt, updated int64
	err := r.Scan(&s.ID, &s.Ref.Kind, &s.Ref.Key, &s.Ref.Integration, &s.Title, &s.URL, &s.State, &s.Raw, &stateAt, &s.Described, &facts,
		&updated, &s.Seq, &s.upstream, &s.Source, &s.Integration)
	f := models.Facts{}
	decode(facts, &f)
	s.Facts, s.StateAt, s.UpdatedAt = f.Values(), moment(stateAt), moment(updated)
	return err
}

// sight is the SQL condition that a principal sees the subject s, with its values.
func sight(by models.Principal) (string, []any) {
	ids, everything := by.Visible()
	if everything {
		return `1 = 1`, nil
	}
	if len(ids) == 0 {
		return `1 = 0`, nil
	}
	return `EXISTS (SELECT 1 FROM project_subjects ps WHERE ps.subject_id = s.id AND ps.project_id IN (` + marks(len(ids)) + `))`, ints(ids)
}

// Find is the subject of a ref that the principal sees; an invisible one answers
// like an absent one. Of a source-bound key known to several integrations the
// described one is meant, then the first.
func (s *Store) Find(ctx context.Context, by models.Principal, ref models.Ref) (models.Subject, error) {
	see, args := sight(by)
	q := subjectSelect + ` WHERE s.kind = ? AND s.key = ? AND ` + see
	args = append([]any{ref.Kind, ref.Key}, args...)
	if ref.Integration != 0 {
		q, args = q+` AND s.integration_id = ?`, append(args, ref.Integration)
	}
	rows, err := s.query(ctx, q+` ORDER BY s.described DESC, s.id LIMIT 1`, args...)
	list, err := all(rows, err, scanSubject)
	if err != nil {
		return models.Subject{}, err
	}
	if len(list) == 0 {
		return models.Subject{}, models.Errorf(models.NotFound, "There is no %s %s, or it is not yours to see.", ref.Kind.Word(), shorten(ref.Key))
	}
	return s.fresh(list)[0], nil
}

// FindURL is the subject whose upstream page has the address.
func (s *Store) FindURL(ctx context.Context, by models.Principal, address string) (models.Subject, error) {
	see, args := sight(by)
	address = strings.TrimRight(webAddress(address), "/")
	if address == "" {
		return models.Subject{}, models.Errorf(models.NotFound, "That is no web address.")
	}
	for _, a := range []string{address, address + "/", strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(address, "/files"), "/commits"), "/checks")} {
		rows, err := s.query(ctx, subjectSelect+` WHERE s.url = ? AND s.url <> '' AND `+see+` ORDER BY s.id LIMIT 1`, append([]any{a}, args...)...)
		list, err := all(rows, err, scanSubject)
		if err != nil || len(list) > 0 {
			return first(list), err
		}
	}
	return models.Subject{}, models.Errorf(models.NotFound, "Nothing here comes from that address.")
}

func first(list []listed) models.Subject {
	if len(list) == 0 {
		return models.Subject{}
	}
	return list[0].Subject
}

// SubjectFilter limits a list of subjects.
type SubjectFilter struct {
	Kinds                 []models.Kind
	Source, Text, Project string // Project is a key
	State                 models.State
	Classification        models.Classification // of datasets
	Best                  bool                  // with Text: the best match first, among the newest
	After                 string                // cursor of the page before
	Limit                 int                   // default 50, at most 200
}

// pageSize is a limit within its bounds.
func pageSize(n int) int {
	if n <= 0 {
		return 50
	}
	return min(n, 200)
}

// Subjects lists what the principal sees, newest first, with the cursor of the
// next page. What was only mentioned so far is not listed.
func (s *Store) Subjects(ctx context.Context, by models.Principal, f SubjectFilter) ([]models.Subject, string, error) {
	where, args := f.where(by)
	if strings.TrimSpace(f.Text) != "" {
		match := s.dialect.match(f.Text)
		if match == "" {
			return nil, "", nil
		}
		if f.Best {
			return s.best(ctx, where, args, match, f)
		}
		where, args = append(where, s.dialect.matches()), append(args, match)
	}
	if f.After != "" {
		at, id, err := readCursor(f.After)
		if err != nil {
			return nil, "", err
		}
		where, args = append(where, `(s.upstream_at < ? OR s.upstream_at = ? AND s.id < ?)`), append(args, at, at, id)
	}
	size := pageSize(f.Limit)
	rows, err := s.query(ctx, subjectSelect+` WHERE `+strings.Join(where, " AND ")+` ORDER BY s.upstream_at DESC, s.id DESC LIMIT `+strconv.Itoa(size+1), args...)
	list, err := all(rows, err, scanSubject)
	if err != nil {
		return nil, "", err
	}
	next := ""
	if len(list) > size {
		list = list[:size]
		next = cursor(list[size-1].upstream, list[size-1].ID)
	}
	return s.fresh(list), next, nil
}

func (f SubjectFilter) where(by models.Principal) ([]string, []any) {
	see, args := sight(by)
	where := []string{`s.described = 1`, see}
	if len(f.Kinds) > 0 {
		where, args = append(where, `s.kind IN (`+marks(len(f.Kinds))+`)`), append(args, ints(f.Kinds)...)
	}
	if f.Source != "" {
		where, args = append(where, `i.source = ?`), append(args, f.Source)
	}
	if f.State != "" {
		where, args = append(where, `s.state = ?`), append(args, f.State)
	}
	if f.Classification != "" {
		where = append(where, `EXISTS (SELECT 1 FROM governance g WHERE g.subject_id = s.id AND g.until_at = 0 AND g.classification = ?)`)
		args = append(args, f.Classification)
	}
	if f.Project != "" {
		where = append(where, `EXISTS (SELECT 1 FROM project_subjects pf JOIN projects p ON p.id = pf.project_id WHERE pf.subject_id = s.id AND p.key = ?)`)
		args = append(args, f.Project)
	}
	return where, args
}

func plain(list []listed) []models.Subject {
	out := make([]models.Subject, len(list))
	for i := range list {
		out[i] = list[i].Subject
	}
	return out
}

func cursor(at, id int64) string { return itoa(at) + "." + itoa(id) }

func readCursor(c string) (at, id int64, err error) {
	a, b, ok := strings.Cut(c, ".")
	at, err1 := strconv.ParseInt(a, 10, 64)
	id, err2 := strconv.ParseInt(b, 10, 64)
	if !ok || errors.Join(err1, err2) != nil {
		return 0, 0, models.FieldErrorf(models.Invalid, "after", "The cursor is not one of ours; start from the first page.")
	}
	return at, id, nil
}

// staleAfter is how long a thing may be under way without a word from its source
// before it shows as stale.
const staleAfter = 24 * time.Hour

// stale tells whether a subject is under way but nothing was heard of it for long.
func (s *Store) stale(l models.Subject) bool {
	underway := l.State == models.Running || l.State == models.Queued
	return underway && l.Ref.Kind.SourceBound() && s.now().Sub(l.UpdatedAt) > staleAfter
}

// fresh are the subjects of a list, with those marked that are stale by now.
func (s *Store) fresh(list []listed) []models.Subject {
	out := plain(list)
	for i := range out {
		out[i].Stale = s.stale(out[i])
	}
	return out
}
