package handlers

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
	"throughline/models/store"
)

const artifactProxy = "/api/2.0/mlflow-artifacts/artifacts/"

// artifactSite is a site with a run of project MINE; root is where its artifacts are.
func artifactSite(t *testing.T, change ...func(*store.Options)) (s *site, run, root string) {
	t.Helper()
	s = newSiteWith(t, func(_ *Options, o *store.Options) {
		for _, c := range change {
			c(o)
		}
	})
	mine, other := s.project("MINE"), s.project("OTHER")
	s.token("viewer", models.Viewer, mine.ID)
	s.token("contributor", models.Contributor, mine.ID)
	s.token("colleague", models.Contributor, mine.ID)
	s.token("maintainer", models.Maintainer, mine.ID)
	s.token("stranger", models.Administrator, other.ID)
	run = s.trackedRun("contributor")
	return s, run, artifactProxy + "0/" + run + "/artifacts/"
}

// trackedRun logs a run and returns its id.
func (s *site) trackedRun(caller string) string {
	s.t.Helper()
	a := s.ask(caller, "POST", "/api/2.0/mlflow/runs/create", fmt.Sprintf(`{"experiment_id":"0","start_time":%d}`, time.Now().UnixNano()))
	require.Equal(s.t, 200, a.status, a.body)
	return a.json(s.t)["run"].(map[string]any)["info"].(map[string]any)["run_id"].(string)
}

// put uploads an artifact.
func (s *site) put(caller, path, text string) {
	s.t.Helper()
	a := s.ask(caller, "PUT", path, text, "Content-Type", "text/html")
	require.Equal(s.t, 200, a.status, a.body)
	require.Equal(s.t, "{}", a.body)
}

// kept are the names of all objects of artifacts, also of half ones.
func (s *site) kept() (names []string) {
	s.t.Helper()
	for _, name := range s.onDisk() {
		if strings.HasPrefix(name, filepath.Join(s.data, "artifacts")) {
			names = append(names, name)
		}
	}
	return names
}

func TestArtifactsGoAndComeAsTheyAre(t *testing.T) {
	s, run, root := artifactSite(t)
	for name, text := range map[string]string{"note.txt": "hello", "empty": "", "docs/t%20%C3%BC.txt": "x", "a+b.txt": "plus", "100%25.txt": "percent"} {
		s.put("contributor", root+name, text)
		for _, path := range []string{root + name, "/p/mine" + root + name, strings.Replace(root, "/api/", "/ajax-api/", 1) + name} {
			a := s.ask("viewer", "GET", path, "")
			require.Equal(t, 200, a.status, "%s: %s", path, a.body)
			require.Equal(t, text, a.body, path)
		}
	}
	list := s.ask("viewer", "GET", "/api/2.0/mlflow-artifacts/artifacts?path=0/"+run+"/artifacts", "").body
	require.JSONEq(t, `{"files":[{"path":"docs","is_dir":true},{"path":"100%.txt","is_dir":false,"file_size":7},{"path":"a+b.txt","is_dir":false,"file_size":4},{"path":"empty","is_dir":false},{"path":"note.txt","is_dir":false,"file_size":5}]}`, list)
	for _, path := range []string{"0/" + run + "/artifacts/note.txt", "0/" + run + "/artifacts/nothing", "0", ""} {
		require.JSONEq(t, `{}`, s.ask("viewer", "GET", "/api/2.0/mlflow-artifacts/artifacts?path="+path, "").body, path)
	}
	own := s.ask("viewer", "GET", "/api/2.0/mlflow/artifacts/list?path=docs&run_uuid="+run, "").body
	require.JSONEq(t, `{"root_uri":"mlflow-artifacts:/0/`+run+`/artifacts","files":[{"path":"docs/t ü.txt","is_dir":false,"file_size":1}]}`, own)
	require.Equal(t, "hello", s.ask("viewer", "GET", "/get-artifact?path=note.txt&run_id="+run, "").body)
	s.logsModel(run)
	gone := s.ask("viewer", "GET", root+"gone", "")
	require.Equal(t, 404, gone.status)
	require.Equal(t, "RESOURCE_DOES_NOT_EXIST", gone.json(t)["error_code"])
}

