package store

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // the driver named "sqlite"
)

// connect opens the pools without looking at the schema.
func connect(ctx context.Context, o Options) (*Store, error) {
	s := &Store{now: o.Now, log: o.Log}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if o.DatabaseURL != "" {
		return s, s.connectPostgres(ctx, o.DatabaseURL)
	}
	return s, s.connectSQLite(o.DataDir)
}

func (s *Store) connectSQLite(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	s.dialect = liteDialect
	path := filepath.Join(dir, "throughline.db")
	var err error
	if s.writer, err = sql.Open("sqlite", liteDSN(path, "immediate")); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	s.writer.SetMaxOpenConns(1)
	if s.reader, err = sql.Open("sqlite", liteDSN(path, "deferred")); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	s.reader.SetMaxOpenConns(8)
	s.reader.SetMaxIdleConns(8)
	return s.openGorm(sqlite.New(sqlite.Config{DriverName: "sqlite", Conn: s.reader}))
}

// liteDSN sets what SQLite leaves off: WAL, a flush at each commit, foreign keys.
func liteDSN(path, lock string) string {
	q := url.Values{"_txlock": {lock}, "_time_format": {"sqlite"}}
	for _, p := range []string{"journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "busy_timeout(10000)",
		"cache_size(-65536)", "temp_store(MEMORY)", "wal_autocheckpoint(1000)"} {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func (s *Store) connectPostgres(ctx context.Context, address string) error {
	s.dialect = pgDialect
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return fmt.Errorf("read the database address: %s", strings.ReplaceAll(err.Error(), address, "…"))
	}
	if config.MaxConns < 16 {
		config.MaxConns = 16
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	s.writer = stdlib.OpenDBFromPool(pool)
	s.reader = s.writer
	s.bells.pool = pool
	return s.openGorm(postgres.New(postgres.Config{Conn: s.reader}))
}

func (s *Store) openGorm(d gorm.Dialector) error {
	db, err := gorm.Open(d, &gorm.Config{SkipDefaultTransaction: true, TranslateError: true,
		DisableAutomaticPing: true, Logger: logger.Discard, NowFunc: func() time.Time { return s.now().UTC() }})
	if err != nil {
		return fmt.Errorf("open gorm: %w", err)
	}
	s.gorm = db
	return nil
}
