package jenkins

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// The bounds of what is kept of one build.
const (
	maxText      = 1000 // bytes of a value
	maxKey       = 700  // bytes of a build's address
	maxParams    = 100
	maxArtifacts = 50
	maxStages    = 300
)

// key is the address of a build as its key: no slash at the end, the host in
// lower case. It is empty for what is no address of a build.
func key(address string) string {
	u, err := url.Parse(integrations.Web(address))
	if err != nil || u.Host == "" || jobPath(u.EscapedPath()) == "" || numberOf(u.EscapedPath()) == 0 {
		return ""
	}
	out := strings.ToLower(u.Scheme+"://"+u.Host) + strings.TrimRight(u.EscapedPath(), "/")
	if len(out) > maxKey {
		return ""
	}
	return out
}

// pathOf is the path of a build's or job's address.
func pathOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.EscapedPath()
}

// numberOf is the build's number, the last part of its path.
func numberOf(path string) int64 {
	path = strings.TrimRight(path, "/")
	n, err := strconv.ParseInt(path[strings.LastIndexByte(path, '/')+1:], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// jobPath is the folders and the job of a path, "acme/fraud/main": what follows
// each "job". The branches of a multibranch job are escaped twice.
func jobPath(path string) string {
	var names []string
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i := 0; i+1 < len(parts); i++ {
		if parts[i] != "job" {
			continue
		}
		i++
		names = append(names, unescape(unescape(parts[i])))
	}
	return integrations.Line(strings.Join(names, "/"), maxText)
}

func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// begin is the description of a build with what its address tells.
func begin(address string) (d models.Description, ok bool) {
	k := key(address)
	if k == "" {
		return d, false
	}
	path := pathOf(k)
	number := numberOf(path)
	d = models.Description{Ref: models.Ref{Kind: models.PipelineRun, Key: k}, URL: k + "/",
		Title: jobPath(path) + " #" + strconv.FormatInt(number, 10)}
	d.Facts = map[string]any{models.FactPipeline: jobPath(path), models.FactNumber: number, models.FactLogURL: k + "/console"}
	return d, true
}

// timed puts the times of a build among the facts: when it began and, when it is
// over, when it ended.
func timed(facts map[string]any, began, ended time.Time) {
	integrations.Told(facts, models.FactStartedAt, began)
	integrations.Told(facts, models.FactEndedAt, ended)
}

// params are a build's parameters, without those that sound like a secret.
func params(facts map[string]any, name string, value any) {
	if name = integrations.Line(name, 200); name == "" || integrations.Secretive(name) || len(facts) > maxParams {
		return
	}
	switch v := value.(type) {
	case string:
		facts[models.ParamFact+name] = integrations.Cut(v, maxText)
	case float64, bool:
		facts[models.ParamFact+name] = v
	}
}

// artifact is a file that the build left behind, by its path in the archive.
func artifact(facts map[string]any, build, path string) {
	path = integrations.Line(path, 400)
	if path == "" || len(facts) > maxParams+maxArtifacts {
		return
	}
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	facts[models.ArtifactFact+path] = build + "/artifact/" + strings.Join(parts, "/")
}

// state is what a build's result means while it is over.
func state(result string) models.State {
	return models.WorkState(strings.ToLower(strings.TrimSpace(result)))
}

// branch is the name of a branch without the remote that it was seen at.
func branch(name string) string {
	name = integrations.Line(name, 300)
	if rest, ok := strings.CutPrefix(name, "refs/remotes/"); ok {
		_, name, _ = strings.Cut(rest, "/")
	}
	name = strings.TrimPrefix(strings.TrimPrefix(name, "refs/heads/"), "remotes/")
	name = strings.TrimPrefix(name, "origin/")
	if name == "detached" || name == "HEAD" {
		return ""
	}
	return name
}

// built links the commit of a build. A repository that is not the account's own is
// a library's; of one that no name follows from, the sha alone is kept.
func built(a integrations.Account, d *models.Description, repository, sha string) {
	sha = strings.ToLower(strings.TrimSpace(sha))
	of, own := models.RepositoryKey(integrations.Line(repository, 500)), models.RepositoryKey(a.Get("repository"))
	if own != "" && of != "" && own != of || models.CommitKey("any/repository", sha) == "" {
		return
	}
	if of == "" {
		of = own
	}
	if k := models.CommitKey(of, sha); k != "" {
		d.Links = append(d.Links, models.LinkTo{Relation: models.BuiltFrom, To: models.Ref{Kind: models.Commit, Key: k}})
		return
	}
	d.Facts[models.FactHeadSHA] = sha
}

// tests is what the tests of a build came to, in a line.
func tests(total, failed, skipped int64) string {
	if total <= 0 {
		return ""
	}
	out := strconv.FormatInt(total, 10) + " tests"
	if failed > 0 {
		out += ", " + strconv.FormatInt(failed, 10) + " failed"
	}
	if skipped > 0 {
		out += ", " + strconv.FormatInt(skipped, 10) + " skipped"
	}
	return out
}
