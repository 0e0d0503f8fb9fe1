package git

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/integrations"
	"throughline/integrations/fetch"
	"throughline/models"
)

func TestAPollTellsCommitsBranchesAndTags(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			r := newRepo(t, "--object-format="+format)
			first := r.commit("Add features\n\nWith words.\n\nCo-authored-by: Lee <lee@example.com>\nReviewed-by: Lee <lee@example.com>\nReviewed-by: Kim <kim@example.com>\nModel: fraud-score/3\nRun: run-1")
			r.git(r.work, "tag", "-a", "v1", "-m", "First")
			r.git(r.work, "checkout", "-q", "-b", "dev/x")
			second := r.commit("Second")
			r.push("main", "dev/x", "v1")
			p := newTeller(t, r.serve())
			said := p.poll()
			require.Equal(t, map[string]any{"branch.main": first, "branch.dev/x": second, "tag.v1": first, "default_branch": "main"}, said["repository"], "tags by their commit")
			c := said[first]
			require.Equal(t, "Kim", c["author"])
			require.Equal(t, "main", c["branch"])
			require.Equal(t, []string{"Lee"}, c["reviewed_by"], "an author's own review is none")
			require.Equal(t, []string{"Lee"}, c["co_authored_by"])
			require.Equal(t, "2026-10-01T13:00:00Z", c["committed_at"])
			require.Equal(t, []string{first}, said[second]["parents"])
			require.Equal(t, "dev/x", said[second]["branch"])
			delete(c, "message")
			require.NotContains(t, fmt.Sprint(said), "example.com", "addresses are kept in the message alone")
			require.Empty(t, p.poll(), "nothing new, nothing told")
		})
	}
}

func TestAForcePushMarksWhatVanished(t *testing.T) {
	r := newRepo(t)
	base := r.commit("Base")
	r.push("main")
	old1, old2 := r.commit("Old one"), r.commit("Old two")
	r.git(r.work, "branch", "kept", old1)
	r.push("main", "kept")
	p := newTeller(t, r.serve())
	p.poll()
	r.git(r.work, "reset", "-q", "--hard", base)
	fresh := r.commit("New")
	r.push("--force", "main")
	said := p.poll()
	require.Equal(t, true, said[old2]["unreachable"])
	require.NotContains(t, said, old1, "another branch still reaches it")
	require.Equal(t, fresh, said["repository"]["branch.main"])

	r.git(r.work, "push", "-q", "origin", old2+":refs/heads/back", ":kept")
	said = p.poll()
	require.Contains(t, said[old2], "unreachable")
	require.Nil(t, said[old2]["unreachable"], "it is back")
	require.Equal(t, map[string]any{"branch.back": old2, "branch.kept": nil}, said["repository"])
}

func TestWhatTheServerThrewAwayIsMarkedByItsTip(t *testing.T) {
	r := newRepo(t)
	base := r.commit("Base")
	r.push("main")
	old := r.commit("Old")
	r.push("main")
	p := newTeller(t, r.serve())
	p.poll()
	r.git(r.work, "reset", "-q", "--hard", base)
	r.push("--force", "main")
	r.git(r.bare, "reflog", "expire", "--expire=now", "--all")
	r.git(r.bare, "gc", "-q", "--prune=now")
	require.Equal(t, true, p.poll()[old]["unreachable"])
}

func TestManyBranchesTakeSeveralPolls(t *testing.T) {
	r := newRepo(t)
	r.commit("Base")
	for i := range 2*refsAtOnce + 3 {
		r.git(r.work, "checkout", "-q", "-b", fmt.Sprint("b", i), "main")
		r.commit(fmt.Sprint("On ", i))
	}
	r.push("--all")
	p := newTeller(t, r.serve())
	b, more, err := p.source.Poll(context.Background(), p.account, "")
	require.NoError(t, err)
	require.True(t, more)
	require.Less(t, len(b.Descriptions), 30)
	require.Len(t, p.poll(), 2*refsAtOnce+3+2)
}

func TestOnlyTheBranchesThatAreWanted(t *testing.T) {
	r := newRepo(t)
	main := r.commit("Base")
	r.git(r.work, "checkout", "-q", "-b", "dev/x")
	r.commit("On the side")
	r.git(r.work, "checkout", "-q", "-b", "release/1/a")
	release := r.commit("Released")
	r.push("--all")
	said := newTeller(t, r.serve(), "branches", "main, release/*").poll()
	require.Equal(t, map[string]any{"branch.main": main, "branch.release/1/a": release, "default_branch": "main"}, said["repository"])
}

