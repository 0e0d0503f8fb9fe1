package mlflow

import (
	"cmp"
	"context"
	"errors"
	"path"
	"slices"
	"time"

	"throughline/integrations"
	"throughline/models"
)

const (
	batchGoal = 400              // descriptions of a batch: no further page is read beyond this
	overlap   = 15 * time.Minute // how far clients' clocks may be behind the server's
	chunkSize = 500              // experiments in one search
	openLimit = 500              // runs under way that are followed one by one
	keyLimit  = 1000             // bytes of a subject's key: databases index no more
)

// reading is one poll under way.
type reading struct {
	*server
	cur     cursor
	at      time.Time           // the time of read
	groups  []group             // the experiments to follow
	names   map[string]string   // of all experiments, by id
	aliases map[string][]string // of model versions, by key
	read    map[string]bool     // models whose aliases are known
	hashes  map[string]hash
	pending map[string]hash
	seen    *seen // of the registry
	builds  map[string]string
	looked  int // logged models looked up

	swept, modelsRead int // by the first import

	pageSize int
	batch    models.Batch
}

// Poll reads what is new since the cursor, workspace by workspace.
func (s *Source) Poll(ctx context.Context, a integrations.Account, saved string) (models.Batch, bool, error) {
	server, err := s.server(a)
	if err != nil {
		return models.Batch{}, false, err
	}
	top := cursorFor(a, saved)
	told := s.memory.recall(a.ID, saved)
	t := turn{server: server, top: &top, told: told, pending: map[string]hash{}, began: time.Now()}
	if err := t.all(ctx); err != nil {
		return models.Batch{}, false, err
	}
	t.batch.Cursor = top.String()
	s.memory.note(a.ID, t.batch.Cursor, told, t.pending)
	return t.batch, t.more, nil
}

// tick takes the time of read: later than the last one in any case.
func (r *reading) tick() {
	r.cur.At = max(r.now().UnixMilli(), r.cur.At+1)
	r.at = time.UnixMilli(r.cur.At).UTC()
}

func (r *reading) full() bool { return len(r.batch.Descriptions) >= batchGoal }

// more tells whether something is left that should not wait.
func (r *reading) more() bool {
	c := r.cur
	return c.Started.underway() || c.Ended.underway() || !c.Models.Done || !c.Versions.Done || !c.Sweep.Done || len(c.Again) > 0
}

// tell adds descriptions, but for those that were told already. About says what
// a description is about when a subject has several.
func (r *reading) tell(about string, d models.Description) {
	if len(d.Ref.Key) > keyLimit {
		return
	}
	if d.At.IsZero() || d.At.After(r.at) {
		d.At = r.at // a clock that runs ahead must not win for ever
	}
	key, sum := about+string(d.Ref.Kind)+"/"+d.Ref.Key, hashOf(d)
	if last, said := r.pending[key]; said && last == sum || !said && r.hashes[key] == sum {
		return
	}
	r.pending[key] = sum
	r.batch.Descriptions = append(r.batch.Descriptions, d)
}

// follow finds the experiments that the account wants, and tells the changed ones.
func (r *reading) follow(ctx context.Context) error {
	wanted := globs(r.account.Get("experiments"))
	var all []experiment
	for token := ""; ; {
		page, next, err := r.experiments(ctx, token, 1000)
		if err != nil {
			return err
		}
		for _, e := range page {
			r.names[string(e.ID)] = r.inSpace(e.Name)
			if e.ID != "" && matches(wanted, string(e.Name)) {
				all = append(all, e)
			}
		}
		if token = next; token == "" || len(all) > 100_000 {
			break
		}
	}
	r.begin()
	r.changed(all)
	r.group(all)
	return nil
}

func matches(globs []string, name string) bool {
	return len(globs) == 0 || slices.ContainsFunc(globs, func(g string) bool {
		ok, _ := path.Match(g, name)
		return ok
	})
}

// begin gives scans that start now their bounds, by the upstream's own clock.
func (r *reading) begin() {
	now := r.clock
	if now.IsZero() {
		now = r.at
	}
	for _, s := range []*scan{&r.cur.Started, &r.cur.Ended} {
		if !s.underway() {
			s.To = now.UnixMilli()
		}
		if s.From == 0 {
			s.From = s.To // what came before is the sweep's
		}
	}
	if w := &r.cur.Sweep; !w.underway() && w.due(r.at) {
		*w = sweep{scan: scan{Done: w.Done}, Began: r.cur.At}
	}
}

// group is some of the experiments, as many as one search takes.
type group struct {
	ids         []string
	experiments []experiment
	first       int64 // when the first of them was made, Unix milliseconds
}

// group cuts the experiments into groups, in an order that new ones do not
// disturb, and tells those that changed lately. The sweep tells the rest.
func (r *reading) group(all []experiment) {
	slices.SortFunc(all, func(a, b experiment) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	since := r.cur.Started.From - overlap.Milliseconds()
	for chunk := range slices.Chunk(all, chunkSize) {
		g := group{experiments: chunk}
		for _, e := range chunk {
			g.ids = append(g.ids, string(e.ID))
			if g.first == 0 || e.Created > 0 && int64(e.Created) < g.first {
				g.first = int64(e.Created)
			}
			if int64(e.Updated) > since && !r.full() {
				r.tellExperiments([]experiment{e})
			}
		}
		r.groups = append(r.groups, g)
	}
}

func (r *reading) tellExperiments(list []experiment) {
	for _, e := range list {
		r.tell("", r.describeExperiment(e))
	}
}

// worthless tells whether an error means that a page token has become worthless,
// for example because what it pointed into was deleted.
func worthless(err error, token string) bool {
	var r *refused
	return token != "" && errors.As(err, &r) &&
		(r.code == "INVALID_PARAMETER_VALUE" || r.code == "RESOURCE_DOES_NOT_EXIST" || r.code == "BAD_REQUEST")
}
