package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

const marker = "hunter2-marker-hunter2"

// withSecret is a hub with one integration that has a secret.
func withSecret(t *testing.T, s *Store) Integration {
	t.Helper()
	p, err := s.CreateProject(t.Context(), models.Principal{Name: "test"}, "KEY", "Key")
	require.NoError(t, err)
	i, err := s.CreateIntegration(t.Context(), models.Principal{Name: "test"}, p.ID, "github", "main", map[string]string{"url": "https://x"}, map[string]string{"secret": marker})
	require.NoError(t, err)
	return i
}

func secretOf(t *testing.T, s *Store) string {
	t.Helper()
	s.named.Clear()
	i, err := s.IntegrationFor(t.Context(), "github", "main")
	require.NoError(t, err)
	return i.Secrets["secret"]
}

// Secrets are sealed where they lie, and open only there.
func TestSecretsAreSealed(t *testing.T) {
	both(t, func(t *testing.T, s *Store) {
		withSecret(t, s)
		var stored string
		require.NoError(t, s.row(t.Context(), `SELECT secrets FROM integrations`, nil, &stored))
		require.Contains(t, stored, sealMark)
		require.NotContains(t, stored, "hunter2")
		require.Equal(t, marker, secretOf(t, s))
		listed, err := s.Integrations(t.Context(), 1)
		require.NoError(t, err)
		require.Empty(t, listed[0].Secrets, "lists have no secrets")
	})
}

func TestASealedValueOpensInItsPlaceOnly(t *testing.T) {
	s := open(t, Options{DataDir: t.TempDir()})
	here := place{"integration", 7, "secret"}
	sealed, err := s.seal(here, marker)
	require.NoError(t, err)
	again, err := s.seal(here, marker)
	require.NoError(t, err)
	require.NotEqual(t, sealed, again, "each sealing has a nonce of its own")
	for _, elsewhere := range []place{{"integration", 8, "secret"}, {"integration", 7, "token"}, {"totp", 7, "secret"}} {
		_, err := s.unseal(elsewhere, sealed)
		require.Error(t, err, elsewhere)
		require.NotContains(t, err.Error(), "hunter2")
	}
	broken := []byte(sealed)
	broken[len(broken)-3] ^= 1
	_, err = s.unseal(here, string(broken))
	require.Error(t, err)
	_, err = s.unseal(here, marker)
	require.ErrorContains(t, err, "not sealed")
	plain, err := s.unseal(here, sealed)
	require.NoError(t, err)
	require.Equal(t, marker, plain)
}

// What an earlier version kept in clear is sealed at the next start.
func TestClearSecretsAreSealedAtTheStart(t *testing.T) {
	o := Options{DataDir: t.TempDir()}
	s := open(t, o)
	i := withSecret(t, s)
	_, err := s.reader.Exec(`UPDATE integrations SET secrets = '{"secret":"` + marker + `","empty":""}'`)
	require.NoError(t, err)
	again := open(t, o)
	var stored string
	require.NoError(t, again.row(t.Context(), `SELECT secrets FROM integrations WHERE id = ?`, []any{i.ID}, &stored))
	require.NotContains(t, stored, "hunter2")
	require.Equal(t, marker, secretOf(t, again))
}

// Without the key nothing starts: a hub that can not read its secrets would fail
// one poll after the other.
func TestAnotherKeyIsRefused(t *testing.T) {
	o := Options{DataDir: t.TempDir()}
	withSecret(t, open(t, o))
	require.NoError(t, os.Remove(filepath.Join(o.DataDir, "secret.key")))
	_, err := Open(context.Background(), o)
	require.Equal(t, models.Conflict, models.CodeOf(err))
	require.ErrorContains(t, err, "secret.key")
	o.SecretKey = "not a key"
	_, err = Open(context.Background(), o)
	require.Equal(t, models.Conflict, models.CodeOf(err))
}

// A rotation seals everything anew; a server beside it goes on; then the old key can go.
func TestSecretsRotateBesideARunningServer(t *testing.T) {
	o := Options{DataDir: t.TempDir()}
	server := open(t, o)
	withSecret(t, server)
	tool := open(t, o)
	by := models.Principal{Name: "command line"}
	n, err := tool.RotateSecrets(t.Context(), by)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, marker, secretOf(t, server), "the server reads the ring again")
	keys, err := tool.SecretKeys(t.Context())
	require.NoError(t, err)
	require.Len(t, keys, 2)
	require.Equal(t, []int{1, 0}, []int{keys[0].Secrets, keys[1].Secrets})
	dropped, err := tool.DropOldKeys(t.Context(), by)
	require.NoError(t, err)
	require.Equal(t, []string{keys[1].ID}, dropped)
	require.Equal(t, marker, secretOf(t, open(t, o)))
	text, err := os.ReadFile(filepath.Join(o.DataDir, "secret.key"))
	require.NoError(t, err)
	require.Len(t, strings.Fields(string(text)), 1)
	info, err := os.Stat(filepath.Join(o.DataDir, "secret.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	_, err = open(t, Options{DataDir: t.TempDir(), SecretKey: testKey}).RotateSecrets(t.Context(), by)
	require.ErrorContains(t, err, "--secret-key-file")
}

// A value that was sealed late does not stay in clear in free pages of the file
// or in its log.
func TestSealedLateLeavesNothingInTheFile(t *testing.T) {
	o := Options{DataDir: t.TempDir()}
	s := open(t, o)
	withSecret(t, s)
	_, err := s.reader.Exec(`UPDATE integrations SET secrets = '{"secret":"` + marker + `"}'`)
	require.NoError(t, err)
	for n := range 40 { // more secrets in clear, on pages of their own
		_, err := s.reader.Exec(`INSERT INTO integrations (project_id, source, name, settings, secrets, created_at) VALUES (1, 'github', ?, '{}', ?, 1)`,
			fmt.Sprint("n", n), `{"secret":"`+marker+strings.Repeat("x", 3000)+`"}`)
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	require.NoError(t, open(t, o).Close())
	files, err := filepath.Glob(filepath.Join(o.DataDir, "throughline.db*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Zero(t, strings.Count(string(text), "hunter2"), file)
	}
}