// Data is neither transferred where the server can leave it out, nor kept where it can not.
func TestAServerThatSendsDataAnyway(t *testing.T) {
	r := newRepo(t)
	r.git(r.bare, "config", "uploadpack.allowFilter", "false")
	var shas []string
	for i := range 30 { // alike enough for deltas
		shas = append(shas, r.commit(fmt.Sprintf("Commit %d\n\n%s", i, strings.Repeat("the same words again and again\n", 40))))
	}
	require.NoError(t, os.WriteFile(filepath.Join(r.work, "data.csv"), slices.Repeat([]byte("1,2,3\n"), 100_000), 0o600))
	shas = append(shas, r.commit("Data"))
	r.push("main")
	r.git(r.bare, "repack", "-adfq", "--depth=50", "--window=50")
	said := newTeller(t, r.serve()).poll()
	for _, sha := range shas {
		require.Contains(t, said, sha)
	}
}

func TestAddressesThatMayNotBeAsked(t *testing.T) {
	r := newRepo(t)
	r.commit("Base")
	r.push("main")
	server := r.serve()
	guarded := New(fetch.New(fetch.Options{}).HTTP())
	ask := func(url string) error {
		_, _, err := guarded.Poll(context.Background(), integrations.Account{Settings: map[string]string{"url": url, "repository": "a.b/c/d"}}, "")
		return err
	}
	require.ErrorContains(t, ask(server.URL+"/acme/fraud.git"), "--allow-upstream", "a private address")
	require.Error(t, ask("file://"+r.bare))
	for _, url := range []string{"file:///srv/acme/fraud.git", "ssh://git@git.example.com/acme/fraud", "git@git.example.com:acme/fraud", "ext::sh -c id", "--upload-pack=id", "/srv/acme/fraud.git"} {
		err := guarded.Valid(integrations.Account{Settings: map[string]string{"url": url}})
		require.ErrorContains(t, err, "install the hook", url)
	}

	elsewhere := newTeller(t, r.serve(func(http.Handler) http.Handler {
		return http.RedirectHandler(server.URL+"/acme/fraud.git/info/refs?service=git-upload-pack", http.StatusFound)
	}))
	_, _, err := elsewhere.source.Poll(context.Background(), elsewhere.account, "")
	require.ErrorContains(t, err, "redirects are not followed")
}

func TestServersThatAreNoneSaySoInWords(t *testing.T) {
	r := newRepo(t)
	r.commit("Base")
	r.push("main")
	for want, h := range map[string]http.HandlerFunc{
		"Is this the address of a repository": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!DOCTYPE html>") },
		"does not speak version 2":            func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "001e# service=git-upload-pack\n0000") },
		"another user name and password":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) },
		"no repository at this address":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"paused by the upstream":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
		"broke off":                           func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "000eversion 2\n0040half") },
	} {
		p := newTeller(t, r.serve(func(http.Handler) http.Handler { return h }))
		_, _, err := p.source.Poll(context.Background(), p.account, "")
		require.ErrorContains(t, err, want)
	}
}

func TestThePasswordGoesToTheServerAlone(t *testing.T) {
	r := newRepo(t)
	r.commit("Base")
	r.push("main")
	asked := 0
	p := newTeller(t, r.serve(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if user, password, _ := q.BasicAuth(); user != "bot" || password != "hush" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			asked++
			next.ServeHTTP(w, q)
		})
	}), "username", "bot", "password", "hush")
	require.Len(t, p.poll(), 2)
	require.Equal(t, 3, asked, "greeting, branches, commits")
	require.NoError(t, p.source.Check(context.Background(), p.account))
	require.NotContains(t, p.cursor, "hush")
}

func TestPacksThatLieAreRefused(t *testing.T) {
	pack := func(head string, rest ...byte) error {
		_, err := readPack(strings.NewReader("PACK\x00\x00\x00\x02"+head+string(rest)), false)
		return err
	}
	require.Equal(t, models.TooLarge, models.CodeOf(pack("\xff\xff\xff\xff")))
	require.ErrorIs(t, pack("\x00\x00\x00\x01"), errCut)
	require.ErrorIs(t, pack("\x00\x00\x00\x01", 0x10, 1, 2, 3, 4), errStrange)
	_, err := patch([]byte("base"), []byte{4, 4, 0x91, 3, 4})
	require.ErrorIs(t, err, errStrange, "a copy from beyond the base")
	_, err = patch([]byte("base"), []byte{4, 0xff, 0xff, 0xff, 0x7f})
	require.ErrorIs(t, err, errStrange, "a size without end")
	out, err := patch([]byte("base"), []byte{4, 6, 0x90, 4, 2, 'd', '!'})
	require.NoError(t, err)
	require.Equal(t, "based!", string(out))
}

func FuzzPacks(f *testing.F) {
	f.Add([]byte("PACK\x00\x00\x00\x02\x00\x00\x00\x01\x90\x01x\x9c\x03\x00\x00\x00\x00\x01"), false)
	f.Fuzz(func(t *testing.T, data []byte, long bool) {
		commits, err := readPack(strings.NewReader(string(data)), long)
		for _, c := range commits {
			if err != nil || !isName(c.sha) {
				t.Errorf("%v with %v", c.sha, err)
			}
		}
		_, _ = patch(data, data)
		l := newLines(strings.NewReader(string(data)))
		for range 100 {
			if _, _, err := l.next(); err != nil {
				break
			}
		}
	})
}
