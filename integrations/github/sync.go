package github

import (
	"context"
	"errors"
	"net/http"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
	"throughline/models"
)

// The bounds of one poll: what it found is saved and shown before the next.
const (
	stepTime     = 8 * time.Second
	stepRequests = 60
	stepFound    = 600 // descriptions
	stepFailures = 3   // repositories that GitHub fails on, before all of it rests

	onBoards = 14 * 24 * time.Hour // what ended before this is history, and gets no card
)

// Poll works through what is to be asked: at first the import, then rounds that
// find what webhooks did not tell. The cursor is a memory; nothing is asked twice
// after a restart, but for the thing that was under way. What was found before a
// failure counts; the failure itself is met again, and told, by the next poll.
func (p *Polled) Poll(ctx context.Context, account integrations.Account, cursor string) (models.Batch, bool, error) {
	v, err := p.visit(ctx, account, cursor)
	if err != nil {
		return models.Batch{}, false, err
	}
	err = v.work()
	if err != nil && !v.moved {
		return models.Batch{}, false, trouble(v.at(), err)
	}
	return v.batch(), err != nil || !v.idle(), nil
}

func (p *Polled) visit(ctx context.Context, account integrations.Account, cursor string) (*visit, error) {
	api, err := p.api(account)
	return &visit{ctx: ctx, source: p, api: api, account: account, memory: recall(cursor), began: time.Now(), news: map[string]*mark{}}, err
}

// visit is one poll of one account.
type visit struct {
	ctx     context.Context
	source  *Polled
	api     *gogithub.Client
	account integrations.Account
	*memory
	began    time.Time
	asked    int
	failures int
	moved    bool // something was asked with success, or laid aside
	found    []models.Description
	problem  string           // of a round in which nothing worked
	news     map[string]*mark // repositories whose health changed
}

// work asks until the round has ended, the step is long enough, or GitHub fails.
func (v *visit) work() error {
	if v.idle() {
		v.beginRound()
	}
	for !v.idle() && !v.enough() {
		if err := v.rested(); err != nil {
			return err
		}
		if err := v.next(); err != nil {
			return err
		}
	}
	if v.idle() {
		v.endRound()
	}
	return nil
}

func (v *visit) enough() bool {
	return v.asked >= stepRequests || len(v.found) >= stepFound || time.Since(v.began) > stepTime
}

// next does the next thing: find repositories, then the tasks of one after the other.
func (v *visit) next() error {
	if len(v.Finds) > 0 {
		return v.find()
	}
	repo := v.Repos[v.Order[0]]
	if len(repo.Tasks) == 0 {
		v.done(repo)
		v.Order = v.Order[1:]
		return nil
	}
	t := repo.Tasks[len(repo.Tasks)-1]
	repo.Tasks = repo.Tasks[:len(repo.Tasks)-1]
	err := v.do(repo, t)
	if err == nil {
		v.moved, v.failures = true, 0
		return nil
	}
	return v.refused(repo, t, err)
}

// refused decides what a failed task stops: itself, where a permission is
// missing; its repository until the next round; or, where GitHub wants to be left
// alone or knows the account no longer, everything.
func (v *visit) refused(repo *mark, t task, err error) error {
	lack := kinds[t.Kind].lack
	if forbidden(err) && lack != "" && !everything(err) {
		repo.note(lack)
		v.moved = true
		return nil
	}
	repo.Tasks = append(repo.Tasks, t)
	if !forbidden(err) {
		v.failures++
	}
	if everything(err) || v.failures >= stepFailures {
		return err
	}
	repo.fail(integrations.Words(trouble(repo.Name, err)))
	v.tell(repo)
	v.Order, v.moved = v.Order[1:], v.moved || forbidden(err)
	return nil
}

// everything tells whether an error is about more than one repository.
func everything(err error) bool {
	var wish *integrations.RetryAfter
	if errors.As(trouble("", err), &wish) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	return statusOf(err) == 0 && !stumble(err) || statusOf(err) == http.StatusUnauthorized
}

// at names what was asked when something failed, for the words of the failure.
func (v *visit) at() string {
	if len(v.Finds) > 0 {
		return v.Finds[0].Arg
	}
	if len(v.Order) > 0 {
		return v.Repos[v.Order[0]].Name
	}
	return "the repositories"
}

// batch is what was found, with the memory to go on from.
func (v *visit) batch() models.Batch {
	v.Progress.Requests += v.asked
	if v.Progress.Running() {
		v.Progress.Busy += time.Since(v.began)
	}
	progress := v.Progress
	b := models.Batch{Descriptions: v.found, Progress: &progress, Past: time.Now().Add(-onBoards)}
	for _, repo := range v.news {
		b.Repositories = append(b.Repositories, repo.health(v.account))
	}
	b.Cursor, b.Problem = v.text(), v.problem
	return b
}

// tell notes that a repository's health is to be saved.
func (v *visit) tell(repo *mark) { v.news[repo.Name] = repo }
