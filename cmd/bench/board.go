package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"throughline/models"
	"throughline/views"
)

const (
	smallBoard   = 100
	columnWindow = 50 // cards of a column on the first page
	pageLoads    = 60 // in a round
)

// pages are what a round compares.
type pages struct {
	large, small *hub
	memory       *httptest.Server

	toMemory, toSmall, busy pairs
}

// board measures the page of a large board against a small one, against a page of
// the same size out of memory, and while events come in.
func board(ctx context.Context, o options) ([]row, error) {
	p := &pages{}
	var err error
	if p.large, err = filledHub(ctx, o, o.cards); err != nil {
		return nil, err
	}
	defer p.large.close()
	if p.small, err = filledHub(ctx, o, smallBoard); err != nil {
		return nil, err
	}
	defer p.small.close()
	if p.memory, err = p.small.inMemory(ctx); err != nil {
		return nil, err
	}
	defer p.memory.Close()
	for round := range o.rounds {
		if err := p.round(ctx, round); err != nil {
			return nil, err
		}
	}
	return p.rows(o), nil
}

func (p *pages) rows(o options) []row {
	return []row{
		p.toMemory.row(fmt.Sprintf("B1 board of %d ÷ prepared page of 100 cards from memory, p50", o.cards), 2, false, duration),
		p.toSmall.row(fmt.Sprintf("B2 board of %d ÷ board of 100, p50", o.cards), 1.25, false, duration),
		p.busy.row("B4 board while events come in ÷ idle, p50", 2, false, duration),
		absentRow("B4 a 304 ÷ a hello (boards serve no ETag)", 1.5),
	}
}

func (p *pages) round(ctx context.Context, round int) error {
	var took [3]times
	for range pageLoads / alternating {
		for i, load := range []func(int) error{p.large.boardPage, p.small.boardPage, func(int) error { return get(p.small.client, p.memory.URL) }} {
			if err := took[i].take(alternating, load); err != nil {
				return err
			}
		}
	}
	idle := float64(quantile(took[0], 0.5))
	p.toMemory.add(idle, float64(quantile(took[2], 0.5)))
	p.toSmall.add(idle, float64(quantile(took[1], 0.5)))
	busy, err := p.whilePosting(ctx, round)
	p.busy.add(float64(busy), idle)
	return err
}

// steady is the pace of events while a board is loaded: a busy day of a large team.
const steady = 10 * time.Millisecond

// whilePosting loads the large board while events change it.
func (p *pages) whilePosting(ctx context.Context, round int) (time.Duration, error) {
	ctx, stop := context.WithCancel(ctx)
	posted := make(chan error, 1)
	go func() { posted <- p.large.keepPosting(ctx, round) }() // ends with stop
	var took times
	err := took.take(pageLoads, p.large.boardPage)
	stop()
	if err := errors.Join(err, <-posted); err != nil {
		return 0, err
	}
	return quantile(took, 0.5), nil
}

func (h *hub) keepPosting(ctx context.Context, round int) error {
	tick := time.NewTicker(steady)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := h.post(event(fmt.Sprintf("busy-%d-%d", round, n), n), single); err != nil {
			return err
		}
	}
}

// filledHub has a board of so many cards, half of them in each of two columns.
func filledHub(ctx context.Context, o options, cards int) (*hub, error) {
	h, err := openHub(ctx, o)
	if err != nil {
		return nil, err
	}
	for at := 0; at < cards; at += 100 {
		list := make([]string, 0, 100)
		for n := at; n < min(at+100, cards); n++ {
			list = append(list, event(fmt.Sprint("card-", n), n))
		}
		if err := h.post("["+strings.Join(list, ",")+"]", batch); err != nil {
			return nil, err
		}
	}
	return h, nil
}

func (h *hub) boardPage(int) error {
	return h.ask(http.MethodGet, "/projects/BENCH/board", "", single, http.StatusOK)
}

// inMemory serves the small board's page, rendered once, without any database,
// login or template behind it.
func (h *hub) inMemory(ctx context.Context) (*httptest.Server, error) {
	cards, err := h.store.Board(ctx, h.project, models.BoardFilter{}, columnWindow)
	if err != nil {
		return nil, err
	}
	page := views.BoardPage{Frame: views.Frame{Title: "Bench", Project: &h.project}, Board: cards}
	var ready bytes.Buffer
	if err := views.Board(page).Render(ctx, &ready); err != nil {
		return nil, err
	}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(ready.Bytes())
	})), nil
}

func get(client *http.Client, address string) error {
	return (&hub{client: client, address: strings.TrimPrefix(address, "http://")}).ask(http.MethodGet, "/", "", single, http.StatusOK)
}
