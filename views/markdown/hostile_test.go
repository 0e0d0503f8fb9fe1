package markdown

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// hostile are texts that try to run, load, style or post something.
var hostile = []string{
	`<script>alert(1)</script>`, `<SCRIPT SRC=//evil.example/x.js></SCRIPT>`, `<scr<script>ipt>alert(1)</scr</script>ipt>`,
	`<img src=x onerror=alert(1)>`, `<img src="javascript:alert(1)">`, `<IMG """><SCRIPT>alert(1)</SCRIPT>">`, `<img/src=x/onerror=alert(1)>`,
	"<img src=x one\nrror=alert(1)>", `<svg onload=alert(1)>`, `<svg><script>alert(1)</script></svg>`, `<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`,
	`<svg><animate onbegin=alert(1) attributeName=x dur=1s>`, `<svg><style><img src=x onerror=alert(1)></style></svg>`, `<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`,
	`<math href="javascript:alert(1)">x</math>`, `<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
	`<iframe src="javascript:alert(1)"></iframe>`, `<iframe srcdoc="<script>alert(1)</script>"></iframe>`, `<object data="data:text/html,<script>alert(1)</script>"></object>`,
	`<embed src="javascript:alert(1)">`, `<base href="https://evil.example/">`, `<meta http-equiv="refresh" content="0;url=https://evil.example">`,
	`<link rel=stylesheet href=https://evil.example/x.css>`, `<style>@import 'https://evil.example/x.css';</style>`, `<style>*{background:url(javascript:alert(1))}</style>`,
	`<body onload=alert(1)>`, `<details open ontoggle=alert(1)>x</details>`, `<input autofocus onfocus=alert(1)>`, `<input type=text name=q>`, `<input type=image src=x>`,
	`<form action="https://evil.example"><button>Sign in</button></form>`, `<button formaction="javascript:alert(1)">x</button>`, `<textarea autofocus onfocus=alert(1)>`,
	`<select onfocus=alert(1) autofocus>`, `<video><source onerror=alert(1)></video>`, `<audio src=x onerror=alert(1)>`, `<video poster=https://evil.example/p.png>`,
	`<marquee onstart=alert(1)>x</marquee>`, `<a href="javascript:alert(1)">x</a>`, `<a href="JaVaScRiPt:alert(1)">x</a>`, `<a href=" javascript:alert(1)">x</a>`,
	"<a href=\"java\tscript:alert(1)\">x</a>", "<a href=\"java\nscript:alert(1)\">x</a>", `<a href="java&#10;script:alert(1)">x</a>`, `<a href="&#106;avascript:alert(1)">x</a>`,
	`<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74:alert(1)">x</a>`, `<a href="javascript&colon;alert(1)">x</a>`, "<a href=\"\x01javascript:alert(1)\">x</a>",
	`<a href="vbscript:msgbox(1)">x</a>`, `<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>`, `<a href="file:///etc/passwd">x</a>`, `<a href="//evil.example">x</a>`,
	`<a href="/\evil.example">x</a>`, `<a href="\\evil.example">x</a>`, `<a href="https:evil.example">x</a>`, `<a href="///evil.example">x</a>`, "<a href=\"/\t/evil.example\">x</a>",
	`<a href="x" onclick="alert(1)">x</a>`, `<a href="https://ok.example" target=_top onmouseover=alert(1)>x</a>`, `<a href="https://ok.example" rel="opener" style="position:fixed;inset:0">x</a>`,
	`[x](javascript:alert(1))`, `[x](JAVASCRIPT:alert(1))`, `[x](javascript&colon;alert(1))`, `[x](<javascript:alert(1)>)`, "[x](java\tscript:alert(1))", `[x](data:text/html,<script>alert(1)</script>)`,
	`[x](vbscript:msgbox)`, `[x](//evil.example)`, `[x](/\evil.example)`, `[x]: javascript:alert(1)` + "\n\n[x]", `<javascript:alert(1)>`, `![x](javascript:alert(1))`, `![x](https://evil.example/track.png)`,
	`![" onerror="alert(1)](x)`, `![x](x "\" onerror=\"alert(1)")`, `[x](https://ok.example "\" onclick=\"alert(1)")`, "[a](https://ok.example\"onclick=alert(1))",
	"```\"><img src=x onerror=alert(1)>\ncode\n```", "```html\n<script>alert(1)</script>\n```", "`<script>alert(1)</script>`", "# <img src=x onerror=alert(1)>", "# x {onclick=alert(1)}",
	"| <img src=x onerror=alert(1)> |\n|--|\n| <script>alert(1)</script> |", "[^<script>]\n\n[^<script>]: <img src=x onerror=alert(1)>", `@<img src=x onerror=alert(1)>`, `@dana<script>alert(1)</script>`,
	`<div style="background:url(https://evil.example)">x</div>`, `<div id="main" class="modal">x</div>`, `<p id="csrf">x</p>`, `<img name=body><img id=cookie>`, `<a id=x name=y href=#x>x</a>`,
	`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<xmp><img src=x onerror=alert(1)></xmp>`, `<plaintext><img src=x onerror=alert(1)>`, `<template><script>alert(1)</script></template>`,
	`<title><img src=x onerror=alert(1)></title>`, `<textarea></textarea><img src=x onerror=alert(1)>`, `<!--><img src=x onerror=alert(1)>-->`, `<!-- --!><img src=x onerror=alert(1)>`,
	`<![CDATA[<img src=x onerror=alert(1)>]]>`, `<?php echo 1 ?><img src=x onerror=alert(1)>`, `<b/onclick=alert(1)>x</b>`, `<b>"`, `</p></div></main><script>alert(1)</script>`, `<table background="javascript:alert(1)"><td background="https://evil.example">`,
	`<isindex action="javascript:alert(1)" type=image>`, `<keygen autofocus onfocus=alert(1)>`, `<portal src=https://evil.example>`, `<slot onslotchange=alert(1)>`, `<custom-element onclick=alert(1)>x</custom-element>`,
	`<a href="mailto:x@example.com?subject=javascript:alert(1)">x</a>`, `<a href="https://ok.example/javascript:alert(1)">x</a>`, `<p align="center;background:red">x</p>`, `<td colspan="x onclick=alert(1)">`,
}

