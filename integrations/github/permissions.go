package github

import (
	"strings"

	"throughline/integrations"
	"throughline/models"
)

// permission is one that Throughline uses, by GitHub's names for it.
type permission struct {
	key      string // in the API: pull_requests
	name     string // on its pages: Pull requests
	level    string
	optional bool
	when     string // the setting that makes it needed; empty: always
	why      string
	ask      ask // what a token is tried with
}

// permissions are all that are used, the most needed first. Webhooks are an App's
// by themselves, so that it needs no permission for them.
var permissions = []permission{
	{key: "metadata", name: "Metadata", level: "read",
		why: "Names and addresses of the repositories. GitHub grants it along with any other.",
		ask: ask{}},
	{key: "pull_requests", name: "Pull requests", level: "read",
		why: "Pull requests and their reviews. Without it there is no history, and a webhook that got lost is never found.",
		ask: ask{path: "/pulls?state=all&per_page=1"}},
	{key: "contents", name: "Contents", level: "read",
		why: "Commits, branches, tags and CODEOWNERS. Without it a line stops at the sha, and no owner is proposed.",
		ask: ask{path: "/commits?per_page=1"}},
	{key: "actions", name: "Actions", level: "read",
		why: "Workflow runs and their jobs. Without it pipelines appear only as far as webhooks tell of them.",
		ask: ask{path: "/actions/runs?per_page=1"}},
	{key: "checks", name: "Checks", level: "read",
		why: "What other systems checked on a commit. Without it checks from before the webhook, and those of lost ones, are missing.",
		ask: ask{path: "/commits/BRANCH/check-runs?per_page=1"}},
	{key: "statuses", name: "Commit statuses", level: "read",
		why: "The older kind of checks, which many build servers still report. Without it a pull request can look greener than it is.",
		ask: ask{path: "/commits/BRANCH/status?per_page=1"}},
	{key: "deployments", name: "Deployments", level: "read",
		why: "What went to which environment, and whether it stands. Without it the line ends before production.",
		ask: ask{path: "/deployments?per_page=1"}},
	{key: "checks", name: "Checks", level: "write", when: "report_check",
		why: "The check run “Throughline” on pull requests that touch a model. Without it none appears.",
		ask: ask{method: "POST", path: "/check-runs"}},
	{key: "pull_requests", name: "Pull requests", level: "write", when: "report_comment",
		why: "The comment on pull requests, kept up to date. Without it there is none.",
		ask: ask{method: "POST", path: "/pulls"}},
	{key: "statuses", name: "Commit statuses", level: "write", when: "report_status",
		why: "The status of deployed commits. Without it none is set.",
		ask: ask{method: "POST", path: "/statuses/" + noCommit}},
	{key: "repository_hooks", name: "Webhooks", level: "write", optional: true,
		why: "The webhook is made and repaired for you. Without it you enter it by hand, once for each repository.",
		ask: ask{method: "POST", path: "/hooks"}},
}

// noCommit is of no commit: GitHub judges the permission, then refuses the rest.
var noCommit = strings.Repeat("0", 40)

// needed are the permissions that an account needs, by its way in and its switches.
func needed(account integrations.Account) (out []permission) {
	for _, p := range permissions {
		switch {
		case p.when == "report_check" && !byApp(account):
			continue // a commit status stands in for it
		case p.when != "" && account.Get(p.when) == "" && !(p.key == "statuses" && account.Get("report_check") != "" && !byApp(account)):
			continue
		case p.key == "repository_hooks" && byApp(account):
			continue
		case p.key == "checks" && p.level == "read" && !byApp(account):
			p.optional = true // GitHub offers it to no token: webhooks have to do
		}
		out = append(out, p)
	}
	return out
}

// finding is the permission as a page shows it.
func (p permission) finding(ok bool, how string) models.Finding {
	f := models.Finding{Name: p.name, Needed: p.level, Optional: p.optional, OK: ok, Why: p.why}
	if !ok {
		f.How = how
	}
	return f
}

// word is the level as GitHub's pages call it.
func (p permission) word() string {
	if p.level == "write" {
		return "Read and write"
	}
	return "Read-only"
}
