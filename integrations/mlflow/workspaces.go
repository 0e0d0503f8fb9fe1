package mlflow

import (
	"context"
	"net/url"
	"slices"
	"time"

	"throughline/models"
)

// ordinary is the workspace that holds what a server had before it had workspaces:
// its names stay as they are.
const ordinary = "default"

// turn is one poll of all workspaces of an account.
type turn struct {
	*server
	top     *cursor
	told    *told
	pending map[string]hash
	batch   models.Batch
	more    bool
	began   time.Time

	experiments, swept, modelsRead int // of the import, by this poll
}

// all reads each workspace. When the batch is full, those left come first next time.
func (t *turn) all(ctx context.Context) error {
	names, err := t.workspaces(ctx)
	if err != nil {
		return err
	}
	for n, name := range names {
		if err := t.one(ctx, name); err != nil {
			return err
		}
		if len(t.batch.Descriptions) >= batchGoal && n+1 < len(names) {
			t.top.Next, t.more = names[n+1], true
			t.tellProgress()
			return nil
		}
	}
	t.top.Next = ""
	t.tellProgress()
	return nil
}

// one reads a workspace from where it stood; the time of read rises over all.
func (t *turn) one(ctx context.Context, name string) error {
	cur := *t.top
	if name != "" {
		cur = t.top.Spaces[name]
	}
	cur.At = t.top.At
	s := *t.server
	s.workspace = name
	r := &reading{server: &s, cur: cur, pageSize: 100, names: map[string]string{}, aliases: map[string][]string{}, read: map[string]bool{},
		hashes: t.told.hashes, pending: t.pending, seen: t.told.seenIn(name), builds: t.told.builds}
	if err := r.all(ctx); err != nil {
		return err
	}
	t.server.asked = s.asked
	t.experiments, t.swept, t.modelsRead = t.experiments+len(r.names), t.swept+r.swept, t.modelsRead+r.modelsRead
	t.batch.Descriptions = append(t.batch.Descriptions, r.batch.Descriptions...)
	t.more = t.more || r.more()
	t.keep(name, r.cur)
	return nil
}

func (t *turn) keep(name string, cur cursor) {
	if name == "" {
		*t.top = cur
		return
	}
	if t.top.Spaces == nil {
		t.top.Spaces = map[string]cursor{}
	}
	t.top.Spaces[name], t.top.At = cur, cur.At
}

func (r *reading) all(ctx context.Context) error {
	r.tick()
	for _, step := range []func(context.Context) error{r.follow, r.fresh, r.underway, r.again, r.registry, r.sweep} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// workspaces are those to read, from where the last poll stopped: one without a
// name where the account names none.
func (t *turn) workspaces(ctx context.Context) ([]string, error) {
	names := globs(t.account.Get("workspaces"))
	if len(names) == 0 {
		return []string{""}, nil
	}
	if slices.Contains(names, "*") {
		var err error
		if names, err = t.server.listWorkspaces(ctx); err != nil {
			return nil, err
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if at := slices.Index(names, t.top.Next); at > 0 {
		names = append(slices.Clone(names[at:]), names[:at]...)
	}
	return names, nil
}

// listWorkspaces asks for the names of all workspaces.
func (s *server) listWorkspaces(ctx context.Context) (names []string, err error) {
	var out struct {
		Workspaces list[struct {
			Name text `json:"name"`
		}] `json:"workspaces"`
	}
	err = s.get(ctx, "/workspaces", url.Values{}, &out)
	if noRegistry(err) {
		return nil, models.FieldErrorf(models.Unprocessed, "workspaces", "MLflow at %s has no workspaces: leave the field empty, or start it with --enable-workspaces.", s.base.Host)
	}
	for _, w := range out.Workspaces {
		if w.Name != "" {
			names = append(names, string(w.Name))
		}
	}
	return names, err
}
