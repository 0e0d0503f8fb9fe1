package main

import (
	"database/sql"
	"testing"

	_ "modernc.org/sqlite" // the driver named "sqlite"
)

// pretendNewer leaves the database as a later program would.
func pretendNewer(t *testing.T, file string) {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`); err != nil {
		t.Fatal(err)
	}
}
