package mlflow

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"sync"
	"time"

	"throughline/integrations"
	"throughline/models"
)

const (
	historyPage  = 25000
	historyFresh = 15 * time.Second // of runs that go on
	historyKept  = time.Hour        // of those that ended: one may be resumed
	historyMost  = 1 << 20          // points in memory, some 25 megabytes
)

// History is a page of a metric's points, kept for a moment while the run goes on
// and for long when it has ended.
func (s *Source) History(ctx context.Context, a integrations.Account, run, metric, token string) ([]models.Point, string, error) {
	of := historyOf{a.ID, a.Get("url"), run, metric, token}
	if p, ok := s.histories.get(of, s.Now()); ok {
		return p.points, p.next, nil
	}
	server, err := s.server(a)
	if err != nil {
		return nil, "", err
	}
	p, err := server.historyIn(ctx, run, metric, token)
	if err != nil {
		return nil, "", err
	}
	s.histories.put(of, p, s.Now())
	return p.points, p.next, nil
}

// historyIn asks in each workspace of the account: nothing but the answer tells
// where a run is.
func (s *server) historyIn(ctx context.Context, run, metric, token string) (p history, err error) {
	t := turn{server: s, top: &cursor{}}
	names, err := t.workspaces(ctx)
	if err != nil {
		return p, err
	}
	for _, name := range names {
		s.workspace = name
		p, err = s.history(ctx, run, metric, token)
		var refusal *refused
		if err == nil || !errors.As(err, &refusal) || refusal.code != "RESOURCE_DOES_NOT_EXIST" {
			return p, err
		}
	}
	return p, models.Errorf(models.NotFound, "MLflow at %s has no run %s any more.", s.base.Host, run)
}

func (s *server) history(ctx context.Context, run, key, token string) (p history, err error) {
	var of struct {
		Run struct {
			Info struct {
				Status text `json:"status"`
			} `json:"info"`
		} `json:"run"`
	}
	if err := s.get(ctx, "runs/get", url.Values{"run_id": {run}}, &of); err != nil {
		return p, err
	}
	var out struct {
		Metrics list[metric] `json:"metrics"`
		Next    text         `json:"next_page_token"`
	}
	q := url.Values{"run_id": {run}, "metric_key": {key}, "max_results": {strconv.Itoa(historyPage)}}
	if token != "" {
		q.Set("page_token", token)
	}
	err = s.get(ctx, "metrics/get-history", q, &out)
	for _, m := range out.Metrics {
		p.points = append(p.points, models.Point{Step: int64(m.Step), At: int64(m.At), Value: float64(m.Value)})
	}
	status := string(of.Run.Info.Status)
	p.next, p.ended = string(out.Next), status != "" && status != models.RunRunning && status != models.RunScheduled
	return p, err
}

type historyOf struct {
	account            int64
	server             string
	run, metric, token string
}

// history is a page that was read.
type history struct {
	points []models.Point
	next   string
	ended  bool // the run is over
	until  time.Time
}

// histories are the pages read last.
type histories struct {
	mu    sync.Mutex
	pages map[historyOf]history
	size  int // points in all
}

func (h *histories) get(of historyOf, now time.Time) (history, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p, ok := h.pages[of]
	return p, ok && now.Before(p.until)
}

// put keeps a page; what is too old, or else anything, makes room for it.
func (h *histories) put(of historyOf, p history, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p.until = now.Add(historyFresh)
	if p.ended {
		p.until = now.Add(historyKept)
	}
	if h.pages == nil {
		h.pages = map[historyOf]history{}
	}
	h.drop(of)
	h.pages[of] = p
	h.size += len(p.points) + 1
	for known, old := range h.pages {
		if known != of && (h.size > historyMost || now.After(old.until)) {
			h.drop(known)
		}
	}
}

func (h *histories) drop(of historyOf) {
	if p, ok := h.pages[of]; ok {
		h.size -= len(p.points) + 1
		delete(h.pages, of)
	}
}
