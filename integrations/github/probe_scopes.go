package github

import (
	"net/http"
	"strings"
)

// scopes are what a classic token may do.
type scopes []string

// scopes are told with every answer to a classic token, and only to those.
func (b *probe) scopes() (scopes, bool, error) {
	if b.header == nil { // the repository was found in a list
		response, err := b.do(http.MethodGet, "repos/"+b.repo.GetFullName(), nil, nil)
		if err != nil {
			return nil, false, trouble(b.repo.GetFullName(), err)
		}
		b.header = response.Header
	}
	_, classic := b.header["X-Oauth-Scopes"]
	list := strings.FieldsFunc(b.header.Get("X-OAuth-Scopes"), func(r rune) bool { return r == ',' || r == ' ' })
	if !b.repo.GetPrivate() && anyOf(list, "public_repo") {
		list = append(list, "repo")
	}
	return list, classic, nil
}

func anyOf(list []string, wanted ...string) bool {
	for _, one := range list {
		for _, w := range wanted {
			if one == w {
				return true
			}
		}
	}
	return false
}

// allow tells whether the scopes let a classic token write.
func (s scopes) allow(p permission) (ok bool, how string) {
	switch p.key {
	case "checks":
		return false, "GitHub lets only Apps write check runs: connect as a GitHub App, or turn this report off."
	case "statuses":
		return anyOf(s, "repo", "repo:status"), "Give the token the scope repo."
	case "repository_hooks":
		return anyOf(s, "repo", "admin:repo_hook", "write:repo_hook"), "Give the token the scope admin:repo_hook."
	}
	return anyOf(s, "repo"), "Give the token the scope repo."
}
