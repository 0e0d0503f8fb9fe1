package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"throughline/models"
	"throughline/models/store"
)

// fanout measures how long it takes until 99 of 100 open boards heard of an
// event, from the first one on, against one goroutine that writes the same bytes
// to as many websockets with the same readers; and what an open board costs.
func fanout(ctx context.Context, o options) ([]row, error) {
	h, err := openHub(ctx, o)
	if err != nil {
		return nil, err
	}
	defer h.close()
	ours, limit := newEars(o.sockets), newEars(o.sockets)
	size, err := h.perBoard(ctx)
	if err != nil {
		return nil, err
	}
	if err := h.watch(ctx, o.sockets, ours); err != nil {
		return nil, err
	}
	raw, err := openLoop(ctx, o.sockets, limit)
	if err != nil {
		return nil, err
	}
	defer raw.close()
	spread, err := h.compare(o, ours, limit, raw)
	return []row{spread.row(fmt.Sprintf("C1 fan-out to %d boards ÷ raw write loop, p99", o.sockets), 1.5, false, duration),
		size.row("C2 memory of an open board ÷ 16 KB", 1, false, kilobytes)}, err
}

func (h *hub) compare(o options, ours, limit *ears, raw *loop) (spread pairs, err error) {
	for round := range o.rounds {
		if err := h.post(event(fmt.Sprint("fan-", round), round), single); err != nil {
			return spread, err
		}
		took, err := ours.collect()
		if err != nil {
			return spread, err
		}
		if err := raw.write(int(ours.size.Load())); err != nil {
			return spread, err
		}
		least, err := limit.collect()
		if err != nil {
			return spread, err
		}
		spread.add(float64(took), float64(least))
	}
	return spread, nil
}

// boardsOfOne is how many boards one viewer has open; a hub limits that.
const boardsOfOne = 100

// watch opens boards; each frame that one of them gets is one heard.
func (h *hub) watch(ctx context.Context, sockets int, e *ears) error {
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
		if _, _, err := socket.Read(ctx); err != nil { // the first frame only says where we are
			return fmt.Errorf("hear of board %d: %w", n, err)
		}
		go e.listen(ctx, socket) // ends when the hub closes the socket
	}
	return nil
}

// ears are the readers of so many sockets.
type ears struct {
	sockets int
	heard   chan time.Time
	size    atomic.Int64 // of the last message
}

func newEars(sockets int) *ears {
	return &ears{sockets: sockets, heard: make(chan time.Time, 4*sockets)}
}

func (e *ears) listen(ctx context.Context, socket *websocket.Conn) {
	for {
		_, text, err := socket.Read(ctx)
		if err != nil {
			return
		}
		e.heard <- time.Now()
		e.size.Store(int64(len(text)))
	}
}

// collect waits until everybody heard and returns p99 after the first.
func (e *ears) collect() (time.Duration, error) {
	late := time.After(30 * time.Second)
	all := make([]time.Time, 0, e.sockets)
	for len(all) < e.sockets {
		select {
		case at := <-e.heard:
			all = append(all, at)
		case <-late:
			return 0, fmt.Errorf("only %d of %d boards heard within 30 s", len(all), e.sockets)
		}
	}
	return spreadOf(all), nil
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
