package mlflow

import (
	"context"
)

// changed notes the experiments that were renamed, deleted or restored since the
// last poll: all their runs say something else then, although none of them moved.
func (r *reading) changed(all []experiment) {
	latest := r.cur.Changed
	for _, e := range all {
		latest = max(latest, int64(e.Updated))
		if r.cur.Changed != 0 && int64(e.Updated) > r.cur.Changed && r.cur.Page == "" && len(r.cur.Again) < chunkSize {
			r.cur.Again = append(r.cur.Again, string(e.ID))
		}
	}
	if r.cur.Page == "" { // while pages are left, changes wait for the next poll
		r.cur.Changed = latest
	}
}

// again reads the runs of experiments that changed.
func (r *reading) again(ctx context.Context) error {
	for len(r.cur.Again) > 0 && !r.full() {
		page, next, err := r.search(ctx, query{experiments: r.cur.Again, order: "attributes.start_time DESC", view: "ALL", token: r.cur.Page})
		if worthless(err, r.cur.Page) {
			r.cur.Page = ""
			continue
		}
		if err != nil {
			return err
		}
		r.tellRuns(page)
		if r.cur.Page = next; next == "" {
			r.cur.Again = nil
		}
	}
	return nil
}
