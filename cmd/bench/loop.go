package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"net/http"
	"net/http/httptest"

	"github.com/coder/websocket"
)

// loop is the limit of a fan-out: one goroutine that writes ready-made bytes to
// every socket, one after another.
type loop struct {
	server *httptest.Server
	taken  chan net.Conn
	out    []net.Conn
}

func openLoop(ctx context.Context, sockets int, e *ears) (*loop, error) {
	l := &loop{taken: make(chan net.Conn, 1)}
	l.server = httptest.NewServer(http.HandlerFunc(l.accept))
	for range sockets {
		socket, _, err := websocket.Dial(ctx, "ws"+l.server.URL[len("http"):], nil)
		if err != nil {
			l.close()
			return nil, err
		}
		l.out = append(l.out, <-l.taken)
		go e.listen(ctx, socket) // ends when close closes the other end
	}
	return l, nil
}

// accept does the handshake and keeps nothing but the connection.
func (l *loop) accept(w http.ResponseWriter, r *http.Request) {
	k := &keeper{ResponseWriter: w}
	if _, err := websocket.Accept(k, r, nil); err == nil {
		l.taken <- k.conn
	}
}

// keeper remembers the connection that an upgrade hands out.
type keeper struct {
	http.ResponseWriter
	conn net.Conn
}

// Hijack implements http.Hijacker.
func (k *keeper) Hijack() (conn net.Conn, rw *bufio.ReadWriter, err error) {
	k.conn, rw, err = http.NewResponseController(k.ResponseWriter).Hijack()
	return k.conn, rw, err
}

// write sends a text message of so many bytes to everybody.
func (l *loop) write(size int) error {
	head := []byte{0x81, 126, 0, 0}                    // final text frame, 16 bits of length (RFC 6455, 5.2)
	binary.BigEndian.PutUint16(head[2:], uint16(size)) // #nosec G115 -- our own frames, below 64 KiB
	frame := append(head, bytes.Repeat([]byte("x"), size)...)
	for _, out := range l.out {
		if _, err := out.Write(frame); err != nil {
			return err
		}
	}
	return nil
}

func (l *loop) close() {
	for _, out := range l.out {
		_ = out.Close()
	}
	l.server.Close()
}
