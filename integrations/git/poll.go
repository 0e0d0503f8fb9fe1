package git

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

const (
	firstDepth  = 1000 // how far back the first poll goes
	refsAtOnce  = 20   // branches and tags of one poll
	lostAtOnce  = 20   // replaced tips that are asked for
	shownRefs   = 200  // branches and tags that are told of, the first by name beside the changed ones
	retryLater  = 5 * time.Minute
	longestWish = 24 * time.Hour
)

// Poll asks a repository for the commits that are new since the cursor.
func (s *Source) Poll(ctx context.Context, a integrations.Account, saved string) (models.Batch, bool, error) {
	c := cursorFor(a, saved)
	r := &reading{account: a, cur: c, repository: repositoryOf(a), first: len(c.Refs) == 0}
	r.cur.At = max(s.Now().UnixMilli(), c.At+1)
	r.at = time.UnixMilli(r.cur.At).UTC()
	var err error
	if r.server, err = s.open(ctx, a); err != nil {
		return models.Batch{}, false, err
	}
	if r.list, err = r.refs(ctx); err != nil {
		return models.Batch{}, false, err
	}
	for _, step := range []func(context.Context) error{r.fetch, r.lost, r.tell} {
		if err := step(ctx); err != nil {
			return models.Batch{}, false, err
		}
	}
	return r.batch, len(r.waiting) > 0, nil
}

// reading is one poll under way.
type reading struct {
	*server
	account    integrations.Account
	repository string
	cur        cursor
	at         time.Time // of the read: before anything was asked
	first      bool
	list       listing
	waiting    []ref // for the next poll
	changed    []ref // what this poll brings up to date
	commits    []commit
	batch      models.Batch
}

// fetch asks for the commits of what moved, the default branch first.
func (r *reading) fetch(ctx context.Context) error {
	for _, one := range r.list.refs {
		if r.cur.Refs[one.name] != one.sha {
			r.waiting = append(r.waiting, one)
		}
	}
	slices.SortStableFunc(r.waiting, func(a, b ref) int { return r.weight(a) - r.weight(b) })
	n := min(len(r.waiting), refsAtOnce)
	r.changed, r.waiting = r.waiting[:n], r.waiting[n:]
	known := r.cur.tips()
	var wants []string
	for _, one := range r.changed {
		if !slices.Contains(known, one.sha) && !slices.Contains(wants, one.sha) {
			wants = append(wants, one.sha)
		}
	}
	if len(wants) == 0 {
		return nil
	}
	var err error
	if len(known) > 0 {
		r.commits, err = r.server.commits(ctx, wants, known, 0)
	}
	if len(known) == 0 || models.CodeOf(err) == models.TooLarge {
		r.commits, err = r.server.commits(ctx, wants, nil, firstDepth)
	}
	return err
}

// weight orders what is asked for.
func (r *reading) weight(one ref) int {
	switch {
	case one.name == r.list.head:
		return 0
	case strings.HasPrefix(one.name, branchRefs):
		return 1
	}
	return 2
}

// lost finds the commits that no branch or tag reaches any more, once all that is
// new is known: what led to the replaced tips and leads to no present one. Where
// the server has thrown them away already, the tips themselves are marked.
func (r *reading) lost(ctx context.Context) error {
	gone := r.cur.replace(r.changed, r.list.refs)
	for _, c := range r.commits { // what a new commit stands on is still reached
		gone = slices.DeleteFunc(gone, func(sha string) bool { return slices.Contains(c.parents, sha) })
	}
	r.cur.Lost = append(r.cur.Lost, gone...)
	if len(r.waiting) > 0 {
		return nil
	}
	left := r.cur.Lost[:min(len(r.cur.Lost), lostAtOnce)]
	r.cur.Lost = r.cur.Lost[len(left):]
	now := r.cur.tips()
	for _, sha := range left {
		if slices.Contains(now, sha) {
			continue
		}
		if err := r.mark(ctx, sha, now); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) mark(ctx context.Context, tip string, now []string) error {
	found, err := r.server.commits(ctx, []string{tip}, now, 0)
	var said *refused
	if errors.As(err, &said) {
		r.say(vanished(r.repository, tip, r.at))
		return nil
	}
	for _, c := range found[:min(len(found), maxVanished)] {
		r.say(c.describe(r.repository, ""))
		r.say(vanished(r.repository, c.sha, r.at))
	}
	return err
}

func (r *reading) say(d models.Description) {
	r.batch.Descriptions = append(r.batch.Descriptions, d)
}

// tell puts what was read into words.
func (r *reading) tell(context.Context) error {
	branch := r.branches()
	for _, c := range r.commits {
		d := c.describe(r.repository, branch[c.sha])
		r.say(d)
		if !r.first { // a commit that had vanished may be back
			r.say(models.Description{Ref: d.Ref, At: r.at, Facts: map[string]any{"unreachable": nil}})
		}
	}
	r.tellRefs()
	r.batch.Repositories = []models.RepositorySync{{Repository: r.repository, State: models.SyncOK, SyncedAt: r.at}}
	if r.list.more {
		r.batch.Problem = "The repository has more than " + strconv.Itoa(maxRefs) + " branches and tags; the others are not followed. Name the branches that matter in the settings."
	}
	r.batch.Cursor = r.cur.String()
	return nil
}

// branches says by which branch each commit came: it walks from the tips, the
// default branch first.
func (r *reading) branches() map[string]string {
	parents := make(map[string][]string, len(r.commits))
	for _, c := range r.commits {
		parents[c.sha] = c.parents
	}
	out := map[string]string{}
	for _, one := range r.changed {
		branch, ok := strings.CutPrefix(one.name, branchRefs)
		todo := []string{one.sha}
		for ok && len(todo) > 0 {
			sha := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if _, here := parents[sha]; here && out[sha] == "" {
				out[sha] = branch
				todo = append(todo, parents[sha]...)
			}
		}
	}
	return out
}

// tellRefs says where branches and tags stand, as far as that changed.
func (r *reading) tellRefs() {
	d := repositoryAt(r.repository, r.at)
	for _, one := range r.changed {
		if len(r.cur.Told) < shownRefs || slices.Contains(r.cur.Told, one.name) {
			fact(d.Facts, one.name, one.sha)
			r.cur.told(one.name)
		}
	}
	for _, name := range r.cur.forget(r.list.refs) {
		fact(d.Facts, name, "")
	}
	if head, ok := strings.CutPrefix(r.list.head, branchRefs); ok && head != r.cur.Head && len(head) <= maxRef {
		d.Facts["default_branch"], r.cur.Head = head, head
	}
	if len(d.Facts) > 0 {
		r.say(d)
	}
}

// later is a server's wish to be left alone.
func later(resp *http.Response) error {
	pause := retryLater
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		pause = min(time.Duration(seconds)*time.Second, longestWish)
	}
	return &integrations.RetryAfter{Until: time.Now().Add(pause), Cause: models.Errorf(models.Busy, "The server answered %s.", resp.Status)}
}