// logsModel logs a model to a run, with a file of it.
func (s *site) logsModel(run string) {
	s.t.Helper()
	made := s.ask("contributor", "POST", "/api/2.0/mlflow/logged-models", `{"experiment_id":"0","name":"m","source_run_id":"`+run+`"}`)
	require.Equal(s.t, 200, made.status, made.body)
	model := made.json(s.t)["model"].(map[string]any)["info"].(map[string]any)["model_id"].(string)
	s.put("contributor", artifactProxy+"0/models/"+model+"/artifacts/data/MLmodel", "flavors")
	of := "/api/2.0/mlflow/logged-models/" + model + "/artifacts/"
	want := `{"root_uri":"mlflow-artifacts:/0/models/` + model + `/artifacts","files":[{"path":"data/MLmodel","is_dir":false,"file_size":7}]}`
	require.JSONEq(s.t, want, s.ask("viewer", "GET", of+"directories?artifact_directory_path=data", "").body)
	require.Equal(s.t, "flavors", s.ask("viewer", "GET", of+"files?artifact_file_path=data/MLmodel", "").body)
	require.Equal(s.t, 404, s.ask("stranger", "GET", of+"directories", "").status)
	s.refusedPath(s.ask("viewer", "GET", of+"files?artifact_file_path=../x", ""), "file of a model")
	s.refusedPath(s.ask("viewer", "GET", of+"directories?artifact_directory_path=../x", ""), "folder of a model")
}

func TestADownloadMayBePartOfAnArtifact(t *testing.T) {
	s, _, root := artifactSite(t)
	s.put("contributor", root+"a", "0123456789")
	part := s.ask("viewer", "GET", root+"a", "", "Range", "bytes=2-4")
	require.Equal(t, 206, part.status)
	require.Equal(t, "234", part.body)
	require.Equal(t, "bytes 2-4/10", part.header.Get("Content-Range"))
	s.put("contributor", root+"long.txt", strings.Repeat("text ", 1000))
	long := s.ask("viewer", "GET", root+"long.txt", "", "Accept-Encoding", "gzip")
	require.Empty(t, long.header.Get("Content-Encoding"), "nothing is packed on its way")
	require.Equal(t, "5000", long.header.Get("Content-Length"))
	head := s.ask("viewer", "HEAD", root+"a", "")
	require.Equal(t, 200, head.status)
	require.Equal(t, "10", head.header.Get("Content-Length"))
	require.Empty(t, head.body)
	sum := sha256.Sum256([]byte("0123456789"))
	require.Equal(t, `"`+hex.EncodeToString(sum[:])+`"`, head.header.Get("ETag"))
}

