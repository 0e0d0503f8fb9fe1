package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"throughline/models"
	"throughline/models/chain"
)

// CheckDatabase is CheckActivity of a database that need not be opened by this
// program: it is only read, whatever its schema, also beside a running server.
func CheckDatabase(ctx context.Context, o Options, noted ...chain.Head) (found chain.Report, err error) {
	db, err := openReadOnly(o)
	if err != nil {
		return found, err
	}
	defer db.Close()
	return checkActivity(ctx, db, chain.Head{}, noted)
}

func openReadOnly(o Options) (*sql.DB, error) {
	if o.DatabaseURL == "" {
		return openLiteReadOnly(filepath.Join(o.DataDir, "throughline.db"))
	}
	config, err := pgx.ParseConfig(o.DatabaseURL)
	if err != nil {
		return nil, errors.New("read the database address: it is not one of PostgreSQL") // it holds a password
	}
	return stdlib.OpenDB(*config), nil
}

// openLiteReadOnly opens the file so that nothing can be written to it. Where not
// even SQLite's own files beside it can be made, such as on a write-protected
// disk, the file is taken for one that nobody changes.
func openLiteReadOnly(path string) (*sql.DB, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, models.Errorf(models.NotFound, "There is no database at %s.", path)
	}
	address := "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode=ro&_pragma=busy_timeout(10000)&_pragma=query_only(1)"
	db, err := sql.Open("sqlite", address)
	if err == nil && db.Ping() != nil {
		_ = db.Close()
		db, err = sql.Open("sqlite", address+"&immutable=1")
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}
