package handlers

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/views"
)

const apiRoot = "/api/v1"

// apiRoutes are the JSON API.
func (h *Handlers) apiRoutes() []Route {
	document := func(path string, p page) Route {
		return Route{Method: http.MethodGet, Path: path, Class: API, Rule: public(), Handler: p}
	}
	return slices.Concat([]Route{document("/api/openapi.json", h.showOpenAPI), document("/api/docs", h.showAPIDocs)},
		h.projectOperations(), h.boardOperations(), h.integrationOperations(), h.connectOperations(), h.repositoryOperations(), h.affectsOperations(), h.deliveryOperations(),
		h.subjectOperations(), h.runOperations(), h.pipelineOperations(), h.fileOperations(), h.artifactOperations(), h.governanceOperations(), h.datasetOperations(), h.changeOperations(), h.linkOperations(), h.modelOperations(), h.lineOperations(), h.accountOperations(), h.signInOperations(), h.auditOperations(), h.privacyOperations(),
		h.teamOperations(), h.invitationOperations(), h.handoverOperations())
}

// op is one operation of the API: its path in OpenAPI's spelling below apiRoot,
// and what answers it. Who may use it is decided by the rule before the request
// is validated.
func op[I, O any](method, path string, rule Rule, summary string, do func(context.Context, *I) (*O, error)) Route {
	scope := models.ScopeWrite
	if method == http.MethodGet {
		scope = models.ScopeRead
	}
	o := huma.Operation{OperationID: operationID(method, path), Method: method, Path: apiRoot + path, Summary: summary,
		Tags: []string{tag(path)}, Description: permission(rule), DefaultStatus: http.StatusOK,
		Errors: []int{400, 401, 403, 404, 409, 413, 415, 503}}
	return Route{Method: method, Path: ginPath(o.Path), Class: API, Rule: rule, Scope: scope,
		operation: func(api huma.API) { huma.Register(api, o, told(do)) }}
}

// created is op with the status 201.
func created[I, O any](path string, rule Rule, summary string, do func(context.Context, *I) (*O, error)) Route {
	r := op(http.MethodPost, path, rule, summary, do)
	o := huma.Operation{OperationID: operationID(http.MethodPost, path), Method: http.MethodPost, Path: apiRoot + path, Summary: summary,
		Tags: []string{tag(path)}, Description: permission(rule), DefaultStatus: http.StatusCreated,
		Errors: []int{400, 401, 403, 404, 409, 413, 415, 503}}
	r.operation = func(api huma.API) { huma.Register(api, o, told(do)) }
	return r
}

// told turns our errors into problem details; a stranger learns nothing of others.
func told[I, O any](do func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err == nil {
			return out, nil
		}
		request(ctx).failed = err
		return nil, &refusal{problemOf(err)}
	}
}

// refusal is a problem as huma takes it.
type refusal struct{ problem }

// Error is the sentence for a person.
func (r *refusal) Error() string { return r.Detail }

// GetStatus is the status to answer with.
func (r *refusal) GetStatus() int { return r.Status }

// ContentType is that of problem details.
func (r *refusal) ContentType(string) string { return "application/problem+json" }

var braces = regexp.MustCompile(`\{([^}]*)\}`)

func ginPath(path string) string { return braces.ReplaceAllString(path, ":$1") }

func operationID(method, path string) string {
	name := strings.ToLower(method) + strings.NewReplacer("{", "", "}", "", "/", "-").Replace(path)
	return strings.TrimSuffix(name, "-")
}

// tag groups the operations by what they are about: the last plain part of the path.
func tag(path string) string {
	out := ""
	for _, part := range strings.Split(path, "/") {
		if part != "" && !strings.HasPrefix(part, "{") && part != "move" && part != "replay" {
			out = part
		}
	}
	return out
}

func permission(r Rule) string {
	switch r.Who {
	case SignedIn:
		return "For anybody who is signed in; shows what they may see."
	case Person:
		return "For people who are signed in; a token has no account."
	case Somewhere:
		return "Needs the role " + string(r.Role) + " in one of the projects concerned."
	case OfHub:
		return "Needs the role " + string(r.Role) + " in the whole hub."
	case OfTeam:
		if r.Lead {
			return "For a lead of the team and administrators of the hub."
		}
		return "For anybody who is signed in."
	case OfPerson:
		return "For that person, administrators of the hub, and maintainers of a project that the person is or was in."
	}
	return "Needs the role " + string(r.Role) + " in the project."
}

// body wraps an answer's JSON.
type body[T any] struct{ Body T }

func reply[T any](v T) *body[T] { return &body[T]{Body: v} }

// none is an input without parameters.
type none struct{}

// empty is an answer without a body.
type empty struct {
	Status int
}

// Paging are the parameters of every list.
type Paging struct {
	Limit int    `query:"limit" default:"50" minimum:"1" doc:"How many, 200 at most"`
	After string `query:"after" doc:"The next of the page before"`
}

func (p Paging) limit() int { return min(p.Limit, 200) }

// InKey is a project's key in the path.
type InKey struct {
	Key string `path:"key" doc:"The project's key, such as FRAUD"`
}

// InSubject is a subject in the path.
type InSubject struct {
	Kind string `path:"kind" doc:"pull_request, run, model, dataset, …"`
	Key  string `path:"key" doc:"The subject's key as one percent-encoded segment"`
}

// showOpenAPI is the description of the API for programs.
func (h *Handlers) showOpenAPI(c *gin.Context) error {
	c.JSON(http.StatusOK, h.api.OpenAPI())
	return nil
}

// showAPIDocs is the same for people.
func (h *Handlers) showAPIDocs(c *gin.Context) error {
	return render(c, http.StatusOK, views.APIDocs(h.apiDocs(c)))
}
