package github

import (
	"context"
	"fmt"
	"slices"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
	"throughline/models"
)

// maker makes the webhooks of one account.
type maker struct {
	ctx             context.Context
	api             *gogithub.Client
	account         integrations.Account
	address, secret string
	made            []models.HookMade
}

func (m *maker) all() ([]models.HookMade, error) {
	if len(patterns(m.account)) == 0 {
		return nil, models.FieldErrorf(models.Unprocessed, "repositories", "Name the repositories first: without names it is not clear where the webhook belongs.")
	}
	covered := map[string]bool{}
	for _, org := range wholes(m.account) {
		made, err := m.one("orgs/"+org, "all of "+org)
		if err != nil {
			return m.made, err
		}
		if covered[org] = made.Done != "refused"; covered[org] {
			m.made = append(m.made, made)
		}
	}
	return m.made, m.each(covered)
}

// wholes are the owners all of whose repositories are chosen.
func wholes(account integrations.Account) (out []string) {
	for _, pattern := range patterns(account) {
		if owner, rest, _ := strings.Cut(pattern, "/"); rest == "*" && !strings.ContainsAny(owner, `*?[\`) && !slices.Contains(out, owner) {
			out = append(out, owner)
		}
	}
	return out
}

// each makes a webhook in every chosen repository that no organisation's covers.
func (m *maker) each(covered map[string]bool) error {
	names, more, err := m.names(covered)
	if err != nil {
		return trouble("the repositories", err)
	}
	for _, name := range names {
		made, err := m.one("repos/"+name, name)
		if err != nil {
			return err
		}
		m.made = append(m.made, made)
	}
	if more {
		m.made = append(m.made, models.HookMade{Where: "further repositories", Done: "refused", Problem: fmt.Sprintf("Only %d are done in one go: an organisation's webhook serves all of its repositories at once.", hookedAtMost)})
	}
	if len(m.made) == 0 {
		return models.FieldErrorf(models.Unprocessed, "repositories", "No repository that you chose is within reach.")
	}
	return nil
}

func (m *maker) names(covered map[string]bool) (names []string, more bool, err error) {
	names = named(m.account)
	if len(names) != len(patterns(m.account)) {
		list, rest, err := chosen(m.ctx, m.api, m.account, hookedAtMost)
		if err != nil {
			return nil, false, err
		}
		more = rest
		for _, r := range list {
			if name := strings.ToLower(r.GetFullName()); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { owner, _, _ := strings.Cut(name, "/"); return covered[owner] })
	return names[:min(len(names), hookedAtMost)], more, nil
}
