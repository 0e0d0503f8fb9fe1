// Package handlers answers HTTP: one table of routes with the permission of
// each, the pages and their forms, the JSON API, the hooks of sources and the
// live boards.
package handlers

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"

	"throughline/handlers/live"
	"throughline/handlers/mlflow"
	"throughline/handlers/signin"
	"throughline/integrations"
	"throughline/models"
	"throughline/models/store"
)

// Options are what the handlers need from the program.
type Options struct {
	Store        *store.Store
	Sources      []integrations.Source
	BaseURL      string   // "https://throughline.example.com"; default http:// + Addr
	Addr         string   // the address listened on
	AllowedHosts []string // besides BaseURL's host, Addr, localhost and 127.0.0.1
	Log          *slog.Logger
	Now          func() time.Time
	Metrics      *prometheus.Registry
	Version      string
	Sync         func(integrationID int64) // asks the poller to poll now
	Demo         bool
	CheckURL     func(ctx context.Context, raw string) error // refuses upstream addresses that must not be called
	Send         mlflow.Sender                               // sends to addresses that people named; nil: nothing is sent
	LiveSockets  int                                         // open boards of one person or token; 0: 200

	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed; nobody's by default

	Providers       []signin.Provider // where people can sign in, too
	NoPasswordLogin bool              // passwords only prove again who is signed in
}

// Handlers answers requests. Make it with New, end it with Close.
type Handlers struct {
	rendered  renderedBoards
	uploads   map[string]int64 // the routes that take files, and the largest body of each
	uploading *turnstile
	logging   *turnstile // of artifacts

	Options
	base     *url.URL
	hosts    map[string]bool
	sources  map[string]integrations.Source
	secure   bool // the base URL is https
	routes   []Route
	engine   *gin.Engine
	api      huma.API
	hub      *live.Hub
	metrics  *metrics
	logins   *attempts
	familiar *familiar
	tokens   *tokens
	refusals *refusals
	claimed  sync.Once     // the warning of claims is given
	hashing  chan struct{} // password checks under way
	hashes   *rate.Limiter // of people who are not familiar
	origins  *http.CrossOriginProtection
	budget   *semaphore.Weighted // places for large bodies
	keys     signin.Passkeys
	flows    *signin.Flows
	tracking *mlflow.API
	root     http.Handler
}

// New builds the engine from the route table.
func New(o Options) (*Handlers, error) {
	h := &Handlers{Options: o, sources: map[string]integrations.Source{},
		uploading: newTurnstile(uploadsAtAll, uploadsOfOne), logging: newTurnstile(uploadsAtAll, artifactsOfOne)}
	h.defaults()
	if err := h.address(); err != nil {
		return nil, err
	}
	keys, err := signin.NewPasskeys(h.base)
	if err != nil {
		return nil, err
	}
	h.keys = keys
	for _, s := range o.Sources {
		h.sources[s.About().Name] = s
	}
	h.metrics = newMetrics(h.Metrics, h.Store)
	h.logins, h.tokens, h.refusals = newAttempts(h.Now), newTokens(h.Now), newRefusals(h.Now)
	h.familiar = newFamiliar(h.Now)
	if h.flows, err = signin.NewFlows(h.Now); err != nil {
		return nil, err
	}
	h.hashing, h.hashes = make(chan struct{}, hashesAtOnce), rate.NewLimiter(hashesPerSecond, hashesBurst)
	h.budget = newBudget()
	h.tracking = &mlflow.API{Store: h.Store, Now: h.Now, CheckURL: h.CheckURL, Send: h.Send}
	h.hub = h.newHub()
	if err := h.mount(); err != nil {
		h.hub.Close()
		return nil, err
	}
	return h, nil
}

func (h *Handlers) defaults() {
	if h.Log == nil {
		h.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if h.Now == nil {
		h.Now = time.Now
	}
	if h.Metrics == nil {
		h.Metrics = prometheus.NewRegistry()
	}
	if h.BaseURL == "" {
		h.BaseURL = "http://" + h.Addr
	}
	if h.Sync == nil {
		h.Sync = func(int64) {}
	}
	if h.CheckURL == nil {
		h.CheckURL = func(context.Context, string) error {
			return models.Errorf(models.Unprocessed, "Upstream addresses can not be checked here.")
		}
	}
}

// address reads the base URL and the hosts that requests may name.
func (h *Handlers) address() error {
	base, err := url.Parse(h.BaseURL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return fmt.Errorf("base URL %q: must be http(s)://HOST[:PORT]", h.BaseURL)
	}
	h.base, h.secure = base, base.Scheme == "https"
	h.hosts = allowedHosts(base.Host, h.Addr, h.AllowedHosts)
	return nil
}

// Handler is the whole site.
func (h *Handlers) Handler() http.Handler { return h.root }

// Close says good-bye to the live boards and waits for them. Call it when the
// server shuts down: http.Server does not know upgraded connections.
func (h *Handlers) Close() { h.hub.Close() }
