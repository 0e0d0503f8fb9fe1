package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"throughline/models"
	"throughline/models/store/blob"
)

// keepFiles says where the bytes of files and of artifacts are and how large they
// may be.
func (s *Store) keepFiles(o Options) (err error) {
	if o.DataDir != "" {
		o.FilesDir = cmp.Or(o.FilesDir, filepath.Join(o.DataDir, "files"))
		o.Artifacts = cmp.Or(o.Artifacts, filepath.Join(o.DataDir, "artifacts"))
	}
	if o.FilesDir != "" && o.FilesDir == o.Artifacts {
		return errors.New("files and artifacts need a place of their own each")
	}
	s.maxFile, s.projectFiles = cmp.Or(o.MaxFile, models.DefaultMaxFile), models.MaxProject
	s.maxArtifact = cmp.Or(o.MaxArtifact, models.DefaultMaxArtifact)
	if s.blobs, err = blob.At(o.FilesDir, s.maxFile); err != nil {
		return fmt.Errorf("the storage of files: %w", err)
	}
	if s.artifacts, err = blob.At(o.Artifacts, s.maxArtifact); err != nil {
		return fmt.Errorf("the storage of artifacts: %w", err)
	}
	return nil
}

// MaxFile is the largest file that is taken, in bytes.
func (s *Store) MaxFile() int64 { return s.maxFile }

// MaxArtifact is the largest artifact that is taken, in bytes.
func (s *Store) MaxArtifact() int64 { return s.maxArtifact }

// How long bytes may lie about that no row names: an upload under way, or one that
// a crash cut off before its row was written. A database brought back from a
// backup keeps the bytes of newer files for a day.
const (
	arrivalAge = time.Hour
	orphanAge  = 24 * time.Hour
)

// sweepEach is how often each artifact is looked for: there may be a million.
const sweepEach = 24

// keepSwept sweeps every hour until ctx ends.
func (s *Store) keepSwept(ctx context.Context) {
	for tick, n := time.NewTicker(time.Hour), 0; ; n++ {
		select {
		case <-tick.C:
			err := errors.Join(s.SweepFiles(ctx), s.SweepArtifacts(ctx, n%sweepEach == 0))
			if err != nil && ctx.Err() == nil {
				s.log.Warn("clear away the bytes of no file", "error", err)
			}
		case <-ctx.Done():
			tick.Stop()
			return
		}
	}
}

// SweepFiles removes the bytes of uploads that broke off and of deleted files.
func (s *Store) SweepFiles(ctx context.Context) error {
	if err := s.blobs.Sweep(ctx, s.now().Add(-arrivalAge)); err != nil {
		return err
	}
	return s.dropOrphans(ctx, s.blobs, `SELECT blob, deleted_at FROM files WHERE blob IN `)
}

// SweepArtifacts removes what broke off on its way and, where orphans are asked
// for, the bytes that no artifact names.
func (s *Store) SweepArtifacts(ctx context.Context, orphans bool) error {
	if err := s.artifacts.Sweep(ctx, s.now().Add(-arrivalAge)); err != nil || !orphans {
		return err
	}
	return s.dropOrphans(ctx, s.artifacts, `SELECT object, 0 FROM artifacts WHERE object IN `)
}

// dropOrphans removes what no row names; asked finds the rows of some ids and
// when each was deleted.
func (s *Store) dropOrphans(ctx context.Context, from blob.Storage, asked string) error {
	found := map[string]time.Time{}
	err := from.Each(ctx, func(id string, at time.Time) error {
		if found[id] = at; len(found) < 500 {
			return ctx.Err()
		}
		err := s.dropUnnamed(ctx, from, asked, found)
		clear(found)
		return err
	})
	if err != nil {
		return err
	}
	return s.dropUnnamed(ctx, from, asked, found)
}

func (s *Store) dropUnnamed(ctx context.Context, from blob.Storage, asked string, found map[string]time.Time) error {
	if len(found) == 0 {
		return nil
	}
	ids := slices.Collect(maps.Keys(found))
	args := make([]any, len(ids))
	for n, id := range ids {
		args[n] = id
	}
	rows, err := s.query(ctx, asked+"(?"+strings.Repeat(", ?", len(ids)-1)+")", args...)
	list, err := all(rows, err, func(r *sql.Rows, o *named) error { return r.Scan(&o.id, &o.deleted) })
	if err != nil {
		return err
	}
	young := s.now().Add(-orphanAge)
	maps.DeleteFunc(found, func(_ string, at time.Time) bool { return at.After(young) })
	for _, o := range list {
		if delete(found, o.id); o.deleted != 0 {
			found[o.id] = time.Time{}
		}
	}
	for id := range found {
		if err := from.Delete(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// named is a blob of a row.
type named struct {
	id      string
	deleted int64
}
