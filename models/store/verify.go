package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"throughline/models/chain"
)

// VerifyActivity walks the whole chain of the activity and returns how many rows
// hold, and the first that does not; 0 when all do.
func (s *Store) VerifyActivity(ctx context.Context) (rows, broken int64, err error) {
	found, err := s.CheckActivity(ctx)
	if err == nil && found.Break != nil {
		broken = found.Break.Row.Seq
	}
	return found.Rows, broken, err
}

// CheckActivity walks the whole chain of the activity as it is at one moment.
// Heads that were noted earlier must still be part of it.
func (s *Store) CheckActivity(ctx context.Context, noted ...chain.Head) (chain.Report, error) {
	return checkActivity(ctx, s.reader, chain.Head{}, noted)
}

// checkActivity walks the rows after one that is known to hold, in one snapshot
// of the database; beside the rows that vouch for others its memory is constant.
func checkActivity(ctx context.Context, db *sql.DB, after chain.Head, noted []chain.Head) (found chain.Report, err error) {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	if err != nil {
		return found, fmt.Errorf("begin to read: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // it wrote nothing
	claims, err := readVouchers(ctx, tx)
	if err != nil {
		return found, err
	}
	w := chain.NewWalk(after, claims, noted...)
	err = eachRow(ctx, tx, `SELECT `+chainColumns+` FROM activity a WHERE seq > `+itoa(after.Seq)+` OR seq < 1 ORDER BY seq`, func(r chain.Row, _ string) { w.Step(r) })
	if err != nil {
		return found, err
	}
	return endWalk(ctx, tx, w)
}

// endWalk compares where the walk came to with the head. A schema that is older
// than the head has none.
func endWalk(ctx context.Context, tx *sql.Tx, w *chain.Walk) (chain.Report, error) {
	var kept string
	var schema int64
	err := tx.QueryRowContext(ctx, `SELECT COALESCE((SELECT value FROM hub WHERE name = 'activity.head'), ''),
 (SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied)`).Scan(&kept, &schema)
	if err != nil {
		return w.Report, fmt.Errorf("read the head of the chain: %w", err)
	}
	head, bad := chain.ParseHead(kept)
	switch {
	case bad == nil:
		return *w.End(head), nil
	case schema < headSchema:
		return *w.End(w.Last), nil
	}
	found := *w.End(w.Last)
	if found.Break == nil {
		found.Break = chain.NoHead(found.Last)
	}
	return found, nil
}

// readVouchers reads what rows vouch for others, the newest first.
func readVouchers(ctx context.Context, tx *sql.Tx) (chain.Vouchers, error) {
	claims := chain.Vouchers{}
	err := eachRow(ctx, tx, `SELECT `+chainColumns+`, COALESCE((SELECT b.hash FROM activity b WHERE b.seq = a.seq - 1), '')
 FROM activity a WHERE action IN ('person.anonymised', 'activity.redacted') ORDER BY seq DESC`, claims.Add)
	return claims, err
}

const chainColumns = `a.seq, a.at, a.actor, a.by_name, a.action, a.project_id, a.subject_id, a.detail, a.hash`

// eachRow calls do with each row of a query of chainColumns, and one more text
// column where the query has it.
func eachRow(ctx context.Context, tx *sql.Tx, query string, do func(r chain.Row, more string)) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("read the activity: %w", err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	var r chain.Row
	var more string
	into := append(chainInto(&r), text{&more, &r.Odd})[:len(names)]
	for rows.Next() {
		r.Odd = false
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("read the row after %d: %w", r.Seq, err)
		}
		do(r, more)
	}
	return errors.Join(rows.Err(), ctx.Err())
}

func chainInto(r *chain.Row) []any {
	n, t := func(v *int64) any { return whole{v, &r.Odd} }, func(v *string) any { return text{v, &r.Odd} }
	return []any{n(&r.Seq), n(&r.At), t(&r.Actor), t(&r.ByName), t(&r.Action), n(&r.ProjectID), n(&r.SubjectID), t(&r.Detail), t(&r.Hash)}
}
