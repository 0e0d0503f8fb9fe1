package kubeflow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"throughline/integrations"
	"throughline/models"
)

const (
	pageSize    = 50
	pagesAtMost = 5  // of one poll
	firstPages  = 2  // of the first
	runsAtMost  = 60 // read whole in one poll
	overlap     = time.Hour
	onBoards    = 14 * 24 * time.Hour
	mostNames   = 300
)

// cursor is where the next poll starts.
type cursor struct {
	Of       string             `json:"of"`
	Since    time.Time          `json:"since"`              // the newest run's creation
	Runs     map[string]string  `json:"runs,omitempty"`     // those told lately, with how they stood
	Active   []string           `json:"active,omitempty"`   // those that were not over
	Versions map[string]version `json:"versions,omitempty"` // names of pipelines, by ids
}

func cursorFor(a integrations.Account, saved string) (c cursor) {
	sum := sha256.Sum256([]byte(a.Get("url") + "\x00" + a.Get("namespace") + "\x00" + a.Get("repository")))
	of := hex.EncodeToString(sum[:6])
	if json.Unmarshal([]byte(saved), &c) != nil || c.Of != of {
		c = cursor{Of: of}
	}
	if c.Runs == nil {
		c.Runs = map[string]string{}
	}
	if c.Versions == nil || len(c.Versions) > mostNames {
		c.Versions = map[string]version{}
	}
	return c
}

// runsPath asks for runs, the newest first.
func runsPath(a integrations.Account, size int, page, filter string) string {
	q := url.Values{"page_size": {strconv.Itoa(size)}, "sort_by": {"created_at desc"}}
	for name, value := range map[string]string{"namespace": a.Get("namespace"), "page_token": page, "filter": filter} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return api + "/runs?" + q.Encode()
}

// running asks for what goes on: a retried run may be an old one.
const running = `{"predicates":[{"operation":"EQUALS","key":"state","string_value":"RUNNING"}]}`

// round is one poll under way.
type round struct {
	*integrations.Upstream
	account integrations.Account
	cur     cursor
	batch   models.Batch
}

// mark is how a listed run stands: while it is the same there is nothing new.
func (r run) mark() string { return fmt.Sprintf("%s %s %d", r.State, r.Finished, len(r.History)) }

// Poll asks for the runs that are new or moved since the cursor.
func (s *Source) Poll(ctx context.Context, a integrations.Account, saved string) (models.Batch, bool, error) {
	server, err := s.server(a)
	if err != nil {
		return models.Batch{}, false, err
	}
	r := &round{Upstream: server, account: a, cur: cursorFor(a, saved)}
	listed, err := r.list(ctx)
	if err != nil {
		return models.Batch{}, false, err
	}
	more, err := r.read(ctx, listed)
	if err != nil {
		return models.Batch{}, false, err
	}
	text, _ := json.Marshal(r.cur)
	r.batch.Cursor, r.batch.Past = string(text), s.Now().Add(-onBoards)
	return r.batch, more, nil
}

// list are the runs since the last one known, and an hour more, and what goes on.
func (r *round) list(ctx context.Context) (out []run, err error) {
	first, token := r.cur.Since.IsZero(), ""
	newest := r.cur.Since
	for n := 0; n < pagesAtMost && (!first || n < firstPages); n++ {
		page, next, err := r.page(ctx, token, "")
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		oldest := time.Time{}
		for _, one := range page {
			oldest = integrations.Moment(one.Created)
			if oldest.After(newest) {
				newest = oldest
			}
		}
		if token = next; token == "" || !first && oldest.Before(r.cur.Since.Add(-overlap)) {
			break
		}
	}
	r.cur.Since = newest
	going, _, err := r.page(ctx, "", running)
	return append(out, going...), err
}

func (r *round) page(ctx context.Context, token, filter string) ([]run, string, error) {
	var page struct {
		Runs []run
		Next string `json:"next_page_token"`
	}
	err := r.Get(ctx, runsPath(r.account, pageSize, token, filter), &page)
	return page.Runs, page.Next, err
}

// read reads the runs that are to be told: those that go on, and those that stand
// otherwise than when they were told. More than one poll reads is left unmarked.
func (r *round) read(ctx context.Context, listed []run) (more bool, err error) {
	marks, stands, todo := map[string]string{}, map[string]string{}, slices.Clone(r.cur.Active)
	for _, one := range listed {
		if one.ID == "" {
			continue
		}
		stands[one.ID] = one.mark() // as lists tell it, which may be less than all
		if marks[one.ID] = r.cur.Runs[one.ID]; marks[one.ID] != one.mark() && !slices.Contains(todo, one.ID) {
			todo = append(todo, one.ID)
		}
	}
	now := todo[:min(len(todo), runsAtMost)]
	r.cur.Active = slices.Clone(todo[len(now):]) // first the next time
	for _, id := range now {
		one, err := r.tell(ctx, id)
		if err != nil {
			return false, err
		}
		if marks[id] = stands[id]; one.ID != "" && !state(one.State).Terminal() {
			r.cur.Active = append(r.cur.Active, id)
		}
	}
	r.cur.Runs = marks
	return len(todo) > len(now), nil
}

// tell reads one run whole; a deleted one is empty.
func (r *round) tell(ctx context.Context, id string) (one run, err error) {
	err = r.Get(ctx, api+"/runs/"+url.PathEscape(id), &one)
	if integrations.IsAbsent(err) {
		return run{}, nil
	}
	if err != nil {
		return one, err
	}
	v, err := r.version(ctx, one)
	if err != nil {
		return one, err
	}
	if d, ok := one.describe(r.account, r.Base, v); ok {
		r.batch.Descriptions = append(r.batch.Descriptions, d)
	}
	return one, nil
}

// version is the name of a run's pipeline and version; what may not be read has none.
func (r *round) version(ctx context.Context, one run) (v version, err error) {
	pipeline, id := one.Version.Pipeline, one.Version.ID
	if pipeline == "" {
		return v, nil
	}
	if v, known := r.cur.Versions[pipeline+"/"+id]; known {
		return v, nil
	}
	var named struct {
		Name  string `json:"name"`
		Shown string `json:"display_name"`
		Code  string `json:"code_source_url"`
	}
	at := api + "/pipelines/" + url.PathEscape(pipeline)
	if err := r.ask(ctx, at, &named); err != nil {
		return v, err
	}
	if v.Pipeline = named.Shown; v.Pipeline == "" {
		v.Pipeline = named.Name
	}
	named.Shown = ""
	if id != "" {
		if err := r.ask(ctx, at+"/versions/"+url.PathEscape(id), &named); err != nil {
			return v, err
		}
		v.Name, v.Code = integrations.Line(named.Shown, maxName), integrations.Line(named.Code, maxText)
	}
	v.Pipeline = integrations.Line(v.Pipeline, maxName)
	r.cur.Versions[pipeline+"/"+id] = v
	return v, nil
}

// ask is Get that takes "no" for an answer.
func (r *round) ask(ctx context.Context, path string, into any) error {
	err := r.Get(ctx, path, into)
	if models.CodeOf(err) == models.NotFound || models.CodeOf(err) == models.Forbidden {
		return nil
	}
	return err
}
