// Package terraform hears and asks HCP Terraform or Terraform Enterprise: its
// notifications tell how runs fare and whether a workspace has drifted, run tasks
// tell before a run goes on, and a poll asks for what neither says: the commit and
// what the plan would change.
//
// A run is known by its id, "run-FwnENkvDnrpyFC7M", told at the time of its last
// change. Its pipeline is "organization/workspace". An assessment is a run of its
// own, of the pipeline "organization/workspace/assessment": it says how a workspace
// stands, and must not pass for a run that changed it.
//
// The shapes are those of developer.hashicorp.com/terraform/cloud-docs:
// api-docs/notification-configurations, api-docs/run-tasks/run-tasks-integration
// and api-docs/run.
package terraform

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// Source is Terraform.
type Source struct {
	// Now is the clock; tests set it.
	Now    func() time.Time
	client *http.Client
}

// New makes the source. The client is the guarded one of integrations/fetch.
func New(client *http.Client) *Source { return &Source{Now: time.Now, client: client} }

// cloud is where HCP Terraform is.
const cloud = "https://app.terraform.io"

// About describes the source.
func (s *Source) About() integrations.About {
	return integrations.About{
		Name: "terraform", Title: "Terraform", Auth: integrations.BySignature, MaxBody: 1 << 20,
		Summary: "Runs of workspaces, what they would change, and drift.",
		Settings: []integrations.Setting{
			{Name: "secret", Label: "Token", Secret: true, Made: true,
				Help: "Signs notifications and run tasks: their token and HMAC key. Empty: one is made up. Two, separated by a comma, while you change it."},
			{Name: "url", Label: "Terraform address", URL: true, Default: cloud, Help: "Only for Terraform Enterprise: https://tfe.example.com. Empty is HCP Terraform, " + cloud + "."},
			{Name: "organization", Label: "Organization", Help: "To ask for its runs: commits, and what plans would change. Empty: only what is posted is known."},
			{Name: "token", Label: "API token", Secret: true, Help: "Of a team or user that may read the workspaces."},
			{Name: "workspaces", Label: "Workspaces", Help: "Only these, separated by commas: fraud-*, serving. Empty means all."},
		},
	}
}

// Every is the pause between polls; a post asks at once.
func (s *Source) Every() time.Duration { return 2 * time.Minute }

// Polls tells whether there is something to ask with.
func (s *Source) Polls(a integrations.Account) bool {
	return a.Get("organization") != "" && a.Get("token") != ""
}

// Valid refuses settings that can never work.
func (s *Source) Valid(a integrations.Account) error {
	_, err := integrations.Base(address(a))
	return err
}

// Check asks for the organization.
func (s *Source) Check(ctx context.Context, a integrations.Account) error {
	if err := s.Valid(a); err != nil || !s.Polls(a) {
		return err
	}
	server, err := s.server(a)
	if err != nil {
		return err
	}
	return server.Get(ctx, "/api/v2/organizations/"+url.PathEscape(a.Get("organization")), &struct{}{})
}

func address(a integrations.Account) string { return cmp.Or(strings.TrimSpace(a.Get("url")), cloud) }

func (s *Source) server(a integrations.Account) (*integrations.Upstream, error) {
	base, err := integrations.Base(address(a))
	if err != nil {
		return nil, err
	}
	sign := func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer "+a.Get("token"))
		r.Header.Set("Content-Type", jsonAPI)
		r.Header.Set("Accept", jsonAPI)
	}
	return &integrations.Upstream{Client: s.client, Base: base, Title: "Terraform", Sign: sign}, nil
}

const jsonAPI = "application/vnd.api+json"

// wanted tells whether the account follows a workspace.
func wanted(a integrations.Account, workspace string) bool {
	return integrations.Matches(a.Get("workspaces"), workspace)
}

// state is a run's status in our words.
func state(status string) models.State {
	if s, ok := states[status]; ok {
		return s
	}
	return models.Unknown
}

// states are the run_status values: "planned" waits for somebody to confirm.
var states = map[string]models.State{
	"pending": models.Queued, "queuing": models.Queued, "plan_queued": models.Queued, "queuing_apply": models.Queued, "apply_queued": models.Queued,
	"fetching": models.Running, "fetching_completed": models.Running, "pre_plan_running": models.Running, "pre_plan_completed": models.Running,
	"planning": models.Running, "cost_estimating": models.Running, "cost_estimated": models.Running, "policy_checking": models.Running,
	"policy_checked": models.Running, "confirmed": models.Running, "post_plan_running": models.Running, "post_plan_completed": models.Running,
	"pre_apply_running": models.Running, "pre_apply_completed": models.Running, "applying": models.Running,
	"post_apply_running": models.Running, "post_apply_completed": models.Running,
	"planned": models.Paused, "policy_override": models.Paused, "policy_soft_failed": models.Paused, "post_plan_awaiting_decision": models.Paused, "planned_and_saved": models.Paused,
	"applied": models.Passed, "planned_and_finished": models.Passed,
	"errored": models.Failed, "discarded": models.Cancelled, "canceled": models.Cancelled, "force_canceled": models.Cancelled,
}
