package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/e2e/s3"
)

const limit = 64 << 20

// each runs a promise on every kind of storage; dir is where its bytes end up.
func each(t *testing.T, promise func(t *testing.T, s Storage, dir string)) {
	t.Run("folder", func(t *testing.T) {
		dir := t.TempDir()
		s, err := At(dir, limit)
		require.NoError(t, err)
		promise(t, s, dir)
	})
	t.Run("bucket", func(t *testing.T) {
		server := s3.Start(t)
		s, err := At(server.Address, limit)
		require.NoError(t, err)
		promise(t, s, server.Folder)
	})
}

// noise is n bytes that are the same for the same n.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(b) // never fails
	return b
}

// sizes are those around the parts in which bytes go to a bucket.
var sizes = map[string]int{"nothing": 0, "one byte": 1, "one less than a part": leastPart - 1, "a part": leastPart, "one more than a part": leastPart + 1,
	"two parts": 2 * leastPart, "and a bit": 2*leastPart + 12345}

func TestWhatIsPutComesBackFromAnyPlaceInIt(t *testing.T) {
	each(t, func(t *testing.T, s Storage, _ string) {
		for name, size := range sizes {
			want := noise(size)
			b, err := s.Put(t.Context(), bytes.NewReader(want), limit)
			require.NoError(t, err, name)
			sum := sha256.Sum256(want)
			require.Equal(t, Blob{ID: b.ID, Size: int64(size), SHA256: hex.EncodeToString(sum[:])}, b, name)
			r, err := s.Open(t.Context(), b.ID)
			require.NoError(t, err, name)
			for _, from := range []int{size, size / 2, max(0, size-3), 0} {
				_, err = r.Seek(int64(from), io.SeekStart)
				require.NoError(t, err, name)
				got, err := io.ReadAll(r)
				require.NoError(t, err, name)
				require.True(t, bytes.Equal(want[from:], got), "%s from %d", name, from)
			}
			end, err := r.Seek(0, io.SeekEnd)
			require.NoError(t, err, name)
			require.Equal(t, int64(size), end, name)
			require.NoError(t, r.Close())
			require.NoError(t, s.Delete(t.Context(), b.ID))
			require.NoError(t, s.Delete(t.Context(), b.ID), "twice is no error")
			_, err = s.Open(t.Context(), b.ID)
			require.ErrorIs(t, err, fs.ErrNotExist, name)
		}
	})
}

// An upload that is cut at any byte leaves nothing to be read.
func TestWhatIsCutAtAnyByteLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, s Storage, dir string) {
		whole := noise(3 * leastPart)
		for range 50 {
			at := rand.IntN(len(whole))
			_, err := s.Put(t.Context(), io.MultiReader(bytes.NewReader(whole[:at]), iotest.ErrReader(errors.New("cut"))), limit)
			require.ErrorIs(t, err, ErrCut, "at %d", at)
			require.Empty(t, listed(t, s), "at %d", at)
		}
		require.Empty(t, regular(t, dir), "no half bytes lie about")
	})
}

func TestTooMuchAndLeavingLeaveNothing(t *testing.T) {
	each(t, func(t *testing.T, s Storage, dir string) {
		_, err := s.Put(t.Context(), bytes.NewReader(noise(2*leastPart)), 2*leastPart-1)
		require.ErrorIs(t, err, ErrTooLarge)
		_, err = s.Put(t.Context(), strings.NewReader("123456"), 5)
		require.ErrorIs(t, err, ErrTooLarge)
		ctx, leave := context.WithCancel(t.Context())
		half := bytes.NewReader(noise(leastPart + 1))
		_, err = s.Put(ctx, io.MultiReader(half, readerFunc(func([]byte) (int, error) { leave(); return 0, nil })), limit)
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, ErrCut)
		require.Empty(t, listed(t, s))
		require.Empty(t, regular(t, dir))
	})
}

type readerFunc func([]byte) (int, error)

// Read implements io.Reader.
func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// Row 13: nothing but an id of our own opens or removes anything.
func TestOnlyOurIdsOpenAnything(t *testing.T) {
	each(t, func(t *testing.T, s Storage, dir string) {
		kept, err := s.Put(t.Context(), strings.NewReader("alive"), 5)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "canary"), []byte("alive"), 0o600))
		before := regular(t, dir)
		for _, name := range append(traversals, "../canary", "canary", "hub/../canary", "hub/"+kept.ID) {
			_, err := s.Open(t.Context(), name)
			require.ErrorIs(t, err, fs.ErrNotExist, "%q", name)
			require.NoError(t, s.Delete(t.Context(), name), "%q", name)
		}
		require.Equal(t, before, regular(t, dir))
		require.Equal(t, []string{kept.ID}, listed(t, s), "what is not ours is not listed")
	})
}

// What a kill left half-way is swept, once it is old enough.
func TestWhatAKillLeftIsSwept(t *testing.T) {
	each(t, func(t *testing.T, s Storage, dir string) {
		kept, err := s.Put(t.Context(), strings.NewReader("kept"), 5)
		require.NoError(t, err)
		leaveHalf(t, s)
		half := regular(t, dir)
		require.Greater(t, len(half), 1)
		require.NoError(t, s.Sweep(t.Context(), time.Now().Add(-time.Hour)))
		require.Equal(t, half, regular(t, dir), "it may be on its way still")
		require.NoError(t, s.Sweep(t.Context(), time.Now().Add(time.Minute)))
		require.Len(t, regular(t, dir), 1)
		require.Equal(t, []string{kept.ID}, listed(t, s))
	})
}

// leaveHalf leaves what an upload leaves when the program is killed.
func leaveHalf(t *testing.T, s Storage) {
	t.Helper()
	id := newID()
	if f, ok := s.(*Folder); ok {
		require.NoError(t, os.WriteFile(filepath.Join(f.dir, arriving(id)), []byte("half"), 0o600))
		return
	}
	p := &putting{Bucket: s.(*Bucket), ctx: t.Context(), blob: Blob{ID: id}}
	require.NoError(t, p.one(bytes.NewBuffer(noise(100))))
}

// listed are the ids of all blobs.
func listed(t *testing.T, s Storage) (ids []string) {
	t.Helper()
	require.NoError(t, s.Each(t.Context(), func(id string, _ time.Time) error { ids = append(ids, id); return nil }))
	return ids
}

func TestAddressesOfBuckets(t *testing.T) {
	for text, want := range map[string]address{
		"s3://b": {bucket: "b", host: "s3.amazonaws.com", secure: true},
		"s3://b/a/c/?endpoint=http://h:9000&region=eu&path_style=true": {bucket: "b", prefix: "a/c/", host: "h:9000", region: "eu", lookup: 2},
		"s3://b?endpoint=minio.example.com":                            {bucket: "b", host: "minio.example.com", secure: true},
	} {
		got, err := readAddress(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"s3://", "s3:///p", "s3://key:secret@b", "s3://b?path=1", "s3://b?endpoint=ftp://h", "s3://b?endpoint=https://h/path", "s3://b?endpoint=https://u:p@h", "s3://b?path_style=yes", "s3://b#x"} {
		require.Error(t, Check(text), text)
		_, err := At(text, limit)
		require.Error(t, err, text)
	}
	require.NoError(t, Check("/var/lib/throughline"))
}
