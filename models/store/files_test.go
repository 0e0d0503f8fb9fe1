package store

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store/blob"
)

// upload puts files of such texts on a subject.
func (h *hub) upload(by models.Principal, subject models.Subject, texts ...string) ([]models.File, error) {
	h.t.Helper()
	ctx := context.Background()
	u, err := h.s.Upload(ctx, by, subject)
	if err != nil {
		return nil, err
	}
	defer u.Drop()
	for _, text := range texts {
		if err := u.Add(ctx, "notes.txt", strings.NewReader(text)); err != nil {
			return nil, err
		}
	}
	return u.Keep(ctx)
}

func (h *hub) newest() int64 {
	seq, err := h.s.Seq(context.Background())
	require.NoError(h.t, err)
	return seq
}

// filesHub is a hub with a model and a folder for files.
func filesHub(t *testing.T, s *Store) (*hub, models.Subject, string) {
	h, dir := newHub(t, s), t.TempDir()
	s.blobs = blob.New(dir)
	h.tell(names())
	return h, h.find(models.Model, "fraud-score"), dir
}

// onDisk counts the files below a folder.
func onDisk(t *testing.T, dir string) (n int) {
	t.Helper()
	require.NoError(t, filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n++
		}
		return err
	}))
	return n
}

func TestFilesAreListedReadAndDeleted(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, model, dir := filesHub(t, s)
		ctx, kim := context.Background(), member(h.project.ID, models.Contributor)
		before := h.newest()
		added, err := h.upload(kim, model, "one", "two")
		require.NoError(t, err)
		require.Equal(t, before+1, h.newest(), "one row of activity for one upload")
		list, err := s.Files(ctx, model.ID)
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, added[1].ID, list[0].ID, "the newest first")
		require.Equal(t, models.PlainText, list[0].Type)
		f, err := s.File(ctx, kim, added[0].ID)
		require.NoError(t, err)
		require.Equal(t, model.Ref, f.Subject.Ref)
		r, err := s.OpenFile(ctx, f)
		require.NoError(t, err)
		text, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		require.Equal(t, "one", string(text))
		other := kim
		other.PersonID = 78
		require.Equal(t, models.Forbidden, models.CodeOf(s.DeleteFile(ctx, other, f.ID)), "another contributor's")
		require.NoError(t, s.DeleteFile(ctx, kim, f.ID), "one's own")
		require.Equal(t, models.NotFound, models.CodeOf(s.DeleteFile(ctx, kim, f.ID)), "twice")
		require.NoError(t, s.DeleteFile(ctx, member(h.project.ID, models.Maintainer), added[1].ID), "a maintainer")
		require.Equal(t, before+3, h.newest())
		require.Zero(t, onDisk(t, dir))
	})
}

// Rows 03 and 04: files of a project are nobody else's.
func TestFilesOfAnotherProjectAreLikeAbsent(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, model, dir := filesHub(t, s)
		ctx := context.Background()
		added, err := h.upload(admin, model, "secret")
		require.NoError(t, err)
		other, err := s.CreateProject(ctx, admin, "OTHER", "Other")
		require.NoError(t, err)
		stranger := member(other.ID, models.Administrator)
		_, hidden := s.File(ctx, stranger, added[0].ID)
		_, absent := s.File(ctx, stranger, strings.Repeat("0", 32))
		require.Equal(t, models.NotFound, models.CodeOf(hidden))
		require.Equal(t, absent.Error(), hidden.Error())
		require.Equal(t, absent.Error(), s.DeleteFile(ctx, stranger, added[0].ID).Error())
		_, err = h.upload(stranger, model, "x")
		require.Equal(t, models.NotFound, models.CodeOf(err))
		_, err = h.upload(member(h.project.ID, models.Viewer), model, "x")
		require.Equal(t, models.Forbidden, models.CodeOf(err))
		require.Equal(t, 1, onDisk(t, dir))
	})
}

func TestFilesHaveLimits(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, model, dir := filesHub(t, s)
		s.maxFile, s.projectFiles = 10, 25
		before := h.newest()
		_, err := h.upload(admin, model, "12345", strings.Repeat("x", 11))
		require.Equal(t, models.TooLarge, models.CodeOf(err), "one file too large refuses all of an upload")
		require.ErrorContains(t, err, "Nothing was uploaded")
		_, err = h.upload(admin, model)
		require.Equal(t, models.Unprocessed, models.CodeOf(err), "no file")
		_, err = h.upload(admin, model, strings.Split(strings.Repeat("x", models.MaxFilesAtOnce+1), "")...)
		require.Equal(t, models.Unprocessed, models.CodeOf(err), "too many at once")
		_, err = h.upload(admin, model, "1234567890", "1234567890", "123456")
		require.Equal(t, models.TooLarge, models.CodeOf(err), "too much for the project")
		require.Equal(t, before, h.newest())
		require.Zero(t, onDisk(t, dir), "what was refused leaves nothing")
		for range models.MaxFiles / models.MaxFilesAtOnce {
			_, err = h.upload(admin, model, make([]string, models.MaxFilesAtOnce)...)
			require.NoError(t, err)
		}
		_, err = h.upload(admin, model, "")
		require.ErrorContains(t, err, "200")
	})
}

// F22: an upload that is cut at any byte leaves nothing.
func TestACutUploadLeavesNothing(t *testing.T) {
	s := open(t, Options{DataDir: t.TempDir()})
	h, model, dir := filesHub(t, s)
	ctx, before := context.Background(), h.newest()
	for _, n := range []int{0, 1, 100, 64 << 10, 1 << 20} {
		u, err := s.Upload(ctx, admin, model)
		require.NoError(t, err)
		require.NoError(t, u.Add(ctx, "whole.txt", strings.NewReader("whole")))
		err = u.Add(ctx, "cut.bin", io.MultiReader(strings.NewReader(strings.Repeat("x", n)), iotest.ErrReader(io.ErrUnexpectedEOF)))
		require.Equal(t, models.Invalid, models.CodeOf(err))
		u.Drop()
		require.Zero(t, onDisk(t, dir))
	}
	require.Equal(t, before, h.newest())
}

func TestTheSweepRemovesBytesOfNoFile(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		h, model, dir := filesHub(t, s)
		ctx := context.Background()
		added, err := h.upload(admin, model, "kept", "deleted")
		require.NoError(t, err)
		orphan, err := s.blobs.Put(ctx, strings.NewReader("orphan"), 10)
		require.NoError(t, err)
		blobs := s.blobs
		s.blobs = blob.New("") // the bytes can not be removed now
		require.NoError(t, s.DeleteFile(ctx, admin, added[1].ID))
		s.blobs = blobs
		require.NoError(t, s.SweepFiles(ctx))
		require.Equal(t, 2, onDisk(t, dir), "an orphan of today may be an upload under way")
		s.now = func() time.Time { return time.Now().Add(25 * time.Hour) }
		require.NoError(t, s.SweepFiles(ctx))
		require.Equal(t, 1, onDisk(t, dir))
		_, err = s.blobs.Open(ctx, orphan.ID)
		require.Error(t, err)
		old, err := s.FilesBefore(ctx, s.now(), 10)
		require.NoError(t, err)
		require.Len(t, old, 1)
		require.NoError(t, s.PurgeFile(ctx, admin, old[0]))
		require.Zero(t, onDisk(t, dir))
	})
}
