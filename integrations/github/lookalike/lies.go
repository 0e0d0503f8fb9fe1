package lookalike

import (
	"net/http"
	"strconv"
	"time"
)

// Lies are what goes wrong with answers to GET, as shares of one.
type Lies struct {
	Bad     float64 // 502
	Limited float64 // 429, or 403 of the secondary limit, with Retry-After
	Spent   float64 // 403: the hourly limit is used up
	Slow    float64 // comes late
	Cut     float64 // ends before its end
	Wait    int     // seconds of Retry-After, and until the hour ends; may be negative
	Late    time.Duration
}

// Lie begins to lie, or with the zero Lies ends it.
func (s *Server) Lie(lies Lies) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lies = lies
}

type lie func(w http.ResponseWriter, r *http.Request) (answered bool)

func honest(http.ResponseWriter, *http.Request) bool { return false }

// lie decides about one request.
func (s *Server) lie(r *http.Request) lie {
	if s.lies == (Lies{}) || r.Method != http.MethodGet {
		return honest
	}
	luck := s.chance.Float64()
	for _, way := range []struct {
		share float64
		do    lie
	}{{s.lies.Bad, badGateway}, {s.lies.Limited, limited(s.lies.Wait, s.chance.IntN(2) == 0)}, {s.lies.Spent, spent(s.lies.Wait)}, {s.lies.Slow, slow(s.lies.Late)}, {s.lies.Cut, s.cut}} {
		if luck -= way.share; luck < 0 {
			return way.do
		}
	}
	return honest
}

func badGateway(w http.ResponseWriter, _ *http.Request) bool {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusBadGateway)
	_, _ = w.Write([]byte("<!DOCTYPE html><html><head><title>Unicorn! &middot; GitHub</title></head></html>"))
	return true
}

func limited(wait int, plain bool) lie {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, wait)))
		status := http.StatusForbidden
		if plain {
			status = http.StatusTooManyRequests
		}
		w.WriteHeader(status)
		_, _ = w.Write(encode(object{"message": "You have exceeded a secondary rate limit.", "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}))
		return true
	}
}

func spent(wait int) lie {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("X-RateLimit-Limit", "5000")
		w.Header().Set("X-RateLimit-Remaining", "0")
		w.Header().Set("X-RateLimit-Reset", text(time.Now().Add(time.Duration(wait)*time.Second).Unix()))
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write(encode(object{"message": "API rate limit exceeded for user ID 1.", "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"}))
		return true
	}
}

func slow(late time.Duration) lie {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		select {
		case <-time.After(late):
		case <-r.Context().Done():
		}
		return false
	}
}

// cut answers truly, but not to the end.
func (s *Server) cut(w http.ResponseWriter, r *http.Request) bool {
	inner := &held{header: http.Header{}}
	s.mux.ServeHTTP(inner, s.bare(r))
	for name, values := range inner.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(inner.body)))
	if inner.status != 0 {
		w.WriteHeader(inner.status)
	}
	_, _ = w.Write(inner.body[:len(inner.body)/2])
	if len(inner.body) > 1 {
		_ = http.NewResponseController(w).Flush() // else nothing at all would come
		panic(http.ErrAbortHandler)
	}
	return true
}

// held keeps an answer back.
type held struct {
	header http.Header
	status int
	body   []byte
}

func (h *held) Header() http.Header         { return h.header }
func (h *held) WriteHeader(status int)      { h.status = status }
func (h *held) Write(p []byte) (int, error) { h.body = append(h.body, p...); return len(p), nil }
