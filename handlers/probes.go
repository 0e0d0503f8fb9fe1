package handlers

import (
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"throughline/models"
	"throughline/models/store"
)

func (h *Handlers) probeRoutes() []Route {
	probe := func(path string, p page) Route {
		return Route{Method: http.MethodGet, Path: path, Class: Probe, Rule: public(), Handler: p}
	}
	return []Route{probe("/livez", h.livez), probe("/readyz", h.readyz), probe("/metrics", h.showMetrics)}
}

func (h *Handlers) livez(c *gin.Context) error {
	c.String(http.StatusOK, "ok\n")
	return nil
}

// readyz is 503 with the reason until the database answers and writes are taken.
func (h *Handlers) readyz(c *gin.Context) error {
	if err := h.Store.Ready(c.Request.Context()); err != nil {
		_ = c.Error(err)
		c.String(http.StatusServiceUnavailable, "not ready: %s\n", err.Error())
		return nil
	}
	c.String(http.StatusOK, "ready\n")
	return nil
}

// showMetrics is for a scraper on this machine, or one with an administrator's
// token: the numbers tell how busy which team is.
func (h *Handlers) showMetrics(c *gin.Context) error {
	by := h.principal(c)
	ip := net.ParseIP(peer(c.Request))
	local := ip != nil && ip.IsLoopback() && c.GetHeader("X-Forwarded-For") == "" && c.GetHeader("Forwarded") == ""
	switch {
	case local, by.Hub.AtLeast(models.Administrator) && by.Allows(models.ScopeRead):
	case by.Anonymous():
		return models.Errorf(models.Unauthorised, "Metrics are for this machine, or for an administrator's token.")
	default:
		return models.Errorf(models.Forbidden, "Metrics are for this machine, or for an administrator's token.")
	}
	promhttp.HandlerFor(h.Metrics, promhttp.HandlerOpts{}).ServeHTTP(c.Writer, c.Request)
	return nil
}

// metrics are the numbers that the handlers count.
type metrics struct {
	requests *prometheus.HistogramVec
	events   *prometheus.CounterVec
	refused  *prometheus.CounterVec
	panics   prometheus.Counter

	unrecorded prometheus.Counter
}

func newMetrics(reg *prometheus.Registry, s *store.Store) *metrics {
	m := &metrics{
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "throughline_http_request_seconds",
			Help: "Time to answer, by route and status class.", Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 5}},
			[]string{"method", "route", "status"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "throughline_events_total",
			Help: "Events received, by source and outcome."}, []string{"source", "outcome"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "throughline_refused_total",
			Help: "Requests refused for want of a right, by class of route."}, []string{"class"}),
		unrecorded: prometheus.NewCounter(prometheus.CounterOpts{Name: "throughline_refusals_unrecorded_total",
			Help: "Refused writes beyond the rows that one caller may leave in a minute."}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{Name: "throughline_panics_total", Help: "Requests that met a bug."}),
	}
	reg.MustRegister(m.requests, m.events, m.refused, m.panics, m.unrecorded)
	m.watchStore(reg, s)
	return m
}

// watchStore shows how many writes share a commit and how many wait.
func (m *metrics) watchStore(reg *prometheus.Registry, s *store.Store) {
	gauge := func(name, help string, value func() float64) {
		reg.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
	}
	gauge("throughline_commits_total", "Commits of the writer.", func() float64 { n, _, _ := s.WriteStats(); return float64(n) })
	gauge("throughline_writes_total", "Writes in those commits.", func() float64 { _, n, _ := s.WriteStats(); return float64(n) })
	gauge("throughline_commit_seconds_total", "Time spent committing.", func() float64 { _, _, d := s.WriteStats(); return d.Seconds() })
	reg.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "throughline_writes_waiting", Help: "Writes in the queue."},
		func() float64 { n, _ := s.QueueLength(); return float64(n) }))
	m.watchChain(reg, s)
}

// watchChain shows what the last check of the chain of activity found: alarm on
// throughline_audit_broken being 1.
func (m *metrics) watchChain(reg *prometheus.Registry, s *store.Store) {
	reg.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "throughline_audit_broken", Help: "1 when the record of activity was changed beside Throughline."},
			func() float64 {
				if s.Chain().Break != nil {
					return 1
				}
				return 0
			}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "throughline_audit_verified_seq", Help: "The last row of activity up to which the chain holds."},
			func() float64 { return float64(s.Chain().Upto) }))
}

// request counts one answer. Paths that are no route share one label, or a
// scanner could make labels without end.
func (m *metrics) request(c *gin.Context, took time.Duration) {
	route := c.FullPath()
	if route == "" {
		route = "none"
	}
	status := strconv.Itoa(c.Writer.Status()/100) + "xx"
	m.requests.WithLabelValues(method(c.Request.Method), route, status).Observe(took.Seconds())
}

func method(name string) string {
	switch name {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodHead:
		return name
	}
	return "other"
}
