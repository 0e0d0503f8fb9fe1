package store

import (
	"cmp"
	"context"
	"path/filepath"
	"time"

	"throughline/models"
	"throughline/models/store/blob"
)

// keepFiles says where the bytes of files are and how many there may be.
func (s *Store) keepFiles(o Options) {
	if o.FilesDir == "" && o.DataDir != "" {
		o.FilesDir = filepath.Join(o.DataDir, "files")
	}
	s.blobs = blob.New(o.FilesDir)
	s.maxFile, s.projectFiles = cmp.Or(o.MaxFile, models.DefaultMaxFile), models.MaxProject
}

// MaxFile is the largest file that is taken, in bytes.
func (s *Store) MaxFile() int64 { return s.maxFile }

// How long bytes may lie about that no row names: an upload under way, or one that
// a crash cut off before its row was written. A database brought back from a
// backup keeps the bytes of newer files for a day.
const (
	arrivalAge = time.Hour
	orphanAge  = 24 * time.Hour
)

// keepSwept sweeps every hour until ctx ends.
func (s *Store) keepSwept(ctx context.Context) {
	for tick := time.NewTicker(time.Hour); ; {
		select {
		case <-tick.C:
			if err := s.SweepFiles(ctx); err != nil && ctx.Err() == nil {
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
	now := s.now()
	if err := s.blobs.Sweep(now.Add(-arrivalAge)); err != nil {
		return err
	}
	return s.blobs.Each(func(id string, at time.Time) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		var live, gone int
		err := s.row(ctx, `SELECT COALESCE(SUM(CASE WHEN deleted_at = 0 THEN 1 ELSE 0 END), 0), COUNT(*) FROM files WHERE blob = ?`, []any{id}, &live, &gone)
		if err != nil || live > 0 || gone == 0 && at.After(now.Add(-orphanAge)) {
			return err
		}
		return s.blobs.Delete(id)
	})
}
