package handlers

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

const churnFiles = "/api/v1/subjects/model/churn/files"

// fileSite is a site with the line in project MINE, a contributor of it, a viewer
// and a stranger.
func fileSite(t *testing.T) *site {
	s := newSite(t)
	mine, other := s.project("MINE"), s.project("OTHER")
	s.seed()
	s.token("viewer", models.Viewer, mine.ID)
	s.token("contributor", models.Contributor, mine.ID)
	s.token("maintainer", models.Maintainer, mine.ID)
	s.token("stranger", models.Administrator, other.ID)
	return s
}

// upload sends one file as the body and returns its id.
func (s *site) upload(caller, name, text string) string {
	s.t.Helper()
	a := s.ask(caller, "POST", churnFiles+"?name="+url.QueryEscape(name), text, "Content-Type", "application/octet-stream")
	require.Equal(s.t, 201, a.status, a.body)
	return a.json(s.t)["files"].([]any)[0].(map[string]any)["id"].(string)
}

// form is a body of files by name.
func form(t *testing.T, csrf string, files ...[2]string) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if csrf != "" {
		require.NoError(t, w.WriteField("csrf", csrf))
	}
	for _, f := range files {
		p, err := w.CreateFormFile("file", f[0])
		require.NoError(t, err)
		_, _ = io.WriteString(p, f[1])
	}
	require.NoError(t, w.Close())
	return b.String(), w.FormDataContentType()
}

// onDisk are the names of all files below the hub's folder of data.
func (s *site) onDisk() (names []string) {
	require.NoError(s.t, filepath.WalkDir(s.data, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() && !strings.HasPrefix(entry.Name(), "throughline.db") && entry.Name() != "secret.key" {
			names = append(names, name)
		}
		return err
	}))
	return names
}

func TestFilesAreUploadedListedAndDeleted(t *testing.T) {
	s := fileSite(t)
	body, kind := form(t, "", [2]string{"a.txt", "one"}, [2]string{"b.txt", "two"})
	a := s.ask("contributor", "POST", churnFiles, body, "Content-Type", kind)
	require.Equal(t, 201, a.status, a.body)
	require.Equal(t, 201, s.ask("contributor", "POST", churnFiles, "three", "Content-Disposition", `attachment; filename*=UTF-8''dr%C3%A5.txt`).status)
	list := s.ask("viewer", "GET", churnFiles, "").json(t)["files"].([]any)
	require.Len(t, list, 3)
	newest := list[0].(map[string]any)
	require.Equal(t, "drå.txt", newest["name"])
	require.Equal(t, "text/plain; charset=utf-8", newest["type"])
	id := newest["id"].(string)
	require.Equal(t, "three", s.ask("viewer", "GET", "/files/"+id, "").body)
	require.Equal(t, 403, s.ask("viewer", "DELETE", "/api/v1/files/"+id, "").status)
	require.Equal(t, 403, s.ask("viewer", "POST", churnFiles+"?name=x", "x").status)
	require.Equal(t, 204, s.ask("maintainer", "DELETE", "/api/v1/files/"+id, "").status)
	require.Equal(t, 404, s.ask("viewer", "GET", "/files/"+id, "").status)
	require.Len(t, s.onDisk(), 2)
}

func TestPeopleUploadWithAForm(t *testing.T) {
	s := fileSite(t)
	s.person("admin@example.com", models.Administrator)
	b := s.browser()
	b.signIn("admin@example.com")
	page := b.get("/models/churn")
	require.Contains(t, page.body, `enctype="multipart/form-data"`)
	require.Contains(t, page.body, "Up to 1 MiB each")
	body, kind := form(t, b.csrf, [2]string{`<b>"notes.txt`, "<script>alert(1)</script>"})
	send := func(body string, header ...string) answer {
		return b.sendForm("/subjects/model/churn/files", body, append([]string{"Content-Type", kind}, header...)...)
	}
	require.Equal(t, 303, send(body).status)
	require.Contains(t, b.get("/models/churn").body, `<bdi>&lt;b&gt;&#34;notes.txt</bdi>`)
	id := s.ask("viewer", "GET", churnFiles, "").json(t)["files"].([]any)[0].(map[string]any)["id"].(string)
	view := b.get("/files/" + id + "/view")
	require.Contains(t, view.body, "&lt;script&gt;alert(1)")
	require.NotContains(t, view.body, "<script>alert(1)")
	forged, _, _ := strings.Cut(body, "\r\n\r\n")
	for name, bad := range map[string]string{"no token": strings.Replace(body, b.csrf, "", 1), "another token": strings.Replace(body, b.csrf, strings.Repeat("x", len(b.csrf)), 1), "nothing": forged} {
		require.Equal(t, 403, send(bad).status, name)
	}
	late, lateKind := form(t, "", [2]string{"a.txt", "x"})
	require.Equal(t, 403, b.sendForm("/subjects/model/churn/files", late, "Content-Type", lateKind).status, "the token is first or it is none")
	require.Equal(t, 201, b.sendForm("/subjects/model/churn/files", late, "Content-Type", lateKind, "X-CSRF-Token", b.csrf, "X-Part", "1").status, "the script's")
	empty, emptyKind := form(t, b.csrf)
	refused := b.sendForm("/subjects/model/churn/files", empty, "Content-Type", emptyKind)
	require.Equal(t, 422, refused.status)
	require.Contains(t, refused.body, "Choose at least one file.")
	require.Equal(t, 303, b.post("/files/"+id+"/delete", url.Values{"csrf": {b.csrf}}).status)
}

