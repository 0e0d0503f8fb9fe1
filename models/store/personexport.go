package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"throughline/models"
)

// exportFormat names the shape of an export for programs that read it.
const exportFormat = "throughline.person.v1"

// ExportPerson writes all that the database holds of a person as one JSON object,
// and records that it was done. What proves who somebody is (passwords, hashes,
// keys) is left out. It is written as it is read: a long life takes no memory.
func (s *Store) ExportPerson(ctx context.Context, by models.Principal, a models.Account, logins []string, to io.Writer) error {
	t, err := s.traceOf(ctx, a, logins)
	if err != nil {
		return err
	}
	err = s.write(ctx, by, func(u *unit) error {
		_, err := u.record(0, 0, "person.exported", map[string]any{"person": a.ID})
		return err
	})
	if err != nil {
		return err
	}
	e := &personExport{s: s, ctx: ctx, t: t, a: a, to: to}
	return e.run()
}

// personExport is one export under way. The first error ends it.
type personExport struct {
	s   *Store
	ctx context.Context
	t   *trace
	a   models.Account
	to  io.Writer
	err error
}

// exportQuery is a section of an export: a query whose rows become objects. Each ?
// is the person's id, actor (person:3) or address.
type exportQuery struct {
	name, query string
	args        []any
}

func (e *personExport) run() error {
	actor := models.Principal{PersonID: e.a.ID}.Actor()
	e.print("{\"format\":%s,\"at\":%s", quoted(exportFormat), quoted(e.s.now().UTC().Format(time.RFC3339)))
	e.section(exportQuery{"account", `SELECT id, email, name, hub_role, created_at, disabled_at FROM people WHERE id = ?`, []any{e.a.ID}})
	e.rowsOfPerson()
	for _, q := range []exportQuery{
		{"tokens_created", `SELECT id, name, prefix, last4, role, created_at, expires_at, revoked_at, last_used_at FROM tokens WHERE maker_id = ? OR maker_id = 0 AND created_by = ?`, []any{e.a.ID, e.a.Name}},
		{"comments", `SELECT c.id, s.kind, s.key, c.body, c.created_at, c.edited_at, c.deleted_at FROM comments c JOIN subjects s ON s.id = c.subject_id WHERE c.actor = ? ORDER BY c.id`, []any{actor}},
		{"answers_for", `SELECT s.kind, s.key, o.person, o.answers_as, o.evidence, o.since_at, o.until_at FROM owners o JOIN subjects s ON s.id = o.subject_id WHERE lower(o.person) = ? ORDER BY o.id`, []any{e.a.Email}},
		{"links_made", `SELECT f.kind AS from_kind, f.key AS from_key, l.relation, t.kind AS to_kind, t.key AS to_key, l.since_at, l.until_at FROM links l JOIN subjects f ON f.id = l.from_id JOIN subjects t ON t.id = l.to_id WHERE l.actor = ? AND l.integration_id = 0 ORDER BY l.id`, []any{actor}},
		{"model_cards_written", `SELECT s.key AS model, r.number, r.version, r.written_at FROM model_card_revisions r JOIN subjects s ON s.id = r.subject_id WHERE r.actor = ? ORDER BY r.id`, []any{actor}},
		{"governance_set", `SELECT s.key AS dataset, g.classification, g.legal_basis, g.retention, g.since_at, g.until_at FROM governance g JOIN subjects s ON s.id = g.subject_id WHERE g.actor = ? OR g.reviewed_by = ? ORDER BY g.id`, []any{actor, actor}},
		{"activity", `SELECT a.seq, a.at AS done_at, a.action, COALESCE(p.key, '') AS project, COALESCE(s.kind, '') AS kind, COALESCE(s.key, '') AS key, a.detail FROM activity a LEFT JOIN projects p ON p.id = a.project_id LEFT JOIN subjects s ON s.id = a.subject_id WHERE a.actor = ? ORDER BY a.seq`, []any{actor}},
	} {
		e.section(q)
	}
	e.mentions()
	e.print("}\n")
	return e.err
}

