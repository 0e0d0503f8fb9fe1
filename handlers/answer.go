package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/gin-gonic/gin"

	"throughline/models"
)

// page answers one request or returns why it could not: one place, fail, turns
// the error into a status and a page or problem+json.
type page func(c *gin.Context) error

// answer wraps a page for gin.
func (h *Handlers) answer(p page) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := p(c); err != nil {
			h.fail(c, err)
		}
	}
}

// render draws the component into memory and then writes it: an error halfway
// must not give 200 and half a page.
func render(c *gin.Context, status int, component templ.Component) error {
	var b bytes.Buffer
	if err := component.Render(c.Request.Context(), &b); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// see sends the browser to one of our own addresses after a form.
func see(c *gin.Context, path string) error {
	c.Redirect(http.StatusSeeOther, path)
	return nil
}

var statusOf = map[models.Code]int{
	models.Invalid: http.StatusBadRequest, models.Unprocessed: http.StatusUnprocessableEntity,
	models.Unauthorised: http.StatusUnauthorized, models.Forbidden: http.StatusForbidden,
	models.NotFound: http.StatusNotFound, models.Conflict: http.StatusConflict,
	models.TooLarge: http.StatusRequestEntityTooLarge, models.Unsupported: http.StatusUnsupportedMediaType,
	models.Busy: http.StatusServiceUnavailable,
}

// problem is an error as RFC 9457 tells it.
type problem struct {
	Type     string  `json:"type" doc:"about:blank"`
	Title    string  `json:"title" doc:"The status in words"`
	Status   int     `json:"status"`
	Detail   string  `json:"detail,omitempty" doc:"A sentence for a person"`
	Code     string  `json:"code,omitempty" doc:"What a program can act on"`
	Instance string  `json:"instance,omitempty" doc:"The request's id, as the log has it"`
	Errors   []fault `json:"errors,omitempty"`
}

type fault struct {
	Message  string `json:"message"`
	Location string `json:"location" doc:"Where in the request, such as body.name"`
}

// problemOf says an error to a stranger: the sentence of a models.Error, and of
// anything else nothing but that it is our fault.
func problemOf(err error) problem {
	code := models.CodeOf(err)
	status, known := statusOf[code]
	if !known {
		status = http.StatusInternalServerError
	}
	p := problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: string(code)}
	var ours *models.Error
	if !errors.As(err, &ours) || code == models.Internal {
		p.Detail = "Something went wrong on our side. It is in the log under this request's id."
		return p
	}
	p.Detail = ours.Message
	if ours.Field != "" {
		p.Errors = []fault{{Message: ours.Message, Location: "body." + ours.Field}}
	}
	return p
}

// fail answers with an error and ends the request's chain.
func (h *Handlers) fail(c *gin.Context, err error) {
	c.Abort()
	_ = c.Error(err) // the log line has the cause
	p := problemOf(err)
	p.Instance = "urn:request:" + c.GetString(requestKey)
	if p.Status == http.StatusServiceUnavailable {
		c.Header("Retry-After", "1")
	}
	if c.Writer.Written() {
		return
	}
	if isTracking(c) {
		h.failTracking(c, err)
		return
	}
	if !wantsPage(c) {
		writeProblem(c, p)
		return
	}
	if way := (*detour)(nil); errors.As(err, &way) {
		c.Redirect(http.StatusSeeOther, way.path)
		return
	}
	h.failPage(c, p)
}

// failPage sends whoever is not signed in to the sign-in page and back.
func (h *Handlers) failPage(c *gin.Context, p problem) {
	if p.Status == http.StatusUnauthorized && c.Request.Method == http.MethodGet {
		c.Redirect(http.StatusSeeOther, "/login?next="+url.QueryEscape(c.Request.URL.RequestURI()))
		return
	}
	if err := h.errorPage(c, p); err != nil {
		writeProblem(c, p)
	}
}

func writeProblem(c *gin.Context, p problem) {
	if p.Status == http.StatusUnauthorized {
		c.Header("WWW-Authenticate", `Bearer realm="throughline"`)
	}
	text, _ := json.Marshal(p)
	c.Data(p.Status, "application/problem+json", text)
}

// isTracking tells whether an MLflow client reads the answer.
func isTracking(c *gin.Context) bool {
	route, ok := c.Get(routeKey)
	if !ok {
		return tracks(c.Request.URL.Path)
	}
	return route.(Route).Class == Tracking
}

// wantsPage tells whether a person reads the answer.
func wantsPage(c *gin.Context) bool {
	if route, ok := c.Get(routeKey); ok {
		class := route.(Route).Class
		return class == Page || class == Static && strings.Contains(c.GetHeader("Accept"), "text/html")
	}
	path := c.Request.URL.Path
	machine := strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/hooks/") || strings.HasPrefix(path, "/static/")
	return !machine && strings.Contains(c.GetHeader("Accept"), "text/html")
}
