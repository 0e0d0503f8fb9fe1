package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"throughline/handlers"
	"throughline/models"
	"throughline/models/store"
)

// hub is the program under test: the real store, pages and server on loopback.
type hub struct {
	store          *store.Store
	pages          *handlers.Handlers
	server         *http.Server
	project        models.Project
	dir            string
	address, token string
	client         *http.Client
}

var bench = models.Principal{Name: "bench", Hub: models.Administrator}

func openHub(ctx context.Context, o options) (*hub, error) {
	dir, err := os.MkdirTemp(o.dir, "throughline-bench-")
	if err != nil {
		return nil, err
	}
	h, err := openIn(ctx, dir)
	if err != nil {
		return nil, err
	}
	return h, h.fill(ctx)
}

// newClient keeps as many connections as it opens, and takes answers as they are.
func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}}
}

// serve answers on a free port of loopback.
func (h *hub) serve(o handlers.Options) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h.address, o.Addr = l.Addr().String(), l.Addr().String()
	if h.pages, err = handlers.New(o); err != nil {
		return err
	}
	h.server = &http.Server{Handler: h.pages.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = h.server.Serve(l) }() // ends in stop
	return nil
}

func (h *hub) fill(ctx context.Context) (err error) {
	if h.token, _, err = h.store.CreateToken(ctx, bench, store.NewToken{Name: "bench", Role: models.Administrator}); err != nil {
		return err
	}
	if h.project, err = h.store.CreateProject(ctx, bench, "BENCH", "Bench"); err != nil {
		return err
	}
	_, err = h.store.CreateIntegration(ctx, bench, h.project.ID, "cloudevents", "bench", nil, nil)
	return err
}

func (h *hub) stop() {
	h.pages.Close()
	_ = h.server.Close()
	_ = h.store.Close()
	h.client.CloseIdleConnections()
}

func (h *hub) close() {
	h.stop()
	_ = os.RemoveAll(h.dir)
}

// event is a CloudEvent of a run, as JSON. Odd ones have finished: the cards
// stand in two columns.
func event(id string, n int) string {
	kind, state := "started", "running"
	if n%2 == 1 {
		kind, state = "finished", "passed"
	}
	return fmt.Sprintf(`{"specversion":"1.0","id":"%s","source":"/bench","type":"dev.throughline.run.%s.v1","time":"2026-01-02T03:04:05Z","data":{"run_id":"%s","experiment":"bench","name":"run %s","user":"bench","state":"%s","params":{"lr":"0.1","depth":"6"},"metrics":{"auc":0.93,"loss":0.21}}}`, id, kind, id, id, state)
}

// post sends one event and waits until it is durable.
func (h *hub) post(body, mime string) error {
	return h.ask(http.MethodPost, "/hooks/cloudevents/bench", body, mime, http.StatusAccepted)
}

func (h *hub) ask(method, path, body, mime string, want int) error {
	request, err := http.NewRequest(method, "http://"+h.address+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+h.token)
	request.Header.Set("Content-Type", mime)
	return do(h.client, request, want)
}

// do sends a request and reads the whole answer.
func do(client *http.Client, request *http.Request, want int) error {
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	if answer.StatusCode != want {
		return fmt.Errorf("%s %s: %s", request.Method, request.URL.Path, answer.Status)
	}
	return nil
}

const single, batch = "application/cloudevents+json", "application/cloudevents-batch+json"
