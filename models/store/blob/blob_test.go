package blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestABlobComesBackAsItWas(t *testing.T) {
	f := New(filepath.Join(t.TempDir(), "files"))
	b, err := f.Put(context.Background(), strings.NewReader("hello"), 5)
	require.NoError(t, err)
	require.True(t, Valid(b.ID), b.ID)
	require.Equal(t, int64(5), b.Size)
	require.Equal(t, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", b.SHA256)
	r, err := f.Open(context.Background(), b.ID)
	require.NoError(t, err)
	defer r.Close()
	_, err = r.Seek(1, io.SeekStart)
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Equal(t, "ello", string(text))
	require.NoError(t, f.Delete(context.Background(), b.ID))
	require.NoError(t, f.Delete(context.Background(), b.ID), "twice is no error")
	_, err = f.Open(context.Background(), b.ID)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.Empty(t, regular(t, f.dir))
}

func TestWhatBreaksOffLeavesNothing(t *testing.T) {
	f, cut := New(t.TempDir()), errors.New("cut")
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for name, test := range map[string]struct {
		ctx  context.Context
		body io.Reader
		want error
	}{
		"too large": {context.Background(), strings.NewReader("123456"), ErrTooLarge},
		"cut":       {context.Background(), io.MultiReader(strings.NewReader("123"), iotest.ErrReader(cut)), cut},
		"left":      {gone, strings.NewReader("123"), context.Canceled},
	} {
		_, err := f.Put(test.ctx, test.body, 5)
		require.ErrorIs(t, err, test.want, name)
		require.Empty(t, regular(t, f.dir), name)
	}
}

// Traversals are names that want to lead out of the folder.
var traversals = []string{"", ".", "..", "../canary", "..\\canary", "%2e%2e%2fcanary", "%252e%252e%252fcanary", "..;/canary", "/etc/passwd", "C:\\canary", "\\\\host\\s",
	"a/./../../canary", "canary\x00", "．．/canary", strings.Repeat("../", 300) + "etc/passwd", "arriving/../../canary", "....//canary", "~/canary", "file:///etc/passwd",
	"../../" + strings.Repeat("a", 26), strings.Repeat("A", 32), strings.Repeat("g", 32), strings.Repeat("0", 31), strings.Repeat("0", 33), strings.Repeat("0", 31) + "\n", "0/../" + strings.Repeat("0", 27)}

// Row 13: nothing but an id of our own opens or removes anything.
func TestNoNameLeadsOutOfTheFolder(t *testing.T) {
	dir := t.TempDir()
	canary := filepath.Join(dir, "canary")
	require.NoError(t, os.WriteFile(canary, []byte("alive"), 0o600))
	f := New(filepath.Join(dir, "files"))
	_, err := f.Put(context.Background(), strings.NewReader("x"), 1)
	require.NoError(t, err)
	before := regular(t, dir)
	for _, name := range traversals {
		_, err := f.Open(context.Background(), name)
		require.ErrorIs(t, err, fs.ErrNotExist, "%q", name)
		require.NoError(t, f.Delete(context.Background(), name), "%q", name)
	}
	require.Equal(t, before, regular(t, dir))
}

// Row 15: a link that somebody put among the shelves is not followed out of it.
func TestALinkOutOfTheFolderIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(dir, "outside")
	require.NoError(t, os.Mkdir(outside, 0o700))
	f, id := New(filepath.Join(dir, "files")), strings.Repeat("ab", 16)
	require.NoError(t, os.MkdirAll(filepath.Join(f.dir, "ab"), 0o700))
	require.NoError(t, os.Symlink(outside, filepath.Join(f.dir, "ab", "ab")))
	require.NoError(t, os.WriteFile(filepath.Join(outside, id), []byte("alive"), 0o600))
	_, err := f.Open(context.Background(), id)
	require.Error(t, err)
	require.Error(t, f.Delete(context.Background(), id))
	require.FileExists(t, filepath.Join(outside, id))
}

func TestSweepRemovesOldArrivalsOnly(t *testing.T) {
	f := New(t.TempDir())
	kept, err := f.Put(context.Background(), strings.NewReader("kept"), 10)
	require.NoError(t, err)
	for name, age := range map[string]time.Duration{strings.Repeat("0", 32): 2 * time.Hour, strings.Repeat("1", 32): time.Minute} {
		file := filepath.Join(f.dir, arrivals, name)
		require.NoError(t, os.WriteFile(file, []byte("half"), 0o600))
		require.NoError(t, os.Chtimes(file, time.Now(), time.Now().Add(-age)))
	}
	require.NoError(t, f.Sweep(context.Background(), time.Now().Add(-time.Hour)))
	require.NoFileExists(t, filepath.Join(f.dir, arrivals, strings.Repeat("0", 32)))
	require.FileExists(t, filepath.Join(f.dir, arrivals, strings.Repeat("1", 32)))
	var ids []string
	require.NoError(t, f.Each(context.Background(), func(id string, _ time.Time) error { ids = append(ids, id); return nil }))
	require.Equal(t, []string{kept.ID}, ids, "an arrival is no blob")
	require.NoError(t, New("").Sweep(context.Background(), time.Now()))
}

const fullDisk = "THROUGHLINE_TEST_FULL_DISK"

// TestAFullDiskLeavesNothing runs itself with a limit on the size of files, which
// ends a write like a full disk does.
func TestAFullDiskLeavesNothing(t *testing.T) {
	dir := os.Getenv(fullDisk)
	if dir == "" {
		again := exec.Command(os.Args[0], "-test.run", "^TestAFullDiskLeavesNothing$")
		again.Env = append(os.Environ(), fullDisk+"="+t.TempDir())
		out, err := again.CombinedOutput()
		require.NoError(t, err, string(out))
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 64 << 10, Max: 64 << 10}))
	_, err := New(dir).Put(context.Background(), bytes.NewReader(make([]byte, 1<<20)), 2<<20)
	require.ErrorIs(t, err, syscall.EFBIG)
	require.Empty(t, regular(t, dir))
}

// regular are the files below a folder.
func regular(t *testing.T, dir string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			names = append(names, name)
		}
		return err
	}))
	return names
}
