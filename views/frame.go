// Package views holds the pages and their parts as functions of plain data. A
// page is a struct shaped like what is seen, and a templ component of it.
package views

import (
	"net/url"
	"strings"
	"time"

	"throughline/models"
)

// Frame is what every page has around it: who looks, where they are, what the
// top bar shows.
type Frame struct {
	Title    string // of the page, without the program's name
	Path     string // address of this page with its query; signing in returns here
	Me       Me     // the zero Me is nobody
	Theme    string // light, dark or system (also empty)
	CSRF     string // goes into every form
	Projects []models.Project
	Project  *models.Project // the one this page is about, or the last one looked at
	Crumbs   []Crumb
	Search   string // what stands in the search box
	Flash    Flash
	Version  string
	Demo     bool
	Now      time.Time
	Assets   Assets
}

// Me is who looks at the page.
type Me struct {
	ID    int64
	Name  string
	Email string
	Role  models.Role // in the whole hub
}

// SignedIn tells whether somebody is.
func (m Me) SignedIn() bool { return m.ID != 0 || m.Name != "" }

// Crumb is one step of the way to this page.
type Crumb struct{ Text, Path string }

// Flash is one message about what just happened.
type Flash struct {
	Tone Tone
	Text string
}

// Assets are the addresses of the static files.
type Assets struct{ CSS, JS, Icon string }

// Tone is one of the colours with a meaning (ux tokens): every state has one.
type Tone string

// The tones.
const (
	Good    Tone = "passed"
	Busy    Tone = "running"
	Careful Tone = "warning"
	Bad     Tone = "failed"
	Quiet   Tone = "queued"
	Old     Tone = "stale"
	Sign    Tone = "sign"
)

// In says which project the page's own addresses are in, empty outside.
func (f Frame) In() string {
	if f.Project == nil {
		return ""
	}
	return "/projects/" + url.PathEscape(f.Project.Key)
}

// Can tells whether the viewer holds a role in the page's project.
func (f Frame) Can(need models.Role) bool {
	return f.Me.Role.AtLeast(need) && f.Me.Role != models.Nobody ||
		f.Project != nil && f.Project.Role != models.Nobody && f.Project.Role.AtLeast(need)
}

// CanAnywhere tells whether the viewer holds a role in any project.
func (f Frame) CanAnywhere(need models.Role) bool {
	for _, p := range f.Projects {
		if p.Role != models.Nobody && p.Role.AtLeast(need) {
			return true
		}
	}
	return f.Me.Role != models.Nobody && f.Me.Role.AtLeast(need)
}

func (f Frame) theme() string {
	if f.Theme == "light" || f.Theme == "dark" {
		return f.Theme
	}
	return "system"
}

func (f Frame) here(path string) string {
	if path == "/" && f.Path != "/" || !strings.HasPrefix(f.Path, path) {
		return "false"
	}
	return "page"
}

// initials are one or two letters that stand for a person.
func initials(name string) string {
	name, _, _ = strings.Cut(name, "@")
	words := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '.' || r == '-' || r == '_' })
	out := ""
	for _, w := range words {
		if r := []rune(w); len([]rune(out)) < 2 {
			out += strings.ToUpper(string(r[0]))
		}
	}
	if out == "" {
		return "?"
	}
	return out
}
