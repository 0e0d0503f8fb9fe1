package fetch

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"throughline/models"
)

// Row 23: further spellings of inside addresses.
func TestDisguisedAddressesAreRefused(t *testing.T) {
	var hits atomic.Int32
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer canary.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(canary.URL, "http://"), ":")
	c := New(names(zone))
	for _, host := range []string{"017700000001", "0x7f.0.0.1", "127.0.0.1.", "127.000.000.001", "%31%32%37.0.0.1", "１２７.0.0.1", "127。0。0。1", "ⓛocalhost",
		"LOCALHOST", "localhost.", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[::1%25lo]", "100.100.100.200", "a.internal.", "PRINTER.LOCAL"} {
		address := "http://" + host + ":" + port + "/"
		if err := c.CheckURL(t.Context(), address); models.CodeOf(err) != models.Unprocessed || err == nil {
			t.Errorf("CheckURL(%q) = %v", address, err)
		}
		if resp, err := c.HTTP().Get(address); err == nil {
			resp.Body.Close()
			t.Errorf("GET %q was let through", address)
		}
	}
	if hits.Load() != 0 {
		t.Errorf("the canary was hit %d times", hits.Load())
	}
}

// Row 25: nothing that opens doors goes to another host, whatever header it is in
// and whatever the redirect is.
func TestNoCredentialFollowsARedirect(t *testing.T) {
	var hits atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer other.Close()
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", other.URL+"/")
		switch r.URL.Path {
		case "/301":
			w.WriteHeader(301)
		case "/303":
			w.WriteHeader(303)
		case "/307":
			w.WriteHeader(307)
		case "/308":
			w.WriteHeader(308)
		}
	}))
	defer first.Close()
	c := New(Options{Allow: []string{"127.0.0.1"}}).HTTP()
	for _, path := range []string{"/301", "/303", "/307", "/308"} {
		for _, method := range []string{"GET", "POST"} {
			req, _ := http.NewRequest(method, first.URL+path, strings.NewReader("secret"))
			for _, name := range []string{"Authorization", "Cookie", "X-Api-Key", "Private-Token"} {
				req.Header.Set(name, "secret")
			}
			if resp, err := c.Do(req); err == nil {
				resp.Body.Close()
				t.Errorf("%s %s was followed", method, path)
			}
		}
	}
	if hits.Load() != 0 {
		t.Errorf("the other host was asked %d times", hits.Load())
	}
}

// A proxy would be dialled in place of the address that is judged.
func TestProxiesOfTheEnvironmentAreNotUsed(t *testing.T) {
	transport, ok := New(Options{}).HTTP().Transport.(*limits).next.(*http.Transport)
	if !ok || transport.Proxy != nil {
		t.Fatal("a proxy may be used")
	}
}

// Headers are bounded too, and so is what a small packed answer becomes.
func TestHugeHeadersAreCutOff(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		size := 60 << 10
		if r.URL.Path == "/huge" {
			size = 80 << 10
		}
		w.Header().Set("X-Large", strings.Repeat("x", size))
		_, _ = io.WriteString(w, "ok")
	}))
	defer s.Close()
	c := New(Options{Allow: []string{"127.0.0.1"}}).HTTP()
	for path, ok := range map[string]bool{"/": true, "/huge": false} {
		u, _ := url.JoinPath(s.URL, path)
		resp, err := c.Get(u)
		if (err == nil) != ok {
			t.Errorf("%s: %v", path, err)
		}
		if err == nil {
			resp.Body.Close()
		}
	}
}
