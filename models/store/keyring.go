package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"throughline/models"
)

// keyring are the keys that seal secrets: the first seals, all of them open. They
// come from the settings, or lie in a file with a key a line.
type keyring struct {
	path string // empty: the key came from the settings
	mu   sync.Mutex
	list []sealKey
}

// openSecrets brings the keys, and seals what is not sealed yet.
func (s *Store) openSecrets(ctx context.Context, o Options) (err error) {
	if s.keys, err = openKeys(o, s.log); err != nil {
		return err
	}
	return s.sealEverything(ctx)
}

// openKeys reads the ring, and makes one where there is none yet.
func openKeys(o Options, log *slog.Logger) (*keyring, error) {
	if o.SecretKey != "" {
		key, err := readKey(o.SecretKey)
		return &keyring{list: []sealKey{key}}, err
	}
	k := &keyring{path: o.SecretKeyFile}
	if k.path == "" && o.DataDir == "" {
		return nil, models.Errorf(models.Conflict, "Say where the key that seals secrets lies: a folder, a key file, or the key itself.")
	}
	if k.path == "" {
		k.path = filepath.Join(o.DataDir, "secret.key")
		if err := k.makeFile(log); err != nil {
			return nil, err
		}
	}
	return k, k.read()
}

// makeFile writes a new ring unless there is one. Of several programs that start
// at once, one makes it.
func (k *keyring) makeFile(log *slog.Logger) error {
	if err := os.MkdirAll(filepath.Dir(k.path), 0o700); err != nil {
		return fmt.Errorf("make the folder of the secret key: %w", err)
	}
	if _, err := os.Stat(k.path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	temporary, err := writeRing(k.path, []string{newKey()})
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temporary) }()
	if err := os.Link(temporary, k.path); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make the secret key: %w", err)
	}
	log.Info("a key that seals secrets was made; keep a copy apart from the backups", "file", k.path)
	return syncFolder(k.path)
}

func newKey() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the program instead
	return base64.StdEncoding.EncodeToString(raw)
}

// writeRing puts keys into a file beside path, on disk, for its owner only. What
// fails leaves no file.
func writeRing(path string, keys []string) (temporary string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*")
	if err != nil {
		return "", fmt.Errorf("write the secret key: %w", err)
	}
	_, err = f.WriteString(strings.Join(keys, "\n") + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return "", fmt.Errorf("write the secret key: %w", err)
	}
	return f.Name(), nil
}

func syncFolder(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("flush the folder of the secret key: %w", err)
	}
	defer func() { _ = dir.Close() }()
	return dir.Sync()
}

// read takes the file's keys; the ring stays as it was when the file is no ring.
func (k *keyring) read() error {
	text, err := os.ReadFile(k.path)
	if err != nil {
		return models.Errorf(models.Conflict, "The file of the secret key can not be read: %w", err)
	}
	var list []sealKey
	for _, line := range strings.Fields(string(text)) {
		key, err := readKey(line)
		if err != nil {
			return models.Errorf(models.Conflict, "%s: %w", k.path, err)
		}
		list = append(list, key)
	}
	if len(list) == 0 {
		return models.Errorf(models.Conflict, "%s holds no key.", k.path)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = list
	return nil
}

// newest is the key that seals: the one that is first in the file now. One that a
// rotation beside this program has replaced may be dropped at any time, and with
// it what it had sealed.
func (k *keyring) newest() (sealKey, error) {
	if k.path != "" {
		if err := k.read(); err != nil {
			return sealKey{}, err
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.list) == 0 {
		return sealKey{}, models.Errorf(models.Internal, "there is no secret key")
	}
	return k.list[0], nil
}

// find is the key of an id. One that is not known may have been added to the file
// since it was read.
func (k *keyring) find(id string) (sealKey, error) {
	if key, ok := k.held(id); ok {
		return key, nil
	}
	if k.path != "" && k.read() == nil {
		if key, ok := k.held(id); ok {
			return key, nil
		}
	}
	return sealKey{}, models.Errorf(models.Conflict, "A secret was sealed with the key %s, which is not in the ring.", id)
}

func (k *keyring) held(id string) (sealKey, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, key := range k.list {
		if key.id == id {
			return key, true
		}
	}
	return sealKey{}, false
}
