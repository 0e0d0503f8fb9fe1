package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"throughline/handlers"
	"throughline/integrations"
	"throughline/integrations/cloudevents"
	"throughline/models/store"
)

// startGoal is a tenth of what Gitea 1.26 needs on a machine of two cores (1.5 s).
const startGoal = 150 * time.Millisecond

// starting measures from nothing to the first answer that the hub is ready, on a
// folder that is there already, against a fixed bound: a Gitea that is running
// can not be asked how long it took to start.
func starting(ctx context.Context, o options) ([]row, error) {
	dir, err := os.MkdirTemp(o.dir, "throughline-start-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	var took pairs
	for round := range o.rounds + 1 {
		began := time.Now()
		h, err := openIn(ctx, dir)
		if err != nil {
			return nil, err
		}
		err = h.ask(http.MethodGet, "/readyz", "", single, http.StatusOK)
		if round > 0 { // the first makes the database
			took.add(float64(time.Since(began)), float64(startGoal))
		}
		h.stop()
		if err != nil {
			return nil, err
		}
	}
	return []row{took.row("F1 start to ready ÷ 150 ms", 1, false, duration)}, nil
}

// openIn starts the program on a folder.
func openIn(ctx context.Context, dir string) (h *hub, err error) {
	h = &hub{client: newClient(), dir: dir}
	if h.store, err = store.Open(ctx, store.Options{DataDir: dir}); err != nil {
		return nil, fmt.Errorf("open the store: %w", err)
	}
	return h, h.serve(handlers.Options{Store: h.store, Sources: []integrations.Source{cloudevents.New()}})
}