// Row 03: a file of another project is answered like one that never was.
func TestFilesOfOthersAreLikeAbsent(t *testing.T) {
	s := fileSite(t)
	id, none := s.upload("contributor", "a.txt", "secret"), strings.Repeat("0", 32)
	for _, r := range []struct{ method, path string }{{"GET", "/files/%s"}, {"HEAD", "/files/%s"}, {"GET", "/files/%s/view"}, {"POST", "/files/%s/delete"}, {"GET", "/api/v1/files/%s"}, {"DELETE", "/api/v1/files/%s"}} {
		hidden := s.ask("stranger", r.method, fmt.Sprintf(r.path, id), "", "Range", "bytes=0-1")
		absent := s.ask("stranger", r.method, fmt.Sprintf(r.path, none), "", "Range", "bytes=0-1")
		require.Equal(t, 404, hidden.status, r)
		require.Equal(t, pageText(absent.body, none), pageText(hidden.body, id), r)
		for _, name := range []string{"Etag", "Last-Modified", "Content-Disposition", "Accept-Ranges", "Content-Range"} {
			require.Empty(t, hidden.header.Get(name), "%s of %v", name, r)
		}
	}
	require.Equal(t, 303, s.ask("", "GET", "/files/"+id, "").status)
	require.Equal(t, "secret", s.ask("viewer", "GET", "/files/"+id, "").body)
}

var pageNumber = regexp.MustCompile(`<code>[0-9a-f]{16}</code>`)

// pageText is an answer without what differs from request to request.
func pageText(body, id string) string {
	return pageNumber.ReplaceAllString(requestID.ReplaceAllString(strings.ReplaceAll(body, id, "ID"), ""), "")
}

// Row 04: nobody uploads to, or deletes from, what is another's; the bytes stay.
func TestNobodyUploadsToAnothersSubject(t *testing.T) {
	s := fileSite(t)
	id := s.upload("contributor", "a.txt", "mine")
	disk := s.onDisk()
	body, kind := form(t, "", [2]string{"a.txt", "theirs"})
	for caller, want := range map[string]int{"": 401, "viewer": 403, "stranger": 404} {
		require.Equal(t, want, s.ask(caller, "POST", churnFiles+"?name=a.txt", "theirs").status, caller)
		require.Equal(t, want, s.ask(caller, "POST", churnFiles, body, "Content-Type", kind).status, caller)
		require.Equal(t, want, s.ask(caller, "DELETE", "/api/v1/files/"+id, "").status, caller)
	}
	require.Equal(t, disk, s.onDisk())
	require.Equal(t, "mine", s.ask("viewer", "GET", "/files/"+id, "").body)
}

func TestFilesAreReadInParts(t *testing.T) {
	s := fileSite(t)
	id := s.upload("contributor", "a.bin", strings.Repeat("0123456789", 1000))
	head := s.ask("viewer", "HEAD", "/files/"+id, "", "Accept-Encoding", "identity")
	require.Equal(t, "10000", head.header.Get("Content-Length"))
	require.Equal(t, "bytes", head.header.Get("Accept-Ranges"))
	etag := head.header.Get("Etag")
	require.NotEmpty(t, etag)
	part := s.ask("viewer", "GET", "/files/"+id, "", "Range", "bytes=10-13", "If-Range", etag)
	require.Equal(t, 206, part.status)
	require.Equal(t, "0123", part.body)
	require.Equal(t, "bytes 10-13/10000", part.header.Get("Content-Range"))
	require.Equal(t, 304, s.ask("viewer", "GET", "/files/"+id, "", "If-None-Match", etag).status)
	require.Equal(t, 416, s.ask("viewer", "GET", "/files/"+id, "", "Range", "bytes=10000-").status)
	require.Empty(t, s.ask("viewer", "GET", "/files/"+id, "", "Accept-Encoding", "gzip").header.Get("Content-Encoding"), "the same bytes for everybody")
}

