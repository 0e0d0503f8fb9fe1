package tfx

import (
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throughline/integrations/fetch"
	"throughline/models"
)

// sameEverywhere tells that a store on a server says what the same store says in a
// file, and that the guard judges the server's address.
func sameEverywhere(t *testing.T, db *sql.DB, address string, more ...string) {
	t.Helper()
	w, s, a := inFile(t)
	w.pipeline("taxi-1")
	want, _, _ := asked(t, s, a, "")
	newStore(t, db).pipeline("taxi-1")
	open := New(fetch.New(fetch.Options{Allow: []string{"127.0.0.1"}}), "")
	got, _, _ := asked(t, open, with(address, more...), "")
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 5 {
		t.Error(diff)
	}
	st, err := open.open(t.Context(), with(address, more...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.(*tables).tx.Exec(`DELETE FROM MLMDEnv`); err == nil {
		t.Error("the store can be written to")
	}
	st.close()
	if err := s.Check(t.Context(), with(address, more...)); models.CodeOf(err) != models.Unprocessed || !strings.Contains(err.Error(), "--allow-upstream") {
		t.Errorf("a private address: %v", err)
	}
	newer := `UPDATE MLMDEnv SET schema_version = 11`
	if _, err := db.Exec(newer); err != nil {
		t.Fatal(err)
	}
	if err := open.Check(t.Context(), with(address, more...)); err == nil || !strings.Contains(err.Error(), "schema version 11") {
		t.Errorf("another layout: %v", err)
	}
}

func TestAStoreInPostgreSQL(t *testing.T) {
	port := postgres(t)
	// what this program's own environment says must not lead elsewhere
	t.Setenv("PGHOST", "203.0.113.1")
	t.Setenv("PGPASSWORD", "ours")
	t.Setenv("PGSSLMODE", "verify-full")
	db, err := sql.Open("pgx", fmt.Sprintf("postgres://mlmd:x@127.0.0.1:%d/postgres?sslmode=disable", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	sameEverywhere(t, db, fmt.Sprintf("postgres://127.0.0.1:%d/postgres", port), "username", "mlmd")
	t.Run("verified encryption is not given up", func(t *testing.T) {
		s := New(fetch.New(fetch.Options{Allow: []string{"127.0.0.1"}}), "")
		if err := s.Check(t.Context(), with(fmt.Sprintf("postgres://127.0.0.1:%d/postgres", port), "username", "mlmd", "encryption", "verify")); err == nil {
			t.Error("a server without TLS is asked all the same")
		}
	})
}

// postgres starts a server of the test's own.
func postgres(t *testing.T) (port int) {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		if os.Getenv("CI") == "true" {
			t.Fatal("PostgreSQL's binaries are missing")
		}
		t.Skip("PostgreSQL's binaries are not installed")
	}
	bin, dir := filepath.Dir(found[len(found)-1]), shortDir(t)
	as := otherUser(t, dir, "postgres")
	data := filepath.Join(dir, "data")
	do(t, as, filepath.Join(bin, "initdb"), "-D", data, "-U", "mlmd", "--auth=trust", "--no-sync", "-E", "UTF8")
	port = freePort(t)
	do(t, as, filepath.Join(bin, "pg_ctl"), "-D", data, "-l", filepath.Join(dir, "log"), "-w", "-o", fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1", port, dir), "start")
	t.Cleanup(func() { do(t, as, filepath.Join(bin, "pg_ctl"), "-D", data, "-m", "immediate", "stop") })
	return port
}

// TestAStoreInMySQL runs on MariaDB, which is what Debian has.
func TestAStoreInMySQL(t *testing.T) {
	server, err := exec.LookPath("mariadbd")
	if err != nil {
		t.Skip("no MariaDB: apt-get install mariadb-server")
	}
	dir := shortDir(t)
	as := otherUser(t, dir, "mysql")
	data := filepath.Join(dir, "data")
	do(t, as, "mariadb-install-db", "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db")
	port := freePort(t)
	cmd := exec.Command(server, "--no-defaults", "--datadir="+data, "--socket="+filepath.Join(dir, "s"), "--bind-address=127.0.0.1", fmt.Sprintf("--port=%d", port))
	cmd.SysProcAttr = as
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	db, err := sql.Open("mysql", fmt.Sprintf("root@tcp(127.0.0.1:%d)/", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for until := time.Now().Add(time.Minute); db.Ping() != nil; {
		if time.Now().After(until) {
			t.Fatal("MariaDB does not start")
		}
		time.Sleep(20 * time.Millisecond)
	}
	for _, statement := range []string{"CREATE DATABASE metadb", "CREATE USER reader@127.0.0.1 IDENTIFIED BY 'pass'", "GRANT SELECT ON metadb.* TO reader@127.0.0.1"} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("USE metadb"); err != nil {
		t.Fatal(err)
	}
	sameEverywhere(t, db, fmt.Sprintf("mysql://127.0.0.1:%d/metadb", port), "username", "reader", "password", "pass")
}

// shortDir is a folder whose path is short enough for sockets.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tl-mlmd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// otherUser is who servers run as that refuse to run as root.
func otherUser(t *testing.T, dir string, names ...string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range append(names, "nobody") {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	t.Fatal("no user to run a database as")
	return nil
}

func do(t *testing.T, as *syscall.SysProcAttr, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr, cmd.Dir = as, "/tmp"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
