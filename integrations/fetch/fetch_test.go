package fetch

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"throughline/models"
)

// hostile are addresses that must not be asked.
var hostile = []string{
	"http://127.0.0.1/", "http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://0/", "http://0x7f000001/",
	"http://2130706433/", "http://0177.0.0.1/", "http://127.1/", "http://[::1]/", "http://[::]/", "http://0.0.0.0/",
	"http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::1]/",
	"http://[2002:7f00:1::1]/", "http://[2001:0:1::1]/", "http://[fe80::1%25eth0]/", "http://[fd00::1]/", "http://[fc00::1]/",
	"http://[ff02::1]/", "http://[2001:db8::1]/", "http://[::127.0.0.1]/", "http://169.254.169.254/latest/meta-data/",
	"http://10.1.2.3/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://100.64.0.1/",
	"http://198.18.0.1/", "http://224.0.0.1/", "http://255.255.255.255/", "http://metadata.google.internal/",
	"http://printer.local/", "http://nas.home.arpa/", "http://inside.example/", "http://half.example/", "http://absent.example/",
	"unix:///var/run/docker.sock", "file:///etc/passwd", "gopher://127.0.0.1:25/", "ftp://public.example/", "//public.example/",
	"public.example", "http:public.example", "javascript:alert(1)", "", "http://", "http:///x", "https://user:pw@public.example/",
	"http://public.example:99999999/\x7f", "http://exa mple/",
}

func names(answers map[string][]string) Options {
	return Options{Resolver: resolver(func(name string) []string { return answers[name] })}
}

var zone = map[string][]string{
	"public.example.": {"8.8.8.8", "2606:4700::1111"},
	"inside.example.": {"10.0.0.7"},
	"half.example.":   {"8.8.8.8", "127.0.0.1"},
}

func TestHostileAddressesAreRefusedOnSave(t *testing.T) {
	c := New(names(zone))
	for _, raw := range hostile {
		err := c.CheckURL(t.Context(), raw)
		if models.CodeOf(err) != models.Unprocessed || err == nil {
			t.Errorf("CheckURL(%q) = %v, want a refusal", raw, err)
		}
	}
}

func TestHostileAddressesAreRefusedOnDial(t *testing.T) {
	var hits atomic.Int32
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer canary.Close()
	port := strings.TrimPrefix(canary.URL, "http://127.0.0.1")
	c := New(names(zone))
	for _, raw := range hostile {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			continue
		}
		u.Host = strings.TrimSuffix(u.Host, ":") + port
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		req, err := http.NewRequestWithContext(ctx, "GET", u.String(), nil)
		if err == nil && u.Hostname() != "public.example" && u.Hostname() != "half.example" {
			if resp, err := c.HTTP().Do(req); err == nil {
				resp.Body.Close()
				t.Errorf("GET %s was let through", u)
			}
		}
		cancel()
	}
	if hits.Load() != 0 {
		t.Errorf("the canary was hit %d times", hits.Load())
	}
}

func TestPublicAddressesPass(t *testing.T) {
	c := New(names(zone))
	for _, raw := range []string{"https://public.example/mlflow", "http://public.example:5000", "https://8.8.8.8/", "https://[2606:4700::1111]/"} {
		if err := c.CheckURL(t.Context(), raw); err != nil {
			t.Errorf("CheckURL(%q) = %v", raw, err)
		}
	}
}

func TestTheRefusalNamesTheOption(t *testing.T) {
	err := New(names(zone)).CheckURL(t.Context(), "http://inside.example:5000/")
	if err == nil || !strings.Contains(err.Error(), "--allow-upstream inside.example:5000") {
		t.Errorf("got %v", err)
	}
}

func TestTheOperatorOpensHosts(t *testing.T) {
	for _, c := range []struct {
		allow, url string
		ok         bool
	}{
		{"localhost", "http://localhost:5000/", true},
		{"LocalHost:5000", "http://localhost:5000/", true},
		{"localhost:5000", "http://localhost:5001/", false},
		{"127.0.0.1", "http://127.0.0.1:8080/", true},
		{"127.0.0.1:80", "http://127.0.0.1/", true},
		{"[::1]:5000", "http://[::1]:5000/", true},
		{"::1", "http://[0:0:0:0:0:0:0:1]:5000/", true},
		{"inside.example", "https://inside.example/", true},
		{"inside.example", "https://other.inside.example/", false},
	} {
		o := names(zone)
		o.Allow = []string{c.allow}
		if err := New(o).CheckURL(t.Context(), c.url); (err == nil) != c.ok {
			t.Errorf("allow %s: CheckURL(%s) = %v", c.allow, c.url, err)
		}
	}
}

