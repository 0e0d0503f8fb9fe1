package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"throughline/handlers/mlflow"
	"throughline/models"
	"throughline/models/store"
)

// trackingRoutes are MLflow's calls, and its probes, which ask for no credential.
func (h *Handlers) trackingRoutes() []Route {
	probe := func(path string, p page) Route {
		return Route{Method: http.MethodGet, Path: path, Class: Tracking, Rule: public(), Handler: p}
	}
	routes := []Route{probe("/health", h.trackingHealth), probe("/version", h.trackingVersion), probe("/api/3.0/mlflow/server-info", h.trackingInfo)}
	for _, r := range h.tracking.Routes() {
		routes = append(routes, Route{Method: r.Method, Path: r.Path, Class: Tracking, Rule: inSpace(r.Role), Scope: trackingScope(r),
			Upload: r.Upload, Handler: h.track(r)})
	}
	return routes
}

// trackingScope is what a token with scopes needs. Clients read back what they log:
// one that may log runs may read them (Route.allows).
func trackingScope(r mlflow.Route) models.Scope {
	if r.Role == models.Viewer {
		return models.ScopeRead
	}
	if r.Registry {
		return models.ScopeWrite // a token for runs only registers nothing
	}
	return models.ScopeRuns
}

// track answers a call in the project that the rule found.
func (h *Handlers) track(r mlflow.Route) page {
	return func(c *gin.Context) error {
		space, _ := c.MustGet(spaceFound).(store.Space)
		call := &mlflow.Call{Context: c.Request.Context(), By: h.principal(c), Space: space, Request: c.Request, Writer: c.Writer, Param: c.Param}
		if r.Upload {
			return h.takeArtifact(c, r, call)
		}
		return r.Serve(call)
	}
}

func (h *Handlers) trackingHealth(c *gin.Context) error {
	c.String(http.StatusOK, "OK")
	return nil
}

// speaksVersion is the version of MLflow whose calls are answered. Clients look at
// it to find out what they may send.
const speaksVersion = "3.11.1"

func (h *Handlers) trackingVersion(c *gin.Context) error {
	c.String(http.StatusOK, speaksVersion)
	return nil
}

// trackingInfo says which ways of newer clients there are: files go by plain PUT and GET.
func (h *Handlers) trackingInfo(c *gin.Context) error {
	c.JSON(http.StatusOK, gin.H{"store_type": "SqlStore", "workspaces_enabled": false, "trace_archival_enabled": false,
		"multipart_uploads_enabled": false, "multipart_downloads_enabled": false})
	return nil
}

// KeepSending sends what registries have to tell to their webhooks, until ctx ends.
func (h *Handlers) KeepSending(ctx context.Context) { h.tracking.KeepSending(ctx, h.Log) }

// spaceKey is under what a request's context holds the project of its prefix.
type spaceKey struct{}

// inPrefix cuts the prefix of a project, /p/KEY, and MLflow's second spelling,
// /ajax-api, from the path of a request, so that each call is routed once.
func inPrefix(r *http.Request) *http.Request {
	path, ctx := r.URL.EscapedPath(), r.Context()
	if rest, ok := strings.CutPrefix(path, "/p/"); ok {
		key, tail, deeper := strings.Cut(rest, "/")
		name, err := url.PathUnescape(key)
		if err != nil || !deeper || !tracks("/"+tail) {
			return r
		}
		path, ctx = "/"+tail, context.WithValue(ctx, spaceKey{}, name)
	}
	if rest, ok := strings.CutPrefix(path, "/ajax-api/"); ok {
		path = "/api/" + rest
	}
	if path == r.URL.EscapedPath() {
		return r
	}
	plain, err := url.PathUnescape(path)
	if err != nil {
		return r
	}
	again := r.WithContext(ctx)
	u := *r.URL
	u.Path, u.RawPath = plain, path
	again.URL = &u
	return again
}

// tracks tells whether a path is one of MLflow's.
func tracks(path string) bool {
	for _, prefix := range []string{"/api/2.0/mlflow", "/api/3.0/mlflow", "/ajax-api/", "/get-artifact"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return path == "/health" || path == "/version"
}

// inSpace lets in whoever holds a role in the project whose tracking server a call
// is for.
func inSpace(role models.Role) Rule { return Rule{Who: OfSpace, Role: role} }

// workspaceHeader names a project, too: clients of MLflow 3 send it.
const workspaceHeader = "X-MLFLOW-WORKSPACE"

func (h *Handlers) checkSpace(c *gin.Context, role models.Role, by models.Principal) error {
	key, _ := c.Request.Context().Value(spaceKey{}).(string)
	if key == "" {
		key = c.GetHeader(workspaceHeader)
	}
	ctx := c.Request.Context()
	space, err := h.Store.SpaceFor(ctx, by, key, false)
	if err != nil {
		return err
	}
	if err := needRole(by.RoleIn(space.Project.ID), role); err != nil {
		return err
	}
	if space.Integration.ID == 0 && !safe(c.Request.Method) && role.AtLeast(models.Contributor) { // made for who may write to it
		if space, err = h.Store.Space(ctx, space.Project, true); err != nil {
			return err
		}
	}
	c.Set(spaceFound, space)
	return nil
}

// spaceFound is under what checkSpace leaves the space for the handler.
const spaceFound = "space"

// failTracking answers an MLflow client: it acts on the code, and repeats a call for
// minutes when the status is 5xx.
func (h *Handlers) failTracking(c *gin.Context, err error) {
	var limit *http.MaxBytesError
	if errors.As(err, &limit) {
		err = models.Errorf(models.TooLarge, "The body is larger than the %d bytes that are taken here.", limit.Limit)
	}
	f := mlflow.FaultOf(err)
	switch f.Status {
	case http.StatusServiceUnavailable:
		c.Header("Retry-After", "1")
	case http.StatusUnauthorized:
		c.Header("WWW-Authenticate", `Basic realm="mlflow"`)
	case http.StatusInternalServerError:
		f.Message += " urn:request:" + c.GetString(requestKey)
	}
	f.Write(c.Writer)
}
