package github

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/integrations"
	"throughline/models"
)

// The names under which Throughline speaks. What comes back under them is no news.
const (
	checkName     = "Throughline"
	statusPrefix  = "throughline/"
	markerPrefix  = "throughline:"
	summaryMost   = 65535 // letters of a check run's summary or text, and of a comment
	statusMost    = 140   // letters of a status' description
	commentPages  = 20    // of a hundred comments each, that are searched for ours
	commentMarker = "<!-- " + markerPrefix
)

// Report brings GitHub up to date: a check run, the one comment, a commit status.
func (p *Polled) Report(ctx context.Context, account integrations.Account, r models.Report) (upstream, page string, err error) {
	api, err := p.api(account)
	if err != nil {
		return "", "", err
	}
	name, _ := fullName(account, r.Repository)
	owner, repo, _ := strings.Cut(name, "/")
	s := &speaker{ctx: ctx, polled: p, api: api, account: account, owner: owner, repo: repo, r: r}
	switch {
	case r.Kind == models.ReportComment:
		upstream, page, err = s.comment()
	case r.Kind == models.ReportCheck && byApp(account):
		upstream, page, err = s.check()
	case r.Kind == models.ReportCheck:
		upstream, page, err = s.status(checkName, pullStatus(r.Pull, r.Strict), pullLine(r.Pull))
	default:
		upstream, page, err = s.status(statusPrefix+r.Target, "success", lineLine(r.Line))
	}
	return upstream, page, s.trouble(err)
}

// speaker says one report.
type speaker struct {
	ctx         context.Context
	polled      *Polled
	api         *gogithub.Client
	account     integrations.Account
	owner, repo string
	r           models.Report
}

// fullName is a repository as the account's host calls it, acme/fraud.
func fullName(account integrations.Account, repository string) (name string, here bool) {
	return strings.CutPrefix(repository, host(account)+"/")
}

// known is the id of what was told before, of the kind of thing that it is now.
func (s *speaker) known(kind string) int64 {
	text, ok := strings.CutPrefix(s.r.Upstream, kind+":")
	id, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil {
		return 0
	}
	return id
}

func upstreamID(kind string, id int64) string { return kind + ":" + strconv.FormatInt(id, 10) }

// page is an address below the repository's own.
func (s *speaker) page(rest string) string {
	return webBase(s.account).JoinPath(s.owner, s.repo).String() + rest
}

// status is GitHub's by its context: the newest stands, so that saying it twice
// says it once.
func (s *speaker) status(name, state, description string) (upstream, page string, err error) {
	said, _, err := s.api.Repositories.CreateStatus(s.ctx, s.owner, s.repo, s.r.SHA, &gogithub.RepoStatus{State: &state,
		Context: gogithub.String(integrations.Cut(name, 250)), Description: gogithub.String(letters(description, statusMost)), TargetURL: &s.r.Page})
	if err != nil {
		return "", "", err
	}
	return upstreamID("status", said.GetID()), s.page("/commit/" + s.r.SHA), nil
}

// trouble says why GitHub was not told, and whether that is so for all of the kind.
func (s *speaker) trouble(err error) error {
	if resting(err) {
		return pause(err)
	}
	err = trouble(s.owner+"/"+s.repo, err)
	var answer *gogithub.ErrorResponse
	if err == nil || !errors.As(err, &answer) || answer.Response == nil {
		return err
	}
	need := map[models.ReportKind]string{models.ReportCheck: "Checks", models.ReportComment: "Pull requests", models.ReportStatus: "Commit statuses"}[s.r.Kind]
	if s.r.Kind == models.ReportCheck && !byApp(s.account) {
		need = "Commit statuses"
	}
	switch answer.Response.StatusCode {
	case http.StatusUnauthorized:
		return models.Errorf(models.Forbidden, "GitHub does not know the token; it may have expired.").Because(err)
	case http.StatusForbidden:
		return models.Errorf(models.Forbidden, "GitHub refuses it: give the permission %s, read and write, for %s/%s.", need, s.owner, s.repo).Because(err)
	case http.StatusNotFound, http.StatusGone:
		return models.Errorf(models.Unprocessed, "%s/%s is not within reach, or is gone; the permission %s, read and write, is needed.", s.owner, s.repo, need).Because(err)
	case http.StatusUnprocessableEntity:
		return models.Errorf(models.Unprocessed, "GitHub refuses it: %s", integrations.Cut(answer.Message, 200)).Because(err)
	}
	return err
}
