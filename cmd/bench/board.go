package main

import (
	"context"
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

// board measures the page of a large board against a small one, and against the
// same page rendered from memory.
func board(ctx context.Context, o options) ([]row, error) {
	large, err := filledHub(ctx, o, o.cards)
	if err != nil {
		return nil, err
	}
	defer large.close()
	small, err := filledHub(ctx, o, smallBoard)
	if err != nil {
		return nil, err
	}
	defer small.close()
	memory, err := small.inMemory(ctx)
	if err != nil {
		return nil, err
	}
	defer memory.Close()
	var toMemory, toSmall pairs
	for range o.rounds {
		if err := boardRound(large, small, memory.URL, &toMemory, &toSmall); err != nil {
			return nil, err
		}
	}
	return []row{
		toMemory.row(fmt.Sprintf("B1 board of %d ÷ in-memory page of 100, p50", o.cards), 2, false, duration),
		toSmall.row(fmt.Sprintf("B2 board of %d ÷ board of 100, p50", o.cards), 1.25, false, duration),
	}, nil
}

func boardRound(large, small *hub, memory string, toMemory, toSmall *pairs) error {
	var took [3]time.Duration
	for i, load := range []func(int) error{large.boardPage, small.boardPage, func(int) error { return get(small.client, memory) }} {
		for range 5 { // warm
			if err := load(0); err != nil {
				return err
			}
		}
		var err error
		if took[i], err = p50(pageLoads, load); err != nil {
			return err
		}
	}
	toMemory.add(float64(took[0]), float64(took[2]))
	toSmall.add(float64(took[0]), float64(took[1]))
	return nil
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

// inMemory serves the small board's page without any database behind it.
func (h *hub) inMemory(ctx context.Context) (*httptest.Server, error) {
	cards, err := h.store.Board(ctx, h.project, models.BoardFilter{}, columnWindow)
	if err != nil {
		return nil, err
	}
	page := views.BoardPage{Frame: views.Frame{Title: "Bench", Project: &h.project}, Board: cards}
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = views.Board(page).Render(r.Context(), w)
	})), nil
}

func get(client *http.Client, address string) error {
	return (&hub{client: client, address: strings.TrimPrefix(address, "http://")}).ask(http.MethodGet, "/", "", single, http.StatusOK)
}
