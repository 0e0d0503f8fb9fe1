package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"throughline/models"
)

// The reasons to end a socket, as close codes.
const (
	goingAway  = websocket.StatusGoingAway       // 1001: the program stops, come back
	tooSlow    = websocket.StatusTryAgainLater   // 1013: reads slower than things happen; come back and catch up
	notAllowed = websocket.StatusCode(4403)      // the right to see this board has ended
	talking    = websocket.StatusPolicyViolation // 1008: boards only listen
)

var closeWords = map[websocket.StatusCode]string{goingAway: "try again in a moment", tooSlow: "too slow, catch up",
	notAllowed: "no longer allowed", talking: "boards only listen"}

const (
	queueLength   = 32
	writeDeadline = 5 * time.Second
)

// socket is one open board.
type socket struct {
	project     int64
	by          models.Principal
	user, login string // whom its number is counted for; what its rights hang on
	queue       chan frame
	ended       chan struct{} // closed once code is set
	code        atomic.Int64
	conn        *websocket.Conn
	net         net.Conn // the same connection: whole frames are written to it as they are
}

func newSocket(by models.Principal, project int64) *socket {
	s := &socket{project: project, by: by, queue: make(chan frame, queueLength), ended: make(chan struct{})}
	s.user = by.Actor()
	s.login = s.user + " " + by.Session
	return s
}

// end asks the socket's own goroutine to close it; the first reason counts.
func (s *socket) end(code websocket.StatusCode) bool {
	if !s.code.CompareAndSwap(0, int64(code)) {
		return false
	}
	close(s.ended)
	return true
}

// hijacked keeps the connection that an upgrade hands out, so that frames made
// once can be written to all sockets without being built again for each.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

// Unwrap lets http.ResponseController reach the writer beneath.
func (w *hijacked) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Hijack implements http.Hijacker.
func (w *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.conn = conn
	return conn, rw, err
}

// WriteHeaderNow passes on what gin needs before an upgrade.
func (w *hijacked) WriteHeaderNow() {
	if now, ok := w.ResponseWriter.(interface{ WriteHeaderNow() }); ok {
		now.WriteHeaderNow()
	}
}

// run writes what comes until the socket ends. ctx ends when the peer closes.
func (s *socket) run(ctx context.Context, ping time.Duration, after int64) error {
	ticker := time.NewTicker(ping)
	defer ticker.Stop()
	for {
		select {
		case <-s.ended:
			return nil
		case <-ctx.Done():
			if s.code.Load() != 0 {
				return nil // we end it, with a reason
			}
			return ctx.Err()
		case f := <-s.queue:
			if f.seq <= after {
				continue // the catch-up told it already
			}
			if err := s.write(f); err != nil {
				return err
			}
		case <-ticker.C:
			if err := s.ping(ctx); err != nil {
				return err
			}
		}
	}
}

// listen answers the control frames of the other end, until it closes. It has
// nothing else to say.
func (s *socket) listen(ctx context.Context) {
	if _, _, err := s.conn.Reader(ctx); err == nil {
		s.end(talking)
	}
}

// write sends a ready-made frame in one piece. After an error half a frame may be
// out, so the connection is of no more use.
func (s *socket) write(f frame) error {
	_ = s.net.SetWriteDeadline(time.Now().Add(writeDeadline))
	if _, err := s.net.Write(f.wire); err != nil {
		s.end(tooSlow)
		return fmt.Errorf("write a frame: %w", err)
	}
	return s.net.SetWriteDeadline(time.Time{})
}

func (s *socket) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	return s.conn.Ping(ctx)
}

// close says why and waits shortly for the other end to agree; a broken
// connection is just closed.
func (s *socket) close(err error) {
	code := websocket.StatusCode(s.code.Load())
	if err != nil || code == 0 {
		_ = s.conn.CloseNow()
		return
	}
	if code == talking {
		s.hangUp(code)
		return
	}
	_ = s.net.SetWriteDeadline(time.Now().Add(writeDeadline))
	if err := s.conn.Close(code, closeWords[code]); err != nil && !errors.Is(err, net.ErrClosed) {
		_ = s.conn.CloseNow()
	}
}

// hangUp says why and ends the connection without waiting for an answer: whoever
// talks may go on for ever. What is on its way is read for a moment, because
// closing over unread bytes would destroy our last word.
func (s *socket) hangUp(code websocket.StatusCode) {
	word := closeWords[code]
	last := append([]byte{0x88, byte(2 + len(word)), byte(code >> 8), byte(code)}, word...) // #nosec G115 -- RFC 6455, 5.5.1: short words, codes of 16 bits
	_ = s.net.SetDeadline(time.Now().Add(time.Second))
	if _, err := s.net.Write(last); err == nil {
		if half, ok := s.net.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
		_, _ = io.Copy(io.Discard, s.net)
	}
	_ = s.conn.CloseNow()
}