// names that want to lead out of the folder, or break a header.
var badNames = []string{"../canary", `..\canary`, "%2e%2e%2fcanary", "%252e%252e%252fcanary", "..;/canary", "/etc/passwd", `C:\canary`, `\\host\s`, "a/./../../canary",
	"canary\x00.txt", "．．/canary", strings.Repeat("../", 300) + "canary", `a";x=y`, "a\r\nSet-Cookie: x=y", "a\u202Egnp.exe", strings.Repeat("ä", 300), "🦆.txt", "<img src=x onerror=alert(1)>.txt", "..", ".", "CON", "a'b.txt"}

// Rows 13 and 55: a name is never a path, and never more than a name in a header.
func TestNoNameLeavesTheStore(t *testing.T) {
	s := fileSite(t)
	canary := filepath.Join(filepath.Dir(s.data), "canary")
	require.NoError(t, os.WriteFile(canary, []byte("alive"), 0o600))
	for _, name := range badNames {
		id := s.upload("contributor", name, "x")
		a := s.ask("viewer", "GET", "/files/"+id, "")
		kind, params, err := mime.ParseMediaType(a.header.Get("Content-Disposition"))
		require.NoError(t, err, "%q: %q", name, a.header.Get("Content-Disposition"))
		require.Equal(t, "attachment", kind)
		require.Equal(t, models.FileName(name), params["filename"])
		require.Len(t, params, 1)
		require.Empty(t, a.header.Get("Set-Cookie"))
		for _, path := range []string{"/files/" + url.PathEscape(name), "/files/" + id + url.PathEscape("/../"+name)} {
			require.Contains(t, []int{400, 404}, s.ask("viewer", "GET", path, "").status, path)
			require.Contains(t, []int{400, 404}, s.ask("maintainer", "DELETE", "/api/v1"+path, "").status, path)
		}
	}
	text, err := os.ReadFile(canary)
	require.NoError(t, err)
	require.Equal(t, "alive", string(text))
	require.Len(t, s.onDisk(), len(badNames))
	for _, name := range s.onDisk() {
		require.Regexp(t, `/files/[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}$`, name)
	}
}

// Row 15 and 16: archives are kept as they are; nothing in them is ever unpacked.
func TestArchivesAreNotUnpacked(t *testing.T) {
	s := fileSite(t)
	for name, body := range map[string]string{"slip.zip": zipSlip(t), "slip.tar": tarSlip(t), "bomb.gz": gzipBomb(t), "bomb.png": "\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\xc3\x50\x00\x00\xc3\x50\x08\x02\x00\x00\x00"} {
		id := s.upload("contributor", name, body)
		require.Equal(t, body, s.ask("viewer", "GET", "/files/"+id, "").body, name)
		view := s.ask("viewer", "GET", "/files/"+id+"/view", "")
		require.Equal(t, 200, view.status)
		require.NotContains(t, view.body, "<img", name)
	}
	require.Len(t, s.onDisk(), 4)
	packed := s.ask("contributor", "POST", churnFiles+"?name=x", gzipBomb(t), "Content-Encoding", "gzip")
	require.Equal(t, 415, packed.status)
}

func zipSlip(t *testing.T) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"../../canary", "/tmp/canary", "ok.txt"} {
		p, err := w.Create(name)
		require.NoError(t, err)
		_, _ = io.WriteString(p, "escaped")
	}
	require.NoError(t, w.Close())
	return b.String()
}

func tarSlip(t *testing.T) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{{Name: "link", Linkname: "/etc", Typeflag: tar.TypeSymlink}, {Name: "link/passwd", Typeflag: tar.TypeReg}, {Name: "hard", Linkname: "/etc/passwd", Typeflag: tar.TypeLink}, {Name: "dev", Typeflag: tar.TypeBlock, Devmajor: 8}} {
		require.NoError(t, w.WriteHeader(&h))
	}
	require.NoError(t, w.Close())
	return b.String()
}

func gzipBomb(t *testing.T) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(make([]byte, 8<<20))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

