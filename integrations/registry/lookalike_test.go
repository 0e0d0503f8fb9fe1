package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"throughline/integrations"
)

type object = map[string]any

// lookalike is a registry that asks for tokens, and keeps its blobs on another host.
type lookalike struct {
	*httptest.Server
	blobs     *httptest.Server
	content   map[string][]byte            // by digest
	media     map[string]string            // of manifests, by digest
	tags      map[string]map[string]string // by repository and tag
	asked     []string
	catalogue bool
	status    int               // of everything, when it is not 0
	forged    map[string][]byte // what is sent instead, by digest
}

func newLookalike(t *testing.T) *lookalike {
	l := &lookalike{content: map[string][]byte{}, media: map[string]string{}, tags: map[string]map[string]string{}, forged: map[string][]byte{}, catalogue: true}
	l.Server = httptest.NewServer(l)
	l.blobs = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the credential went to the host of the blobs")
		}
		_, _ = w.Write(l.content[strings.TrimPrefix(r.URL.Path, "/")])
	}))
	t.Cleanup(l.Close)
	t.Cleanup(l.blobs.Close)
	return l
}

func (l *lookalike) account(more ...string) integrations.Account {
	a := integrations.Account{Settings: map[string]string{"url": l.URL, "user": "reader", "password": "hush"}}
	for i := 0; i+1 < len(more); i += 2 {
		a.Settings[more[i]] = more[i+1]
	}
	return a
}

func (l *lookalike) host() string { return strings.TrimPrefix(l.URL, "http://") }

// put keeps JSON and returns its descriptor.
func (l *lookalike) put(media string, content any) object {
	text, _ := json.Marshal(content)
	sum := sha256.Sum256(text)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	l.content[digest], l.media[digest] = text, media
	return object{"mediaType": media, "digest": digest, "size": len(text)}
}

const (
	imageType = "application/vnd.oci.image.manifest.v1+json"
	indexType = "application/vnd.oci.image.index.v1+json"
)

// image keeps an image with labels and the annotations of its manifest.
func (l *lookalike) image(arch string, labels, annotations object) object {
	config := l.put("application/vnd.oci.image.config.v1+json", object{"architecture": arch, "os": "linux", "created": "2026-05-04T10:00:00Z", "config": object{"Labels": labels}, "rootfs": object{"type": "layers"}})
	layer := object{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + strings.Repeat("ab", 32), "size": 1000}
	return l.put(imageType, object{"schemaVersion": 2, "mediaType": imageType, "config": config, "layers": []any{layer}, "annotations": annotations})
}

func (l *lookalike) tag(repository, tag string, what object) string {
	if l.tags[repository] == nil {
		l.tags[repository] = map[string]string{}
	}
	digest := what["digest"].(string)
	l.tags[repository][tag] = digest
	return digest
}

func (l *lookalike) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.asked = append(l.asked, r.Method+" "+r.URL.Path)
	if l.status != 0 {
		w.WriteHeader(l.status)
		return
	}
	if r.URL.Path == "/token" {
		if user, password, _ := r.BasicAuth(); user != "reader" || password != "hush" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"token":"t1"}`)
		return
	}
	if r.Header.Get("Authorization") != "Bearer t1" {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="lookalike"%s`, l.URL, scope(r.URL.Path)))
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	l.answer(w, r)
}

// scope is what a token for the path must allow.
func scope(path string) string {
	path = strings.TrimPrefix(path, "/v2/")
	for _, part := range []string{"/tags/", "/manifests/", "/blobs/"} {
		if name, _, ok := strings.Cut(path, part); ok {
			return `,scope="repository:` + name + `:pull"`
		}
	}
	if path == "_catalog" {
		return `,scope="registry:catalog:*"`
	}
	return ""
}

func (l *lookalike) answer(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/v2/")
	switch {
	case path == "":
		fmt.Fprint(w, "{}")
	case path == "_catalog" && l.catalogue:
		l.list(w, "repositories", slices.Sorted(keys(l.tags)))
	case strings.HasSuffix(path, "/tags/list") && l.tags[strings.TrimSuffix(path, "/tags/list")] != nil:
		l.pages(w, r, slices.Sorted(keys(l.tags[strings.TrimSuffix(path, "/tags/list")])))
	case strings.Contains(path, "/manifests/"):
		repository, reference, _ := strings.Cut(path, "/manifests/")
		digest := reference
		if !strings.HasPrefix(reference, "sha256:") {
			digest = l.tags[repository][reference]
		}
		l.manifest(w, digest)
	case strings.Contains(path, "/blobs/"):
		_, digest, _ := strings.Cut(path, "/blobs/")
		http.Redirect(w, r, l.blobs.URL+"/"+digest, http.StatusTemporaryRedirect)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (l *lookalike) manifest(w http.ResponseWriter, digest string) {
	text := l.content[digest]
	if text == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if other := l.forged[digest]; other != nil {
		text = other
	}
	w.Header().Set("Content-Type", l.media[digest])
	w.Header().Set("Docker-Content-Digest", digest)
	_, _ = w.Write(text)
}

// pages lists two at a time, as registries do with a Link to the next.
func (l *lookalike) pages(w http.ResponseWriter, r *http.Request, all []string) {
	last := r.URL.Query().Get("last")
	rest := all[len(all)-len(slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s <= last })):]
	if len(rest) > 2 {
		rest = rest[:2]
		w.Header().Set("Link", fmt.Sprintf(`<%s?n=2&last=%s>; rel="next"`, r.URL.Path, rest[1]))
	}
	l.list(w, "tags", rest)
}

func (l *lookalike) list(w http.ResponseWriter, name string, list []string) {
	_ = json.NewEncoder(w).Encode(object{"name": "x", name: list})
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func source() *Source {
	s := New(&http.Client{})
	s.Now = func() time.Time { return noon }
	return s
}
