// Package markdown turns the Markdown of people and bots into HTML that a page
// may show: no scripts, no foreign images, no way out of its place.
package markdown

import (
	"bytes"
	"context"
	"html"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	goldhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/util"

	"throughline/models"
)

// maxInput limits what is rendered, in bytes; the rest of a longer text is left out.
const maxInput = 1 << 20

// HTML is sanitised HTML. It is a templ component: @markdown.Render(text).
type HTML string

// Render writes the HTML.
func (h HTML) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(h))
	return err
}

// Render turns the Markdown of a comment or description into safe HTML.
func Render(src string) HTML {
	src, cut := limit(src)
	if costly(src) {
		return literal(src) + cut
	}
	var raw bytes.Buffer
	if err := converter().Convert([]byte(src), &raw); err != nil {
		return literal(src) + cut
	}
	tidied, err := tidy(raw.String())
	if err != nil {
		return literal(src) + cut
	}
	return HTML(policy().Sanitize(tidied)) + cut
}

// Card turns a model card into safe HTML, without its front matter.
func Card(src string) HTML { return Render(models.MarkdownBody(src)) }

// literal shows a text that cannot be rendered as it was written.
func literal(src string) HTML { return HTML("<pre>" + html.EscapeString(src) + "</pre>") }

// limit cuts a text that is too long at the end of a character.
func limit(src string) (text string, note HTML) {
	src = strings.ToValidUTF8(src, "\ufffd")
	if len(src) <= maxInput {
		return src, ""
	}
	end := maxInput
	for !utf8.RuneStart(src[end]) {
		end--
	}
	return src[:end], `<p class="cut">The text is longer than 1 MiB; the rest is not shown.</p>`
}

// converter and policy are built once and safe to share.
var (
	converter = sync.OnceValue(newConverter)
	policy    = sync.OnceValue(newPolicy)
)

// newConverter lets HTML through, because model cards hold much of it: tidy and
// the policy decide what stays.
func newConverter() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(
			extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)),
			extension.Strikethrough, extension.Linkify, extension.TaskList, extension.Footnote),
		goldmark.WithParserOptions(parser.WithAutoHeadingID(), parser.WithInlineParsers(util.Prioritized(mentions{}, 500))),
		goldmark.WithRendererOptions(goldhtml.WithUnsafe()),
	)
}

// newPolicy lists what may stay. Nothing that loads, runs, styles or submits.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "kbd", "samp", "var",
		"b", "strong", "i", "em", "u", "s", "del", "ins", "sub", "sup", "small", "mark", "abbr", "cite", "q",
		"ul", "dl", "dt", "dd", "details", "summary", "div", "span", "section", "figure", "figcaption",
		"table", "caption", "thead", "tbody", "tfoot", "tr", "center")
	p.AllowLists()
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("title").Matching(bluemonday.Paragraph).OnElements("a", "abbr")
	p.AllowAttrs("rel").Matching(words("nofollow noopener ugc")).OnElements("a")
	p.AllowAttrs("class").Matching(words("external", "external image")).OnElements("a")
	p.AllowAttrs("class").Matching(words("mention")).OnElements("span")
	p.AllowAttrs("class").Matching(words("footnotes")).OnElements("div")
	p.AllowAttrs("class").Matching(language).OnElements("code")
	p.AllowAttrs("src").Matching(ownFile).OnElements("img")
	p.AllowAttrs("alt").OnElements("img")
	p.AllowAttrs("id").Matching(ownID).Globally()
	p.AllowAttrs("align").Matching(words("left", "center", "right")).OnElements("td", "th", "p", "div")
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("td", "th")
	p.AllowAttrs("open").Matching(words("")).OnElements("details")
	p.AllowAttrs("type").Matching(words("checkbox")).OnElements("input")
	p.AllowAttrs("checked", "disabled").Matching(words("")).OnElements("input")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	return p
}
