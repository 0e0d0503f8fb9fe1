package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"throughline/models"
	"throughline/models/chain"
)

// AuditFilter limits the record of activity as auditors read it. The zero filter
// is everything.
type AuditFilter struct {
	ProjectID int64      // only this project's, for its maintainers; 0: no limit
	Project   string     // key; "-": what is in no project
	Who       string     // person:3, token, system, …, or a part of the name
	Action    string     // card.moved, or card.* for all of a kind
	Subject   models.Ref // without integration
	From, To  time.Time  // From is included, To is not
	Text      string     // in the detail
	Before    int64      // rows older than this one; 0 is the newest page
	Limit     int
}

// AuditRow is one row with the names that belong to its numbers.
type AuditRow struct {
	models.Activity
	Row chain.Row
}

// scanned is how many rows a page of a filter without an index looks through:
// whoever wants to look further back goes on from there.
const scanned = 200_000

// Audit lists the record of activity, the newest first, with the number to go on
// from as Before; 0 at the end. The caller has been let in by the route's rule.
func (s *Store) Audit(ctx context.Context, by models.Principal, f AuditFilter) (list []AuditRow, next int64, err error) {
	limit := pageSize(f.Limit)
	floor, err := s.floor(ctx, f)
	if err != nil {
		return nil, 0, err
	}
	where, args := f.where()
	rows, err := s.query(ctx, auditSelect+where+` AND a.seq > ? ORDER BY a.seq DESC LIMIT `+strconv.Itoa(limit), append(args, floor)...)
	if list, err = all(rows, err, scanAudit); err != nil {
		return nil, 0, err
	}
	switch {
	case len(list) == limit:
		next = list[limit-1].Seq
	case floor > 0:
		next = floor + 1
	}
	return list, next, s.addSubjects(ctx, by, list)
}

// floor is the row before the oldest that a page looks at.
func (s *Store) floor(ctx context.Context, f AuditFilter) (int64, error) {
	if f.Text == "" && f.From.IsZero() && f.To.IsZero() && (f.Who == "" || f.exactWho()) {
		return 0, nil
	}
	newest := f.Before
	if newest == 0 {
		last, err := s.Seq(ctx)
		if err != nil {
			return 0, err
		}
		newest = last + 1
	}
	return max(0, newest-scanned-1), nil
}

const auditSelect = `SELECT ` + chainColumns + `, COALESCE(p.key, '') FROM activity a LEFT JOIN projects p ON p.id = a.project_id WHERE `

func scanAudit(r *sql.Rows, a *AuditRow) error {
	err := r.Scan(append(chainInto(&a.Row), &a.Project)...)
	a.Seq, a.At, a.Actor, a.By, a.Action = a.Row.Seq, moment(a.Row.At), a.Row.Actor, a.Row.ByName, a.Row.Action
	a.Detail = map[string]any{}
	decode(a.Row.Detail, &a.Detail)
	return err
}

func (s *Store) addSubjects(ctx context.Context, by models.Principal, list []AuditRow) error {
	ids := make([]int64, 0, len(list))
	for _, a := range list {
		ids = append(ids, a.Row.SubjectID)
	}
	subjects, err := s.byID(ctx, by, ids)
	if err == nil {
		err = s.nameAudited(ctx, list)
	}
	for i := range list {
		if one, ok := subjects[list[i].Row.SubjectID]; ok {
			list[i].Subject = &one
		}
	}
	return err
}

// nameAudited gives rows of people the names that they have now: the row itself has
// but the number.
func (s *Store) nameAudited(ctx context.Context, list []AuditRow) error {
	var people []string
	for _, a := range list {
		if a.By == "" {
			people = append(people, a.Actor)
		}
	}
	names, err := s.NamesOf(ctx, people)
	for i, a := range list {
		if a.By == "" && names[a.Actor] != a.Actor {
			list[i].By = names[a.Actor]
		}
	}
	return err
}

// where is the filter as SQL.
func (f AuditFilter) where() (string, []any) {
	c := conditions{where: []string{"1 = 1"}}
	if f.ProjectID != 0 {
		c.add(`a.project_id = ?`, f.ProjectID)
	}
	switch f.Project {
	case "":
	case "-":
		c.add(`a.project_id = 0`)
	default:
		c.add(`a.project_id = (SELECT id FROM projects WHERE key = ?)`, strings.ToUpper(f.Project))
	}
	f.whereWho(&c)
	if group, all := strings.CutSuffix(f.Action, ".*"); all {
		c.add(`a.action >= ? AND a.action < ?`, group+".", group+"/") // / follows .
	} else if f.Action != "" {
		c.add(`a.action = ?`, f.Action)
	}
	if f.Subject.Kind != "" {
		c.add(`a.subject_id IN (SELECT id FROM subjects WHERE kind = ? AND key = ?)`, string(f.Subject.Kind), f.Subject.Key)
	}
	if !f.From.IsZero() {
		c.add(`a.at >= ?`, f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		c.add(`a.at < ?`, f.To.UnixMilli())
	}
	if f.Text != "" {
		c.add(`LOWER(a.detail) LIKE ? ESCAPE '\'`, containing(f.Text))
	}
	if f.Before != 0 {
		c.add(`a.seq < ?`, f.Before)
	}
	return strings.Join(c.where, " AND "), c.args
}

func (f AuditFilter) whereWho(c *conditions) {
	kind := f.Who + ":"
	switch {
	case f.Who == "":
	case f.exactWho():
		c.add(`a.actor = ?`, f.Who)
	case kind == "person:" || kind == "token:" || kind == "integration:":
		c.add(`a.actor >= ? AND a.actor < ?`, kind, f.Who+";") // ; follows :
	default:
		c.add(`(LOWER(a.by_name) LIKE ? ESCAPE '\' OR a.actor IN (SELECT 'person:' || id FROM people WHERE LOWER(name) LIKE ? ESCAPE '\'))`,
			containing(f.Who), containing(f.Who))
	}
}

// exactWho tells whether Who names one actor, not a part of a name.
func (f AuditFilter) exactWho() bool {
	kind, number, _ := strings.Cut(f.Who, ":")
	_, err := strconv.ParseInt(number, 10, 64)
	return f.Who == "system" || err == nil && (kind == "person" || kind == "token" || kind == "integration")
}

// conditions gather WHERE with its values.
type conditions struct {
	where []string
	args  []any
}

func (c *conditions) add(where string, args ...any) {
	c.where, c.args = append(c.where, where), append(c.args, args...)
}

// containing is a LIKE pattern of what contains a text, in small letters.
func containing(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text)) + "%"
}

// Actions are the actions there are, in the order of the alphabet. It hops along
// the index, so that millions of rows cost no more than the actions.
func (s *Store) Actions(ctx context.Context) ([]string, error) {
	rows, err := s.query(ctx, `WITH RECURSIVE t(a) AS (SELECT MIN(action) FROM activity
 UNION ALL SELECT (SELECT MIN(action) FROM activity WHERE action > t.a) FROM t WHERE t.a IS NOT NULL)
 SELECT a FROM t WHERE a IS NOT NULL`)
	return all(rows, err, func(r *sql.Rows, a *string) error { return r.Scan(a) })
}
