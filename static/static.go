// Package static holds the style sheet, the scripts and the drawings that pages
// load. Their addresses carry a hash of all of them, so that a browser may keep
// them for good and a new program brings new ones.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed *.css *.js *.svg vendor/*.js vendor/*.css vendor/*.md vendor/*.LICENSE
var files embed.FS

// Prefix is the path under which Handler answers.
const Prefix = "/static/"

var hash = sync.OnceValue(func() string {
	sum := sha256.New()
	for _, pattern := range []string{"*.*", "vendor/*"} {
		names, _ := fs.Glob(files, pattern)
		for _, name := range names {
			body, _ := files.ReadFile(name)
			sum.Write([]byte(name))
			sum.Write(body)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:12]
})

// URL is the address of a file, "/static/1f0c…/app.css". Modules import each
// other by relative names, which keeps them under the same hash.
func URL(name string) string { return Prefix + hash() + "/" + name }

// Handler serves the files under Prefix: those with this program's hash for
// good, others only until asked again.
func Handler() http.Handler {
	server := http.StripPrefix(Prefix, http.FileServerFS(files))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, Prefix)
		caching := "no-cache"
		if first, rest, found := strings.Cut(name, "/"); found {
			if first == hash() {
				caching = "public, max-age=31536000, immutable"
			}
			name = rest
		}
		if body, err := fs.Stat(files, path.Clean(name)); err != nil || body.IsDir() {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", caching)
		again := r.Clone(r.Context())
		again.URL.Path, again.URL.RawPath = Prefix+name, ""
		server.ServeHTTP(w, again)
	})
}
