package store

import (
	"testing"
)

// TestOneProcessLeads: of two that share a database one polls; the other takes
// over when its connection breaks, and back when it is gone.
func TestOneProcessLeads(t *testing.T) {
	if alone := open(t, Options{DataDir: t.TempDir()}); !alone.Leads(t.Context()) {
		t.Error("the only process does not lead")
	}
	if pgAddress == "" {
		t.Skip("no PostgreSQL binaries")
	}
	ctx, database := t.Context(), freshDatabase(t)
	one, other := open(t, Options{DatabaseURL: database}), open(t, Options{DatabaseURL: database})
	first, still := one.Leads(ctx), one.Leads(ctx)
	if !first || !still || other.Leads(ctx) {
		t.Fatal("not the first one alone leads")
	}
	if _, err := other.reader.Exec(`SELECT pg_terminate_backend(l.pid, 5000) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
 WHERE d.datname = current_database() AND l.locktype = 'advisory'`); err != nil {
		t.Fatal(err)
	}
	if !other.Leads(ctx) || one.Leads(ctx) {
		t.Fatal("a broken connection still leads")
	}
	other.lead.drop()
	if !one.Leads(ctx) {
		t.Fatal("nobody leads after the leader is gone")
	}
}
