package main

import (
	"context"
	"net/http"
	"time"
)

// peers compares with other programs that the flags name.
func peers(ctx context.Context, o options) ([]row, error) {
	list := []row{absentRow("B3 board of 100 ÷ Gitea's, p50", 0.1), absentRow("health ÷ MLflow's, p50", 1)}
	if o.gitea == "" && o.mlflow == "" {
		return list, nil
	}
	h, err := filledHub(ctx, o, smallBoard)
	if err != nil {
		return nil, err
	}
	defer h.close()
	ready := func(int) error { return h.ask(http.MethodGet, "/readyz", "", single, http.StatusOK) }
	for i, p := range []struct {
		address, path string
		ours          func(int) error
	}{{o.gitea, "", h.boardPage}, {o.mlflow, "/health", ready}} {
		if p.address == "" {
			continue
		}
		if list[i], err = against(list[i], o, p.ours, func(int) error { return fetch(ctx, h.client, p.address+p.path) }); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// against times ours and theirs in turn.
func against(r row, o options, ours, theirs func(int) error) (row, error) {
	var both pairs
	for range o.rounds {
		var mine, other times
		if err := mine.take(alternating, ours); err != nil {
			return r, err
		}
		if err := other.take(alternating, theirs); err != nil {
			return r, err
		}
		both.add(float64(quantile(mine, 0.5)), float64(quantile(other, 0.5)))
	}
	return both.row(r.name, r.goal, false, duration), nil
}

// fetch reads a page of a peer.
func fetch(ctx context.Context, client *http.Client, address string) error {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	return do(client, request, http.StatusOK)
}