func quoted(text string) string {
	out, _ := json.Marshal(text)
	return string(out)
}

func (e *personExport) print(format string, args ...any) {
	if e.err == nil {
		_, e.err = fmt.Fprintf(e.to, format, args...)
	}
}

// rowsOfPerson are the rows of every table that belongs to people: roles, teams,
// sign-ins, identities.
func (e *personExport) rowsOfPerson() {
	tables, err := e.s.tables(e.ctx)
	if e.err == nil {
		e.err = err
	}
	for _, t := range tables {
		if !t.has("person_id") || t.name == "forgotten" {
			continue
		}
		var columns []string
		for _, name := range t.all {
			if !secretColumn(name) {
				columns = append(columns, name)
			}
		}
		e.section(exportQuery{t.name, `SELECT ` + strings.Join(columns, ", ") + ` FROM ` + t.name + ` WHERE person_id = ?`, []any{e.a.ID}})
	}
}

// secretColumn tells whether a column may hold what proves who somebody is. Such
// are left out of exports: they say nothing of the person.
func secretColumn(name string) bool {
	for _, part := range []string{"hash", "secret", "csrf", "credential", "record", "handle", "code", "key", "data", "verifier", "nonce", "public_id"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// section writes the rows of a query as a list of objects.
func (e *personExport) section(q exportQuery) {
	if e.err != nil {
		return
	}
	e.print(",\n%s:[", quoted(q.name))
	rows, err := e.s.query(e.ctx, q.query, q.args...)
	n := 0
	_, err = all(rows, err, func(r *sql.Rows, _ *struct{}) error {
		text, err := rowJSON(r)
		if n++; n > 1 {
			e.print(",")
		}
		e.print("\n  %s", text)
		return firstOf(err, e.err)
	})
	e.print("]")
	if e.err == nil && err != nil {
		e.err = fmt.Errorf("export %s: %w", q.name, err)
	}
}

// rowJSON is a row as an object with the columns in their order. Times are
// RFC 3339, and absent where they never were; detail is JSON already.
func rowJSON(r *sql.Rows) (string, error) {
	names, err := r.Columns()
	if err != nil {
		return "", err
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	if err := r.Scan(into...); err != nil {
		return "", err
	}
	var fields []string
	for i, name := range names {
		if text, shown := valueJSON(name, values[i]); shown {
			fields = append(fields, quoted(name)+":"+text)
		}
	}
	return "{" + strings.Join(fields, ",") + "}", nil
}

func valueJSON(name string, value any) (string, bool) {
	ms, number := value.(int64)
	if raw, is := value.([]byte); is {
		value = string(raw)
	}
	text, _ := value.(string)
	switch {
	case number && strings.HasSuffix(name, "_at"):
		return quoted(moment(ms).Format(time.RFC3339)), ms != 0
	case name == "detail" && json.Valid([]byte(text)):
		return text, true
	}
	out, err := json.Marshal(value)
	return string(out), err == nil
}

// mentions lists where else the person stands: subjects by their names, other rows
// by how many there are.
func (e *personExport) mentions() {
	if e.err != nil {
		return
	}
	list, err := e.t.hits(e.ctx)
	if e.err = err; err != nil {
		return
	}
	e.print(",\n\"named_in_subjects\":[")
	rest, n := map[string]int{}, 0
	for _, h := range list {
		if h.table.name != "subjects" {
			rest[h.table.name]++
			continue
		}
		var kind, key string
		if e.err = e.s.row(e.ctx, `SELECT kind, key FROM subjects WHERE id = ?`, h.key, &kind, &key); e.err != nil {
			return
		}
		if n++; n > 1 {
			e.print(",")
		}
		e.print("\n  {\"kind\":%s,\"key\":%s}", quoted(kind), quoted(key))
	}
	text, _ := json.Marshal(rest)
	e.print("],\n\"named_in_rows\":%s", text)
}
