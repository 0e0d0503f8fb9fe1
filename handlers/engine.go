package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"throughline/handlers/mlflow"
	"throughline/models"
)

// mount builds the engine: the chain, then the table.
func (h *Handlers) mount() error {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.UseRawPath, e.UnescapePathValues = true, true // a key is one percent-encoded segment
	e.RedirectTrailingSlash, e.RedirectFixedPath = false, false
	e.HandleMethodNotAllowed = true
	e.MaxMultipartMemory = formLimit // no form but those with files is larger: nothing goes to a temporary file
	if err := e.SetTrustedProxies(nil); err != nil {
		return fmt.Errorf("trust no proxies: %w", err)
	}
	h.engine = e
	h.origins = http.NewCrossOriginProtection()
	if err := h.origins.AddTrustedOrigin(h.base.Scheme + "://" + h.base.Host); err != nil {
		return fmt.Errorf("base URL: %w", err)
	}
	e.Use(h.chain()...)
	e.NoRoute(h.answer(h.nowhere))
	e.NoMethod(h.answer(h.noMethod))
	if !huma.ValidateStrictCasing { // a field is what its name says, TITLE is no title
		huma.ValidateStrictCasing = true
	}
	h.api = humagin.New(e, apiConfig(h.Version, h.BaseURL))
	h.root = h.behindProxies(squeeze(prepare(e)))
	if err := h.register(h.table()); err != nil {
		return err
	}
	declare(h.api.OpenAPI())
	return nil
}

// declare completes the API's description: a part of a path that an operation
// does not read itself, because the rule has, is a parameter all the same.
func declare(doc *huma.OpenAPI) {
	for path, item := range doc.Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			for _, name := range braces.FindAllStringSubmatch(path, -1) {
				if o != nil && !slices.ContainsFunc(o.Parameters, func(p *huma.Param) bool { return p.In == "path" && p.Name == name[1] }) {
					o.Parameters = append(o.Parameters, &huma.Param{Name: name[1], In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
				}
			}
		}
	}
}

func (h *Handlers) nowhere(c *gin.Context) error {
	if tracks(c.Request.URL.Path) {
		return mlflow.NoEndpoint
	}
	return models.Errorf(models.NotFound, "There is nothing at this address.")
}

func (h *Handlers) noMethod(c *gin.Context) error {
	if tracks(c.Request.URL.Path) {
		return mlflow.NoEndpoint
	}
	p := problem{Type: "about:blank", Title: http.StatusText(http.StatusMethodNotAllowed), Status: http.StatusMethodNotAllowed,
		Detail: "This address does not take " + method(c.Request.Method) + "."}
	writeProblem(c, p)
	return nil
}

// prepare makes two things right before the router sees a request: HEAD is GET
// (the server leaves the body out), and a + in a path is a plus, which gin would
// read as a space once the path holds an escaped slash.
func prepare(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead || strings.Contains(r.URL.RawPath, "+") {
			again := *r
			u := *r.URL
			u.RawPath = strings.ReplaceAll(u.RawPath, "+", "%2B")
			again.URL = &u
			if r.Method == http.MethodHead {
				again.Method = http.MethodGet
			}
			r = &again
		}
		next.ServeHTTP(w, inPrefix(r))
	})
}

// apiConfig describes the API. huma's own pages are off: they load from elsewhere.
func apiConfig(version, base string) huma.Config {
	c := huma.DefaultConfig("Throughline", version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.Formats = strictFormats()
	c.Servers = []*huma.Server{{URL: base}}
	c.Info.Description = "Everything the pages show, for programs. Lists are paged by ?limit= (50, at most 200) and " +
		"&after=, the next of the page before. Errors are problem details (RFC 9457). " +
		"A key is one percent-encoded segment of the path: o%2Fn%2312."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer",
		Description: "A token of Throughline, tl_…; also as the password of Basic."}}
	c.Security = []map[string][]string{{"token": {}}}
	c.Transformers = append(c.Transformers, plainProblem)
	return c
}

// plainProblem leaves out of a validation problem the values that were sent:
// they may be secrets.
func plainProblem(_ huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := problem{Type: "about:blank", Title: m.Title, Status: m.Status, Detail: m.Detail, Code: "unprocessable"}
	if m.Status != http.StatusUnprocessableEntity {
		p.Code = "invalid"
	}
	for _, e := range m.Errors {
		p.Errors = append(p.Errors, fault{Message: e.Message, Location: e.Location})
	}
	return p, nil
}
