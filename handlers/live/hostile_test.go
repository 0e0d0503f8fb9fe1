package live

import (
	"crypto/rand"
	"encoding/binary"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// raw is a websocket client that sends what no library would.
func (h *hall) raw() net.Conn {
	h.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.server.URL, "http://"))
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = conn.Close() })
	_, err = conn.Write([]byte("GET / HTTP/1.1\r\nHost: hub\r\nOrigin: http://hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
	require.NoError(h.t, err)
	return conn
}

// sent is a masked frame of a client (RFC 6455, 5.2).
func sent(first byte, payload []byte) []byte {
	out := []byte{first}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	mask := make([]byte, 4)
	_, _ = rand.Read(mask)
	out = append(out, mask...)
	for i, b := range payload {
		out = append(out, b^mask[i%4])
	}
	return out
}

// Row 38: whoever sends anything but control frames is closed, whatever it is,
// and nothing of it is kept.
func TestHostileFramesEndTheSocket(t *testing.T) {
	flood := strings.Repeat(string(sent(0x89, []byte("ping"))), 10_000)
	for name, bytes := range map[string][]byte{
		"a text of a megabyte":             sent(0x81, make([]byte, 1<<20)),
		"no UTF-8":                         sent(0x81, []byte("\xff\xfe\xc0")),
		"a fragment without an end":        sent(0x01, make([]byte, 1000)),
		"a continuation of nothing":        sent(0x80, []byte("x")),
		"a reserved opcode":                sent(0x83, []byte("x")),
		"a ping that is too long":          sent(0x89, make([]byte, 200)),
		"a length beyond every memory":     {0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0},
		"an unmasked frame":                {0x81, 0x01, 'x'},
		"ten thousand pings, then a word":  append([]byte(flood), sent(0x81, []byte("x"))...),
		"a frame after saying good-bye":    append(sent(0x88, []byte{0x03, 0xe8}), sent(0x81, []byte("x"))...),
		"compressed without having agreed": sent(0xc1, []byte("x")),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(t, 10)
			conn := h.raw()
			require.Eventually(t, func() bool { return h.hub.Open() == 1 }, 5*time.Second, 5*time.Millisecond)
			go func() { _, _ = conn.Write(bytes) }() // ends when the connection closes
			drained(t, conn)
			require.Eventually(t, func() bool { return h.hub.Open() == 0 }, 12*time.Second, 10*time.Millisecond)
		})
	}
}

// drained reads until the other end closes.
func drained(t *testing.T, conn net.Conn) {
	t.Helper()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(15*time.Second)))
	buffer := make([]byte, 4096)
	for {
		if _, err := conn.Read(buffer); err != nil {
			timeout, ok := err.(net.Error)
			require.False(t, ok && timeout.Timeout(), "the socket stays open")
			_ = conn.Close()
			return
		}
	}
}
