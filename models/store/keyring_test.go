package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// Two rotations at once, each with its own reading of the file, lose no key.
func TestRotationsBesideEachOtherLoseNoKey(t *testing.T) {
	o := Options{DataDir: t.TempDir()}
	withSecret(t, open(t, o))
	one, two := open(t, o), open(t, o) // both have read the ring before either changes it
	for _, tool := range []*Store{one, two, one} {
		_, err := tool.RotateSecrets(t.Context(), models.Principal{Name: "command line"})
		require.NoError(t, err)
	}
	require.Equal(t, marker, secretOf(t, open(t, o)))
}

// A server that read the ring before a rotation seals with the key that is first
// now: the old one may be dropped.
func TestARunningServerSealsWithTheNewestKey(t *testing.T) {
	o := Options{DataDir: t.TempDir()}
	server, tool := open(t, o), open(t, o)
	by := models.Principal{Name: "command line"}
	_, err := tool.RotateSecrets(t.Context(), by)
	require.NoError(t, err)
	_, err = tool.DropOldKeys(t.Context(), by)
	require.NoError(t, err)
	withSecret(t, server)
	require.Equal(t, marker, secretOf(t, open(t, o)))
}

// What fails leaves no key lying about.
func TestAFailedChangeOfTheRingLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	k := &keyring{path: filepath.Join(dir, "secret.key")}
	require.NoError(t, os.MkdirAll(filepath.Join(k.path, "in the way"), 0o700))
	key, err := readKey(newKey())
	require.NoError(t, err)
	require.Error(t, k.store([]sealKey{key}))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}
