// Package github hears GitHub: it verifies webhooks and says in Throughline's
// words what they tell about pull requests, reviews, checks, workflows, pushes
// and deployments.
//
// Keys. Commits are keyed by the repository the webhook is about, also when a
// fork's run or pull request names them: forks share shas, and only so do the
// commits of a pull request, its checks and its workflow runs meet.
//
// Order. Webhooks come in any order. Every fact is a function of the payload's
// own times, never of the action, so that all orders end in the same state.
package github

import (
	"context"
	"net/http"
	"path"
	"regexp"
	"strings"

	"throughline/integrations"
	"throughline/models"
)

// Source is GitHub as a source of events.
type Source struct{}

// MaxBody is the largest payload that GitHub delivers.
const MaxBody = 25 << 20

// About describes the source.
func (Source) About() integrations.About {
	return integrations.About{
		Name:    "github",
		Title:   "GitHub",
		Summary: "Pull requests, reviews, checks, workflow runs, pushes and deployments.",
		Auth:    integrations.BySignature,
		MaxBody: MaxBody,
		Settings: []integrations.Setting{
			{Name: "repositories", Label: "Repositories",
				Help: "Only these, separated by commas: acme/fraud, acme/*. Empty means all that post here."},
			{Name: "host", Label: "Host", Default: defaultHost, Host: true,
				Help: "github.com, or the host name of your GitHub Enterprise Server."},
			{Name: "secret", Label: "Webhook secret", Secret: true, Made: true,
				Help: "The secret of the webhook on GitHub. Empty: one is made up. Two, separated by a comma, while you change it; it cannot hold a comma itself."},
		},
	}
}

// Check refuses settings that could never match anything.
func (Source) Check(_ context.Context, account integrations.Account) error {
	for _, pattern := range patterns(account) {
		if _, err := path.Match(pattern, ""); err != nil {
			return models.FieldErrorf(models.Invalid, "repositories", "%q is no pattern of repositories.", pattern)
		}
	}
	if strings.ContainsAny(host(account), "/@ ") {
		return models.FieldErrorf(models.Invalid, "host", "%q is no host name.", account.Get("host"))
	}
	return nil
}

// Receive verifies a webhook over its raw bytes, then decodes it.
func (Source) Receive(_ context.Context, account integrations.Account, r integrations.Request) ([]integrations.Event, error) {
	if !integrations.Signed(account.Get("secret"), r.Header, r.Body) {
		return nil, integrations.ErrSignature
	}
	body, err := payload(r)
	if err != nil {
		return nil, err
	}
	event, err := decode(account, r.Header.Get("X-GitHub-Event"), body)
	if err != nil {
		return nil, err
	}
	event.ID = deliveryID(r.Header)
	return []integrations.Event{event}, nil
}

// Replay decodes a kept event again.
func (Source) Replay(_ context.Context, account integrations.Account, name string, header http.Header, body []byte) (integrations.Event, error) {
	kind, _, _ := strings.Cut(name, ".")
	event, err := decode(account, kind, body)
	event.ID = deliveryID(header)
	return event, err
}

var deliveryPattern = regexp.MustCompile(`^[0-9A-Za-z_-]{1,100}$`)

// deliveryID is shared by every hook that tells of the same event and by every
// redelivery of it. Anything but an id counts as none.
func deliveryID(header http.Header) string {
	if id := header.Get("X-GitHub-Delivery"); deliveryPattern.MatchString(id) {
		return id
	}
	return ""
}

const defaultHost = "github.com"

func host(account integrations.Account) string {
	h := strings.ToLower(strings.TrimSpace(account.Get("host")))
	h = strings.TrimPrefix(strings.TrimPrefix(h, "https://"), "http://")
	if h = strings.TrimRight(h, "/"); h == "" {
		return defaultHost
	}
	return h
}

func patterns(account integrations.Account) []string {
	split := func(r rune) bool { return r == ',' || r == '\n' || r == '\r' || r == ' ' }
	return strings.FieldsFunc(strings.ToLower(account.Get("repositories")), split)
}

// wanted tells whether the account listens to a repository.
func wanted(account integrations.Account, repository string) bool {
	list := patterns(account)
	for _, pattern := range list {
		if ok, _ := path.Match(pattern, strings.ToLower(repository)); ok || pattern == "*" {
			return true
		}
	}
	return len(list) == 0
}
