package git

import (
	"context"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/integrations"
	"throughline/integrations/fetch"
	"throughline/models"
)

// repo is a real bare repository, acme/fraud.git, with a clone that pushes to it.
type repo struct {
	t          *testing.T
	root       string
	bare, work string
	clock      time.Time // of the next commit
}

func newRepo(t *testing.T, format ...string) *repo {
	t.Helper()
	r := &repo{t: t, root: t.TempDir(), clock: time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)}
	r.bare, r.work = filepath.Join(r.root, "acme/fraud.git"), filepath.Join(r.root, "work")
	r.git(r.root, append([]string{"init", "-q", "--bare", "-b", "main", r.bare}, format...)...)
	r.git(r.root, append([]string{"init", "-q", "-b", "main", r.work}, format...)...)
	r.git(r.work, "remote", "add", "origin", r.bare)
	r.git(r.bare, "config", "uploadpack.allowFilter", "true")
	return r
}

// git runs the real git, without the settings of whoever runs the test.
func (r *repo) git(dir string, args ...string) string {
	r.t.Helper()
	c := exec.Command("git", args...)
	c.Dir, c.Env = dir, r.env()
	out, err := c.CombinedOutput()
	require.NoError(r.t, err, "git %v: %s", args, out)
	return strings.TrimSpace(string(out))
}

func (r *repo) env() []string {
	at := r.clock.Format(time.RFC3339)
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.root, "GIT_CONFIG_NOSYSTEM=1", "USER=kim",
		"GIT_AUTHOR_NAME=Kim", "GIT_AUTHOR_EMAIL=kim@example.com", "GIT_AUTHOR_DATE=" + at,
		"GIT_COMMITTER_NAME=Kim", "GIT_COMMITTER_EMAIL=kim@example.com", "GIT_COMMITTER_DATE=" + at}
}

// commit changes a file on the branch that is checked out and returns the sha.
func (r *repo) commit(message string) string {
	r.t.Helper()
	r.clock = r.clock.Add(time.Hour)
	require.NoError(r.t, os.WriteFile(filepath.Join(r.work, "train.py"), []byte(message+r.clock.String()), 0o600))
	r.git(r.work, "add", ".")
	r.git(r.work, "commit", "-q", "--allow-empty-message", "-m", message)
	return r.git(r.work, "rev-parse", "HEAD")
}

func (r *repo) push(args ...string) {
	r.git(r.work, append([]string{"push", "-q", "origin"}, args...)...)
}

// serve answers for the repository as a web server with git does.
func (r *repo) serve(wrap ...func(http.Handler) http.Handler) *httptest.Server {
	r.t.Helper()
	home := r.git(r.root, "--exec-path")
	var h http.Handler = &cgi.Handler{Path: filepath.Join(home, "git-http-backend"), Env: []string{"GIT_PROJECT_ROOT=" + r.root,
		"GIT_HTTP_EXPORT_ALL=1", "HOME=" + r.root}, InheritEnv: []string{"PATH"}, Stderr: &strings.Builder{}}
	h = protocol(h)
	for _, w := range wrap {
		h = w(h)
	}
	s := httptest.NewServer(h)
	r.t.Cleanup(s.Close)
	return s
}

// protocol hands the version on, as web servers are set up to do.
func protocol(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := *(next.(*cgi.Handler))
		h.Env = append(append([]string{}, h.Env...), "GIT_PROTOCOL="+r.Header.Get("Git-Protocol"))
		h.ServeHTTP(w, r)
	})
}

// teller polls a repository again and again.
type teller struct {
	t       *testing.T
	source  *Source
	account integrations.Account
	cursor  string
}

func newTeller(t *testing.T, server *httptest.Server, settings ...string) *teller {
	client := fetch.New(fetch.Options{Allow: []string{server.Listener.Addr().String()}})
	a := integrations.Account{ID: 1, Name: "main", Settings: map[string]string{"url": server.URL + "/acme/fraud.git", "repository": "git.example.com/acme/fraud"}}
	for i := 0; i+1 < len(settings); i += 2 {
		a.Settings[settings[i]] = settings[i+1]
	}
	s := New(client.HTTP())
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	s.Now = func() time.Time { at = at.Add(time.Minute); return at }
	return &teller{t: t, source: s, account: a}
}

// poll asks until nothing is left, and returns what was said by subject.
func (p *teller) poll() map[string]map[string]any {
	p.t.Helper()
	out := map[string]map[string]any{}
	for range 50 {
		b, more, err := p.source.Poll(context.Background(), p.account, p.cursor)
		require.NoError(p.t, err)
		p.cursor = b.Cursor
		for _, d := range b.Descriptions {
			require.False(p.t, d.At.IsZero())
			name := d.Ref.Key[strings.LastIndexByte(d.Ref.Key, '@')+1:]
			if d.Ref.Kind == models.Repository {
				name = "repository"
			}
			if out[name] == nil {
				out[name] = map[string]any{}
			}
			for k, v := range d.Facts {
				out[name][k] = v
			}
		}
		if !more {
			return out
		}
	}
	p.t.Fatal("the polls do not end")
	return nil
}