func TestARebindingNameIsRefusedOnDial(t *testing.T) {
	var hits atomic.Int32
	canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer canary.Close()
	answer := "8.8.8.8"
	c := New(Options{Resolver: resolver(func(string) []string { return []string{answer} })})
	address := strings.Replace(canary.URL, "127.0.0.1", "rebind.example", 1)
	if err := c.CheckURL(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	answer = "127.0.0.1"
	_, err := c.HTTP().Get(address)
	var refusal *models.Error
	if !errors.As(err, &refusal) || hits.Load() != 0 {
		t.Errorf("error %v, %d hits", err, hits.Load())
	}
}

func TestAnAllowedNameDoesNotReachLinkLocal(t *testing.T) {
	o := Options{Allow: []string{"cloud.example"}, Resolver: resolver(func(string) []string { return []string{"169.254.169.254"} })}
	_, err := New(o).HTTP().Get("http://cloud.example/latest/meta-data/")
	if err == nil || models.CodeOf(err) != models.Unprocessed {
		t.Errorf("got %v", err)
	}
}

func TestRedirectsStayWithTheirOrigin(t *testing.T) {
	var stolen atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Store(true) }))
	defer other.Close()
	mux := http.NewServeMux()
	mux.HandleFunc("/out", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(302)
	})
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/in", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/here", http.StatusFound) })
	mux.HandleFunc("/here", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Header.Get("Authorization")) })
	first := httptest.NewServer(mux)
	defer first.Close()
	c := New(Options{Allow: []string{"127.0.0.1"}}).HTTP()
	for path, ok := range map[string]bool{"/out": false, "/file": false, "/round": false, "/in": true} {
		req, _ := http.NewRequest("GET", first.URL+path, nil)
		req.Header.Set("Authorization", "Bearer s3cr3t")
		resp, err := c.Do(req)
		if (err == nil) != ok {
			t.Errorf("%s: %v", path, err)
		}
		if err == nil {
			resp.Body.Close()
		}
	}
	if stolen.Load() {
		t.Error("the other host was asked")
	}
}

func TestAnswersAreBounded(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/exact", func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1000)) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1001)) })
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write(make([]byte, 1<<20))
		z.Close()
	})
	mux.HandleFunc("/drip", func(w http.ResponseWriter, r *http.Request) {
		for range 100 {
			if _, err := w.Write([]byte(".")); err != nil || r.Context().Err() != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	c := New(Options{Allow: []string{"127.0.0.1"}, MaxBytes: 1000, Timeout: 200 * time.Millisecond}).HTTP()
	for path, ok := range map[string]bool{"/exact": true, "/large": false, "/bomb": false, "/drip": false} {
		resp, err := c.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if (err == nil) != ok || len(body) > 1000 {
			t.Errorf("%s: %d bytes, %v", path, len(body), err)
		}
	}
}

func TestTheProgramNamesItself(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.UserAgent()) }))
	defer s.Close()
	resp, err := New(Options{Allow: []string{"127.0.0.1"}, UserAgent: "Throughline/1"}).HTTP().Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != "Throughline/1" {
		t.Errorf("User-Agent %q", body)
	}
}

// TestOtherProtocolsAreGuardedAlike: what does not speak HTTP dials by the same rules.
func TestOtherProtocolsAreGuardedAlike(t *testing.T) {
	c := New(Options{})
	for network, target := range map[string]string{"tcp": "127.0.0.1:5432", "unix": "/tmp/socket", "udp": "192.0.2.1:53"} {
		if conn, err := c.Dial(t.Context(), network, target); err == nil || conn != nil {
			t.Errorf("%s %s is dialled", network, target)
		}
	}
	if _, err := c.Plain2(Options{}).Get("http://127.0.0.1:8080/"); err == nil || !strings.Contains(err.Error(), "--allow-upstream") {
		t.Error(err)
	}
}
