package store

import (
	"context"
	"database/sql"
	"sync"
)

// leadKey is the advisory lock of the one process that polls.
const leadKey = 0x7468726f75676831 // "through1"

// lead is the connection that holds the lock, nil while another process does.
type lead struct {
	mu   sync.Mutex
	conn *sql.Conn
}

// Leads tells whether this process is the one of all that share the database to
// do what must not be done twice at a time: to poll, and to report. SQLite's
// database belongs to one process. On PostgreSQL it is the one that holds an
// advisory lock; when its connection is lost, the lock is anybody's.
func (s *Store) Leads(ctx context.Context) bool {
	if s.dialect != pgDialect {
		return true
	}
	s.lead.mu.Lock()
	defer s.lead.mu.Unlock()
	if s.lead.conn != nil && s.lead.conn.PingContext(ctx) == nil {
		return true
	}
	s.lead.drop()
	return s.lead.take(ctx, s.reader)
}

func (l *lead) take(ctx context.Context, db *sql.DB) bool {
	conn, err := db.Conn(ctx)
	if err != nil {
		return false
	}
	var mine bool
	if conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock($1)`, int64(leadKey)).Scan(&mine) != nil || !mine {
		_ = conn.Close()
		return false
	}
	l.conn = conn
	return true
}

// drop gives the lock back.
func (l *lead) drop() {
	if l.conn == nil {
		return
	}
	_, _ = l.conn.ExecContext(context.Background(), `SELECT pg_advisory_unlock($1)`, int64(leadKey))
	_ = l.conn.Close()
	l.conn = nil
}

// end gives the lock back for good.
func (l *lead) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
}
