package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"throughline/models"
	"throughline/models/store"
)

// fanout measures how long it takes until the last of many open boards heard of
// an event, from the first one on, against a loop of plain writes to as many
// sockets.
func fanout(ctx context.Context, o options) ([]row, error) {
	h, err := openHub(ctx, o)
	if err != nil {
		return nil, err
	}
	defer h.close()
	heard := make(chan time.Time, 4*o.sockets)
	if err := h.watch(ctx, o.sockets, heard); err != nil {
		return nil, err
	}
	raw, err := openLoop(o.sockets)
	if err != nil {
		return nil, err
	}
	defer raw.close()
	var spread pairs
	for round := range o.rounds {
		if err := h.post(event(fmt.Sprint("fan-", round), round), single); err != nil {
			return nil, err
		}
		ours, err := collect(heard, o.sockets)
		if err != nil {
			return nil, err
		}
		limit, err := raw.round()
		if err != nil {
			return nil, err
		}
		spread.add(float64(ours), float64(limit))
	}
	return []row{spread.row(fmt.Sprintf("C1 fan-out to %d boards ÷ raw write loop, p99", o.sockets), 1.5, false, duration)}, nil
}

// boardsOfOne is how many boards one viewer has open; a hub limits that.
const boardsOfOne = 100

// watch opens boards; each frame that one of them gets is one heard.
func (h *hub) watch(ctx context.Context, sockets int, heard chan<- time.Time) error {
	seq, err := h.store.Seq(ctx)
	if err != nil {
		return err
	}
	address := fmt.Sprintf("ws://%s/projects/BENCH/live?since=%d", h.address, seq)
	viewer := ""
	for n := range sockets {
		if n%boardsOfOne == 0 {
			viewer, _, err = h.store.CreateToken(ctx, bench, store.NewToken{Name: fmt.Sprint("viewer ", n), Role: models.Viewer})
			if err != nil {
				return err
			}
		}
		socket, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + viewer}}})
		if err != nil {
			return fmt.Errorf("open board %d: %w", n, err)
		}
		go func() { // ends when the hub closes the socket
			for {
				if _, _, err := socket.Read(ctx); err != nil {
					return
				}
				heard <- time.Now()
			}
		}()
	}
	return nil
}

// collect waits until everybody heard and returns p99 after the first.
func collect(heard <-chan time.Time, sockets int) (time.Duration, error) {
	late := time.After(30 * time.Second)
	times := make([]time.Time, 0, sockets)
	for len(times) < sockets {
		select {
		case at := <-heard:
			times = append(times, at)
		case <-late:
			return 0, fmt.Errorf("only %d of %d boards heard within 30 s", len(times), sockets)
		}
	}
	return spreadOf(times), nil
}

func spreadOf(times []time.Time) time.Duration {
	first := times[0]
	for _, at := range times {
		if at.Before(first) {
			first = at
		}
	}
	after := make([]time.Duration, len(times))
	for n, at := range times {
		after[n] = at.Sub(first)
	}
	return quantile(after, 0.99)
}

// loop is the limit: one goroutine that writes the same bytes to every socket.
type loop struct {
	listener net.Listener
	out      []net.Conn
	heard    chan time.Time
}

// frameSize is about that of one changed card.
const frameSize = 1800

func openLoop(sockets int) (l *loop, err error) {
	l = &loop{heard: make(chan time.Time, 4*sockets)}
	if l.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	for range sockets {
		in, err := net.Dial("tcp", l.listener.Addr().String())
		if err != nil {
			return nil, err
		}
		out, err := l.listener.Accept()
		if err != nil {
			return nil, err
		}
		l.out = append(l.out, out)
		go l.read(in) // ends when close closes the other end
	}
	return l, nil
}

func (l *loop) read(in net.Conn) {
	defer in.Close()
	buffer := make([]byte, frameSize)
	for got := 0; ; {
		n, err := in.Read(buffer[got:])
		if err != nil {
			return
		}
		if got += n; got == frameSize {
			l.heard <- time.Now()
			got = 0
		}
	}
}

func (l *loop) round() (time.Duration, error) {
	frame := make([]byte, frameSize)
	for _, out := range l.out {
		if _, err := out.Write(frame); err != nil {
			return 0, err
		}
	}
	return collect(l.heard, len(l.out))
}

func (l *loop) close() {
	_ = l.listener.Close()
	for _, out := range l.out {
		_ = out.Close()
	}
}
