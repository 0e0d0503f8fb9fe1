// Package jenkins hears and asks a Jenkins: the Notification plugin, or any job,
// posts what its builds come to, and a poll asks the remote API for what a post
// does not say.
//
// # One build, one key
//
// A build is keyed by the address that Jenkins itself gives it, without the last
// slash: "https://ci.acme.test/job/acme/job/fraud/42". Posts and answers name the
// same one, so that either may be missing and both together are one pipeline run.
//
// # Times
//
// QUEUED, STARTED, COMPLETED and FINALIZED are told at the build's own times, a
// millisecond apart where those are the same, and what was asked for after them:
// the scm block of a post may be of another checkout, the build's own data is not.
// A build that goes on is told at the time of Jenkins' clock.
//
// The shapes are those of github.com/jenkinsci/notification-plugin (model), of
// Jenkins' remote access API and of the pipeline-stage-view plugin (rest-api).
package jenkins

import (
	"context"
	"net/http"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// Source is Jenkins.
type Source struct {
	// Now is the clock; tests set it.
	Now    func() time.Time
	client *http.Client
}

// New makes the source. The client is the guarded one of integrations/fetch.
func New(client *http.Client) *Source { return &Source{Now: time.Now, client: client} }

// maxBody is the largest post: the plugin may send the end of a log along.
const maxBody = 5 << 20

// About describes the source.
func (s *Source) About() integrations.About {
	return integrations.About{
		Name: "jenkins", Title: "Jenkins", Auth: integrations.ByToken, MaxBody: maxBody,
		Summary: "Builds with their stages, commits, parameters and artifacts.",
		Settings: []integrations.Setting{
			{Name: "url", Label: "Jenkins address", URL: true,
				Help: "To ask Jenkins for its builds: https://ci.example.com. Empty: only what is posted is known."},
			{Name: "user", Label: "User name"},
			{Name: "token", Label: "API token", Secret: true, Help: "Of that user: Security, API Token. It only reads."},
			{Name: "jobs", Label: "Jobs",
				Help: "Only these, separated by commas: fraud/*, acme/*/main. Empty means all that the user sees."},
			{Name: "repository", Label: "Repository",
				Help: "What the jobs build, such as github.com/acme/fraud. Needed where builds check out several repositories (shared libraries)."},
		},
	}
}

// Every is the pause between polls; a post asks at once.
func (s *Source) Every() time.Duration { return time.Minute }

// Polls tells whether there is an address to ask.
func (s *Source) Polls(a integrations.Account) bool { return a.Get("url") != "" }

// Valid refuses settings that can never work.
func (s *Source) Valid(a integrations.Account) error {
	if name := a.Get("repository"); name != "" && models.RepositoryKey(name) == "" {
		return models.FieldErrorf(models.Unprocessed, "repository", "%q is no repository; write it as github.com/acme/fraud.", name)
	}
	if a.Get("url") == "" {
		return nil
	}
	_, err := integrations.Base(a.Get("url"))
	return err
}

// Check asks Jenkins for its name.
func (s *Source) Check(ctx context.Context, a integrations.Account) error {
	if err := s.Valid(a); err != nil || a.Get("url") == "" {
		return err
	}
	server, err := s.server(a)
	if err != nil {
		return err
	}
	return server.Get(ctx, "/api/json?tree=mode", &struct{}{})
}

// server is the account's Jenkins.
func (s *Source) server(a integrations.Account) (*integrations.Upstream, error) {
	base, err := integrations.Base(a.Get("url"))
	if err != nil {
		return nil, err
	}
	sign := func(r *http.Request) {
		if a.Get("user") != "" {
			r.SetBasicAuth(a.Get("user"), a.Get("token"))
		}
	}
	return &integrations.Upstream{Client: s.client, Base: strings.TrimRight(base, "/"), Title: "Jenkins", Sign: sign}, nil
}
