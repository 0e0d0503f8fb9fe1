package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"throughline/models"
	"throughline/models/chain"
)

// unit is one write inside a transaction. Everything a write may reach hangs on
// it, so that nothing can use the database beside the transaction by mistake.
type unit struct {
	*group
	ctx  context.Context
	by   models.Principal
	now  time.Time
	rows map[int64]*subjectRow // subjects loaded or made by this write

	made   []int64              // datasets and their versions that this write named first
	fresh  map[models.Ref]int64 // ids learnt by this write
	showed map[[2]int64]int64   // subjects shown in projects by this write
	news   map[int64][2]int64   // integrations heard of by this write
}

// exec runs a statement with ? placeholders.
func (u *unit) exec(q string, args ...any) (sql.Result, error) {
	return u.tx.ExecContext(u.ctx, u.s.dialect.rebind(q), args...)
}

// query reads inside the transaction.
func (u *unit) query(q string, args ...any) (*sql.Rows, error) {
	return u.tx.QueryContext(u.ctx, u.s.dialect.rebind(q), args...)
}

// row reads one row; sql.ErrNoRows when there is none.
func (u *unit) row(q string, args []any, dest ...any) error {
	return u.tx.QueryRowContext(u.ctx, u.s.dialect.rebind(q), args...).Scan(dest...)
}

// insert runs an INSERT and returns the new row's id.
func (u *unit) insert(q string, args ...any) (id int64, err error) {
	err = u.row(q+" RETURNING id", args, &id)
	return id, err
}

// gormTx is the transaction through gorm, for ordinary rows.
func (u *unit) gormTx() *gorm.DB {
	db := u.s.gorm.Session(&gorm.Session{Context: u.ctx, NewDB: true})
	db.Statement.ConnPool = u.tx
	return db
}

// at is the moment of this write as the database keeps it.
func (u *unit) at() int64 { return u.now.UnixMilli() }

// record appends one row to the activity. Its hash covers the row before, so
// that nobody can change history unnoticed (decisions.md §6).
func (u *unit) record(project, subject int64, action string, detail map[string]any) (int64, error) {
	return u.recordAs(u.by.Actor(), u.by.Name, project, subject, action, detail)
}

// recordAs is record for another actor. People stand on a row by their id alone:
// their names are joined when rows are shown, and can change or go.
func (u *unit) recordAs(actor, name string, project, subject int64, action string, detail map[string]any) (int64, error) {
	if strings.HasPrefix(actor, "person:") {
		name = ""
	}
	if detail == nil {
		detail = map[string]any{}
	}
	text, err := json.Marshal(detail)
	if err != nil {
		return 0, fmt.Errorf("encode activity: %w", err)
	}
	row := chain.Row{Seq: u.seq + 1, At: u.at(), Actor: actor, ByName: name, Action: action,
		ProjectID: project, SubjectID: subject, Detail: string(text)}
	row.Hash = row.Sum(u.hash)
	_, err = u.exec(`INSERT INTO activity (seq, at, actor, by_name, action, project_id, subject_id, detail, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		row.Seq, row.At, row.Actor, row.ByName, row.Action, row.ProjectID, row.SubjectID, row.Detail, row.Hash)
	if err != nil {
		return 0, fmt.Errorf("record %s: %w", action, err)
	}
	u.seq, u.hash = row.Seq, row.Hash
	return row.Seq, nil
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// millis is a time as the database keeps it; 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// moment reads what millis wrote.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// encode is JSON for a text column; values of this package always encode.
func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(text)
}

// decode reads what encode wrote, leaving v as it is where it can not.
func decode(text string, v any) { _ = json.Unmarshal([]byte(text), v) }
