package main

import (
	"context"
	"errors"
	"fmt"
)

// clients is how many post at a time, and how many writers the limits have.
const clients = 64

// disk is the program and its limits side by side.
type disk struct {
	hub       *hub
	same, one *rawDisk
	window    func(do func(worker, n int) error) (float64, error)

	grouped, strict, alone, latency pairs
}

// ingest measures durable posts against what the disk and SQLite allow.
func ingest(ctx context.Context, o options) ([]row, error) {
	d := &disk{window: func(do func(worker, n int) error) (float64, error) { return rate(o.window, clients, do) }}
	defer d.close()
	if err := d.open(ctx, o); err != nil {
		return nil, err
	}
	for round := range o.rounds {
		if err := errors.Join(d.throughput(round), d.answer(round)); err != nil {
			return nil, err
		}
	}
	return []row{
		d.grouped.row("A1 durable posts, 64 clients ÷ raw group commit of the same rows", 0.45, true, perSecond),
		d.strict.row("A1 the same ÷ raw group commit of one row an event", 0.45, true, perSecond),
		d.alone.row("A2 the same ÷ a transaction an event, the same rows", 4, true, perSecond),
		d.latency.row("A4 one client's p50 ÷ fdatasync's p50", 2.5, false, duration),
	}, nil
}

func (d *disk) open(ctx context.Context, o options) (err error) {
	if d.hub, err = openHub(ctx, o); err != nil {
		return err
	}
	if d.same, err = openRaw(ctx, o.dir, sameRows); err != nil {
		return err
	}
	d.one, err = openRaw(ctx, o.dir, oneRow)
	return err
}

func (d *disk) close() {
	if d.hub != nil {
		d.hub.close()
	}
	for _, raw := range []*rawDisk{d.same, d.one} {
		if raw != nil {
			raw.close()
		}
	}
}

func (d *disk) throughput(round int) error {
	name := func(of string, w, n int) string { return fmt.Sprintf("%s%d-%d-%d", of, round, w, n) }
	var perSecond [4]float64
	for i, do := range []func(w, n int) error{
		func(w, n int) error { return d.hub.post(event(name("r", w, n), n), single) },
		func(w, n int) error { return d.same.grouped(name("g", w, n)) },
		func(w, n int) error { return d.one.grouped(name("o", w, n)) },
		func(w, n int) error { return d.same.insert(name("e", w, n)) },
	} {
		var err error
		if perSecond[i], err = d.window(do); err != nil {
			return err
		}
	}
	d.grouped.add(perSecond[0], perSecond[1])
	d.strict.add(perSecond[0], perSecond[2])
	d.alone.add(perSecond[0], perSecond[3])
	return nil
}

// alternating is how often in a row one side is timed before the other's turn:
// a disk has moods that last longer than that.
const alternating = 10

func (d *disk) answer(round int) error {
	var posts, flushes times
	for n := range 15 {
		err := errors.Join(
			posts.take(alternating, func(k int) error { return d.hub.post(event(fmt.Sprintf("s%d-%d-%d", round, n, k), k), single) }),
			flushes.take(alternating, func(int) error { return d.same.flush() }))
		if err != nil {
			return err
		}
	}
	d.latency.add(float64(quantile(posts, 0.5)), float64(quantile(flushes, 0.5)))
	return nil
}