// Row 27: whatever an artifact is, no browser opens it as a page of ours.
func TestNoArtifactIsAPageOfOurs(t *testing.T) {
	s, run, root := artifactSite(t)
	for name, text := range map[string]string{"x.svg": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "x.html": "<html><script>alert(1)</script>", "x.xhtml": `<?xml version="1.0"?><html/>`,
		"x.xml": `<?xml version="1.0"?><x/>`, "x.pdf": "%PDF-1.7", "x.ipynb": `{"cells":[]}`, "MLmodel": "flavors: {}"} {
		s.put("contributor", root+name, text)
		for _, path := range []string{root + name, "/get-artifact?run_id=" + run + "&path=" + name} {
			a := s.ask("viewer", "GET", path, "", "Accept-Encoding", "gzip")
			require.Equal(t, 200, a.status, path)
			require.Equal(t, "sandbox; default-src 'none'", a.header.Get("Content-Security-Policy"))
			require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"))
			require.True(t, strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment; "), path)
			require.Contains(t, []string{"text/plain; charset=utf-8", "application/pdf"}, a.header.Get("Content-Type"), path)
			require.Equal(t, text, a.body, "as it is")
		}
	}
	s.put("contributor", root+"a%22%3Bx%3Dy.txt", "x") // Row 55
	require.Equal(t, `attachment; filename="a__x_y.txt"; filename*=UTF-8''a%22%3Bx%3Dy.txt`, s.ask("viewer", "GET", root+"a%22%3Bx%3Dy.txt", "").header.Get("Content-Disposition"))
}

// Row 13: whatever could lead elsewhere is refused, in every call that names a path.
func TestNoPathOfAnArtifactLeadsElsewhere(t *testing.T) {
	s, run, root := artifactSite(t)
	canary := filepath.Join(filepath.Dir(s.data), "canary")
	require.NoError(t, os.WriteFile(canary, []byte("alive"), 0o600))
	s.put("contributor", root+"mine", "mine")
	before := s.onDisk()
	for _, raw := range []string{"../x", `..\x`, "%2e%2e%2fx", "%252e%252e%252fx", "..;/x", "/etc/passwd", `C:\x`, `\\host\s`, "a/./../../x", "x\x00", "．．/x", strings.Repeat("../", 300) + "x",
		"..", ".", "a/../mine", "//etc/passwd", "a//b", strings.Repeat("a/", 300) + "x", "%2e%2e/%2e%2e/canary", "../../../../canary", "file:///etc/passwd"} {
		for _, spelt := range []string{raw, strings.ReplaceAll(url.PathEscape(raw), "%2F", "/"), url.PathEscape(raw)} {
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				s.refusedPath(s.raw("maintainer", method, artifactProxy+"0/"+run+"/artifacts/"+spelt), method+" "+spelt)
			}
		}
		asked := url.QueryEscape(raw)
		s.refusedPath(s.ask("maintainer", "GET", "/api/2.0/mlflow-artifacts/artifacts?path=0/"+run+"/artifacts/"+asked, ""), "list "+raw)
		s.refusedPath(s.ask("maintainer", "GET", "/api/2.0/mlflow/artifacts/list?run_id="+run+"&path="+asked, ""), "list of the run "+raw)
		s.refusedPath(s.ask("maintainer", "GET", "/get-artifact?run_id="+run+"&path="+asked, ""), "get "+raw)
	}
	text, err := os.ReadFile(canary)
	require.NoError(t, err)
	require.Equal(t, "alive", string(text))
	require.Equal(t, before, s.onDisk())
	require.Equal(t, "mine", s.ask("viewer", "GET", root+"mine", "").body)
}

func (s *site) refusedPath(a answer, what string) {
	s.t.Helper()
	require.Equal(s.t, 400, a.status, "%s: %s", what, a.body)
	require.Equal(s.t, "INVALID_PARAMETER_VALUE", a.json(s.t)["error_code"], what)
}

// raw sends a path exactly as it stands, where the wire can carry it.
func (s *site) raw(caller, method, path string) answer {
	s.t.Helper()
	path = strings.NewReplacer("\x00", "%00", " ", "%20").Replace(path)
	conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
	require.NoError(s.t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", method, path, s.server.Listener.Addr(), s.tokens[caller])
	require.NoError(s.t, err)
	return s.read(readAnswer(conn))
}

// Row 04: nobody touches artifacts of another's project; the bytes stay.
func TestArtifactsOfAnotherProjectAreNotThere(t *testing.T) {
	s, run, root := artifactSite(t)
	s.put("contributor", root+"a", "mine")
	absent := strings.Replace(root, run, strings.Repeat("0", 32), 1)
	for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
		theirs, none := s.ask("stranger", method, root+"a", "theirs"), s.ask("stranger", method, absent+"a", "theirs")
		require.Equal(t, 404, theirs.status, method)
		require.Equal(t, strings.ReplaceAll(theirs.body, run, ""), strings.ReplaceAll(none.body, strings.Repeat("0", 32), ""), method)
		require.Empty(t, theirs.header.Get("ETag"))
	}
	require.Equal(t, 404, s.ask("stranger", "GET", "/api/2.0/mlflow/artifacts/list?run_id="+run, "").status)
	require.Equal(t, 404, s.ask("stranger", "GET", "/get-artifact?path=a&run_id="+run, "").status)
	require.JSONEq(t, `{}`, s.ask("stranger", "GET", "/api/2.0/mlflow-artifacts/artifacts?path=0/"+run+"/artifacts", "").body)
	require.Equal(t, 403, s.ask("viewer", "PUT", root+"a", "x").status)
	require.Equal(t, 403, s.ask("viewer", "DELETE", root+"a", "").status)
	require.Equal(t, 403, s.ask("colleague", "DELETE", root+"a", "").status, "logging is not deleting")
	require.Equal(t, "mine", s.ask("viewer", "GET", root+"a", "").body)
	require.Equal(t, 200, s.ask("maintainer", "DELETE", root+"a", "").status)
	require.Empty(t, s.kept())
}

