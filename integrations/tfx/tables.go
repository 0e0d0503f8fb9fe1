package tfx

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"throughline/models"
)

// tables reads the store's tables. Their names are written as MLMD writes them: in
// MySQL the case counts, in PostgreSQL they are lower case either way.
type tables struct {
	db     *sql.DB
	tx     *sql.Tx
	dollar bool
}

func (t *tables) close() {
	if t.tx != nil {
		_ = t.tx.Rollback()
	}
	_ = t.db.Close()
}

// schemaVersion is the one layout of tables that is read.
const schemaVersion = 10

// known refuses a store of another layout.
func (t *tables) known(ctx context.Context) error {
	version := int64(0)
	if err := t.tx.QueryRowContext(ctx, `SELECT schema_version FROM MLMDEnv`).Scan(&version); err != nil {
		return fmt.Errorf("it has no MLMDEnv, so it is no store of ML Metadata: %w", err)
	}
	if version != schemaVersion {
		return models.Errorf(models.Unprocessed, "The metadata store has schema version %d; only %d is read. Upgrade it with ML Metadata 1.0 or newer.", version, schemaVersion)
	}
	return nil
}

// rows runs a query and hands each row to scan. ? stands for an argument.
func (t *tables) rows(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	for n := 1; t.dollar && strings.Contains(query, "?"); n++ {
		query = strings.Replace(query, "?", "$"+strconv.Itoa(n), 1)
	}
	rows, err := t.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// changed takes the later of the times of an execution and of its artifacts.
func (t *tables) changed(ctx context.Context, since mark, n int) (out []change, err error) {
	const query = `SELECT id, moved FROM (SELECT e.id AS id, CASE WHEN COALESCE(MAX(a.last_update_time_since_epoch), 0) > e.last_update_time_since_epoch
 THEN MAX(a.last_update_time_since_epoch) ELSE e.last_update_time_since_epoch END AS moved
 FROM Execution e LEFT JOIN Event v ON v.execution_id = e.id AND v.type IN (1, 4, 7) LEFT JOIN Artifact a ON a.id = v.artifact_id
 WHERE e.id IN (SELECT id FROM Execution WHERE last_update_time_since_epoch >= ? UNION
 SELECT w.execution_id FROM Artifact b JOIN Event w ON w.artifact_id = b.id WHERE b.last_update_time_since_epoch >= ? AND w.type IN (1, 4, 7))
 GROUP BY e.id, e.last_update_time_since_epoch) c WHERE moved > ? OR (moved = ? AND id > ?) ORDER BY moved, id LIMIT ?`
	err = t.rows(ctx, func(r *sql.Rows) error {
		var c change
		err := r.Scan(&c.ID, &c.At)
		out = append(out, c)
		return err
	}, query, since.At, since.At, since.At, since.At, since.ID, n)
	return out, err
}

func (t *tables) contexts(ctx context.Context, executions []int64) (map[int64][]grouping, error) {
	out := map[int64][]grouping{}
	owners := map[int64][]int64{}
	err := t.rows(ctx, func(r *sql.Rows) error {
		var execution, id int64
		err := r.Scan(&execution, &id)
		owners[id] = append(owners[id], execution)
		return err
	}, `SELECT execution_id, context_id FROM Association WHERE execution_id IN `+list(executions))
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(owners))
	for id := range owners {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	things, err := t.things(ctx, "Context", `0`, "''", `c.id IN `+list(ids))
	for _, g := range things {
		for _, execution := range owners[g.ID] {
			out[execution] = append(out[execution], grouping{g.thing})
		}
	}
	return out, err
}

func (t *tables) executions(ctx context.Context, within int64, n int) (out []execution, err error) {
	var ids []int64
	err = t.rows(ctx, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	}, `SELECT execution_id FROM Association WHERE context_id = ? ORDER BY execution_id DESC LIMIT ?`, within, n)
	if err != nil {
		return nil, err
	}
	things, err := t.things(ctx, "Execution", `COALESCE(c.last_known_state, 0)`, "''", `c.id IN `+list(ids))
	for _, e := range things {
		out = append(out, execution{e.thing})
	}
	return out, err
}

func (t *tables) artifacts(ctx context.Context, ids []int64) ([]artifact, error) {
	return t.things(ctx, "Artifact", `COALESCE(c.state, 0)`, `COALESCE(c.uri, '')`, `c.id IN `+list(ids))
}

func (t *tables) events(ctx context.Context, executions []int64) (out []event, err error) {
	err = t.rows(ctx, func(r *sql.Rows) error {
		var e event
		err := r.Scan(&e.Artifact, &e.Execution, &e.Type, &e.At, &e.Key)
		out = append(out, e)
		return err
	}, `SELECT e.artifact_id, e.execution_id, e.type, COALESCE(e.milliseconds_since_epoch, 0), COALESCE((SELECT MIN(p.step_key) FROM EventPath p WHERE p.event_id = e.id), '')
 FROM Event e WHERE e.execution_id IN `+list(executions)+` ORDER BY e.id`)
	return out, err
}

// things are rows of a table with the name of their type and their properties.
func (t *tables) things(ctx context.Context, table, state, uri, where string) (out []artifact, err error) {
	at := map[int64]int{}
	err = t.rows(ctx, func(r *sql.Rows) error {
		a := artifact{thing: thing{Properties: map[string]any{}}}
		err := r.Scan(&a.ID, &a.Type, &a.Name, &a.Created, &a.Updated, &a.State, &a.URI)
		at[a.ID], out = len(out), append(out, a)
		return err
	}, `SELECT c.id, t.name, COALESCE(c.name, ''), c.create_time_since_epoch, c.last_update_time_since_epoch, `+state+`, `+uri+`
 FROM `+table+` c JOIN Type t ON t.id = c.type_id WHERE `+where+` ORDER BY c.id`)
	if err != nil || len(out) == 0 {
		return out, err
	}
	column := strings.ToLower(table) + "_id"
	err = t.rows(ctx, func(r *sql.Rows) error {
		id, name, value, err := property(r)
		if i, ok := at[id]; ok && err == nil && value != nil {
			out[i].Properties[name] = value
		}
		return err
	}, `SELECT `+column+`, name, int_value, double_value, string_value, bool_value FROM `+table+`Property WHERE `+strings.Replace(where, "c.id", column, 1)+` ORDER BY is_custom_property, name`)
	return out, err
}

// property reads a row of a table of properties.
func property(r *sql.Rows) (id int64, name string, value any, err error) {
	var (
		whole   sql.NullInt64
		number  sql.NullFloat64
		text    sql.NullString
		boolean sql.NullBool
	)
	err = r.Scan(&id, &name, &whole, &number, &text, &boolean)
	switch {
	case whole.Valid:
		value = whole.Int64
	case number.Valid:
		value = number.Float64
	case text.Valid:
		value = unpacked(text.String)
	case boolean.Valid:
		value = boolean.Bool
	}
	return id, name, value, err
}

// list is ids as SQL writes them; numbers need no placeholders.
func list(ids []int64) string {
	if len(ids) == 0 {
		return "(0)"
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = strconv.FormatInt(id, 10)
	}
	return "(" + strings.Join(out, ",") + ")"
}
