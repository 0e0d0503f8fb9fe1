// Package store is the database: SQLite in one file, or PostgreSQL. Every change
// goes through one private write, is on disk before it is acknowledged, and is
// told to whoever watches only after the commit.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"throughline/models"
	"throughline/models/store/blob"
)

// Options say which database to open and how.
type Options struct {
	DataDir     string // SQLite: the folder of throughline.db; made when absent
	DatabaseURL string // PostgreSQL: postgres://…; wins over DataDir
	// SecretKey seals secrets at rest: 32 bytes in base64. Empty: the keys of
	// SecretKeyFile, or of DataDir/secret.key, which is made when absent.
	SecretKey     string
	SecretKeyFile string
	FilesDir      string // where uploaded files are kept, a folder or s3://…; default DataDir/files
	MaxFile       int64  // bytes of one file; default models.DefaultMaxFile
	Artifacts     string // where artifacts are kept, a folder or s3://…; default DataDir/artifacts
	MaxArtifact   int64  // bytes of one artifact; default models.DefaultMaxArtifact
	Now           func() time.Time
	Log           *slog.Logger
}

// Store is the one way to the database. It is safe for concurrent use.
type Store struct {
	dialect dialect
	reader  *sql.DB // many connections, reads only
	writer  *sql.DB // SQLite: one connection
	gorm    *gorm.DB
	now     func() time.Time
	log     *slog.Logger

	queue    chan *job // to the one writer
	closing  chan struct{}
	finished chan struct{} // the writer has ended
	once     sync.Once
	alive    atomic.Bool

	bells   bells
	ids     memory[models.Ref]
	shown   memory[[2]int64] // (subject, project)
	lite    *liteSession     // of the writer alone
	reads   readStatements   // of SQLite
	named   sync.Map         // "source/name" → Integration
	spaces  sync.Map         // project's id, and key → Space
	keys    *keyring
	stats   Stats
	windows windows
	guard   guard
	lead    lead
	forgot  atomic.Pointer[forgotten]

	blobs        blob.Storage // of files
	maxFile      int64
	projectFiles int64 // bytes of all files of one project
	artifacts    blob.Storage
	maxArtifact  int64
}

// Open opens the database, brings its schema up to date and starts the writer.
// It refuses a schema that is newer than the program.
func Open(ctx context.Context, o Options) (*Store, error) {
	if _, _, err := Migrate(ctx, o); err != nil {
		return nil, err
	}
	s, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	s.queue = make(chan *job, queueLength)
	s.closing = make(chan struct{})
	s.finished = make(chan struct{})
	s.alive.Store(true)
	go s.writeLoop() // ends in Close
	if err := errors.Join(s.keepFiles(o), s.openSecrets(ctx, o)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close waits for the writes under way and closes the database.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.closing)
		<-s.finished
	})
	s.lead.end()
	s.bells.stop()
	if s.lite != nil {
		s.lite.drop()
	}
	if s.writer != s.reader {
		_ = s.reader.Close()
	}
	return s.writer.Close()
}

// Ready answers nil when the database answers and writes are taken.
func (s *Store) Ready(ctx context.Context) error {
	if !s.alive.Load() {
		return models.Errorf(models.Busy, "the program is stopping")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := s.reader.PingContext(ctx); err != nil {
		return models.Errorf(models.Busy, "the database does not answer: %w", err)
	}
	return nil
}

// read is the pool of readers through gorm, for ordinary rows.
func (s *Store) read() *gorm.DB { return s.gorm }

// query runs a read of plain SQL with ? placeholders.
func (s *Store) query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	if st := s.prepared(ctx, q); st != nil {
		return st.QueryContext(ctx, args...)
	}
	return s.reader.QueryContext(ctx, s.dialect.rebind(q), args...)
}

// row reads one row into dest; sql.ErrNoRows when there is none.
func (s *Store) row(ctx context.Context, q string, args []any, dest ...any) error {
	if st := s.prepared(ctx, q); st != nil {
		return st.QueryRowContext(ctx, args...).Scan(dest...)
	}
	return s.reader.QueryRowContext(ctx, s.dialect.rebind(q), args...).Scan(dest...)
}

// Seq is the number of the newest activity.
func (s *Store) Seq(ctx context.Context) (seq int64, err error) {
	err = s.row(ctx, `SELECT COALESCE(MAX(seq), 0) FROM activity`, nil, &seq)
	return seq, err
}

// all collects the rows of a query.
func all[T any](rows *sql.Rows, err error, scan func(*sql.Rows, *T) error) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var one T
		if err := scan(rows, &one); err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
		out = append(out, one)
	}
	return out, rows.Err()
}
