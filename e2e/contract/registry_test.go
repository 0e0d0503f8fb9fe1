package contract

import (
	"archive/tar"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"throughline/e2e/peers"
)

// until asks until something holds.
func (h *hub) until(what string, holds func() bool) {
	h.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if holds() {
			return
		}
	}
	h.Fatal("waited in vain for " + what)
}

func (h *hub) image(digest string) (d described, known bool) {
	status, _ := h.call(http.MethodGet, "/api/v1/subjects/image/"+digest, nil)
	if status == http.StatusOK {
		d = h.lineage("image", digest)
	}
	return d, status == http.StatusOK
}

// TestARealRegistry: crane pushes to a real distribution registry, which notifies;
// the image, its tags and its commit are there, moves and deletions follow, and when
// all is quiet nobody asks anybody.
func TestARealRegistry(t *testing.T) {
	peers.Long(t)
	registry, crane, address := peers.Tool(t, "bin/registry"), peers.Tool(t, "bin/crane"), peers.Address(t)
	h := startHubWith(t, os.Stderr, "--log-level", "warn", "--allow-upstream", address)
	h.project("BAR", "bar")
	h.want(http.StatusCreated, http.MethodPost, "/api/v1/projects/BAR/integrations", object{"source": "registry", "name": "reg", "settings": object{"url": "http://" + address}})
	config := filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `version: 0.1
storage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}
http: {addr: %s}
notifications:
  endpoints: [{name: hub, url: "http://%s/hooks/registry/reg", headers: {Authorization: ["Bearer %s"]}, timeout: 2s, threshold: 3, backoff: 1s}]
`, t.TempDir(), address, h.address, h.token), 0o600); err != nil {
		t.Fatal(err)
	}
	peers.Start(t, address, registry, "serve", config)
	sha := "3f786850e387550fdab836ed7e6dc881de23001b"
	labelled := func(name, from string, more ...string) string {
		peers.Run(t, crane, append([]string{"mutate", "--insecure", from, "-t", name}, more...)...)
		return strings.TrimSpace(peers.Run(t, crane, "digest", "--insecure", name))
	}
	peers.Run(t, crane, "append", "--insecure", "--oci-empty-base", "-f", layer(t), "-t", address+"/acme/base:1")
	first := labelled(address+"/acme/fraud:1.4.2", address+"/acme/base:1", "--label", "org.opencontainers.image.revision="+sha, "--label", "org.opencontainers.image.source=https://github.com/acme/fraud")
	links := func() string {
		_, text := h.call(http.MethodGet, "/api/v1/links?from_kind=image&from_key="+first, nil)
		return string(text)
	}
	h.until("the image's commit", func() bool { return strings.Contains(links(), "github.com/acme/fraud@"+sha) })
	tag := func(name string) string { return "tag." + address + "/acme/fraud:" + name }
	peers.Run(t, crane, "tag", "--insecure", address+"/acme/fraud:1.4.2", "prod")
	h.until("the second tag", func() bool {
		d, _ := h.image(first)
		return d.Facts[tag("prod")] == true && d.Facts[tag("1.4.2")] == true
	})
	second := labelled(address+"/acme/fraud:prod", address+"/acme/base:1", "--label", "org.opencontainers.image.version=2")
	h.until("the tag that moved", func() bool {
		old, _ := h.image(first)
		now, known := h.image(second)
		return known && old.Facts[tag("prod")] == nil && now.Facts[tag("prod")] == true && now.Facts["version"] == "2"
	})
	peers.Run(t, crane, "delete", "--insecure", address+"/acme/fraud@"+second)
	h.until("the deletion", func() bool {
		d, _ := h.image(second)
		return d.Facts[tag("prod")] == nil && d.Facts["name."+address+"/acme/fraud"] == nil
	})
	h.quiet("BAR")
}

// quiet watches that nothing is delivered for a while.
func (h *hub) quiet(project string) {
	h.Helper()
	newest := func() any {
		list := h.want(http.StatusOK, http.MethodGet, "/api/v1/projects/"+project+"/deliveries?limit=1", nil)["deliveries"].([]any)
		return list[0].(object)["id"]
	}
	time.Sleep(2 * time.Second)
	before := newest()
	time.Sleep(5 * time.Second)
	if after := newest(); after != before {
		h.Errorf("delivery %v is followed by others, up to %v, while nobody pushed: reading makes news", before, after)
	}
}

// layer is a layer of an image, as a file.
func layer(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "model.bin", Mode: 0o644, Size: 5}); err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte("model"))
	_ = w.Close()
	file := filepath.Join(t.TempDir(), "layer.tar")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