// An upload that is cut at any byte is not there, nor is what it would have replaced gone.
func TestACutUploadChangesNothing(t *testing.T) {
	s, _, root := artifactSite(t)
	s.put("contributor", root+"kept", "whole")
	body := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	for n := range 50 {
		path := root + "kept"
		if n%2 == 0 {
			path = root + "new"
		}
		s.cut(path, body, rand.IntN(len(body)))
	}
	require.Eventually(t, func() bool { return len(s.kept()) == 1 }, 10*time.Second, 10*time.Millisecond, "half uploads lie about")
	require.Equal(t, 404, s.ask("viewer", "GET", root+"new", "").status)
	require.Equal(t, "whole", s.ask("viewer", "GET", root+"kept", "").body)
}

// cut begins an upload of a body and goes away after at bytes.
func (s *site) cut(path string, body []byte, at int) {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
	require.NoError(s.t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", path, s.server.Listener.Addr(), s.tokens["contributor"], len(body))
	require.NoError(s.t, err)
	_, err = conn.Write(body[:at])
	require.NoError(s.t, err)
}

func TestWhatIsTooLargeOrPackedIsRefusedWhole(t *testing.T) {
	s, run, root := artifactSite(t, func(o *store.Options) { o.MaxArtifact = 1 << 20 })
	s.put("contributor", root+"a", strings.Repeat("x", 1<<20))
	for name, body := range map[string]io.Reader{"said": strings.NewReader(strings.Repeat("x", 1<<20+1)), "not said": io.MultiReader(strings.NewReader(strings.Repeat("x", 8<<20)))} {
		r, err := http.NewRequest("PUT", s.server.URL+root+"b", body)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+s.tokens["contributor"])
		a := s.read(http.DefaultClient.Do(r))
		require.Equal(t, 400, a.status, name)
		require.Contains(t, a.body, "larger than 1 MiB", name)
	}
	require.Equal(t, 400, s.ask("contributor", "PUT", root+"b", "x", "Content-Encoding", "gzip").status) // Row 16
	require.Equal(t, 400, s.ask("contributor", "PUT", strings.TrimSuffix(root, "/"), "x").status)
	require.Equal(t, 404, s.ask("viewer", "GET", root+"b", "").status)
	require.Len(t, s.kept(), 1)
	require.Equal(t, 200, s.ask("contributor", "POST", "/api/2.0/mlflow/runs/delete", `{"run_id":"`+run+`"}`).status)
	late := s.ask("contributor", "PUT", root+"late", strings.Repeat("x", 1<<20))
	require.Equal(t, 400, late.status)
	require.Equal(t, "INVALID_PARAMETER_VALUE", late.json(t)["error_code"])
	require.Contains(t, s.ask("contributor", "POST", "/api/2.0/mlflow-artifacts/mpu/create/x", `{"path":"x","num_parts":2}`).body, "Multipart upload is not supported for the current artifact repository")
}

