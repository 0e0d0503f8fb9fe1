package handlers

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"throughline/static"
)

func (h *Handlers) staticRoutes() []Route {
	return []Route{{Method: http.MethodGet, Path: static.Prefix + "*path", Class: Static, Rule: public(), Handler: h.serveStatic}}
}

func (h *Handlers) serveStatic(c *gin.Context) error {
	static.Handler().ServeHTTP(c.Writer, c.Request)
	return nil
}
