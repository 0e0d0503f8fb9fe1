// Package mlflow polls an MLflow tracking server: its experiments, runs with
// parameters, metrics, tags and datasets, and its registered models.
//
// # What is read, and how often
//
// Runs carry no time of their last change, so one poll asks for the runs that
// started or ended lately (with an overlap for clients' clocks), those that are
// RUNNING, and those that were when last seen. What changes later (a tag on a
// finished run, a deletion) is found by a sweep over everything, one page with
// each poll. The first sweep is the first import, newest first.
//
// # When a fact was true
//
// What has a time of change upstream (a model version's stage and description)
// is told with that time. What has none (everything about a run, aliases, tags)
// is told with the time of the read: polls read the present one after the other,
// so a later read always knows better. The cursor keeps the last such time, so
// that it rises even when our clock is set back.
//
// # What is not told again
//
// A source remembers hashes of what it told, so that an idle server makes empty
// batches. The memory holds only while each poll starts from the cursor that the
// poll before returned: after a restart, or when a batch could not be stored,
// everything is told again and merging makes it harmless.
package mlflow

import (
	"context"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// Source is the MLflow integration.
type Source struct {
	// Now is the clock; tests set it.
	Now    func() time.Time
	client *http.Client
	memory memory

	histories histories
}

// New makes the source. The client is the guarded one of integrations/fetch.
func New(client *http.Client) *Source {
	return &Source{Now: time.Now, client: client}
}

const (
	defaultPace = 15 * time.Second
	minPace     = 2 * time.Second
)

// About describes the source.
func (s *Source) About() integrations.About {
	return integrations.About{
		Name: "mlflow", Title: "MLflow", Auth: integrations.BySignature,
		Summary: "Brings experiments, runs, their datasets and registered models, by asking the tracking server.",
		Settings: []integrations.Setting{
			{Name: "url", Label: "Server address", Required: true, URL: true, Help: "What MLFLOW_TRACKING_URI says, for example https://mlflow.example.com"},
			{Name: "token", Label: "Token", Secret: true, Help: "Sent as Bearer token"},
			{Name: "username", Label: "User name", Help: "For servers with basic authentication; wins over the token"},
			{Name: "password", Label: "Password", Secret: true},
			{Name: "experiments", Label: "Experiments", Help: "Names to follow, separated by commas; * matches anything. Empty follows all"},
			{Name: "repository", Label: "Repository", Help: "Where runs are built from when MLflow knows only the commit, for example github.com/owner/name"},
			{Name: "workspaces", Label: "Workspaces", Help: "For servers with workspaces: their names, separated by commas; * follows all. Empty for servers without"},
			{Name: "model_prefix", Label: "Model prefix", Help: "Put before model names, where two servers share names"},
			{Name: "secret", Label: "Webhook secret", Secret: true, Made: true, Help: "Of MLflow's webhooks to here. Empty: one is made up. Two, separated by a comma, while you change it"},
			{Name: "poll_seconds", Label: "Seconds between polls", Default: "15", Help: "At least 2"},
		},
	}
}

// Every is the pause between polls of accounts that choose none.
func (s *Source) Every() time.Duration { return defaultPace }

// Pace is the pause that the account chose.
func (s *Source) Pace(a integrations.Account) time.Duration {
	seconds, err := strconv.Atoi(strings.TrimSpace(a.Get("poll_seconds")))
	if err != nil || seconds <= 0 || seconds > 24*60*60 {
		return defaultPace
	}
	return max(time.Duration(seconds)*time.Second, minPace)
}

// Check tries the settings on the server.
func (s *Source) Check(ctx context.Context, a integrations.Account) error {
	if text := strings.TrimSpace(a.Get("poll_seconds")); text != "" {
		if n, err := strconv.Atoi(text); err != nil || n < 2 {
			return models.FieldErrorf(models.Unprocessed, "poll_seconds", "Seconds between polls must be a number of at least 2.")
		}
	}
	if repository := a.Get("repository"); repository != "" && models.RepositoryKey(repository) == "" {
		return models.FieldErrorf(models.Unprocessed, "repository", "%q is not a repository; write it as github.com/owner/name.", repository)
	}
	for _, pattern := range globs(a.Get("experiments")) {
		if _, err := path.Match(pattern, ""); err != nil {
			return models.FieldErrorf(models.Unprocessed, "experiments", "The pattern %q is not closed.", pattern)
		}
	}
	c, err := s.server(a)
	if err != nil {
		return err
	}
	if names := globs(a.Get("workspaces")); len(names) > 0 && names[0] != "*" {
		c.workspace = names[0]
	} else if len(names) > 0 {
		_, err = c.listWorkspaces(ctx)
		return err
	}
	_, _, err = c.experiments(ctx, "", 1)
	return err
}

func globs(text string) (list []string) {
	for p := range strings.SplitSeq(text, ",") {
		if p = strings.TrimSpace(p); p != "" {
			list = append(list, p)
		}
	}
	return list
}
