package github

import (
	"net/http"
	"time"

	gogithub "github.com/google/go-github/v62/github"

	"throughline/models"
)

// check brings the one check run of the pull request's newest commit up to date.
func (s *speaker) check() (upstream, page string, err error) {
	id := s.known("check")
	if id == 0 {
		if id, err = s.findCheck(); err != nil {
			return "", "", err
		}
	}
	if id != 0 {
		upstream, page, err = s.updateCheck(id)
		if statusOf(err) != http.StatusNotFound {
			return upstream, page, err
		}
	}
	return s.createCheck()
}

// findCheck looks for the check run that we made without keeping its id.
func (s *speaker) findCheck() (int64, error) {
	list, _, err := s.api.Checks.ListCheckRunsForRef(s.ctx, s.owner, s.repo, s.r.SHA, &gogithub.ListCheckRunsOptions{
		CheckName: gogithub.String(checkName), Filter: gogithub.String("all"), ListOptions: gogithub.ListOptions{PerPage: 100}})
	if err != nil {
		return 0, err
	}
	for _, run := range list.CheckRuns {
		if run.GetExternalID() == s.marker() {
			return run.GetID(), nil
		}
	}
	return 0, nil
}

func (s *speaker) createCheck() (upstream, page string, err error) {
	run, _, err := s.api.Checks.CreateCheckRun(s.ctx, s.owner, s.repo, gogithub.CreateCheckRunOptions{Name: checkName, HeadSHA: s.r.SHA,
		DetailsURL: &s.r.Page, ExternalID: gogithub.String(s.marker()), Status: gogithub.String("completed"),
		Conclusion: gogithub.String(conclusion(s.r.Pull, s.r.Strict)), CompletedAt: &gogithub.Timestamp{Time: time.Now().UTC()}, Output: output(s.r)})
	return checkRunID(run, err)
}

func (s *speaker) updateCheck(id int64) (upstream, page string, err error) {
	run, _, err := s.api.Checks.UpdateCheckRun(s.ctx, s.owner, s.repo, id, gogithub.UpdateCheckRunOptions{Name: checkName,
		DetailsURL: &s.r.Page, ExternalID: gogithub.String(s.marker()), Status: gogithub.String("completed"),
		Conclusion: gogithub.String(conclusion(s.r.Pull, s.r.Strict)), CompletedAt: &gogithub.Timestamp{Time: time.Now().UTC()}, Output: output(s.r)})
	return checkRunID(run, err)
}

func checkRunID(run *gogithub.CheckRun, err error) (upstream, page string, _ error) {
	if err != nil {
		return "", "", err
	}
	return upstreamID("check", run.GetID()), webAddress(run.GetHTMLURL()), nil
}

// conclusion is how the check run ends. Nothing here fails a pull request: what is
// open is for people to judge, unless the account is strict about it.
func conclusion(p models.PullReport, strict bool) string {
	switch {
	case !p.Touches():
		return "skipped"
	case p.Open() == 0:
		return "success"
	case strict:
		return "action_required"
	}
	return "neutral"
}

// pullStatus is the conclusion as a commit status says it, which knows no neutral.
func pullStatus(p models.PullReport, strict bool) string {
	if conclusion(p, strict) == "action_required" {
		return "failure"
	}
	return "success"
}

func output(r models.Report) *gogithub.CheckRunOutput {
	out := &gogithub.CheckRunOutput{Title: gogithub.String(letters(pullLine(r.Pull), 200)), Summary: gogithub.String(summary(r))}
	if text := details(r.Pull, summaryMost); text != "" {
		out.Text = &text
	}
	return out
}