// Row 27: what a browser could run is only ever saved.
func TestNoFileIsAPageOfOurs(t *testing.T) {
	s := fileSite(t)
	for name, text := range map[string]string{"x.svg": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, "x.html": "<!doctype html><script>alert(1)</script>",
		"x.xhtml": `<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>`, "x.xml": `<?xml version="1.0"?><?xml-stylesheet href="javascript:alert(1)"?><x/>`,
		"x.pdf": "%PDF-1.7\n/OpenAction << /S /JavaScript >>", "x.ipynb": `{"cells":[{"outputs":[{"data":{"text/html":"<script>alert(1)</script>"}}]}]}`, "MLmodel": "flavors:\n  x: <script>alert(1)</script>\n",
		"x.js": "alert(1)", "x.gif": "GIF89a/*<script>alert(1)</script>*/=1", "x.swf": "FWS\x06alert", "x.mht": "MIME-Version: 1.0\nContent-Type: text/html\n\n<script>alert(1)</script>"} {
		id := s.upload("contributor", name, text)
		a := s.ask("viewer", "GET", "/files/"+id, "")
		require.Equal(t, text, a.body)
		require.True(t, strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment;"), name)
		require.Equal(t, "nosniff", a.header.Get("X-Content-Type-Options"), name)
		require.Equal(t, "sandbox; default-src 'none'", a.header.Get("Content-Security-Policy"), name)
		require.Equal(t, "same-origin", a.header.Get("Cross-Origin-Resource-Policy"), name)
		require.Contains(t, []string{"text/plain; charset=utf-8", "application/octet-stream", "application/pdf", "image/gif"}, a.header.Get("Content-Type"), name)
		view := s.ask("viewer", "GET", "/files/"+id+"/view", "")
		require.NotContains(t, view.body, "<script>alert", name)
		require.NotContains(t, view.body, "<svg xmlns", name)
		require.NotContains(t, view.header.Get("Content-Security-Policy"), "sandbox", name)
	}
}

func TestUploadsHaveLimits(t *testing.T) {
	s := fileSite(t)
	big := strings.Repeat("x", int(s.store.MaxFile())+1)
	a := s.ask("contributor", "POST", churnFiles+"?name=big.bin", big)
	require.Equal(t, 413, a.status, a.body)
	require.Contains(t, a.body, "1 MiB")
	body, kind := form(t, "", [2]string{"ok.txt", "ok"}, [2]string{"big.bin", big})
	require.Equal(t, 413, s.ask("contributor", "POST", churnFiles, body, "Content-Type", kind).status, "all or nothing")
	require.Equal(t, 413, s.ask("contributor", "POST", "/api/v1/projects", `{"key":"`+strings.Repeat("x", formLimit)+`"}`).status, "other bodies stay small")
	require.Equal(t, 422, s.ask("contributor", "POST", churnFiles, "x").status, "without a name")
	require.Equal(t, 422, s.ask("contributor", "POST", churnFiles+"?name=a&name=b", "x").status, "two names")
	head := "--b\r\nContent-Disposition: form-data; name=file; filename=x\r\nX-Long: " + strings.Repeat("x", maxPartHead) + "\r\n\r\nx\r\n--b--\r\n"
	require.Equal(t, 413, s.ask("contributor", "POST", churnFiles, head, "Content-Type", "multipart/form-data; boundary=b").status, "a long head of a part")
	many := strings.Repeat("--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n", maxParts+1) + "--b--\r\n"
	require.Equal(t, 422, s.ask("contributor", "POST", churnFiles, many, "Content-Type", "multipart/form-data; boundary=b").status, "many parts")
	require.Equal(t, 400, s.ask("contributor", "POST", churnFiles, "--b\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\nhalf", "Content-Type", "multipart/form-data; boundary=b").status, "cut")
	require.Empty(t, s.onDisk())
	require.Empty(t, s.ask("viewer", "GET", churnFiles, "").json(t)["files"])
}

func TestOnePersonsUploadsTakeNotAllPlaces(t *testing.T) {
	gate := newTurnstile(3, 2)
	one, err := gate.enter("person:1")
	require.NoError(t, err)
	_, err = gate.enter("person:1")
	require.NoError(t, err)
	_, err = gate.enter("person:1")
	require.Equal(t, models.Busy, models.CodeOf(err))
	_, err = gate.enter("person:2")
	require.NoError(t, err)
	_, err = gate.enter("person:3")
	require.Equal(t, models.Busy, models.CodeOf(err))
	one()
	_, err = gate.enter("person:3")
	require.NoError(t, err)
}

// sendForm posts a body of any kind.
func (b *browser) sendForm(path, body string, header ...string) answer {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.server.URL+path, strings.NewReader(body))
	require.NoError(b.t, err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return b.read(b.client.Do(r))
}
