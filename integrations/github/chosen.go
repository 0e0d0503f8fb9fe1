package github

import (
	"context"
	"net/http"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
)

// chosen are the repositories that the account's patterns choose among those
// within its reach, and whether there are more than the most that were asked for.
func chosen(ctx context.Context, api *gogithub.Client, account integrations.Account, most int) (out []*gogithub.Repository, more bool, err error) {
	for _, list := range lists(account) {
		more, err = list(ctx, api, func(found []*gogithub.Repository) bool {
			for _, r := range found {
				if wanted(account, r.GetFullName()) && !r.GetArchived() && !holds(out, r) {
					out = append(out, r)
				}
			}
			return len(out) > most
		})
		if err != nil || more {
			break
		}
	}
	if len(out) > most {
		out, more = out[:most], true
	}
	return out, more, err
}

func holds(list []*gogithub.Repository, r *gogithub.Repository) bool {
	for _, one := range list {
		if strings.EqualFold(one.GetFullName(), r.GetFullName()) {
			return true
		}
	}
	return false
}

// listing of repositories, a page at a time, until the taker has enough.
type repositoryList func(ctx context.Context, api *gogithub.Client, take func([]*gogithub.Repository) bool) (enough bool, err error)

// lists are where an account's repositories are found: an App's in its
// installation, a token's with each owner, or among all that it sees.
func lists(account integrations.Account) (out []repositoryList) {
	if byApp(account) {
		return []repositoryList{installed}
	}
	named := ownersNamed(account)
	for _, owner := range named {
		out = append(out, ofOwner(owner))
	}
	if len(named) == 0 {
		out = append(out, seen)
	}
	return out
}

// pagesAtMost bounds a listing: beyond lie thousands of repositories.
const pagesAtMost = 20

func paged(take func([]*gogithub.Repository) bool, get func(gogithub.ListOptions) ([]*gogithub.Repository, *gogithub.Response, error)) (bool, error) {
	for page := 1; page > 0 && page <= pagesAtMost; {
		list, response, err := get(gogithub.ListOptions{Page: page, PerPage: pageSize})
		if err != nil {
			return false, err
		}
		if take(list) {
			return true, nil
		}
		page = response.NextPage
	}
	return false, nil
}

func installed(ctx context.Context, api *gogithub.Client, take func([]*gogithub.Repository) bool) (bool, error) {
	return paged(take, func(o gogithub.ListOptions) ([]*gogithub.Repository, *gogithub.Response, error) {
		list, response, err := api.Apps.ListRepos(ctx, &o)
		if err != nil {
			return nil, response, err
		}
		return list.Repositories, response, nil
	})
}

// seen are all repositories that the token's person may see.
func seen(ctx context.Context, api *gogithub.Client, take func([]*gogithub.Repository) bool) (bool, error) {
	return paged(take, func(o gogithub.ListOptions) ([]*gogithub.Repository, *gogithub.Response, error) {
		return api.Repositories.ListByAuthenticatedUser(ctx, &gogithub.RepositoryListByAuthenticatedUserOptions{ListOptions: o})
	})
}

// ofOwner are the repositories of an organisation, or of a person, who is no
// organisation.
func ofOwner(owner string) repositoryList {
	return func(ctx context.Context, api *gogithub.Client, take func([]*gogithub.Repository) bool) (bool, error) {
		enough, err := paged(take, func(o gogithub.ListOptions) ([]*gogithub.Repository, *gogithub.Response, error) {
			return api.Repositories.ListByOrg(ctx, owner, &gogithub.RepositoryListByOrgOptions{ListOptions: o})
		})
		if statusOf(err) != http.StatusNotFound {
			return enough, err
		}
		return seen(ctx, api, take)
	}
}
