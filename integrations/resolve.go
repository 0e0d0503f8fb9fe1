package integrations

import (
	"context"

	"throughline/models"
)

// Resolver is a Poller that can be asked about single commits: their whole sha,
// and the pull requests that they came by.
type Resolver interface {
	// Resolve answers all wants, or as many as it can before an error. The batch
	// describes what it met on the way.
	Resolve(ctx context.Context, account Account, wants []models.Want) (models.Batch, []models.Answer, error)
}

// WantStore is what resolving needs of the database; a PollStore may have it.
type WantStore interface {
	// Wants are the commits that an integration is to be asked about now.
	Wants(ctx context.Context, integration int64) ([]models.Want, error)
	// ApplyAnswers keeps what was answered, in one transaction.
	ApplyAnswers(ctx context.Context, target PollTarget, batch models.Batch, answers []models.Answer) error
}

// resolve asks about the commits that are wanted, after a poll that went well and
// in its turn at the host. A failure costs nothing but the answers: the next poll
// asks again.
func (p *PollLoop) resolve(ctx context.Context, poller Poller, t PollTarget) {
	resolver, can := poller.(Resolver)
	store, has := p.Store.(WantStore)
	if !can || !has {
		return
	}
	wants, err := store.Wants(ctx, t.Account.ID)
	if err == nil && len(wants) > 0 {
		var batch models.Batch
		var answers []models.Answer
		batch, answers, err = resolver.Resolve(ctx, t.Account, wants)
		if len(answers) > 0 {
			if kept := store.ApplyAnswers(ctx, t, batch, answers); err == nil {
				err = kept
			}
		}
	}
	if err != nil && ctx.Err() == nil {
		p.Log.Warn("commits could not be resolved", "integration", t.Account.Name, "error", err)
	}
}
