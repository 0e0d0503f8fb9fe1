package lookalike

import (
	"crypto/sha1" // #nosec G505 -- git's names
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
)

var contentRoutes = []route{
	{"GET /repos/{owner}/{repo}/contents", "contents", "read", contents},
	{"GET /repos/{owner}/{repo}/contents/{path...}", "contents", "read", contents},
	{"GET /repos/{owner}/{repo}/commits", "contents", "read", listCommits},
	{"GET /repos/{owner}/{repo}/commits/{ref}", "contents", "read", ofCommit(func(a *ask, c *Commit) any { return c.json(a.repo) })},
	{"GET /repos/{owner}/{repo}/commits/{ref}/pulls", "pull_requests", "read", ofCommit(pullsOf)},
	{"GET /repos/{owner}/{repo}/git/ref/{ref...}", "contents", "read", reference},
	{"GET /repos/{owner}/{repo}/git/refs/{ref...}", "contents", "read", reference},
	{"GET /repos/{owner}/{repo}/git/matching-refs/{ref...}", "contents", "read", matching},
	{"GET /repos/{owner}/{repo}/git/tags/{sha}", "contents", "read", tagObject},
}

// contents is a file, or what a folder holds.
func contents(a *ask) (any, error) {
	name := strings.Trim(a.r.PathValue("path"), "/")
	if ref := a.r.URL.Query().Get("ref"); ref != "" && a.repo.resolve(ref) == nil {
		return nil, refusal{status: 404, message: "No commit found for the ref " + ref}
	}
	if text, ok := a.repo.Files[name]; ok {
		return a.repo.file(name, text, true), nil
	}
	var inside []any
	for _, known := range sortedKeys(a.repo.Files) {
		if path.Dir(known) == name || name == "" && path.Dir(known) == "." {
			inside = append(inside, a.repo.file(known, a.repo.Files[known], false))
		}
	}
	if inside == nil {
		return nil, notFound
	}
	return inside, nil
}

func sortedKeys[T any](m map[string]T) (out []string) {
	for name := range m {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func (r *Repo) file(name, content string, whole bool) object {
	sum := sha1.Sum(fmt.Appendf(nil, "blob %d\x00%s", len(content), content)) // #nosec G401
	out := object{"type": "file", "name": path.Base(name), "path": name, "size": len(content), "sha": hex.EncodeToString(sum[:]), "html_url": r.html() + "/blob/" + r.Default + "/" + name,
		"url": r.url() + "/contents/" + name + "?ref=" + r.Default, "download_url": "https://raw.githubusercontent.com/" + r.FullName() + "/" + r.Default + "/" + name}
	if whole {
		out["encoding"], out["content"] = "base64", lines(base64.StdEncoding.EncodeToString([]byte(content)))
	}
	return out
}

// lines breaks base64 as GitHub does.
func lines(s string) string {
	var b strings.Builder
	for len(s) > 60 {
		b.WriteString(s[:60] + "\n")
		s = s[60:]
	}
	return b.String() + s + "\n"
}

func listCommits(a *ask) (any, error) {
	ref := a.r.URL.Query().Get("sha")
	if ref == "" {
		ref = a.repo.Default
	}
	c := a.repo.resolve(ref)
	if c == nil {
		return nil, notFound
	}
	return a.page(each(a.repo.history(c), func(c *Commit) any { return c.json(a.repo) })), nil
}

// pullsOf are the pull requests that a commit is of, or the merge of.
func pullsOf(a *ask, c *Commit) any {
	var list []any
	is := func(o *Commit) bool { return o.SHA == c.SHA }
	for _, p := range a.repo.Pulls {
		if slices.ContainsFunc(p.landed, is) || slices.ContainsFunc(p.Commits, is) {
			list = append(list, p.listed())
		}
	}
	return a.page(list)
}

// refs are all references of a repository, those to pull requests too.
func (r *Repo) refs() map[string]tag {
	out := map[string]tag{}
	for name, sha := range r.Branches {
		out["heads/"+name] = tag{sha: sha}
	}
	for name, t := range r.Tags {
		out["tags/"+name] = t
	}
	for _, p := range r.Pulls {
		out[fmt.Sprintf("pull/%d/head", p.Number)] = tag{sha: p.Head()}
		if p.State == "open" {
			out[fmt.Sprintf("pull/%d/merge", p.Number)] = tag{sha: p.MergeCommit}
		}
	}
	return out
}

func (r *Repo) ref(name string, t tag) object {
	kind, sha := "commit", t.sha
	if t.object != "" {
		kind, sha = "tag", t.object
	}
	return object{"ref": "refs/" + name, "node_id": "REF_" + name, "url": r.url() + "/git/refs/" + name,
		"object": object{"type": kind, "sha": sha, "url": r.url() + "/git/" + kind + "s/" + sha}}
}

func reference(a *ask) (any, error) {
	name := a.r.PathValue("ref")
	t, ok := a.repo.refs()[name]
	if !ok {
		return nil, notFound
	}
	return a.repo.ref(name, t), nil
}

func matching(a *ask) (any, error) {
	out := []any{}
	refs := a.repo.refs()
	for _, name := range sortedKeys(refs) {
		if strings.HasPrefix(name, a.r.PathValue("ref")) {
			out = append(out, a.repo.ref(name, refs[name]))
		}
	}
	return a.page(out), nil
}

func tagObject(a *ask) (any, error) {
	for name, t := range a.repo.Tags {
		if t.object == a.r.PathValue("sha") && t.object != "" {
			return object{"tag": name, "sha": t.object, "message": name, "object": object{"type": "commit", "sha": t.sha, "url": a.repo.url() + "/git/commits/" + t.sha}}, nil
		}
	}
	return nil, notFound
}