func TestWhoStillSendsHearsWhyItWasRefused(t *testing.T) {
	s, run, root := artifactSite(t)
	s.hears(404, strings.Replace(root, run, strings.Repeat("0", 32), 1)+"a", make([]byte, 64<<20))
	s.hears(400, root+"../a", make([]byte, 64<<20))
}

// hears sends all of a body before it looks at the answer, as many clients do.
func (s *site) hears(status int, path string, body []byte) {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
	require.NoError(s.t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", path, s.server.Listener.Addr(), s.tokens["contributor"], len(body))
	require.NoError(s.t, err)
	_, err = conn.Write(body)
	require.NoError(s.t, err, "cut off while it was sending")
	require.Equal(s.t, status, s.read(readAnswer(conn)).status)
}

// readAnswer reads an answer from a connection.
func readAnswer(conn net.Conn) (*http.Response, error) {
	return http.ReadResponse(bufio.NewReader(conn), nil)
}

func TestPagesShowWhatARunLogged(t *testing.T) {
	s, run, root := artifactSite(t)
	s.put("contributor", root+"docs/note.txt", "hello <b>")
	s.put("contributor", root+"docs/x.svg", `<svg onload="alert(1)"/>`)
	s.put("contributor", root+"a.bin", "\x00\x01")
	page := "/runs/" + run + "/artifacts"
	top := s.ask("viewer", "GET", page, "", "Accept", "text/html")
	require.Equal(t, 200, top.status, top.body)
	require.Contains(t, top.body, `href="`+page+`?path=docs"`)
	require.Contains(t, top.body, "3 files")
	note := s.ask("viewer", "GET", page+"?path=docs%2Fnote.txt", "", "Accept", "text/html").body
	require.Contains(t, note, "hello &lt;b&gt;")
	require.Contains(t, note, `href="`+page+`/file?path=docs%2Fnote.txt"`)
	require.Contains(t, s.ask("viewer", "GET", page+"?path=docs/x.svg", "", "Accept", "text/html").body, "&lt;svg onload=")
	require.Contains(t, s.ask("viewer", "GET", page+"?path=a.bin", "", "Accept", "text/html").body, "There is nothing to see")
	file := s.ask("viewer", "GET", page+"/file?path=docs/x.svg", "") // Row 27
	require.Equal(t, `<svg onload="alert(1)"/>`, file.body)
	require.Equal(t, "sandbox; default-src 'none'", file.header.Get("Content-Security-Policy"))
	require.Equal(t, "text/plain; charset=utf-8", file.header.Get("Content-Type"))
	require.True(t, strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment; "))
	for _, path := range []string{page, page + "?path=docs/note.txt", page + "/file?path=docs/note.txt", "/api/v1/subjects/run/" + run + "/artifacts"} {
		require.Equal(t, 404, s.ask("stranger", "GET", path, "").status, path) // Row 03
	}
	for _, bad := range []string{"../x", "/etc/passwd", "%252e%252e/x"} { // Row 13
		require.Equal(t, 400, s.ask("viewer", "GET", page+"?path="+bad, "").status, bad)
		require.Equal(t, 400, s.ask("viewer", "GET", page+"/file?path="+bad, "").status, bad)
		require.Equal(t, 400, s.ask("viewer", "GET", "/api/v1/subjects/run/"+run+"/artifacts?path="+bad, "").status, bad)
	}
	require.Equal(t, 404, s.ask("viewer", "GET", page+"?path=nothing", "").status)
	list := s.ask("viewer", "GET", "/api/v1/subjects/run/"+run+"/artifacts?limit=1", "").json(t)
	require.Equal(t, map[string]any{"path": "docs", "folder": true, "files": 2.0, "size": float64(len("hello <b>") + len(`<svg onload="alert(1)"/>`))}, list["artifacts"].([]any)[0])
	next := s.ask("viewer", "GET", "/api/v1/subjects/run/"+run+"/artifacts?after="+list["next"].(string), "").json(t)
	require.Equal(t, "a.bin", next["artifacts"].([]any)[0].(map[string]any)["path"])
	require.Nil(t, next["next"])
}
