package store

import (
	"context"

	"throughline/models"
)

// DeleteArtifacts removes for good the artifact at a path of a holder, or all in
// that folder; the empty path is all that it has. Who logged them may, and a
// maintainer. Nothing there is no error: a client that lost the answer asks again.
func (s *Store) DeleteArtifacts(ctx context.Context, by models.Principal, h Holder, path models.ArtifactPath) error {
	if err := h.open(); err != nil {
		return err
	}
	var gone []models.Artifact
	err := s.write(ctx, by, func(u *unit) (err error) {
		if gone, err = u.artifactsAt(h, path); err != nil {
			return err
		}
		return u.dropArtifacts(h, path, gone)
	})
	if err != nil {
		return err
	}
	for _, a := range gone {
		s.dropObject(ctx, a.Object)
	}
	return nil
}

// artifactsAt are the artifact at a path and all below it.
func (u *unit) artifactsAt(h Holder, path models.ArtifactPath) ([]models.Artifact, error) {
	from, to := below(path.String())
	folder, name := path.Split()
	rows, err := u.query(`SELECT `+artifactColumns+` FROM artifacts WHERE integration_id = ? AND holder = ? AND (folder = ? AND name = ? OR folder = ? OR folder > ? AND folder < ?)`,
		h.Space.Integration.ID, h.Key, folder, name, path.String(), from, to)
	return all(rows, err, scanArtifact)
}

func (u *unit) dropArtifacts(h Holder, path models.ArtifactPath, gone []models.Artifact) error {
	var size int64
	for _, a := range gone {
		if a.Actor != u.by.Actor() && !u.by.RoleIn(h.Space.Project.ID).AtLeast(models.Maintainer) {
			return models.Errorf(models.Forbidden, "Who logged an artifact may delete it, and a maintainer. %s is by somebody else.", a.Path())
		}
		if _, err := u.exec(`DELETE FROM artifacts WHERE id = ?`, a.ID); err != nil {
			return err
		}
		size += a.Size
	}
	if len(gone) == 0 {
		return errNothing
	}
	return u.noteHolder(h, "artifact.deleted", map[string]any{"artifact": path.String(), "files": len(gone), "size": size})
}
