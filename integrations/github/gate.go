package github

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"throughline/integrations"
)

// gate lets one request at a time through to a host, and none while the host
// wants to be left alone. All that asks GitHub in this process shares it: the
// sync, the reports, the wizard.
// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
type gate struct {
	next http.RoundTripper
	mu   sync.Mutex
	host map[string]*turn
}

// turn is held by the request that a host is answering.
type turn struct {
	free  chan struct{} // holds one token
	until time.Time     // the host's wish; read and written by the holder
	cause error
}

func newGate(client *http.Client) *gate {
	g := &gate{next: client.Transport, host: map[string]*turn{}}
	if g.next == nil {
		g.next = bare{client}
	}
	return g
}

// bare asks by a client that has no way out of its own.
type bare struct {
	client interface {
		Do(*http.Request) (*http.Response, error)
	}
}

// RoundTrip asks.
func (b bare) RoundTrip(r *http.Request) (*http.Response, error) { return b.client.Do(r) }

func (g *gate) turn(key string) *turn {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.host[key]
	if t == nil {
		t = &turn{free: make(chan struct{}, 1)}
		t.free <- struct{}{}
		g.host[key] = t
	}
	return t
}

// RoundTrip waits for its turn, or for the end of the request's context. While
// the host rests it fails with a RetryAfter, without asking.
func (g *gate) RoundTrip(r *http.Request) (*http.Response, error) {
	t := g.turn(turnKey(r))
	select {
	case <-t.free:
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
	if t.until.After(time.Now()) {
		defer t.release()
		return nil, &integrations.RetryAfter{Until: t.until, Cause: t.cause}
	}
	response, err := g.next.RoundTrip(r)
	if err != nil {
		t.release()
		return response, err
	}
	t.heed(response)
	response.Body = &held{ReadCloser: response.Body, release: sync.OnceFunc(t.release)}
	return response, nil
}

func (t *turn) release() { t.free <- struct{}{} }

// held is an answer's body: the turn lasts until it is read or closed.
type held struct {
	io.ReadCloser
	release func()
}

// Read is io.Reader.
func (h *held) Read(p []byte) (int, error) {
	n, err := h.ReadCloser.Read(p)
	if err != nil {
		h.release()
	}
	return n, err
}

// Close is io.Closer.
func (h *held) Close() error {
	h.release()
	return h.ReadCloser.Close()
}

// turnKey keeps apart what GitHub counts apart: hosts, and on them the accounts.
func turnKey(r *http.Request) string {
	if name, ok := r.Context().Value(turnName{}).(string); ok {
		return r.URL.Host + " " + name
	}
	return r.URL.Host + " " + r.Header.Get("Authorization")
}

// heed notes until when the host wants to be left alone: a Retry-After, or the
// end of the hour whose requests are used up. go-github v62 knows only those
// that come as 403; 429 is the same.
func (t *turn) heed(response *http.Response) {
	limited := response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusTooManyRequests
	switch {
	case limited && response.Header.Get("Retry-After") != "":
		t.until, t.cause = time.Now().Add(wait(response.Header)), errSlower
	case response.Header.Get("X-RateLimit-Remaining") == "0": // this one was the last
		t.until, t.cause = reset(response.Header), errUsedUp
	case response.StatusCode == http.StatusTooManyRequests:
		t.until, t.cause = time.Now().Add(time.Minute), errSlower
	}
}

var (
	errSlower = errors.New("GitHub asks for slower requests")
	errUsedUp = errors.New("the hourly limit of requests is used up")
)

// reset is when the hourly limit begins anew, a minute from now where it is not said.
func reset(header http.Header) time.Time {
	seconds, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || seconds <= 0 {
		return time.Now().Add(time.Minute)
	}
	return time.Unix(seconds, 0).Add(time.Second) // clocks differ
}
