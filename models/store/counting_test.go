package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// counting is a store on SQLite whose reads are counted.
func counting(t *testing.T) (s *Store, count func(read func()) int64) {
	t.Helper()
	dir := t.TempDir()
	s = open(t, Options{DataDir: dir})
	plain := s.reader
	t.Cleanup(func() { _ = plain.Close() })
	c := &countingConnector{of: s.reader.Driver(), dsn: liteDSN(filepath.Join(dir, "throughline.db"), "deferred")}
	s.reader = sql.OpenDB(c)
	return s, func(read func()) int64 {
		c.asked.Store(0)
		read()
		return c.asked.Load()
	}
}

// requireSteady asserts that a page of much asks the database as often as one of little.
func requireSteady(t *testing.T, little, much int64) {
	t.Helper()
	require.Positive(t, little)
	require.Equal(t, little, much, "the number of questions grows with the rows")
}

type countingConnector struct {
	of    driver.Driver
	dsn   string
	asked atomic.Int64
}

func (c *countingConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.of.Open(c.dsn)
	return &countingConn{conn, &c.asked}, err
}

func (c *countingConnector) Driver() driver.Driver { return c.of }

type countingConn struct {
	driver.Conn
	asked *atomic.Int64
}

func (c *countingConn) Prepare(q string) (driver.Stmt, error) {
	st, err := c.Conn.Prepare(q)
	return &countingStmt{st, c.asked}, err
}

type countingStmt struct {
	driver.Stmt
	asked *atomic.Int64
}

func (s *countingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.asked.Add(1)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}
