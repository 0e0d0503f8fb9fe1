package markdown

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// tidy brings rendered Markdown and the HTML within it to the shape that our
// pages need: headings below the page's own, ids that are no one else's, links
// marked, pictures as links. The sanitiser runs after it.
func tidy(raw string) (string, error) {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(raw), body)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, n := range nodes {
		body.AppendChild(n)
	}
	for _, n := range slices.Collect(body.Descendants()) {
		if n.Type == html.ElementNode {
			tidyElement(n)
		}
	}
	for n := range body.ChildNodes() {
		if err := html.Render(&out, n); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

func tidyElement(n *html.Node) {
	if id := attribute(n, "id"); id != "" {
		set(n, "id", "md-"+strings.ReplaceAll(id, " ", "-"))
	}
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		lower(n)
	case atom.A:
		link(n)
	case atom.Img:
		picture(n)
	case atom.Input:
		n.Attr = append(slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "disabled" }), html.Attribute{Key: "disabled"})
	}
}

// lower shifts a heading by two: the page and its section have the levels above.
func lower(n *html.Node) {
	level := min(6, n.Data[1]-'0'+2)
	n.Data = "h" + string('0'+level)
	n.DataAtom = atom.Lookup([]byte(n.Data))
}

func link(n *html.Node) {
	href, external := address(attribute(n, "href"))
	remove(n, "rel", "class", "href")
	switch {
	case href == "":
		return
	case external:
		set(n, "class", "external")
		set(n, "rel", "nofollow noopener ugc")
	}
	set(n, "href", href)
}

// address is a link's target when it may be followed: the web, mail, a place in
// the text or on our own site. Anything else, "//host" too, leads nowhere.
func address(raw string) (href string, external bool) {
	raw = strings.TrimSpace(raw)
	if strings.ContainsFunc(raw, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r == '\\' }) {
		return "", false
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || raw == "":
		return "", false
	case strings.HasPrefix(raw, "#"):
		return "#md-" + raw[1:], false
	case u.Scheme == "http" || u.Scheme == "https":
		if u.Host == "" || u.Opaque != "" {
			return "", false
		}
		return raw, true
	case u.Scheme == "mailto":
		return raw, false
	case u.Scheme == "" && u.Host == "" && strings.HasPrefix(raw, "/") && !strings.HasPrefix(raw, "//"):
		return raw, false
	}
	return "", false
}

// picture keeps an image that is a file of ours, and puts a link, or the
// description alone, in place of any other: our pages load nothing from elsewhere.
func picture(n *html.Node) {
	if src := attribute(n, "src"); ownFile.MatchString(src) {
		n.Attr = []html.Attribute{{Key: "src", Val: src}, {Key: "alt", Val: attribute(n, "alt")}}
		return
	}
	words := strings.TrimSpace(attribute(n, "alt"))
	if words == "" {
		words = "image"
	}
	href, external := address(attribute(n, "src"))
	n.Attr, n.Data, n.DataAtom = nil, "span", atom.Span
	if external && !within(n, atom.A) {
		n.Data, n.DataAtom = "a", atom.A
		set(n, "class", "external image")
		set(n, "rel", "nofollow noopener ugc")
		set(n, "href", href)
	}
	n.AppendChild(&html.Node{Type: html.TextNode, Data: words})
}

func within(n *html.Node, a atom.Atom) bool {
	for p := range n.Ancestors() {
		if p.DataAtom == a {
			return true
		}
	}
	return false
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func set(n *html.Node, name, value string) {
	remove(n, name)
	n.Attr = append(n.Attr, html.Attribute{Key: name, Val: value})
}

func remove(n *html.Node, names ...string) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return slices.Contains(names, a.Key) })
}
