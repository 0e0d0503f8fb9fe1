package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"syscall"
	"time"

	"throughline/models"
	"throughline/models/store/blob"
)

const fileSelect = `SELECT f.subject_id, f.blob, f.name, f.media_type, f.width, f.height, f.size, f.sha256, f.actor, f.author, f.created_at
 FROM files f JOIN subjects s ON s.id = f.subject_id WHERE f.deleted_at = 0 AND `

func scanFile(r *sql.Rows, f *models.File) error {
	var at int64
	err := r.Scan(&f.Subject.ID, &f.ID, &f.Name, &f.Type, &f.Width, &f.Height, &f.Size, &f.SHA256, &f.ActorID, &f.By, &at)
	f.At = moment(at)
	return err
}

// Files lists the files of a subject, the newest first.
func (s *Store) Files(ctx context.Context, subject int64) ([]models.File, error) {
	rows, err := s.query(ctx, fileSelect+`f.subject_id = ? ORDER BY f.id DESC`, subject)
	return all(rows, err, scanFile)
}

// FilesBefore lists files that were uploaded before a moment, the oldest first,
// whoever may see them: for clearing away by age.
func (s *Store) FilesBefore(ctx context.Context, before time.Time, limit int) ([]models.File, error) {
	rows, err := s.query(ctx, fileSelect+`f.created_at < ? ORDER BY f.id LIMIT ?`, millis(before), limit)
	return all(rows, err, scanFile)
}

// File is one that the principal may see, with its subject; an invisible one
// answers like an absent one.
func (s *Store) File(ctx context.Context, by models.Principal, id string) (models.File, error) {
	absent := models.Errorf(models.NotFound, "There is no such file, or it is not yours to see.")
	if !blob.Valid(id) {
		return models.File{}, absent
	}
	see, args := sight(by)
	rows, err := s.query(ctx, fileSelect+`f.blob = ? AND `+see, append([]any{id}, args...)...)
	list, err := all(rows, err, scanFile)
	if err != nil {
		return models.File{}, err
	}
	if len(list) == 0 {
		return models.File{}, absent
	}
	subjects, err := s.byID(ctx, by, []int64{list[0].Subject.ID})
	list[0].Subject = subjects[list[0].Subject.ID]
	return list[0], err
}

// OpenFile opens the bytes of a file that File returned. The caller closes it
// before ctx ends.
func (s *Store) OpenFile(ctx context.Context, f models.File) (io.ReadSeekCloser, error) {
	r, err := s.blobs.Open(ctx, f.ID)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, models.Errorf(models.NotFound, "The bytes of this file are not here. Whoever runs this hub can bring them back from a backup.").Because(err)
	}
	return r, err
}

// DeleteFile removes a file's bytes for good and keeps a row that there was one.
// Who uploaded it may, and a maintainer.
func (s *Store) DeleteFile(ctx context.Context, by models.Principal, id string) error {
	f, err := s.File(ctx, by, id)
	if err != nil {
		return err
	}
	need := models.Maintainer
	if f.ActorID == by.Actor() {
		need = models.Contributor
	}
	if err := s.MayWrite(ctx, by, f.Subject.ID, need); err != nil {
		return err
	}
	return s.removeFile(ctx, by, f, "file.deleted")
}

// PurgeFile is DeleteFile because of the file's age.
func (s *Store) PurgeFile(ctx context.Context, by models.Principal, f models.File) error {
	return s.removeFile(ctx, by, f, "file.purged")
}

func (s *Store) removeFile(ctx context.Context, by models.Principal, f models.File, action string) error {
	err := s.write(ctx, by, func(u *unit) error {
		var row int64
		err := u.row(`UPDATE files SET deleted_at = ? WHERE blob = ? AND deleted_at = 0 RETURNING id`, []any{u.at(), f.ID}, &row)
		if errors.Is(err, sql.ErrNoRows) {
			return models.Errorf(models.NotFound, "Somebody has deleted this file already.")
		}
		if err != nil {
			return err
		}
		return u.note(f.Subject.ID, action, map[string]any{"file": row, "sha256": f.SHA256})
	})
	if err != nil {
		return err
	}
	if err := s.blobs.Delete(ctx, f.ID); err != nil {
		s.log.ErrorContext(ctx, "remove a deleted file's bytes; the hourly sweep tries again", "error", err)
	}
	return nil
}

// noRoom tells whether the disk took no more.
func noRoom(err error) bool {
	return errors.Is(err, blob.ErrNoRoom) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
