package store

import (
	"context"
	"errors"
	"io"

	"throughline/models"
	"throughline/models/store/blob"
)

// Upload is files on their way to one subject: Add each, then Keep all, or Drop
// them. Nothing is seen of them before Keep returns.
type Upload struct {
	s       *Store
	by      models.Principal
	subject models.Subject
	project int64 // whose room they take
	files   []models.File
}

// Upload begins one. The principal must be a contributor of one of the subject's
// projects.
func (s *Store) Upload(ctx context.Context, by models.Principal, subject models.Subject) (*Upload, error) {
	if err := s.MayWrite(ctx, by, subject.ID, models.Contributor); err != nil {
		return nil, err
	}
	project, err := s.payer(ctx, by, subject.ID)
	if err != nil {
		return nil, err
	}
	u := &Upload{s: s, by: by, subject: subject, project: project}
	return u, s.room(ctx, u)
}

// payer is the project whose room the files of a subject take: its home, or the
// first in which the principal may write.
func (s *Store) payer(ctx context.Context, by models.Principal, subject int64) (payer int64, err error) {
	var home int64
	if err := s.row(ctx, `SELECT home_id FROM subjects WHERE id = ?`, []any{subject}, &home); err != nil {
		return 0, err
	}
	projects, err := s.ProjectsOf(ctx, subject)
	if err != nil {
		return 0, err
	}
	for _, p := range projects {
		if by.RoleIn(p.ID).AtLeast(models.Contributor) && (payer == 0 || p.ID == home) {
			payer = p.ID
		}
	}
	if payer == 0 {
		return 0, models.Errorf(models.Unprocessed, "This is in none of the projects yet, so there is no room for its files.")
	}
	return payer, nil
}

// room refuses early what the limits would refuse at the end.
func (s *Store) room(ctx context.Context, u *Upload) error {
	count, size, err := filesOf(func(q string, args []any, dest ...any) error { return s.row(ctx, q, args, dest...) }, u.subject.ID, u.project)
	if err != nil {
		return err
	}
	return u.fits(count, size, 1)
}

func filesOf(row func(q string, args []any, dest ...any) error, subject, project int64) (count, size int64, err error) {
	err = row(`SELECT (SELECT COUNT(*) FROM files WHERE subject_id = ? AND deleted_at = 0),
 (SELECT COALESCE(SUM(size), 0) FROM files WHERE project_id = ? AND deleted_at = 0)`, []any{subject, project}, &count, &size)
	return count, size, err
}

func (u *Upload) fits(count, size int64, more int) error {
	for _, f := range u.files {
		size += f.Size
	}
	if count+int64(more) > models.MaxFiles {
		return models.Errorf(models.Unprocessed, "This has %d files already and %d is the most. Delete one first.", count, models.MaxFiles)
	}
	if size > u.s.projectFiles {
		return models.Errorf(models.TooLarge, "The files of this project would take %d of the %d MiB they may. Delete some first.", size>>20, u.s.projectFiles>>20)
	}
	return nil
}

// Add takes in one file's bytes and returns when they are on disk. A file over
// the limit, or one that breaks off, is refused and leaves nothing.
func (u *Upload) Add(ctx context.Context, name string, r io.Reader) error {
	name = models.FileName(name)
	if len(u.files) == models.MaxFilesAtOnce {
		return models.Errorf(models.Unprocessed, "At most %d files can be uploaded at once. Send the others after these.", models.MaxFilesAtOnce)
	}
	b, err := u.s.blobs.Put(ctx, r, u.s.maxFile)
	var ours *models.Error
	switch {
	case errors.Is(err, blob.ErrTooLarge):
		return models.Errorf(models.TooLarge, "%s is larger than %d MiB, the most that one file may have. Nothing was uploaded.", name, u.s.maxFile>>20)
	case noRoom(err):
		return models.Errorf(models.Busy, "The disk of the hub is full; nothing was uploaded. Tell whoever runs it.").Because(err)
	case errors.As(err, &ours):
		return err
	case err != nil:
		return models.Errorf(models.Invalid, "%s broke off on its way; nothing was uploaded. Send it again.", name).Because(err)
	}
	f := models.File{ID: b.ID, Subject: u.subject, Name: name, Size: b.Size, SHA256: b.SHA256, By: u.by.Name, ActorID: u.by.Actor()}
	u.files = append(u.files, f)
	return u.look(ctx, &u.files[len(u.files)-1])
}

// look reads from a file's beginning what it is.
func (u *Upload) look(ctx context.Context, f *models.File) error {
	r, err := u.s.blobs.Open(ctx, f.ID)
	if err != nil {
		return err
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, models.Sniffed))
	f.Type, f.Width, f.Height = models.Sniff(head)
	return err
}

// Drop forgets what was added and not kept. It is of no effect after Keep.
func (u *Upload) Drop() {
	for _, f := range u.files {
		if err := u.s.blobs.Delete(context.Background(), f.ID); err != nil {
			u.s.log.Warn("drop an upload; the hourly sweep tries again", "error", err)
		}
	}
	u.files = nil
}

// Keep makes all files that were added the subject's, or none.
func (u *Upload) Keep(ctx context.Context) ([]models.File, error) {
	if len(u.files) == 0 {
		return nil, models.FieldErrorf(models.Unprocessed, "file", "Choose at least one file.")
	}
	err := u.s.write(ctx, u.by, u.keep)
	if err != nil {
		u.Drop()
		return nil, err
	}
	files := u.files
	u.files = nil
	return files, nil
}

func (u *Upload) keep(w *unit) error {
	count, size, err := filesOf(w.row, u.subject.ID, u.project)
	if err != nil {
		return err
	}
	if err := u.fits(count, size, len(u.files)); err != nil {
		return err
	}
	told := make([]map[string]any, len(u.files))
	for i := range u.files {
		f := &u.files[i]
		f.At = moment(w.at())
		id, err := w.insert(`INSERT INTO files (blob, subject_id, project_id, name, media_type, width, height, size, sha256, actor, author, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			f.ID, u.subject.ID, u.project, f.Name, f.Type, f.Width, f.Height, f.Size, f.SHA256, f.ActorID, f.By, w.at())
		if err != nil {
			return err
		}
		told[i] = map[string]any{"file": id, "size": f.Size, "sha256": f.SHA256}
	}
	return w.note(u.subject.ID, "file.added", map[string]any{"files": told})
}
