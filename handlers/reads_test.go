package handlers

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// Row 39: looking at everything changes nothing but when somebody was last seen.
func TestReadsChangeNothing(t *testing.T) {
	s := newSite(t)
	mine, other := s.project("MINE"), s.project("OTHER")
	s.matrixCallers(mine, other)
	s.seed()
	session, err := s.store.NewSession(t.Context(), s.person("boss@example.com", models.Administrator), "test")
	require.NoError(t, err)
	s.cookies["boss"] = session
	before := s.state()
	for _, r := range s.h.routes {
		name := r.Method + " " + r.Path
		if r.Method != http.MethodGet || strings.HasSuffix(r.Path, "/export") { // taking much along is on the record
			continue
		}
		for _, caller := range []string{"administrator", "boss", "viewer", "nobody"} {
			s.knock(r, caller, fill(r), "")
			require.Equal(t, before, s.state(), "%s as %s", name, caller)
		}
	}
}

// state is a hash of each table, without the columns that say when somebody was
// last seen, and without the indexes of the search.
func (s *site) state() map[string]string {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.data, "throughline.db")+"?mode=ro")
	require.NoError(s.t, err)
	defer db.Close()
	rows, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%fts%' AND name NOT LIKE '%search%'`)
	require.NoError(s.t, err)
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var table string
		require.NoError(s.t, rows.Scan(&table))
		out[table] = s.hashOf(db, table)
	}
	return out
}

func (s *site) hashOf(db *sql.DB, table string) string {
	rows, err := db.Query(`SELECT * FROM "` + table + `"`)
	require.NoError(s.t, err)
	defer rows.Close()
	names, err := rows.Columns()
	require.NoError(s.t, err)
	sum := sha256.New()
	for rows.Next() {
		values := make([]any, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(s.t, rows.Scan(into...))
		if table == "hub" && values[0] == "search.seq" {
			continue // how far the search has read on its own
		}
		for i, name := range names {
			if name != "last_used_at" && name != "seen_at" {
				fmt.Fprintf(sum, "%s=%v\x00", name, values[i])
			}
		}
	}
	require.NoError(s.t, rows.Err())
	return hex.EncodeToString(sum.Sum(nil))
}
