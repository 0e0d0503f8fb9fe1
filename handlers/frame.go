package handlers

import (
	"github.com/gin-gonic/gin"

	"throughline/models"
	"throughline/static"
	"throughline/views"
)

// frame is what every page has around it.
func (h *Handlers) frame(c *gin.Context, title string) views.Frame {
	by := h.principal(c)
	f := views.Frame{Title: title, Path: c.Request.URL.RequestURI(), Theme: theme(c), CSRF: h.csrf(c),
		Version: h.Version, Demo: h.Demo, Now: h.Now(),
		Assets: views.Assets{CSS: static.URL("app.css"), JS: static.URL("app.js"), Icon: static.URL("mark.svg")}}
	if by.Anonymous() {
		return f
	}
	f.Me = views.Me{ID: by.PersonID, Name: by.Name, Email: by.Email, Role: by.Hub}
	projects, err := h.Store.Projects(c.Request.Context(), by)
	if err != nil {
		h.Log.WarnContext(c.Request.Context(), "list the projects", "error", err)
	}
	f.Projects = projects
	if p, ok := c.Get(projectKey); ok {
		current := p.(models.Project)
		f.Project = &current
	}
	return f
}

// theme is the one chosen in this browser.
func theme(c *gin.Context) string {
	cookie, err := c.Request.Cookie("theme")
	if err != nil {
		return ""
	}
	return cookie.Value
}

// errorPage shows an error to a person.
func (h *Handlers) errorPage(c *gin.Context, p problem) error {
	return render(c, p.Status, views.Failure(views.ErrorPage{Frame: h.frame(c, p.Title), Status: p.Status,
		Title: errorTitle(p.Status), Message: p.Detail, ID: c.GetString(requestKey)}))
}

func errorTitle(status int) string {
	switch status {
	case 401:
		return "Sign in first"
	case 403:
		return "Not yours to do"
	case 404:
		return "Not here"
	case 409:
		return "Somebody was faster"
	case 413:
		return "Too large"
	case 429, 503:
		return "In a moment, please"
	}
	if status < 500 {
		return "That did not work"
	}
	return "Something broke"
}
