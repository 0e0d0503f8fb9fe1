package handlers

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/models"
)

// noteRefusals stands around everything that answers, so that no refusal escapes
// it, whoever spoke it: the rule, the guard of forms, a handler, an operation or
// a hook. A refused write of somebody known leaves one row of activity; a
// stranger's only raises a counter, or strangers could fill the disk.
func (h *Handlers) noteRefusals(c *gin.Context) {
	c.Next()
	if !turnedAway(c) {
		return
	}
	route, known := c.Get(routeKey)
	if !known {
		return // no such address, or not one of our hosts
	}
	r, _ := route.(Route)
	h.metrics.refused.WithLabelValues(string(r.Class)).Inc()
	if by := h.principal(c); !by.Anonymous() && !safe(c.Request.Method) {
		h.recordRefusal(c, r, by)
	}
}

// turnedAway tells whether the answer is a refusal. A person who is sent to prove
// who they are gets a redirect; the error says what it is.
func turnedAway(c *gin.Context) bool {
	if last := c.Errors.Last(); last != nil {
		if code := models.CodeOf(last.Err); code == models.Unauthorised || code == models.Forbidden {
			return true
		}
	}
	switch c.Writer.Status() {
	case http.StatusUnauthorized, http.StatusForbidden:
		return true
	case http.StatusNotFound: // what one may not see is not there, and trying it is worth a row
		return !safe(c.Request.Method)
	}
	return false
}

// recordRefusal writes the row even when whoever asked does not wait for the answer.
func (h *Handlers) recordRefusal(c *gin.Context, r Route, by models.Principal) {
	missed, ok := h.refusals.take(by.Actor())
	if !ok {
		h.metrics.unrecorded.Inc()
		return
	}
	ctx := context.WithoutCancel(c.Request.Context())
	if err := h.Store.RecordRefused(ctx, by, r.Method+" "+r.Path, missed); err != nil {
		h.Log.WarnContext(ctx, "record the refusal", "error", err)
	}
}

// refusals bounds the rows that one caller leaves by trying again and again.
type refusals struct {
	now  func() time.Time
	mu   sync.Mutex
	seen map[string]*refusalWindow
}

type refusalWindow struct {
	since        time.Time
	kept, missed int
}

const (
	refusalsKept   = 60 // rows of one caller in a window
	refusalsWindow = time.Minute
	refusalCallers = 10_000 // remembered at once
)

func newRefusals(now func() time.Time) *refusals {
	return &refusals{now: now, seen: map[string]*refusalWindow{}}
}

// take tells whether there is room for one more row of an actor and, for the first
// one after a full window, how many found none.
func (r *refusals) take(actor string) (missed int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.seen[actor]
	if w == nil {
		if len(r.seen) >= refusalCallers {
			clear(r.seen)
		}
		w = &refusalWindow{since: r.now()}
		r.seen[actor] = w
	}
	if r.now().Sub(w.since) >= refusalsWindow {
		w.since, w.kept = r.now(), 0
	}
	if w.kept >= refusalsKept {
		w.missed++
		return 0, false
	}
	w.kept++
	missed, w.missed = w.missed, 0
	return missed, true
}
