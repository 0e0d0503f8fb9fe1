package store

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"io/fs"
	"strings"

	"throughline/models"
)

const artifactColumns = `id, holder, folder, name, object, media_type, width, height, size, sha256, actor, by_name, created_at`

func scanArtifact(r *sql.Rows, a *models.Artifact) error {
	var at int64
	err := r.Scan(&a.ID, &a.Holder, &a.Folder, &a.Name, &a.Object, &a.Type, &a.Width, &a.Height, &a.Size, &a.SHA256, &a.Actor, &a.ByName, &at)
	a.At = moment(at)
	return err
}

// Artifact is the one that a holder has at a path.
func (s *Store) Artifact(ctx context.Context, h Holder, path models.ArtifactPath) (a models.Artifact, err error) {
	folder, name := path.Split()
	rows, err := s.query(ctx, `SELECT `+artifactColumns+` FROM artifacts WHERE integration_id = ? AND holder = ? AND folder = ? AND name = ?`,
		h.Space.Integration.ID, h.Key, folder, name)
	list, err := all(rows, err, scanArtifact)
	if err != nil {
		return a, err
	}
	if len(list) == 0 {
		return a, models.Errorf(models.NotFound, "No such artifact: '%s'", path)
	}
	return list[0], nil
}

// OpenArtifact opens the bytes of an artifact that Artifact returned. The caller
// closes it before ctx ends.
func (s *Store) OpenArtifact(ctx context.Context, a models.Artifact) (io.ReadSeekCloser, error) {
	r, err := s.artifacts.Open(ctx, a.Object)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, models.Errorf(models.NotFound, "The bytes of this artifact are not here. Whoever runs this hub can bring them back from a backup.").Because(err)
	}
	if err != nil {
		return nil, models.Errorf(models.Busy, "The storage of artifacts does not answer; try again in a moment.").Because(err)
	}
	return r, nil
}

// Artifacts lists a folder of a holder: its folders, then its files, by name. A
// folder is there as long as there are files in it; what is not there has nothing in it.
func (s *Store) Artifacts(ctx context.Context, h Holder, folder models.ArtifactPath) ([]models.ArtifactEntry, error) {
	folders, err := s.artifactFolders(ctx, h, folder.String())
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, `SELECT `+artifactColumns+` FROM artifacts WHERE integration_id = ? AND holder = ? AND folder = ? ORDER BY name`,
		h.Space.Integration.ID, h.Key, folder.String())
	files, err := all(rows, err, func(r *sql.Rows, e *models.ArtifactEntry) error {
		err := scanArtifact(r, &e.File)
		e.Name, e.Size = e.File.Name, e.File.Size
		return err
	})
	return append(folders, files...), err
}

// artifactFolders are the folders in a folder, each with all that is below it.
func (s *Store) artifactFolders(ctx context.Context, h Holder, at string) (out []models.ArtifactEntry, err error) {
	from, to := below(at)
	rows, err := s.query(ctx, `SELECT folder, COUNT(*), SUM(size) FROM artifacts WHERE integration_id = ? AND holder = ? AND folder > ? AND folder < ? GROUP BY folder ORDER BY folder`,
		h.Space.Integration.ID, h.Key, from, to)
	list, err := all(rows, err, func(r *sql.Rows, e *models.ArtifactEntry) error { return r.Scan(&e.Name, &e.Files, &e.Size) })
	at = "/"
	for _, e := range list {
		name, _, _ := strings.Cut(strings.TrimPrefix(e.Name, from), "/")
		if name != at {
			at, out = name, append(out, models.ArtifactEntry{Name: name, Dir: true})
		}
		last := &out[len(out)-1]
		last.Files, last.Size = last.Files+e.Files, last.Size+e.Size
	}
	return out, err
}

// below are the bounds of what lies in a folder: "a/" and "a0", which is next to it.
func below(folder string) (from, to string) {
	if folder == "" {
		return "", "\U0010ffff"
	}
	return folder + "/", folder + "0"
}
