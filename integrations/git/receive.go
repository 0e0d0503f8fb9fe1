package git

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// post is what the hook posts.
type post struct {
	Repo    string   `json:"repo"`
	Pusher  string   `json:"pusher,omitempty"`
	At      int64    `json:"at,omitempty"`   // of the push, Unix milliseconds
	Head    string   `json:"head,omitempty"` // refs/heads/main
	Updates []update `json:"updates"`
	Options []string `json:"push_options,omitempty"`
}

// update is one ref that was pushed.
type update struct {
	Old      string   `json:"old"`
	New      string   `json:"new"`
	Ref      string   `json:"ref"`
	Commit   string   `json:"commit,omitempty"`   // what an annotated tag stands on
	Commits  string   `json:"commits,omitempty"`  // the new commits as "git cat-file --batch" prints them, in base64
	Vanished []string `json:"vanished,omitempty"` // shas that no ref reaches any more
}

// Receive verifies a post over its raw bytes, then reads it: one event for each
// ref, so that a repeated one has no second effect.
func (s *Source) Receive(_ context.Context, a integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	if !integrations.Signed(a.Get("secret"), r.Header, r.Body) {
		return nil, integrations.ErrSignature
	}
	p, err := read(r.Body)
	if err != nil {
		return nil, err
	}
	if len(p.Updates) == 0 {
		return []integrations.Event{{Name: "nothing", Body: r.Body, Ignored: true}}, nil
	}
	if len(p.Updates) > maxUpdates {
		return nil, models.FieldErrorf(models.Invalid, "updates", "A post tells of at most %d refs; tell the others in a second one.", maxUpdates)
	}
	out := make([]integrations.Event, len(p.Updates))
	for i, u := range p.Updates {
		one := p
		one.Updates = []update{u}
		body, _ := json.Marshal(one)
		out[i] = event(a, one, body)
	}
	return out, nil
}

const maxUpdates = 1000

// Replay decodes a kept event again.
func (s *Source) Replay(_ context.Context, a integrations.Account, _ string, _ http.Header, body []byte) (integrations.Event, error) {
	p, err := read(body)
	if err != nil {
		return integrations.Event{}, err
	}
	if len(p.Updates) != 1 {
		return integrations.Event{Name: "nothing", Body: body, Ignored: true}, nil
	}
	return event(a, p, body), nil
}

func read(body []byte) (p post, err error) {
	err = json.Unmarshal(body, &p)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return p, models.Errorf(models.Invalid, "The body is not JSON, at byte offset %d: %w.", syntax.Offset, err)
	case err != nil:
		return p, models.Errorf(models.Invalid, "The body is not what the hook posts: %w.", err)
	}
	return p, nil
}

// event reads the one update of a post.
func event(a integrations.Account, p post, body []byte) integrations.Event {
	u := p.Updates[0]
	e := integrations.Event{Name: "push", Body: body}
	repository, own := models.RepositoryKey(p.Repo), repositoryOf(a)
	if repository == "" || !isName(u.Old) || !isName(u.New) {
		e.Err = models.Errorf(models.Unprocessed, "The push names no repository such as git.example.com/acme/fraud, or no full shas.")
		return e
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{repository, u.Ref, u.Old, u.New}, "\x00")))
	e.ID = hex.EncodeToString(sum[:])
	if e.Ignored = own != "" && own != repository || !wanted(a, u.Ref); e.Ignored {
		return e
	}
	e.Batch.Descriptions, e.Err = p.describe(repository, u)
	return e
}

func (p post) describe(repository string, u update) ([]models.Description, error) {
	commits, err := u.commits()
	if err != nil {
		return nil, err
	}
	at := p.when(commits)
	branch, _ := strings.CutPrefix(u.Ref, branchRefs)
	if strings.HasPrefix(u.Ref, tagRefs) {
		branch = ""
	}
	var out []models.Description
	for _, c := range commits {
		out = append(out, c.describe(repository, branch))
	}
	for i, sha := range u.Vanished {
		if isName(sha) && i < maxVanished {
			out = append(out, vanished(repository, sha, at))
		}
	}
	r := repositoryAt(repository, at)
	fact(r.Facts, u.Ref, u.tip())
	if head, ok := strings.CutPrefix(p.Head, branchRefs); ok && len(head) <= maxRef {
		r.Facts["default_branch"] = integrations.Cut(head, maxRef)
	}
	return append(out, r), nil
}

// maxVanished is how many commits of one push are marked.
const maxVanished = 1000

// vanished says of a commit that no ref reaches it any more.
func vanished(repository, sha string, at time.Time) models.Description {
	return models.Description{Ref: commitRef(repository, sha), At: at, Facts: map[string]any{"unreachable": true}}
}

// repositoryAt begins the description of a repository.
func repositoryAt(key string, at time.Time) models.Description {
	return models.Description{Ref: models.Ref{Kind: models.Repository, Key: key}, At: at, Title: key, Facts: map[string]any{}}
}

// maxRef is the longest name of a branch or tag that is kept.
const maxRef = 200

// fact notes where a branch or tag stands; an empty sha takes it away.
func fact(facts map[string]any, ref, sha string) {
	name := strings.NewReplacer(branchRefs, "branch.", tagRefs, "tag.").Replace(ref)
	if name == ref || len(name) > maxRef {
		return
	}
	if facts[integrations.Cut(name, maxRef+10)] = sha; sha == "" {
		facts[integrations.Cut(name, maxRef+10)] = nil
	}
}

// tip is the commit on which the ref stands now, empty when it is gone.
func (u update) tip() string {
	switch {
	case isZero(u.New):
		return ""
	case isName(u.Commit):
		return u.Commit
	}
	return u.New
}

// when is the time of the push; of hooks that do not tell it, the newest commit's.
func (p post) when(commits []commit) (at time.Time) {
	if at = sane(strconv.FormatInt(p.At/1000, 10)); !at.IsZero() {
		return at.Add(time.Duration(p.At%1000) * time.Millisecond)
	}
	for _, c := range commits {
		if c.committer.at.After(at) {
			at = c.committer.at
		}
	}
	return at
}

// commits are the new commits that the hook sent along, none when it told shas only.
func (u update) commits() (out []commit, err error) {
	rest, err := base64.StdEncoding.DecodeString(u.Commits)
	if err != nil {
		return nil, models.FieldErrorf(models.Unprocessed, "commits", "The commits are not base64.")
	}
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		fields := strings.Fields(string(line))
		size := -1
		if len(fields) == 3 {
			size, err = strconv.Atoi(fields[2])
		}
		if err != nil || size < 0 || size > len(after) {
			return nil, models.FieldErrorf(models.Unprocessed, "commits", "The commits are not what git cat-file --batch prints.")
		}
		if c, ok := readCommit(after[:size], len(fields[0]) == 64); ok && fields[1] == "commit" && c.sha == fields[0] {
			out = append(out, c)
		}
		rest = bytes.TrimPrefix(after[size:], []byte("\n"))
	}
	return out, nil
}
