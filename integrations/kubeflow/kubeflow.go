// Package kubeflow asks Kubeflow Pipelines for its runs, by the v2beta1 REST API
// (backend/api/v2beta1 of github.com/kubeflow/pipelines). It has no webhooks.
//
// A run is known by its run_id, told at the time of the last thing that happened
// in it. A retried run keeps its id and is another attempt. The API leaves out
// what is zero, writes int64 as text, and 1970 for "not yet".
package kubeflow

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"time"

	"throughline/integrations"
	"throughline/models"
)

// Source is Kubeflow Pipelines.
type Source struct {
	// Now is the clock; tests set it.
	Now    func() time.Time
	client *http.Client
}

// New makes the source. The client is the guarded one of integrations/fetch.
func New(client *http.Client) *Source { return &Source{Now: time.Now, client: client} }

// userHeader is the header that KFP trusts by default in a Kubeflow installation.
const userHeader = "kubeflow-userid"

// About describes the source.
func (s *Source) About() integrations.About {
	return integrations.About{
		Name: "kubeflow", Title: "Kubeflow Pipelines",
		Summary: "Runs of pipelines with their tasks, parameters and errors.",
		Settings: []integrations.Setting{
			{Name: "url", Label: "Address", URL: true, Required: true,
				Help: "Of Kubeflow Pipelines, without /apis: http://ml-pipeline.kubeflow:8888, or https://kubeflow.example.com/pipeline."},
			{Name: "namespace", Label: "Namespace", Help: "Whose runs; needed where Kubeflow has several users."},
			{Name: "token", Label: "Token", Secret: true, Help: "Of a service account, for the audience pipelines.kubeflow.org."},
			{Name: "user", Label: "User", Help: "Instead of a token, where a trusted header names the user: alice@example.com."},
			{Name: "user_header", Label: "Header of the user", Default: userHeader, Help: "Empty is " + userHeader + "."},
			{Name: "repository", Label: "Repository",
				Help: "Of the pipelines' code, such as github.com/acme/fraud: where a run only names a commit (parameter git_commit)."},
		},
	}
}

// Every is the pause between polls.
func (s *Source) Every() time.Duration { return 20 * time.Second }

// Polls tells whether there is an address to ask.
func (s *Source) Polls(a integrations.Account) bool { return a.Get("url") != "" }

// Valid refuses settings that can never work.
func (s *Source) Valid(a integrations.Account) error {
	if name := a.Get("repository"); name != "" && models.RepositoryKey(name) == "" {
		return models.FieldErrorf(models.Unprocessed, "repository", "%q is no repository; write it as github.com/acme/fraud.", name)
	}
	_, err := integrations.Base(a.Get("url"))
	return err
}

// Check asks for the newest run.
func (s *Source) Check(ctx context.Context, a integrations.Account) error {
	if err := s.Valid(a); err != nil {
		return err
	}
	server, err := s.server(a)
	if err != nil {
		return err
	}
	return server.Get(ctx, runsPath(a, 1, "", ""), &struct{}{})
}

func (s *Source) server(a integrations.Account) (*integrations.Upstream, error) {
	base, err := integrations.Base(a.Get("url"))
	if err != nil {
		return nil, err
	}
	sign := func(r *http.Request) {
		if token := a.Get("token"); token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		if user := a.Get("user"); user != "" {
			r.Header.Set(cmp.Or(a.Get("user_header"), userHeader), user)
		}
	}
	return &integrations.Upstream{Client: s.client, Base: base, Title: "Kubeflow Pipelines", Sign: sign}, nil
}

const api = "/apis/v2beta1"

// Asks tells that there is something to ask.
func (s *Source) Asks(a integrations.Account) bool { return a.Get("url") != "" }

// Probe finds out what the account reads.
func (s *Source) Probe(ctx context.Context, a integrations.Account) ([]models.Finding, error) {
	server, err := s.server(a)
	if err != nil {
		return nil, err
	}
	if err := server.Get(ctx, runsPath(a, 1, "", ""), &struct{}{}); err != nil {
		return nil, err
	}
	found := []models.Finding{{Name: "Runs", Needed: "read", OK: true, Why: "They become pipeline runs, with their tasks."}}
	f := models.Finding{Name: "Pipelines", Needed: "read", Optional: true, Why: "The names of pipelines, and the commits of their versions.",
		How: "Let the account list pipelines in the namespace."}
	if f.OK = server.Get(ctx, api+"/pipelines?page_size=1&namespace="+url.QueryEscape(a.Get("namespace")), &struct{}{}) == nil; f.OK {
		f.How = ""
	}
	return append(found, f), nil
}
