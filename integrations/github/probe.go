package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
	"throughline/models"
)

// Probe finds out what the account may do. An App says it; a token is tried, with
// requests that change nothing.
func (p *Polled) Probe(ctx context.Context, account integrations.Account) ([]models.Finding, error) {
	if !lets(account) {
		return nil, models.Errorf(models.Unprocessed, "There is no token and no App to ask with. Webhooks are heard without one.")
	}
	api, err := p.api(account)
	if err != nil {
		return nil, err
	}
	b := &probe{ctx: ctx, api: api, account: account}
	if err := b.server(); err != nil {
		return nil, trouble("the API", err)
	}
	if byApp(account) {
		err = p.probeApp(b)
	} else {
		err = b.token()
	}
	return b.found, err
}

// probe is one check of one account.
type probe struct {
	ctx     context.Context
	api     *gogithub.Client
	account integrations.Account
	repo    *gogithub.Repository // that a token is tried on
	header  http.Header          // of the answer that described it
	found   []models.Finding
}

// do asks for a path below the API's address.
func (b *probe) do(method, path string, body, into any) (*gogithub.Response, error) {
	request, err := b.api.NewRequest(method, path, body)
	if err != nil {
		return nil, err
	}
	return b.api.Do(b.ctx, request, into)
}

// server names the version of an Enterprise Server. Not every one says it.
func (b *probe) server() error {
	if host(b.account) == defaultHost {
		return nil
	}
	var meta struct {
		Version string `json:"installed_version"`
	}
	_, err := b.do(http.MethodGet, "meta", nil, &meta)
	if statusOf(err) != 0 && statusOf(err) != http.StatusUnauthorized {
		return nil // it answers, and keeps that to itself
	}
	if err == nil && meta.Version != "" {
		b.found = append(b.found, models.Finding{Name: "Enterprise Server " + integrations.Cut(meta.Version, 40), OK: true, Optional: true,
			Why: "It answers at " + b.api.BaseURL.Host + "."})
	}
	return err
}

// repositories says whether the chosen repositories are within reach, and picks
// the first of them.
func (b *probe) repositories() error {
	f := models.Finding{Name: "Repositories", OK: true, Why: "The repositories that you chose have to be within reach."}
	reach, lost, err := b.reach()
	if err != nil {
		return err
	}
	switch {
	case len(lost) > 0:
		f.OK, f.How = false, "Not within reach: "+strings.Join(lost, ", ")+". "+b.how("Check the spelling, and choose them under Repository access of the token.", "Check the spelling, and choose them under Repository access of the installation.")
	case b.repo == nil:
		f.OK, f.How = false, "No repository that you chose is within reach. "+b.how("Choose some under Repository access of the token.", "Choose some under Repository access of the installation.")
	case len(patterns(b.account)) == 0:
		f.OK, f.How = false, "None is chosen: webhooks of all are heard, and nothing is asked for. Name them in the settings, such as acme/fraud or acme/*."
	default:
		f.Why = fmt.Sprintf("%s within reach, the first of them %s.", reach, b.repo.GetFullName())
	}
	b.found = append(b.found, f)
	return nil
}

func (b *probe) how(token, app string) string {
	if byApp(b.account) {
		return app
	}
	return token
}

// probedAtMost bounds how many repositories a check looks at one by one.
const probedAtMost = 20

// reach tries the repositories that are named in full; where none is, it looks for
// one that a pattern chooses.
func (b *probe) reach() (reach string, lost []string, err error) {
	names := named(b.account)
	for _, name := range names[:min(len(names), probedAtMost)] {
		repo := new(gogithub.Repository)
		response, err := b.do(http.MethodGet, "repos/"+name, nil, repo)
		switch s := statusOf(err); {
		case resting(err):
			return "", nil, pause(err)
		case s == http.StatusNotFound || s == http.StatusForbidden:
			lost = append(lost, name+ownReason(err))
		case err != nil:
			return "", nil, trouble(name, err)
		case b.repo == nil:
			b.repo, b.header = repo, response.Header
		}
	}
	if len(names) > 0 {
		return fmt.Sprintf("%d of %d", len(names)-len(lost), len(names)), lost, nil
	}
	list, more, err := chosen(b.ctx, b.api, b.account, pageSize)
	switch s := statusOf(err); {
	case resting(err):
		return "", nil, pause(err)
	case s == http.StatusNotFound || s == http.StatusForbidden:
		return "", []string{"any of those that " + b.account.Get("repositories") + " names" + ownReason(err)}, nil
	case err != nil:
		return "", nil, trouble("the repositories", err)
	}
	if len(list) > 0 {
		b.repo = list[0]
	}
	return counted(len(list), more), nil, nil
}

func counted(n int, more bool) string {
	if more {
		return fmt.Sprintf("%d and more", n)
	}
	return fmt.Sprint(n)
}
