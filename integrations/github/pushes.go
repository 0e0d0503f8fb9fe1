package github

import (
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/models"
)

// pushEvent leaves out "after": of an annotated tag it is the tag's own object,
// of a deleted branch it is zeros. The commits and the head commit are commits.
type pushEvent struct {
	Commits    []*gogithub.HeadCommit `json:"commits"`
	HeadCommit *gogithub.HeadCommit   `json:"head_commit"`
}

func (p post) pushEvent() (out []models.Description, err error) {
	event, err := read[pushEvent](p)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, c := range append(event.Commits, event.HeadCommit) {
		if !seen[c.GetID()] {
			seen[c.GetID()] = true
			out = append(out, p.named(c, 1)...)
		}
	}
	return out, nil
}

// named describes a commit that a payload quotes. Nothing about it can change,
// so it is told at its own time. A push knows the author's login, the others
// only the name: its attempt is higher.
func (p post) named(c *gogithub.HeadCommit, attempt int) []models.Description {
	if c == nil {
		return nil
	}
	ref, ok := p.commit(c.GetID())
	at := when(c.Timestamp)
	if !ok || at.IsZero() {
		return nil
	}
	trailers := models.TrailersOf(c.GetMessage())
	f := facts(trailers.Facts(c.Author.GetName(), c.Author.GetEmail()))
	f["committed_at"] = stamp(at)
	f.text("author", author(c.Author))
	if message := clip(strings.TrimSpace(c.GetMessage()), maxText); message != "" {
		f["message"] = message
	}
	return []models.Description{{Ref: ref, At: at, Attempt: attempt, Title: firstLine(c.GetMessage()),
		URL: p.commitURL(c.GetID()), Facts: f, Links: trailers.Links()}}
}

func author(a *gogithub.CommitAuthor) string {
	for _, name := range []string{a.GetLogin(), a.GetName()} {
		if name != "" {
			return name
		}
	}
	return ""
}