func TestNothingHostileSurvives(t *testing.T) {
	if len(hostile) < 60 {
		t.Fatalf("only %d texts", len(hostile))
	}
	for _, src := range hostile {
		for _, text := range []string{src, "Before " + src + " after", "> - " + src, "<div>\n" + src + "\n</div>", "*" + src + "*"} {
			if problem := fault(string(Render(text))); problem != "" {
				t.Errorf("%q becomes %q: %s", text, Render(text), problem)
			}
		}
	}
}

func TestTheJudgeSeesWhatIsHostile(t *testing.T) {
	for _, bad := range []string{`<script>x</script>`, `<p onclick="x">`, `<a href="javascript:x">`, `<a href="//evil.example">`, `<img src="https://x.example">`,
		`<p style="x">`, `<p id="main">`, `<a href="https://x.example">`, `<svg></svg>`, `<a href="java&#9;script:x">`, `<span class="modal">`} {
		if fault(bad) == "" {
			t.Errorf("%q passes", bad)
		}
	}
}

func FuzzRender(f *testing.F) {
	for _, src := range hostile {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, out := range []HTML{Render(src), Card(src)} {
			if problem := fault(string(out)); problem != "" {
				t.Errorf("%q becomes %q: %s", src, out, problem)
			}
		}
	})
}

var (
	mayStay = strings.Fields("p br hr h3 h4 h5 h6 blockquote pre code kbd samp var b strong i em u s del ins sub sup small mark abbr cite q ul ol li dl dt dd " +
		"details summary div span section figure figcaption table caption thead tbody tfoot tr td th center a input html head body")
	mayHave = strings.Fields("href rel class id title align colspan rowspan open type checked disabled start reversed value")
	classes = []string{"external", "external image", "mention", "footnotes", "cut"}
)

// fault is what is wrong with HTML by a browser's reading of it.
func fault(out string) string {
	doc, err := html.Parse(strings.NewReader(out))
	if err != nil {
		return err.Error()
	}
	for n := range doc.Descendants() {
		if ownPicture(n) {
			continue
		}
		if n.Type == html.ElementNode && !slices.Contains(mayStay, n.Data) {
			return "element " + n.Data
		}
		for _, a := range n.Attr {
			if problem := attributeFault(n, a); problem != "" {
				return problem
			}
		}
	}
	return ""
}

func attributeFault(n *html.Node, a html.Attribute) string {
	switch {
	case !slices.Contains(mayHave, a.Key):
		return "attribute " + a.Key
	case a.Key == "id" && !strings.HasPrefix(a.Val, "md-"):
		return "id " + a.Val
	case a.Key == "class" && !slices.Contains(classes, a.Val) && !strings.HasPrefix(a.Val, "language-"):
		return "class " + a.Val
	case a.Key == "type" && a.Val != "checkbox":
		return "type " + a.Val
	case a.Key == "href":
		return hrefFault(n, a.Val)
	}
	return ""
}

func hrefFault(n *html.Node, href string) string {
	u, err := url.Parse(href)
	switch {
	case err != nil || strings.ContainsAny(href, "\\\t\n\r"):
		return "address " + href
	case strings.HasPrefix(href, "#md-"), u.Scheme == "mailto", strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "//"):
		return ""
	case (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && attribute(n, "rel") == "nofollow noopener ugc" && strings.HasPrefix(attribute(n, "class"), "external"):
		return ""
	}
	return "address " + href
}

// ownPicture tells whether a node is a picture of ours, and nothing more.
func ownPicture(n *html.Node) bool {
	if n.Data != "img" || len(n.Attr) != 2 || n.Attr[0].Key != "src" || n.Attr[1].Key != "alt" {
		return false
	}
	id, ok := strings.CutPrefix(n.Attr[0].Val, "/files/")
	return ok && len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}
