package github

import (
	"fmt"
	"net/url"
	"strings"

	"throughline/models"
)

// pullLine says in one line what a pull request reaches and what is open.
func pullLine(p models.PullReport) string {
	switch {
	case !p.Touches():
		return "Touches no model that is deployed or waits to be"
	case len(p.Live) == 0:
		return "Of " + several(len(p.Waiting), "version") + " not live yet" + openLine(p)
	}
	first := briefly(p.Live[0].Model) + " in " + briefly(p.Live[0].Environment)
	if more := len(p.Live) - 1; more > 0 {
		first += fmt.Sprintf(" and %d more", more)
	}
	return "Reaches " + first + openLine(p)
}

// briefly is a name where there is little room.
func briefly(name string) string { return letters(shown(name), 40) }

func several(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

func openLine(p models.PullReport) string {
	if p.Open() == 0 {
		return "; nothing is open"
	}
	return "; " + several(p.Open(), "open point")
}

// lineLine says in one line what a deployed commit serves.
func lineLine(l models.LineReport) string {
	if len(l.Models) == 0 {
		return "no longer live in " + briefly(l.Environment)
	}
	first, gaps := l.Models[0], 0
	for _, m := range l.Models {
		gaps += m.Gaps
	}
	out := briefly(first.Model) + " " + numbered(first.Version) + " live since " + first.Since.UTC().Format("2 Jan 2006")
	if more := len(l.Models) - 1; more > 0 {
		out += fmt.Sprintf(" and %d more", more)
	}
	if gaps == 0 {
		return out + ", line whole"
	}
	return out + ", " + several(gaps, "gap")
}

// numbered is a version as people say it: v7.
func numbered(version string) string {
	if version != "" && version[0] >= '0' && version[0] <= '9' {
		return "v" + briefly(version)
	}
	return briefly(version)
}

// summary is the short text of a check run, and the head of a comment.
func summary(r models.Report) string {
	if !r.Pull.Touches() {
		return "This pull request touches no model that is deployed or waits to be. " + link("Throughline", r.Page) + "\n"
	}
	return "**" + escaped.Replace(pullLine(r.Pull)) + ".** " + link("Open it in Throughline", r.Page) + "\n"
}

// details are the models and the open points, in at most so many letters.
func details(p models.PullReport, most int) string {
	if !p.Touches() {
		return ""
	}
	t := &limited{most: most}
	t.models("Live models that are built from this repository", p.Live)
	t.models("Versions of this pull request that are not live yet", p.Waiting)
	t.open(p)
	return t.String()
}

func commentText(r models.Report) string {
	if !r.Pull.Touches() {
		return "Throughline: this pull request no longer touches a model that is deployed or waits to be.\n"
	}
	head := "### Throughline\n\n" + summary(r)
	return head + "\n" + details(r.Pull, summaryMost-len(head)-200)
}

// limited is a text that ends between two rows when it grows too long.
type limited struct {
	strings.Builder
	most, left int // left out rows
}

const leftOut = 100 // letters that are kept for saying so

func (t *limited) row(text string) {
	if t.left > 0 || t.Len()+len(text) > t.most-leftOut {
		t.left++
		return
	}
	_, _ = t.WriteString(text)
}

func (t *limited) models(heading string, list []models.ReportedModel) {
	if len(list) == 0 {
		return
	}
	t.row("#### " + heading + "\n\n| Model | Version | Environment | Built from | Open |\n|---|---|---|---|---|\n")
	for _, m := range list {
		t.row(fmt.Sprintf("| %s | %s | %s | %s | %s |\n", markdown(m.Model), markdown(m.Version), markdown(environment(m)), builtFrom(m), markdown(gapCount(m))))
	}
	t.row("\n")
}

func environment(m models.ReportedModel) string {
	if m.Environment == "" {
		return "none yet"
	}
	return m.Environment
}

func builtFrom(m models.ReportedModel) string {
	if m.Direct {
		return "this pull request"
	}
	return "this repository"
}

func gapCount(m models.ReportedModel) string {
	switch {
	case m.Environment == "":
		return "not judged yet"
	case len(m.Gaps) == 0:
		return "nothing"
	}
	return several(len(m.Gaps), "gap")
}

// open lists the open points with who can close them.
func (t *limited) open(p models.PullReport) {
	if p.Open() > 0 {
		t.row("#### Open\n\n")
	}
	for _, name := range p.Failing {
		t.row("- The check " + markdown(name) + " failed.\n")
	}
	if p.Unreviewed {
		t.row("- Nobody but the author has reviewed this pull request.\n")
	}
	for _, m := range p.Live {
		for _, g := range m.Gaps {
			t.row(fmt.Sprintf("- %s of %s in %s: closed by %s.\n", link(g.Missing.Word(), g.Page), markdown(m.Model), markdown(m.Environment), markdown(g.Who)))
		}
	}
	if t.left > 0 {
		fmt.Fprintf(t, "\nAnd %d more lines; Throughline has them all.\n", t.left)
	}
}

// link leads to one of our own pages, and nowhere else.
func link(text, page string) string {
	u, err := url.Parse(page)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return markdown(text)
	}
	safe := strings.NewReplacer("@", "%40", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", `\`, "%5C", "`", "%60", "|", "%7C", "\n", "").Replace(u.String())
	return "[" + markdown(text) + "](" + safe + ")"
}
