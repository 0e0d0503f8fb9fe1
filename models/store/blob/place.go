package blob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// arrivals is where bytes are while they come in.
const arrivals = "arriving"

const idBytes = 16

// Valid tells whether a text has the form of our ids: 32 hexadecimal digits.
func Valid(id string) bool {
	return len(id) == 2*idBytes && strings.Trim(id, "0123456789abcdef") == ""
}

func arriving(id string) string { return path.Join(arrivals, id) }

// shelf is the folder of a blob: two levels of 256 each, so that none grows long.
func shelf(id string) string { return path.Join(id[:2], id[2:4]) }

func place(id string) string { return path.Join(shelf(id), id) }

// Sweep removes what broke off while it came in and is older than a moment.
func (f *Folder) Sweep(_ context.Context, before time.Time) error {
	return f.walk(arrivals, func(root *os.Root, name string, at time.Time) error {
		if at.Before(before) {
			return root.Remove(name)
		}
		return nil
	})
}

// Each calls do with the id of every blob and when it was put, until do fails.
func (f *Folder) Each(_ context.Context, do func(id string, at time.Time) error) error {
	return f.walk(".", func(_ *os.Root, name string, at time.Time) error {
		if id := path.Base(name); Valid(id) && name == place(id) {
			return do(id, at)
		}
		return nil
	})
}

func (f *Folder) walk(below string, do func(root *os.Root, name string, at time.Time) error) error {
	root, err := os.OpenRoot(f.dir)
	if errors.Is(err, fs.ErrNotExist) || f.dir == "" {
		return nil
	}
	if err != nil {
		return err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), below, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !entry.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // somebody removed it meanwhile
		}
		if err != nil {
			return err
		}
		return do(root, name, info.ModTime())
	})
	return err
}
