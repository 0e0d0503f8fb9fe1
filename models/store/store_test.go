package store

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
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

	"github.com/stretchr/testify/require"

	"throughline/models"
)

var admin = models.Principal{TokenID: 1, Name: "tests", Hub: models.Administrator}

// pgAddress is the address of the server that TestMain started, or empty.
var pgAddress string

func TestMain(m *testing.M) {
	address, stop, err := startPostgres()
	if err != nil && os.Getenv("CI") == "true" {
		fmt.Fprintln(os.Stderr, "PostgreSQL is needed where CI=true:", err)
		os.Exit(1)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "without PostgreSQL:", err)
	}
	pgAddress = address
	code := m.Run()
	stop()
	os.Exit(code)
}

// startPostgres starts a server of its own from the installed binaries, on a
// free port, in a folder that goes with it. PostgreSQL does not run as root.
func startPostgres() (address string, stop func(), err error) {
	bin, err := postgresBinaries()
	if err != nil {
		return "", func() {}, err
	}
	dir, err := os.MkdirTemp("", "throughline-pg")
	if err != nil {
		return "", func() {}, err
	}
	as, err := otherUser(dir)
	if err != nil {
		return "", func() {}, err
	}
	run := func(name string, args ...string) error {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.SysProcAttr, c.Dir = as, dir
		out, err := c.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w: %s", name, err, out)
		}
		return nil
	}
	data := filepath.Join(dir, "data")
	if err := run("initdb", "-D", data, "-U", "throughline", "--auth=trust", "--no-sync", "-E", "UTF8"); err != nil {
		return "", func() {}, err
	}
	port := freePort()
	options := fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1 -c max_connections=200", port, dir)
	if err := run("pg_ctl", "-D", data, "-l", filepath.Join(dir, "log"), "-w", "-o", options, "start"); err != nil {
		return "", func() {}, err
	}
	return fmt.Sprintf("postgres://throughline@127.0.0.1:%d/postgres?sslmode=disable", port), func() {
		_ = run("pg_ctl", "-D", data, "-m", "immediate", "stop")
		_ = os.RemoveAll(dir)
	}, nil
}

func postgresBinaries() (string, error) {
	if found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb"); len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	return filepath.Dir(path), err
}

func otherUser(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			return nil, err
		}
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return nil, fmt.Errorf("no user to run PostgreSQL as")
}

func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// both runs a test on SQLite and on PostgreSQL, each with an empty database.
func both(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, open(t, Options{DataDir: t.TempDir()})) })
	t.Run("postgres", func(t *testing.T) {
		if pgAddress == "" {
			t.Skip("no PostgreSQL binaries")
		}
		test(t, open(t, Options{DatabaseURL: freshDatabase(t)}))
	})
}

var databases int

func freshDatabase(t *testing.T) string {
	t.Helper()
	s, err := connect(context.Background(), Options{DatabaseURL: pgAddress})
	require.NoError(t, err)
	defer func() { s.bells.stop() }()
	databases++
	name := fmt.Sprintf("t%d", databases)
	_, err = s.writer.Exec("CREATE DATABASE " + name)
	require.NoError(t, err)
	return strings.Replace(pgAddress, "/postgres?", "/"+name+"?", 1)
}

// testKey seals where there is no folder for a key.
const testKey = "dGhyb3VnaGxpbmUgdGVzdHMgc2VhbCB3aXRoIHRoaXM="

func open(t *testing.T, o Options) *Store {
	t.Helper()
	if o.DataDir == "" && o.SecretKeyFile == "" {
		o.SecretKey = testKey
	}
	var log bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	s, err := Open(context.Background(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, s.Close())
		if t.Failed() {
			t.Log(log.String())
		}
	})
	return s
}

// hub is a store with a project and an integration of each kind of test source.
type hub struct {
	t       *testing.T
	s       *Store
	project models.Project
	sources map[string]Integration
	n       int
}

func newHub(t *testing.T, s *Store) *hub {
	h := &hub{t: t, s: s, sources: map[string]Integration{}}
	var err error
	h.project, err = s.CreateProject(context.Background(), admin, "FRAUD", "Fraud scoring")
	require.NoError(t, err)
	for _, source := range []string{"github", "cloudevents"} {
		h.sources[source], err = s.CreateIntegration(context.Background(), admin, h.project.ID, source, "main", nil, nil)
		require.NoError(t, err)
	}
	return h
}

func (h *hub) apply(source, id string, d ...models.Description) Outcome {
	h.t.Helper()
	out, err := h.s.Apply(context.Background(), Inbound{Integration: h.sources[source], ID: id, Name: "test." + strings.TrimRight(id, "0123456789"), Body: []byte(id), Batch: models.Batch{Descriptions: d}})
	require.NoError(h.t, err)
	return out
}

func (h *hub) find(kind models.Kind, key string) models.Subject {
	h.t.Helper()
	s, err := h.s.Find(context.Background(), admin, models.Ref{Kind: kind, Key: key})
	require.NoError(h.t, err)
	return s
}

// column is the name of the column in which a subject's card stands.
func (h *hub) column(kind models.Kind, key string) string {
	h.t.Helper()
	if c := h.card(kind, key); c != nil {
		return c.Column
	}
	return ""
}

func (h *hub) card(kind models.Kind, key string) *models.Card {
	h.t.Helper()
	b, err := h.s.Board(context.Background(), h.project, models.BoardFilter{}, 1000)
	require.NoError(h.t, err)
	for _, column := range b.Columns {
		require.Equal(h.t, len(column.Cards), column.Count, "the counter of "+column.Name)
		for _, c := range column.Cards {
			if c.Subject.Ref.Kind == kind && c.Subject.Ref.Key == key {
				return &c
			}
		}
	}
	return nil
}

func day(n int) time.Time { return time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

func ref(kind models.Kind, key string) models.Ref { return models.Ref{Kind: kind, Key: key} }
