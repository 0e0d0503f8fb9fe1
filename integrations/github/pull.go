package github

import (
	"context"
	"net/http"
	"time"

	"throughline/integrations"
)

// Polled is GitHub heard by webhooks and, where it is given access, asked as
// well: webhooks are hints, GitHub never repeats one that got lost. What it hears
// is put into the words of the webhook, so that both merge to one state.
type Polled struct {
	Source
	client *http.Client
	apps   apps
}

// New makes a Polled that asks through the client, one request at a time to each
// host.
func New(client *http.Client) *Polled {
	gated := *client
	gated.Transport = newGate(client)
	return &Polled{client: &gated}
}

const pollEvery = 5 * time.Minute

// About is the source's, with what asking needs.
func (p *Polled) About() integrations.About {
	about := p.Source.About()
	about.Settings = append(about.Settings, credentials...)
	about.Settings = append(about.Settings, integrations.Setting{Name: "history", Label: "History",
		Help: "How many days back the first import goes; 365 when empty. What is open is imported whatever its age."})
	about.Settings = append(about.Settings, reportSettings...)
	return about
}

// Every is the pause between rounds.
func (p *Polled) Every() time.Duration { return pollEvery }

// Polls tells whether the account can be asked: it has a token or is an App's, and
// says for which repositories.
func (p *Polled) Polls(account integrations.Account) bool {
	return lets(account) && len(patterns(account)) > 0
}

// Check refuses settings that do not work, and tries the access on the first
// page of what the settings name.
func (p *Polled) Check(ctx context.Context, account integrations.Account) error {
	if err := p.Source.Check(ctx, account); err != nil || !p.Polls(account) {
		return err
	}
	v, err := p.visit(ctx, account, "")
	if err != nil {
		return err
	}
	for _, pattern := range patterns(account) {
		if _, err := v.get(v.findAddress(where(account, pattern))); err != nil && !(absent(err) && where(account, pattern).Kind == findOwner) {
			return trouble(pattern, err)
		}
	}
	return nil
}
