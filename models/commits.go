package models

import (
	"regexp"
	"strings"
)

var shaPattern = regexp.MustCompile(`^[0-9a-f]{7,64}$`)

// CommitKey is the key of a commit, "github.com/o/n@SHA". Repository may be an
// address in any of git's spellings or "owner/name" (then of github.com). It is
// empty when either part is missing or no sha: a bare sha is only a hint,
// because forks share it (decisions.md §1).
func CommitKey(repository, sha string) string {
	repo, sha := RepositoryKey(repository), strings.ToLower(strings.TrimSpace(sha))
	if repo == "" || !shaPattern.MatchString(sha) {
		return ""
	}
	return repo + "@" + sha
}

// SplitCommit cuts a commit's key into its repository and sha.
func SplitCommit(key string) (repository, sha string, ok bool) {
	i := strings.LastIndexByte(key, '@')
	if i <= 0 {
		return "", key, false
	}
	return key[:i], key[i+1:], true
}

// RepositoryKey brings every spelling of a repository to "host/owner/name":
// https and ssh addresses, git@host:owner/name, with or without .git and user.
// "owner/name" is of github.com. It is empty for anything else.
func RepositoryKey(address string) string {
	s := strings.TrimSpace(address)
	s = strings.TrimPrefix(s, "git+")
	if i := strings.Index(s, "://"); i >= 0 {
		s = s[i+3:]
	} else if at := strings.IndexByte(s, '@'); at >= 0 && strings.Contains(s[at:], ":") {
		s = strings.Replace(s, ":", "/", 1) // git@host:owner/name
	}
	if slash := strings.IndexByte(s, '/'); slash >= 0 {
		if at := strings.LastIndexByte(s[:slash], '@'); at >= 0 {
			s = s[at+1:]
		}
	}
	s = strings.TrimSuffix(strings.TrimRight(s, "/"), ".git")
	parts := strings.Split(s, "/")
	for _, p := range parts {
		if p == "" || p == "." || p == ".." {
			return ""
		}
	}
	switch {
	case len(parts) == 2 && !strings.ContainsAny(parts[0], ".:"):
		return "github.com/" + s
	case len(parts) >= 3:
		host := strings.ToLower(parts[0])
		host = strings.TrimSuffix(strings.TrimSuffix(host, ":22"), ":443")
		return host + "/" + strings.Join(parts[1:], "/")
	}
	return ""
}

// RepositoryName is a repository's key as people read it: github.com, which
// everybody knows, is left out.
func RepositoryName(key string) string { return strings.TrimPrefix(key, "github.com/") }

// PullRequestKey is "o/n#12" on github.com and "host/o/n#12" elsewhere.
func PullRequestKey(repository string, number string) string {
	repo := RepositoryKey(repository)
	if repo == "" {
		repo = repository
	}
	return RepositoryName(repo) + "#" + number
}
