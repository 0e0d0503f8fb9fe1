package handlers

import (
	"bytes"
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"throughline/handlers/live"
	"throughline/models"
	"throughline/views"
)

func (h *Handlers) liveRoutes() []Route {
	return []Route{{Method: http.MethodGet, Path: "/projects/:key/live", Class: Live, Scope: models.ScopeRead,
		Rule: inProject(models.Viewer), Handler: h.watchBoard}}
}

// newHub starts the live boards; Close ends them.
func (h *Handlers) newHub() *live.Hub {
	hub := live.New(live.Options{Feed: h.Store, Render: cardHTML, Log: h.Log, PerUser: h.LiveSockets,
		Origin: h.base.Scheme + "://" + h.base.Host})
	h.Metrics.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "throughline_live_connections", Help: "Open live boards."},
			func() float64 { return float64(hub.Open()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "throughline_live_dropped_total", Help: "Live boards that read too slowly."},
			func() float64 { return float64(hub.Dropped()) }))
	return hub
}

// cardHTML is the same component that the whole board is made of.
func cardHTML(card models.Card) (string, error) {
	var b bytes.Buffer
	err := views.CardItem(card).Render(context.Background(), &b)
	return b.String(), err
}

// watchBoard is the websocket of one board, from ?since=SEQ on.
func (h *Handlers) watchBoard(c *gin.Context) error {
	var since *int64
	if text := c.Query("since"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return models.Errorf(models.Invalid, "since is the seq of a board, a number.")
		}
		since = &n
	}
	return h.hub.Serve(c.Writer, c.Request, h.principal(c), project(c).ID, since)
}
