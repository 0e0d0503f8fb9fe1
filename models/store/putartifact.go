package store

import (
	"context"
	"database/sql"
	"errors"
	"io"

	"throughline/models"
	"throughline/models/store/blob"
)

// PutArtifact keeps what r holds as the holder's artifact at a path, whole or not at
// all, and on disk when it returns. One that was there is replaced at that moment.
func (s *Store) PutArtifact(ctx context.Context, by models.Principal, h Holder, path models.ArtifactPath, r io.Reader) (a models.Artifact, err error) {
	if err := h.open(); err != nil {
		return a, err
	}
	if len(path) == 0 {
		return a, models.Errorf(models.Invalid, "Say what the artifact is called, behind '%s/'.", h.Root)
	}
	var head beginning
	b, err := s.artifacts.Put(ctx, io.TeeReader(r, &head), s.maxArtifact)
	if err != nil {
		return a, s.notKept(path, err)
	}
	a = models.Artifact{Holder: h.Key, Object: b.ID, Size: b.Size, SHA256: b.SHA256, Actor: by.Actor()}
	a.Folder, a.Name = path.Split()
	a.Type, a.Width, a.Height = models.Sniff(head)
	var old string
	err = s.write(ctx, by, func(u *unit) (err error) { old, err = u.putArtifact(h, path, &a); return err })
	if err != nil {
		old = a.Object
	}
	s.dropObject(ctx, old)
	return a, err
}

// beginning is the first bytes of what was written to it.
type beginning []byte

// Write implements io.Writer.
func (b *beginning) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), models.Sniffed-len(*b))]...)
	return len(p), nil
}

// notKept says why the storage did not keep an artifact.
func (s *Store) notKept(path models.ArtifactPath, err error) error {
	switch {
	case errors.Is(err, blob.ErrTooLarge):
		return models.Errorf(models.TooLarge, "%s is larger than %d MiB, the most that one artifact may have.", path, s.maxArtifact>>20)
	case noRoom(err):
		return models.Errorf(models.Busy, "The storage of artifacts is full; nothing was kept. Tell whoever runs the hub.").Because(err)
	case errors.Is(err, blob.ErrCut):
		return models.Errorf(models.Invalid, "%s broke off on its way; nothing was kept. Send it again.", path).Because(err)
	}
	return models.Errorf(models.Busy, "The storage of artifacts did not take %s; try again in a moment.", path).Because(err)
}

// putArtifact writes the row; old is the object that it was for until now.
func (u *unit) putArtifact(h Holder, path models.ArtifactPath, a *models.Artifact) (old string, err error) {
	if err := u.logsTo(h); err != nil {
		return "", err
	}
	if err := u.freePlace(h, path); err != nil {
		return "", err
	}
	err = u.row(`SELECT object FROM artifacts WHERE integration_id = ? AND holder = ? AND folder = ? AND name = ?`, []any{h.Space.Integration.ID, h.Key, a.Folder, a.Name}, &old)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	if err := u.artifactRow(h, a); err != nil {
		return "", err
	}
	action := "artifact.added"
	if old != "" {
		action = "artifact.replaced"
	}
	return old, u.noteHolder(h, action, map[string]any{"artifact": path.String(), "size": a.Size, "sha256": a.SHA256})
}

func (u *unit) artifactRow(h Holder, a *models.Artifact) (err error) {
	a.ByName, a.At = u.byName(), moment(u.at())
	a.ID, err = u.insert(`INSERT INTO artifacts (integration_id, holder, folder, name, object, media_type, width, height, size, sha256, actor, by_name, created_at)
 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
 ON CONFLICT (integration_id, holder, folder, name) DO UPDATE SET object = excluded.object, media_type = excluded.media_type, width = excluded.width, height = excluded.height,
 size = excluded.size, sha256 = excluded.sha256, actor = excluded.actor, by_name = excluded.by_name, created_at = excluded.created_at`,
		h.Space.Integration.ID, h.Key, a.Folder, a.Name, a.Object, a.Type, a.Width, a.Height, a.Size, a.SHA256, a.Actor, a.ByName, u.at())
	return err
}

// logsTo refuses what was deleted while the bytes came in, and notes that the
// run was logged to.
func (u *unit) logsTo(h Holder) error {
	switch h.kind {
	case ofTrace:
		return nil
	case ofModel:
		_, err := readLogged(u.query, h.Space, h.Key, false)
		return err
	}
	r, err := u.openRun(h.Space, h.Key, true)
	if err != nil {
		return err
	}
	_, err = u.exec(`UPDATE runs SET name = name`+loggedNow+` WHERE id = ?`, u.at(), u.at(), r.id)
	return err
}

// freePlace refuses a file where there is a folder, and a folder where there is a
// file: nobody could download both.
func (u *unit) freePlace(h Holder, path models.ArtifactPath) error {
	from, to := below(path.String())
	taken, err := u.anyArtifact(h, `(folder = ? OR folder > ? AND folder < ?)`, path.String(), from, to)
	if taken {
		return models.Errorf(models.Invalid, "%s is a folder already.", path)
	}
	for up := path[:len(path)-1]; err == nil && len(up) > 0; up = up[:len(up)-1] {
		folder, name := up.Split()
		if taken, err = u.anyArtifact(h, `folder = ? AND name = ?`, folder, name); taken {
			return models.Errorf(models.Invalid, "%s is a file already.", up)
		}
	}
	return err
}

// anyArtifact tells whether a holder has one; the condition is of this package.
func (u *unit) anyArtifact(h Holder, where string, args ...any) (bool, error) {
	var n int64
	err := u.row(`SELECT COUNT(*) FROM artifacts WHERE integration_id = ? AND holder = ? AND `+where, append([]any{h.Space.Integration.ID, h.Key}, args...), &n)
	return n > 0, err
}

// noteHolder records what happened to a holder's artifacts.
func (u *unit) noteHolder(h Holder, action string, detail map[string]any) error {
	if h.kind != ofRun {
		detail["of"] = h.Key
	}
	if h.Subject != 0 {
		return u.note(h.Subject, action, detail)
	}
	_, err := u.record(h.Space.Project.ID, 0, action, detail)
	return err
}

// dropObject removes bytes that no row names any more.
func (s *Store) dropObject(ctx context.Context, object string) {
	if object == "" {
		return
	}
	if err := s.artifacts.Delete(context.WithoutCancel(ctx), object); err != nil {
		s.log.ErrorContext(ctx, "remove an artifact's bytes; the daily sweep tries again", "error", err)
	}
}
