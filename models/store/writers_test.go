package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// TestTwoWritersShareOneSequence runs two stores on one database, as two
// replicas or a command beside the server do, and follows the activity
// meanwhile: whoever asks "after N" never misses a row.
func TestTwoWritersShareOneSequence(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			o := Options{DataDir: t.TempDir()}
			if name == "postgres" {
				if pgAddress == "" {
					t.Skip("no PostgreSQL binaries")
				}
				o = Options{DatabaseURL: freshDatabase(t)}
			}
			one, two := open(t, o), open(t, o)
			h := newHub(t, one)
			seen := follow(t, two)
			var wg sync.WaitGroup
			for i, s := range []*Store{one, two, one, two} {
				wg.Go(func() { tellMany(t, s, h, i) })
			}
			wg.Wait()
			last, err := one.Seq(context.Background())
			require.NoError(t, err)
			require.Equal(t, int(last), seen(last), "rows followed")
			rows, broken, err := two.VerifyActivity(context.Background())
			require.NoError(t, err)
			require.Zero(t, broken)
			require.Equal(t, last, rows)
		})
	}
}

const told = 40

func tellMany(t *testing.T, s *Store, h *hub, writer int) {
	for n := range told {
		key := fmt.Sprintf("r%d-%d", writer, n)
		_, err := s.Apply(context.Background(), Inbound{Integration: h.sources["github"], ID: key, Name: "test", Body: []byte("{}"),
			Batch: models.Batch{Descriptions: []models.Description{{Ref: ref(models.Run, key), At: day(n), State: models.Running}}}})
		if err != nil {
			t.Error(err)
		}
	}
}

// follow reads the activity "after N" again and again, as a page does; the
// returned function waits until it has come to a row and says how many it saw.
func follow(t *testing.T, s *Store) func(last int64) int {
	var seq, seen int64
	done, end := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(end) })
	var want int64 = 1 << 60
	var mu sync.Mutex
	go func() {
		defer close(done)
		for {
			rows, err := s.query(context.Background(), `SELECT seq FROM activity WHERE seq > ? ORDER BY seq LIMIT 7`, seq)
			if err != nil {
				t.Error(err)
				return
			}
			for rows.Next() {
				if err := rows.Scan(&seq); err != nil {
					t.Error(err)
				}
				seen++
			}
			_ = rows.Close()
			mu.Lock()
			reached := seq >= want
			mu.Unlock()
			if reached {
				return
			}
			select {
			case <-end:
				return
			default:
			}
		}
	}()
	return func(last int64) int {
		mu.Lock()
		want = last
		mu.Unlock()
		<-done
		return int(seen)
	}
}

func TestConcurrentWritesShareCommits(t *testing.T) {
	s := open(t, Options{DataDir: t.TempDir()})
	h := newHub(t, s)
	before, _, _ := s.WriteStats()
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() { tellMany(t, s, h, i) })
	}
	wg.Wait()
	after, writes, _ := s.WriteStats()
	require.Less(t, after-before, int64(64*told/2), "commits for %d writes", writes)
}

func TestOneRefusedWriteFailsAlone(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h := newHub(t, s)
		var wg sync.WaitGroup
		for i := range 30 {
			wg.Go(func() {
				_, err := s.CreateProject(context.Background(), admin, "SAME", "Same")
				if err != nil && models.CodeOf(err) != models.Conflict {
					t.Error(err)
				}
				tellMany(t, s, h, i)
			})
		}
		wg.Wait()
		list, err := s.Projects(context.Background(), admin)
		require.NoError(t, err)
		require.Len(t, list, 2)
		rows, broken, err := s.VerifyActivity(context.Background())
		require.NoError(t, err)
		require.Zero(t, broken)
		require.Positive(t, rows)
	})
}

func TestAPanicInAWriteStaysThere(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		err := s.write(context.Background(), admin, func(*unit) error { panic("a bug") })
		require.ErrorContains(t, err, "a bug")
		newHub(t, s)
	})
}

func TestANewerSchemaIsRefused(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		_, err := s.reader.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, ` + map[bool]string{true: "true", false: "1"}[s.dialect.numbers] + `)`)
		require.NoError(t, err)
		beside := &Store{dialect: s.dialect, writer: s.reader, log: s.log} // the writer keeps its one connection
		_, _, err = beside.migrate(context.Background())
		require.ErrorContains(t, err, "newer Throughline")
	})
}

func TestWatchersHearOfOtherReplicas(t *testing.T) {
	if pgAddress == "" {
		t.Skip("no PostgreSQL binaries")
	}
	o := Options{DatabaseURL: freshDatabase(t)}
	one, two := open(t, o), open(t, o)
	bell, stop := two.Watch()
	defer stop()
	_, off := one.Watch() // a server always watches its own
	defer off()
	time.Sleep(200 * time.Millisecond)
	for len(bell) > 0 {
		<-bell
	}
	newHub(t, one)
	select {
	case <-bell:
	case <-time.After(5 * time.Second):
		t.Fatal("the other replica heard nothing")
	}
}

func TestSearchFindsWithinASecond(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { s.Run(ctx); close(ended) }()
		defer func() { cancel(); <-ended }()
		h := newHub(t, s)
		h.tell(names())
		find := func(f SubjectFilter) (out []string) {
			list, _, err := s.Subjects(ctx, admin, f)
			require.NoError(t, err)
			for _, one := range list {
				out = append(out, one.Ref.Key)
			}
			return out
		}
		require.Eventually(t, func() bool { return len(find(SubjectFilter{Text: "velocity"})) == 1 }, 3*time.Second, 20*time.Millisecond)
		require.Equal(t, []string{"fraud-score/2", "fraud-score/1"}, find(SubjectFilter{Text: "fraud sco", Kinds: []models.Kind{models.ModelVersion}}))
		require.Equal(t, []string{"run-1"}, find(SubjectFilter{Text: "brave otter", Best: true}))
		require.Equal(t, []string{"s3://lake/tx"}, find(SubjectFilter{Text: "lake", Kinds: []models.Kind{models.Dataset}}))
		require.Empty(t, find(SubjectFilter{Text: `"; DROP TABLE subjects; --`}))
		require.Empty(t, find(SubjectFilter{Text: "velocity nowhere"}))
		none, _, err := s.Subjects(ctx, models.Principal{PersonID: 9}, SubjectFilter{})
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

func TestDataFolderIsPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	open(t, Options{DataDir: dir})
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}
