package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"

	"throughline/models"
	"throughline/models/store"
)

const bytesGoal = 16 << 10

func kilobytes(v float64) string { return fmt.Sprintf("%.1f KB", v/1024) }

// perBoard is what an open board costs the program. The other ends are bare
// connections without buffers, which weigh next to nothing.
func (h *hub) perBoard(ctx context.Context) (size pairs, err error) {
	viewer, _, err := h.store.CreateToken(ctx, bench, store.NewToken{Name: "bare", Role: models.Viewer})
	if err != nil {
		return size, err
	}
	var before int64
	for n := range boardsOfOne + 1 {
		if n == 1 { // the first also pays for what all share
			before = memory()
		}
		conn, err := h.bare(viewer)
		if err != nil {
			return size, err
		}
		defer conn.Close()
	}
	size.add(float64(memory()-before)/boardsOfOne, bytesGoal)
	return size, nil
}

// bare opens a board by hand and waits for its answer and its first frame.
func (h *hub) bare(token string) (net.Conn, error) {
	conn, err := net.Dial("tcp", h.address)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(conn, "GET /projects/BENCH/live HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", h.address, token)
	if err != nil {
		return nil, err
	}
	var heard strings.Builder
	for !strings.Contains(heard.String(), `"seq"`) {
		if _, err := io.CopyN(&heard, conn, 1); err != nil {
			return nil, fmt.Errorf("open a board by hand: %w: %s", err, heard.String())
		}
	}
	return conn, nil
}

// memory is what is in use after a collection, stacks included.
func memory() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // pools are emptied by the second
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse) // #nosec G115 -- a heap of this machine fits
}
