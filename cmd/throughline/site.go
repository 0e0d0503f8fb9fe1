package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"throughline/handlers"
	"throughline/integrations"
	"throughline/integrations/fetch"
	"throughline/models/store"
)

// The limits of a stop: requests under way may finish, live boards are told.
const (
	drainLimit     = 10 * time.Second
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// site is the running program: database, pages, listener, poll loop.
type site struct {
	settings settings
	log      *slog.Logger
	store    *store.Store
	pages    *handlers.Handlers
	polling  *integrations.PollLoop
	telling  *integrations.ReportLoop
	server   *http.Server
	listener net.Listener
	draining atomic.Bool
}

// openSite takes the port and opens the database. Nothing is answered before serve.
func openSite(ctx context.Context, s settings, log *slog.Logger, demo bool) (_ *site, err error) {
	out := &site{settings: s, log: log}
	defer func() {
		if err != nil {
			out.close()
		}
	}()
	if out.listener, err = listen(ctx, s.Addr); err != nil {
		return nil, err
	}
	if out.store, err = store.Open(ctx, s.options(log)); err != nil {
		return nil, err
	}
	return out, out.build(demo)
}

// listen takes the port; a taken one is said in plain words.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("another program listens on %s already; choose another address with --addr", addr)
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return l, nil
}

func (s *site) build(demo bool) (err error) {
	client := fetch.New(fetch.Options{Allow: s.settings.AllowUpstream, UserAgent: "Throughline/" + version()})
	list := sources(client, s.settings.MLMDDir)
	s.polling = &integrations.PollLoop{Sources: list, Store: polls{s.store}, Log: s.log}
	s.telling = &integrations.ReportLoop{Sources: list, Store: polls{s.store}, Log: s.log, Base: s.address()}
	proxies, _ := networks(s.settings.TrustedProxies) // checked with the settings
	s.pages, err = handlers.New(handlers.Options{TrustedProxies: proxies,
		Providers: s.settings.list(s.address(), s.settings.AllowUpstream), NoPasswordLogin: s.settings.PasswordLogin == "off", Store: s.store, Sources: list, BaseURL: s.settings.BaseURL,
		Addr: s.listener.Addr().String(), AllowedHosts: s.settings.AllowedHosts, Log: s.log, Metrics: collected(),
		Version: version(), Sync: s.polling.Now, Demo: demo, CheckURL: client.CheckURL, Send: client.HTTP().Do})
	if err != nil {
		return err
	}
	s.server = &http.Server{Handler: http.HandlerFunc(s.answer), ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)}
	return nil
}

// collected are the metrics of the process itself.
func collected() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// answer is every request: a program that is stopping is no longer ready.
func (s *site) answer(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() && r.URL.Path == "/readyz" {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	s.pages.Handler().ServeHTTP(w, r)
}

// address is where the site is found.
func (s *site) address() string {
	if s.settings.BaseURL != "" {
		return s.settings.BaseURL
	}
	return "http://" + reachable(s.listener.Addr().String())
}

// serve answers until ctx ends, then drains and closes. Helpers run beside it and
// are waited for.
func (s *site) serve(ctx context.Context, helpers ...func(context.Context)) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx)) // ends after the last request
	var background sync.WaitGroup
	for _, run := range append(helpers, s.polling.Run, s.telling.Run, s.pages.KeepSending, s.store.Run) {
		background.Go(func() { run(running) })
	}
	failed := make(chan error, 1)
	go func() { failed <- s.server.Serve(s.listener) }() // ends with Shutdown in drain
	var err error
	select {
	case <-ctx.Done():
		s.drain()
	case err = <-failed:
	}
	stop()
	background.Wait()
	s.close()
	return err
}

// drain lets what is under way finish: readiness goes first, then the listener,
// then the live boards, whose browsers come back by themselves.
func (s *site) drain() {
	s.log.Info("stopping")
	s.draining.Store(true)
	wait, _ := time.ParseDuration(s.settings.DrainWait) // checked with the settings
	time.Sleep(wait)
	limit, cancel := context.WithTimeout(context.Background(), drainLimit)
	defer cancel()
	var boards sync.WaitGroup
	boards.Go(s.pages.Close)
	if err := s.server.Shutdown(limit); err != nil {
		s.log.Warn("some requests were cut off", "error", err)
		_ = s.server.Close()
	}
	boards.Wait()
}

// close gives back whatever was opened.
func (s *site) close() {
	if s.listener != nil {
		_ = s.listener.Close()
	}
	if s.store == nil {
		return
	}
	if err := s.store.Close(); err != nil {
		s.log.Error("close the database", "error", err)
	}
}
