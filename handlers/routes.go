package handlers

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"throughline/models"
)

// Class says how a route is answered: errors as a page or as problem+json, which
// body limit, which cache header.
type Class string

// The classes.
const (
	Page   Class = "page"
	API    Class = "api"
	Hook   Class = "hook"
	Live   Class = "live"
	Static Class = "static"
	Probe  Class = "probe"

	Tracking Class = "mlflow" // calls of MLflow clients, with their errors
)

// Route is one line of the one table. Path is in gin's spelling.
type Route struct {
	Method, Path string
	Class        Class
	Rule         Rule
	Scope        models.Scope // what a token with scopes needs; reading or writing
	Fresh        bool         // a person must have proved who they are in the last minutes
	SetUp        bool         // open to people who have yet to set up the second factor that the hub asks for
	Handler      page
	Upload       bool           // its body is files: large, and read as it comes
	operation    func(huma.API) // API routes, instead of Handler
}

// table is every route there is.
func (h *Handlers) table() []Route {
	return slices.Concat(h.pageRoutes(), h.signInRoutes(), h.federatedRoutes(), h.apiRoutes(), h.hookRoutes(), h.trackingRoutes(), h.liveRoutes(), h.probeRoutes())
}

// get is a page to look at.
func get(path string, rule Rule, p page) Route {
	return Route{Method: http.MethodGet, Path: path, Class: Page, Rule: rule, Scope: models.ScopeRead, Handler: p}
}

// post is a form to send.
func post(path string, rule Rule, p page) Route {
	return Route{Method: http.MethodPost, Path: path, Class: Page, Rule: rule, Scope: models.ScopeWrite, Handler: p}
}

// ask is what a page's script asks for, in JSON.
func ask(path string, rule Rule, p page) Route {
	return Route{Method: http.MethodPost, Path: path, Class: API, Rule: rule, Scope: models.ScopeWrite, Handler: p}
}

// fresh asks a person for a recent proof before the route is used.
func fresh(r Route) Route {
	r.Fresh = true
	return r
}

// setUp opens a route to people who have yet to set up their second factor.
func setUp(r Route) Route {
	r.SetUp = true
	return r
}

// anyScope marks a route for which every token is good enough.
func anyScope(r Route) Route {
	r.Scope = ""
	return r
}

// register adds the table's routes to the engine. A route without a rule or with
// no answer is refused, so that none can be forgotten.
func (h *Handlers) register(routes []Route) error {
	h.routes, h.uploads = routes, map[string]int64{}
	known := map[string]Route{}
	for _, r := range routes {
		name := r.Method + " " + r.Path
		switch _, twice := known[name]; {
		case r.Rule.Who == "" || r.Class == "":
			return fmt.Errorf("route %s has no rule or no class", name)
		case r.Handler == nil && r.operation == nil:
			return fmt.Errorf("route %s has no handler", name)
		case r.Rule.Who == OfSubject && r.Rule.Ref == nil:
			return fmt.Errorf("route %s names no subject", name)
		case twice:
			return fmt.Errorf("route %s stands twice in the table", name)
		}
		known[name] = r
		h.uploads[name] = h.uploadLimit(r)
	}
	h.engine.Use(h.authorise(known))
	for _, r := range routes {
		h.add(r)
	}
	return nil
}

func (h *Handlers) add(r Route) {
	if r.operation != nil {
		r.operation(h.api)
		return
	}
	h.engine.Handle(r.Method, r.Path, h.answer(r.Handler))
}

// authorise is the one place that decides who may use a route. A path that is in
// no row of the table is refused, whoever asks.
func (h *Handlers) authorise(known map[string]Route) gin.HandlerFunc {
	return func(c *gin.Context) {
		if c.FullPath() == "" {
			return // no such route: gin answers 404 or 405
		}
		route, ok := known[c.Request.Method+" "+c.FullPath()]
		if !ok {
			h.fail(c, models.Errorf(models.NotFound, "There is nothing at this address."))
			return
		}
		c.Set(routeKey, route)
		err := h.admit(c, route)
		if err == nil {
			err = refuseRepeated(c, route)
		}
		if err != nil {
			h.fail(c, err)
		}
	}
}
