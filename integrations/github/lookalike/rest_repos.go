package lookalike

import (
	"slices"
	"strings"
)

var repoRoutes = []route{
	{"GET /user", "", "", func(a *ask) (any, error) { return a.whoami() }},
	{"GET /rate_limit", "", "", func(a *ask) (any, error) {
		return object{"rate": object{"limit": a.Limit, "remaining": a.token.remaining}}, nil
	}},
	{"GET /user/repos", "", "", func(a *ask) (any, error) { return a.reposOf(func(*Repo) bool { return true }) }},
	{"GET /orgs/{org}", "", "", func(a *ask) (any, error) { return a.owner("org", "Organization") }},
	{"GET /users/{org}", "", "", func(a *ask) (any, error) { return a.owner("org", "") }},
	{"GET /orgs/{org}/repos", "", "", func(a *ask) (any, error) { return a.ownersRepos("Organization") }},
	{"GET /users/{org}/repos", "", "", func(a *ask) (any, error) { return a.ownersRepos("") }},
	{"GET /installation/repositories", "", "", installedRepos},
	{"GET /repos/{owner}/{repo}", "", "", func(a *ask) (any, error) { return a.repo.json(), nil }},
	{"GET /repos/{owner}/{repo}/branches", "contents", "read", branches},
	{"GET /repos/{owner}/{repo}/branches/{branch...}", "contents", "read", oneBranch},
	{"GET /repos/{owner}/{repo}/tags", "contents", "read", tags},
}

func (a *ask) whoami() (any, error) {
	if a.token.install != nil {
		return nil, a.may("user", "read")
	}
	return a.user(a.token.login).json(a.Server), nil
}

func (a *ask) owner(value, kind string) (any, error) {
	u := a.owners[strings.ToLower(a.r.PathValue(value))]
	if u == nil || kind != "" && u.Type != kind {
		return nil, notFound
	}
	return u.json(a.Server), nil
}

// visible are the repositories that the token sees, in the order of their names
// where that is asked for, else of their making.
func (a *ask) visible(want func(*Repo) bool) (out []*Repo) {
	for _, r := range a.repos {
		if !r.Deleted && a.token.sees(r) && want(r) {
			out = append(out, r)
		}
	}
	if a.r.URL.Query().Get("sort") == "full_name" {
		slices.SortFunc(out, func(x, y *Repo) int { return strings.Compare(x.FullName(), y.FullName()) })
	}
	return out
}

func (a *ask) reposOf(want func(*Repo) bool) (any, error) {
	return a.page(each(a.visible(want), func(r *Repo) any { return r.json() })), nil
}

func (a *ask) ownersRepos(kind string) (any, error) {
	if _, err := a.owner("org", kind); err != nil {
		return nil, err
	}
	return a.reposOf(func(r *Repo) bool { return strings.EqualFold(r.Owner.Login, a.r.PathValue("org")) })
}

func installedRepos(a *ask) (any, error) {
	if a.token.install == nil {
		return nil, refusal{status: 403, message: "You must authenticate with an installation access token in order to list repositories for an installation."}
	}
	return a.field("repositories", each(a.visible(func(*Repo) bool { return true }), func(r *Repo) any { return r.json() })), nil
}

func branches(a *ask) (any, error) {
	return a.page(each(a.repo.branchNames(), func(name string) any { return a.repo.branch(name) })), nil
}

func (r *Repo) branch(name string) object {
	sha := r.Branches[name]
	return object{"name": name, "commit": object{"sha": sha, "url": r.url() + "/commits/" + sha}, "protected": name == r.Default}
}

func oneBranch(a *ask) (any, error) {
	name := a.r.PathValue("branch")
	sha, ok := a.repo.Branches[name]
	if !ok {
		return nil, refusal{status: 404, message: "Branch not found"}
	}
	return with(a.repo.branch(name), object{"commit": a.repo.commits[sha].json(a.repo)}), nil
}

func tags(a *ask) (any, error) {
	var names []string
	for name := range a.repo.Tags {
		names = append(names, name)
	}
	slices.Sort(names)
	return a.page(each(newestFirst(names), func(name string) any {
		sha := a.repo.Tags[name].sha
		return object{"name": name, "commit": object{"sha": sha, "url": a.repo.url() + "/commits/" + sha}, "node_id": "REF_" + name,
			"zipball_url": a.repo.url() + "/zipball/refs/tags/" + name, "tarball_url": a.repo.url() + "/tarball/refs/tags/" + name}
	})), nil
}
