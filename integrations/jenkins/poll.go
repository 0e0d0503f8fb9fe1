package jenkins

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// The bounds of one poll.
const (
	callsAtMost = 150
	timeAtMost  = 45 * time.Second
	firstBuilds = 10 // of each job, the first time
	slice       = 100
	sliceCount  = 3 // of one job in one poll
	openAtMost  = 50
	openFor     = 30 * 24 * time.Hour // after that a build that never ended is not asked for again
)

// Poll asks for the builds that are new since the cursor, and those that were not
// over. What one poll does not get to is for the next.
func (s *Source) Poll(ctx context.Context, a integrations.Account, saved string) (models.Batch, bool, error) {
	server, err := s.server(a)
	if err != nil {
		return models.Batch{}, false, err
	}
	r := &round{Upstream: server, account: a, cur: cursorFor(a, saved), now: s.Now, began: s.Now()}
	list, all, err := jobs(ctx, server, a)
	if err != nil {
		return models.Batch{}, false, err
	}
	if all {
		r.cur.forget(list)
	} else {
		r.problem("Jenkins has more jobs than are asked for. Name those that matter in the settings.")
	}
	more, err := r.ask(ctx, r.cur.due(list))
	r.batch.Cursor = r.cur.String()
	r.batch.Past = r.began.Add(-onBoards)
	return r.batch, more, err
}

// onBoards is how long ago a build may have ended and still make a card.
const onBoards = 14 * 24 * time.Hour

// round is one poll under way.
type round struct {
	*integrations.Upstream
	account integrations.Account
	cur     cursor
	now     func() time.Time
	began   time.Time
	noView  bool // the plugin that tells of stages is missing
	batch   models.Batch
}

func (r *round) problem(text string) {
	if r.batch.Problem == "" {
		r.batch.Problem = text
	}
}

// ask reads job after job, as far as one poll goes.
func (r *round) ask(ctx context.Context, due []job) (more bool, err error) {
	for i, j := range due {
		if i > 0 && (r.Asked >= callsAtMost || r.now().Sub(r.began) > timeAtMost) {
			r.cur.After = due[i-1].path
			return true, nil
		}
		err := r.job(ctx, j)
		var refused *integrations.UpstreamRefused
		var wish *integrations.RetryAfter
		switch {
		case err == nil:
		case errors.As(err, &wish) || !errors.As(err, &refused):
			return false, err
		case !integrations.IsAbsent(err): // one broken job does not stop the others
			r.problem(fmt.Sprintf("The job %s cannot be read: %s", jobPath(j.path), integrations.Words(err)))
		}
	}
	r.cur.After = ""
	return false, nil
}

// job tells the builds of one job.
func (r *round) job(ctx context.Context, j job) error {
	known := r.cur.Jobs[j.path]
	if j.last < known.High { // numbered anew
		known = seen{}
	}
	found, err := r.builds(ctx, j, known)
	if err != nil {
		return err
	}
	next := seen{High: max(known.High, j.last)}
	for _, b := range found {
		if b.Number <= known.High && !slices.Contains(known.Open, b.Number) {
			continue
		}
		if err := r.tell(ctx, j, b); err != nil {
			return err
		}
		next.High = max(next.High, b.Number)
		if b.open() && r.now().Sub(integrations.Milli(b.Timestamp)) < openFor && len(next.Open) < openAtMost {
			next.Open = append(next.Open, b.Number)
		}
	}
	slices.Sort(next.Open)
	r.cur.Jobs[j.path] = next
	return nil
}

// builds are those that are new, and those that were not over; a few more.
func (r *round) builds(ctx context.Context, j job, known seen) (out []build, err error) {
	want := j.last - known.High
	if known.High == 0 {
		want = firstBuilds
	}
	for n := int64(0); n < want && n < sliceCount*slice; n += slice {
		var page struct{ AllBuilds []build }
		if err := r.Get(ctx, j.path+"/api/json?tree="+url.QueryEscape(fmt.Sprintf("allBuilds[%s]{%d,%d}", buildFields, n, min(n+slice, want))), &page); err != nil {
			return nil, err
		}
		out = append(out, page.AllBuilds...)
		if len(page.AllBuilds) == 0 {
			break
		}
	}
	for _, number := range known.Open {
		if slices.ContainsFunc(out, func(b build) bool { return b.Number == number }) {
			continue
		}
		var b build
		err := r.Get(ctx, j.path+"/"+strconv.FormatInt(number, 10)+"/api/json?tree="+url.QueryEscape(buildFields), &b)
		if integrations.IsAbsent(err) {
			continue // deleted
		}
		if err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// tell describes one build, with its stages.
func (r *round) tell(ctx context.Context, j job, b build) error {
	d, ok := begin(b.URL)
	if !ok {
		return nil
	}
	b.describe(r.account, &d, r.clock())
	if j.pipeline && !r.noView {
		if err := r.stages(ctx, j, b, &d); err != nil {
			return err
		}
	}
	r.batch.Descriptions = append(r.batch.Descriptions, d)
	return nil
}

// clock is Jenkins' own time, a little early: what it told was true by then.
func (r *round) clock() time.Time {
	if r.Clock.IsZero() {
		return r.now().UTC().Add(-clockSlack)
	}
	return r.Clock.UTC().Add(-clockSlack)
}

const clockSlack = 2 * time.Second
