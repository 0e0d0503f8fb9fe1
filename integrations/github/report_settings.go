package github

import (
	"throughline/integrations"
	"throughline/models"
)

// reportSettings are the switches of what GitHub is told. All are off at first:
// what is told can be read by whoever may read the repository.
var reportSettings = []integrations.Setting{
	{Name: "report_check", Label: "Check run on pull requests", Flag: true,
		Help: "“Throughline” on the newest commit of pull requests that touch a model: which live models it reaches and what is open. " +
			"Whoever may read the repository reads the names of models, environments and gaps there. A check run takes an App; with a token a commit status stands in for it."},
	{Name: "report_strict", Label: "Open points ask for action", Flag: true,
		Help: "The check run ends as “action required” while something is open, and not as “neutral”; the commit status as a failure. A branch protection that requires it then stops the merge."},
	{Name: "report_comment", Label: "Comment on pull requests", Flag: true,
		Help: "The same as one comment, edited when something changes. Whoever may read the repository reads it, and GitHub mails it to whoever follows the pull request."},
	{Name: "report_status", Label: "Status of deployed commits", Flag: true,
		Help: "“throughline/ENVIRONMENT” on the commit that a live model was built from: model, version, since when, and how many links its line lacks. Whoever may read the repository reads it."},
}

// Speech is what the account tells GitHub: nothing unless something is switched
// on and there is a way to say it.
func (p *Polled) Speech(account integrations.Account) (s integrations.Speech) {
	for _, k := range []models.ReportKind{models.ReportCheck, models.ReportComment, models.ReportStatus} {
		if account.Get(switchOf[k]) != "" {
			s.Kinds = append(s.Kinds, k)
		}
	}
	if len(s.Kinds) > 0 && !lets(account) {
		return integrations.Speech{Note: "Nothing is told: that takes an App or a token."}
	}
	s.Covers = func(repository string) bool {
		name, here := fullName(account, repository)
		return here && wanted(account, name)
	}
	s.Strict, s.Voice = account.Get("report_strict") != "", "token"
	switch {
	case byApp(account):
		s.Voice = "app"
	case account.Get("report_check") != "":
		s.Note = "GitHub takes check runs from Apps only. With a token, a commit status called “Throughline” stands in for it, with the same line."
	}
	return s
}

var switchOf = map[models.ReportKind]string{models.ReportCheck: "report_check", models.ReportComment: "report_comment", models.ReportStatus: "report_status"}
