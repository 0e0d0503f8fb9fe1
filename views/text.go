package views

import (
	"html"
	"strings"
)

// markdownHTML draws Markdown that a stranger may have written.
func markdownHTML(text string) string {
	return "<p>" + strings.ReplaceAll(html.EscapeString(text), "\n\n", "</p><p>") + "</p>"
}
