package github

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	gogithub "github.com/google/go-github/v62/github"
)

// comment brings the one comment on the pull request up to date.
func (s *speaker) comment() (upstream, page string, err error) {
	id := s.known("comment")
	if id == 0 {
		if id, err = s.findComment(); err != nil {
			return "", "", err
		}
	}
	body := &gogithub.IssueComment{Body: gogithub.String(commentMarker + s.key() + " -->\n" + commentText(s.r))}
	var said *gogithub.IssueComment
	if id != 0 {
		said, _, err = s.api.Issues.EditComment(s.ctx, s.owner, s.repo, id, body)
	}
	if id == 0 || statusOf(err) == http.StatusNotFound { // somebody deleted it
		said, _, err = s.api.Issues.CreateComment(s.ctx, s.owner, s.repo, s.r.Number, body)
	}
	if err != nil {
		return "", "", err
	}
	return upstreamID("comment", said.GetID()), webAddress(said.GetHTMLURL()), nil
}

// findComment looks for the comment that we wrote without keeping its id. Others
// may quote the marker: only what we wrote ourselves is ours to edit.
func (s *speaker) findComment() (int64, error) {
	me := ""
	options := &gogithub.IssueListCommentsOptions{ListOptions: gogithub.ListOptions{PerPage: 100, Page: 1}}
	for range commentPages {
		list, response, err := s.api.Issues.ListComments(s.ctx, s.owner, s.repo, s.r.Number, options)
		if err != nil {
			return 0, err
		}
		for _, c := range list {
			if !strings.HasPrefix(c.GetBody(), commentMarker+s.key()+" -->") {
				continue
			}
			if me == "" {
				if me, err = s.self(); err != nil {
					return 0, err
				}
			}
			if strings.EqualFold(c.GetUser().GetLogin(), me) {
				return c.GetID(), nil
			}
		}
		if options.Page = response.NextPage; options.Page == 0 {
			break
		}
	}
	return 0, nil
}

// self is the login that we write under.
func (s *speaker) self() (string, error) {
	if !byApp(s.account) {
		user, _, err := s.api.Users.Get(s.ctx, "")
		return user.GetLogin(), err
	}
	api, _, err := s.polled.asApp(s.account)
	if err != nil {
		return "", err
	}
	app, _, err := api.Apps.Get(s.ctx, "")
	return app.GetSlug() + "[bot]", err
}

// key names what we tell of one pull request, the same after a new start with an
// empty database: what was told before is found again.
func (s *speaker) key() string {
	base := strings.TrimSuffix(s.r.Page, s.r.Subject.Path())
	sum := sha256.Sum256([]byte(strings.Join([]string{base, s.account.Name, strings.ToLower(s.r.Repository), strconv.Itoa(s.r.Number)}, "\x00")))
	return hex.EncodeToString(sum[:12])
}

// marker is the key as a check run carries it.
func (s *speaker) marker() string { return markerPrefix + s.key() }
