package mlflow

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"throughline/models"
)

var runID = regexp.MustCompile(`^[a-zA-Z0-9][\w\-]{0,255}$`)

// walk is a search through all experiments, page by page.
type walk struct {
	scan    *scan
	query   query
	sweep   bool // tells the experiments too
	onePage bool // rather than as many as a batch holds
}

// fresh reads the runs that started or ended since the last poll.
func (r *reading) fresh(ctx context.Context) error {
	for _, one := range []struct {
		scan  *scan
		field string
	}{{&r.cur.Started, "start_time"}, {&r.cur.Ended, "end_time"}} {
		q := query{filter: fmt.Sprintf("attributes.%s > %d", one.field, one.scan.From-overlap.Milliseconds()),
			order: "attributes." + one.field + " ASC", view: "ALL"}
		if _, err := r.walk(ctx, walk{scan: one.scan, query: q}); err != nil {
			return err
		}
	}
	return nil
}

// sweep reads on over everything: much at first, a page with each poll later.
func (r *reading) sweep(ctx context.Context) error {
	w := &r.cur.Sweep
	if w.Ended != 0 {
		return nil
	}
	q := query{order: "attributes.start_time DESC", view: "ALL"}
	ended, err := r.walk(ctx, walk{scan: &w.scan, query: q, sweep: true, onePage: w.Done})
	if ended {
		w.Ended = r.cur.At
	}
	return err
}

// walk goes on with a search until the batch is full, or for one page, and tells
// whether it has come to the end. It always gets a page further, so that what
// changes all the time cannot keep it from ever ending.
func (r *reading) walk(ctx context.Context, w walk) (ended bool, err error) {
	s := w.scan
	for s.Chunk < len(r.groups) {
		if w.sweep && s.Token == "" {
			r.tellExperiments(r.groups[s.Chunk].experiments)
		}
		page, err := r.step(ctx, s, w.query)
		if err != nil {
			return false, err
		}
		if w.sweep {
			r.passed(page)
		}
		if (w.onePage || r.full()) && s.Chunk < len(r.groups) {
			return false, nil
		}
	}
	s.finish()
	return true, nil
}

// step reads one page of a search and moves on to the next.
func (r *reading) step(ctx context.Context, s *scan, q query) ([]run, error) {
	q.experiments, q.token = r.groups[s.Chunk].ids, s.Token
	page, next, err := r.search(ctx, q)
	if worthless(err, s.Token) {
		s.Token = "" // this group again
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r.tellRuns(page)
	if s.Token = next; next == "" {
		s.Chunk++
	}
	return page, nil
}

// search asks for a page, a smaller one when the answer is too large: runs may
// carry megabytes of dataset schemas.
func (r *reading) search(ctx context.Context, q query) ([]run, string, error) {
	for {
		q.limit = r.pageSize
		page, next, err := r.runs(ctx, q)
		var known *models.Error
		if errors.As(err, &known) && known.Code == models.TooLarge && r.pageSize > 1 {
			r.pageSize = max(r.pageSize/4, 1)
			continue
		}
		return page, next, err
	}
}

// underway reads the runs that are running now, and those that were when last
// seen: they may have ended in ways that no search by time finds.
func (r *reading) underway(ctx context.Context) error {
	held := r.cur.Open
	r.cur.Open = nil
	for _, g := range r.groups {
		page, _, err := r.search(ctx, query{experiments: g.ids, filter: "attributes.status = 'RUNNING'",
			order: "attributes.start_time DESC", view: "ACTIVE_ONLY"})
		if err != nil {
			return err
		}
		r.tellRuns(page)
	}
	lost := slices.DeleteFunc(held, func(id string) bool { return slices.Contains(r.cur.Open, id) })
	for some := range slices.Chunk(lost, 100) {
		if err := r.revisit(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// revisit reads runs by their ids, "experiment/run".
func (r *reading) revisit(ctx context.Context, held []string) error {
	var experiments, runs []string
	for _, id := range held {
		e, run, _ := strings.Cut(id, "/")
		if !slices.Contains(experiments, e) {
			experiments = append(experiments, e)
		}
		runs = append(runs, "'"+run+"'")
	}
	q := query{experiments: experiments, filter: "attributes.run_id IN (" + strings.Join(runs, ",") + ")", view: "ALL"}
	for {
		page, next, err := r.search(ctx, q)
		if err != nil {
			return err
		}
		r.tellRuns(page)
		if q.token = next; next == "" {
			return nil
		}
	}
}

func (r *reading) tellRuns(page []run) {
	for _, u := range page {
		if u.Info.ID == "" {
			u.Info.ID = u.Info.UUID
		}
		if !runID.MatchString(string(u.Info.ID)) {
			continue
		}
		r.hold(u)
		for _, d := range r.describeRun(u) {
			r.tell("", d)
		}
	}
}

// hold keeps an eye on a run until it has ended.
func (r *reading) hold(u run) {
	id := string(u.Info.Experiment) + "/" + string(u.Info.ID)
	under := u.Info.Status == "RUNNING" || u.Info.Status == "SCHEDULED"
	if under && u.Info.Lifecycle != "deleted" && len(r.cur.Open) < openLimit && !slices.Contains(r.cur.Open, id) {
		r.cur.Open = append(r.cur.Open, id)
	}
}
