package store

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"throughline/migrations"
	"throughline/models"
)

// Migrate brings the schema up to date and tells from which version to which. A
// schema newer than the program is refused and left as it is.
func Migrate(ctx context.Context, o Options) (from, to int64, err error) {
	s, err := connect(ctx, o)
	if err != nil {
		return 0, 0, err
	}
	defer s.writer.Close()
	if s.reader != s.writer {
		defer s.reader.Close()
	}
	return s.migrate(ctx)
}

func (s *Store) migrate(ctx context.Context) (from, to int64, err error) {
	provider, err := s.migrations()
	if err != nil {
		return 0, 0, err
	}
	if from, to, err = provider.GetVersions(ctx); err != nil {
		return from, to, fmt.Errorf("read the schema's version: %w", err)
	}
	if from > to {
		return from, to, models.Errorf(models.Conflict,
			"The database has schema %d, this program knows up to %d: it was used by a newer Throughline. Start that version, or restore a backup made before the upgrade.", from, to)
	}
	if _, err = provider.Up(ctx); err != nil {
		return from, to, fmt.Errorf("migrate the database: %w", err)
	}
	return from, to, nil
}

func (s *Store) migrations() (*goose.Provider, error) {
	if s.dialect.numbers {
		files, _ := fs.Sub(migrations.Postgres, "postgres")
		locker, err := lock.NewPostgresSessionLocker() // replicas that start together take turns
		if err != nil {
			return nil, fmt.Errorf("make the migration lock: %w", err)
		}
		return goose.NewProvider(goose.DialectPostgres, s.writer, files, goose.WithSessionLocker(locker))
	}
	files, _ := fs.Sub(migrations.SQLite, "sqlite")
	return goose.NewProvider(goose.DialectSQLite3, s.writer, files)
}
