package store

import (
	"context"
	"database/sql"
	"sync"
)

// transaction is what a write runs in.
type transaction interface {
	PrepareContext(ctx context.Context, q string) (*sql.Stmt, error)
	ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row
	Commit() error
	Rollback() error
}

// begin starts a transaction. On SQLite it runs on the one connection of the
// writer, whose statements stay prepared: parsing them anew was 40 % of a write.
// PostgreSQL's driver keeps them by itself.
func (s *Store) begin(ctx context.Context) (transaction, error) {
	if s.dialect.numbers {
		return s.writer.BeginTx(ctx, nil)
	}
	if s.lite == nil {
		conn, err := s.writer.Conn(ctx)
		if err != nil {
			return nil, err
		}
		s.lite = &liteSession{Conn: conn, prepared: map[string]*sql.Stmt{}}
	}
	if _, err := s.lite.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		s.lite.drop()
		s.lite = nil
		return nil, err
	}
	return &liteTx{liteSession: s.lite}, nil
}

// liteSession is the writer's connection with its prepared statements. Only the
// writer uses it.
type liteSession struct {
	*sql.Conn
	prepared map[string]*sql.Stmt
}

// keptStatements bounds the memory of prepared statements; those with a list of
// values come in many lengths.
const keptStatements = 400

// stmt is the prepared statement of a query, nil when no more are kept.
func (l *liteSession) stmt(ctx context.Context, q string) (*sql.Stmt, error) {
	if st, ok := l.prepared[q]; ok || len(l.prepared) >= keptStatements {
		return st, nil
	}
	st, err := l.Conn.PrepareContext(ctx, q)
	if err == nil {
		l.prepared[q] = st
	}
	return st, err
}

// ExecContext runs a statement, prepared once.
func (l *liteSession) ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error) {
	st, err := l.stmt(ctx, q)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return l.Conn.ExecContext(ctx, q, args...)
	}
	return st.ExecContext(ctx, args...)
}

// QueryContext runs a query, prepared once.
func (l *liteSession) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	st, err := l.stmt(ctx, q)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return l.Conn.QueryContext(ctx, q, args...)
	}
	return st.QueryContext(ctx, args...)
}

// QueryRowContext runs a query for one row, prepared once.
func (l *liteSession) QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row {
	if st, err := l.stmt(ctx, q); err == nil && st != nil {
		return st.QueryRowContext(ctx, args...)
	}
	return l.Conn.QueryRowContext(ctx, q, args...)
}

// drop gives the connection up with its statements.
func (l *liteSession) drop() {
	for _, st := range l.prepared {
		_ = st.Close()
	}
	_ = l.Conn.Close()
}

// liteTx is a transaction on the writer's connection.
type liteTx struct {
	*liteSession
	over bool
}

// Commit writes the transaction to disk.
func (t *liteTx) Commit() error { return t.end("COMMIT") }

// Rollback undoes a transaction that was not committed; after Commit it does nothing.
func (t *liteTx) Rollback() error { return t.end("ROLLBACK") }

func (t *liteTx) end(how string) error {
	if t.over {
		return sql.ErrTxDone
	}
	_, err := t.ExecContext(context.Background(), how)
	t.over = err == nil
	return err
}

// readStatements are the readers' prepared statements.
type readStatements struct {
	mu       sync.RWMutex
	prepared map[string]*sql.Stmt
}

// prepared is the readers' prepared statement of a query, nil where the driver
// keeps them by itself (PostgreSQL) or enough are kept. They end with the pool.
func (s *Store) prepared(ctx context.Context, q string) *sql.Stmt {
	if s.dialect.numbers {
		return nil
	}
	s.reads.mu.RLock()
	st, full := s.reads.prepared[q], len(s.reads.prepared) >= keptStatements
	s.reads.mu.RUnlock()
	if st != nil || full {
		return st
	}
	st, err := s.reader.PrepareContext(context.WithoutCancel(ctx), q)
	if err != nil {
		return nil // the query itself will say what is wrong
	}
	return s.reads.keep(q, st)
}

// keep remembers a statement; of two made at once the first stays.
func (r *readStatements) keep(q string, st *sql.Stmt) *sql.Stmt {
	r.mu.Lock()
	defer r.mu.Unlock()
	if first, ok := r.prepared[q]; ok {
		_ = st.Close()
		return first
	}
	if r.prepared == nil {
		r.prepared = map[string]*sql.Stmt{}
	}
	r.prepared[q] = st
	return st
}
