// Package blob keeps the bytes of files in a folder or in S3-compatible storage,
// each under an opaque random id of its own. A name that a client chose never
// becomes a path.
package blob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Folder keeps blobs below one folder of this machine, or of one that several
// machines share. The zero Folder keeps nothing. It is safe for concurrent use,
// also by several programs.
type Folder struct{ dir string }

// New is the store in a folder, which the first Put makes.
func New(dir string) *Folder { return &Folder{dir: dir} }

// Put keeps all bytes of r, at most limit, and returns when they are on disk. What
// breaks off, is too large or finds no room leaves nothing.
func (f *Folder) Put(ctx context.Context, r io.Reader, limit int64) (b Blob, err error) {
	root, err := f.make()
	if err != nil {
		return b, err
	}
	defer root.Close()
	b.ID = newID()
	if b.Size, b.SHA256, err = arrive(ctx, root, b.ID, r, limit); err != nil {
		_ = root.Remove(arriving(b.ID)) // it may never have been made
		return Blob{}, err
	}
	if err := settle(root, b.ID); err != nil {
		_ = root.Remove(arriving(b.ID))
		return Blob{}, err
	}
	return b, nil
}

// arrive writes the bytes under a temporary name and waits until the disk has them.
func arrive(ctx context.Context, root *os.Root, id string, r io.Reader, limit int64) (size int64, sum string, err error) {
	file, err := root.OpenFile(arriving(id), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, "", fmt.Errorf("make a file: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	size, err = io.Copy(io.MultiWriter(file, hash), io.LimitReader(source{ctx, r}, limit+1))
	switch {
	case err != nil:
		return 0, "", fmt.Errorf("write a file: %w", err)
	case size > limit:
		return 0, "", ErrTooLarge
	}
	if err := file.Sync(); err != nil {
		return 0, "", fmt.Errorf("sync a file: %w", err)
	}
	return size, hex.EncodeToString(hash.Sum(nil)), file.Close()
}

// settle gives the bytes their place. A rename is all or nothing.
func settle(root *os.Root, id string) error {
	if err := root.MkdirAll(shelf(id), 0o700); err != nil {
		return fmt.Errorf("make a shelf: %w", err)
	}
	if err := root.Rename(arriving(id), place(id)); err != nil {
		return fmt.Errorf("put a file in its place: %w", err)
	}
	for _, dir := range []string{shelf(id), id[:2], "."} {
		if err := flush(root, dir); err != nil {
			_ = root.Remove(place(id))
			return err
		}
	}
	return nil
}

func flush(root *os.Root, dir string) error {
	d, err := root.Open(dir)
	if err != nil {
		return fmt.Errorf("open a shelf: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync a shelf: %w", err)
	}
	return nil
}

// Open opens a blob to read from any place in it; fs.ErrNotExist when there is
// none of that id. The caller closes it.
func (f *Folder) Open(_ context.Context, id string) (io.ReadSeekCloser, error) {
	root, err := f.open(id)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Open(place(id))
}

// Delete removes a blob. One that is not there is no error.
func (f *Folder) Delete(_ context.Context, id string) error {
	root, err := f.open(id)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Remove(place(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove a file: %w", err)
	}
	return nil
}

// open is the folder, for one id; whatever is no id of ours does not exist.
func (f *Folder) open(id string) (*os.Root, error) {
	if !Valid(id) || f.dir == "" {
		return nil, fs.ErrNotExist
	}
	return os.OpenRoot(f.dir)
}

func (f *Folder) make() (*os.Root, error) {
	if f.dir == "" {
		return nil, errors.New("no folder for files is set")
	}
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of files: %w", err)
	}
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, err
	}
	if err := root.MkdirAll(arrivals, 0o700); err != nil {
		_ = root.Close()
		return nil, fmt.Errorf("make the folder of arrivals: %w", err)
	}
	return root, nil
}

func newID() string {
	raw := make([]byte, idBytes)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}
