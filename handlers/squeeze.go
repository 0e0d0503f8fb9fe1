package handlers

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// squeezeFrom is the size from which compressing an answer pays.
const squeezeFrom = 1024

// squeeze compresses pages and JSON for those who take it, at the level that
// costs half of what the standard library's default does.
func squeeze(next http.Handler) http.Handler {
	pool := &sync.Pool{New: func() any {
		z, _ := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed) // the level is a valid constant
		return z
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || r.Method == http.MethodHead || r.Header.Get("Upgrade") != "" {
			next.ServeHTTP(w, r)
			return
		}
		z := &squeezer{ResponseWriter: w, pool: pool}
		defer z.end()
		next.ServeHTTP(z, r)
	})
}

// squeezer decides with the first bytes whether to compress.
type squeezer struct {
	http.ResponseWriter
	pool    *sync.Pool
	z       *gzip.Writer
	status  int
	decided bool
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (s *squeezer) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// WriteHeader waits for the first bytes.
func (s *squeezer) WriteHeader(status int) {
	if status < 200 {
		s.ResponseWriter.WriteHeader(status)
		return
	}
	if s.status == 0 {
		s.status = status
	}
}

// decide sends the header, with n bytes about to follow.
func (s *squeezer) decide(n int) {
	if s.decided {
		return
	}
	s.decided = true
	if s.status == 0 {
		s.status = http.StatusOK
	}
	if n >= squeezeFrom && compressible(s.Header(), s.status) {
		s.start()
	}
	s.ResponseWriter.WriteHeader(s.status)
}

func (s *squeezer) start() {
	s.Header().Set("Content-Encoding", "gzip")
	s.Header().Add("Vary", "Accept-Encoding")
	s.Header().Del("Content-Length")
	s.Header().Del("Accept-Ranges")
	s.z = s.pool.Get().(*gzip.Writer)
	s.z.Reset(s.ResponseWriter)
}

func compressible(h http.Header, status int) bool {
	if status == http.StatusNoContent || status == http.StatusNotModified || status == http.StatusPartialContent ||
		h.Get("Content-Encoding") != "" || strings.Contains(h.Get("Cache-Control"), "no-transform") || h.Get("Content-Range") != "" {
		return false
	}
	kind := h.Get("Content-Type")
	for _, part := range []string{"text/", "json", "javascript", "svg", "xml"} {
		if strings.Contains(kind, part) {
			return true
		}
	}
	return false
}

// Write compresses, or not.
func (s *squeezer) Write(p []byte) (int, error) {
	s.decide(len(p))
	if s.z != nil {
		return s.z.Write(p)
	}
	return s.ResponseWriter.Write(p)
}

// Flush sends what there is.
func (s *squeezer) Flush() {
	s.decide(0)
	if s.z != nil {
		_ = s.z.Flush()
	}
	_ = http.NewResponseController(s.ResponseWriter).Flush()
}

// Hijack passes the connection on; nothing is compressed any more.
func (s *squeezer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	s.decided = true
	return http.NewResponseController(s.ResponseWriter).Hijack()
}

func (s *squeezer) end() {
	if s.status != 0 {
		s.decide(0)
	}
	if s.z == nil {
		return
	}
	_ = s.z.Close() // the other end may be gone
	s.z.Reset(io.Discard)
	s.pool.Put(s.z)
}
