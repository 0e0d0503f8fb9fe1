package markdown

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
)

func TestRenders(t *testing.T) {
	tests := []struct{ name, src, html string }{
		{"nothing", "", ""},
		{"a paragraph", "Hello *you* and **them**.", "<p>Hello <em>you</em> and <strong>them</strong>.</p>\n"},
		{"text that looks like HTML", "a < b && `<b>\"`", "<p>a &lt; b &amp;&amp; <code>&lt;b&gt;&#34;</code></p>\n"},
		{"headings stand below the page's own", "# One\n\n##### Five", "<h3 id=\"md-one\">One</h3>\n<h6 id=\"md-five\">Five</h6>\n"},
		{"the same heading twice", "# A\n# A", "<h3 id=\"md-a\">A</h3>\n<h3 id=\"md-a-1\">A</h3>\n"},
		{"an external link", "[x](https://example.com/a?b=c&d)", `<p><a class="external" rel="nofollow noopener ugc" href="https://example.com/a?b=c&amp;d">x</a></p>` + "\n"},
		{"a bare address", "see https://example.com.", `<p>see <a class="external" rel="nofollow noopener ugc" href="https://example.com">https://example.com</a>.</p>` + "\n"},
		{"a link within the text", "[x](#one)", `<p><a href="#md-one">x</a></p>` + "\n"},
		{"a link on our site", "[x](/projects/BAR/board)", `<p><a href="/projects/BAR/board">x</a></p>` + "\n"},
		{"a link of no scheme but a host", "[x](//evil.example)", "<p>x</p>\n"},
		{"a link relative to a repository", "[x](LICENSE)", "<p>x</p>\n"},
		{"a mail address", "dana@example.com", `<p><a href="mailto:dana@example.com">dana@example.com</a></p>` + "\n"},
		{"a picture becomes a link", "![a plot](https://example.com/p.png)", `<p><a class="external image" rel="nofollow noopener ugc" href="https://example.com/p.png">a plot</a></p>` + "\n"},
		{"a picture within a link is its words", "[![ci](https://b.example/c.svg)](https://ci.example)", `<p><a class="external" rel="nofollow noopener ugc" href="https://ci.example"><span>ci</span></a></p>` + "\n"},
		{"a picture of a repository is its words", "![plot](plot.png)", "<p><span>plot</span></p>\n"},
		{"a mention", "ask @dana.lee, not a@b or `@code`.", `<p>ask <span class="mention">@dana.lee</span>, not a@b or <code>@code</code>.</p>` + "\n"},
		{"a list of tasks", "- [x] done\n- [ ] open", "<ul>\n<li><input checked=\"\" type=\"checkbox\" disabled=\"\"/> done</li>\n<li><input type=\"checkbox\" disabled=\"\"/> open</li>\n</ul>\n"},
		{"a table", "| a | b |\n|:--|--:|\n| 1 | ~~2~~ |", "<table>\n<thead>\n<tr>\n<th align=\"left\">a</th>\n<th align=\"right\">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td align=\"left\">1</td>\n<td align=\"right\"><del>2</del></td>\n</tr>\n</tbody>\n</table>\n"},
		{"code of a language", "```python\nx < 1\n```", "<pre><code class=\"language-python\">x &lt; 1\n</code></pre>\n"},
		{"HTML that model cards have", "<details open><summary>More</summary>\n\nText<br>\n\n</details>", "<details open=\"\"><summary>More</summary>\n<p>Text<br/></p>\n</details>"},
		{"HTML headings are shifted too", "<h1>Big</h1>", "<h3>Big</h3>"},
		{"comments are gone", "<!-- who? -->\n\nText", "\n<p>Text</p>\n"},
		{"a footnote", "A[^1]\n\n[^1]: B", "<p>A<sup id=\"md-fnref:1\"><a href=\"#md-fn:1\">1</a></sup></p>\n<div class=\"footnotes\">\n<hr/>\n<ol>\n<li id=\"md-fn:1\">\n<p>B\u00a0<a href=\"#md-fnref:1\">↩︎</a></p>\n</li>\n</ol>\n</div>\n"},
		{"bytes that are no text", "a\xffb", "<p>a\ufffdb</p>\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := string(Render(test.src)); got != test.html {
				t.Errorf("got\n%s\nwant\n%s", got, test.html)
			}
		})
	}
}

func TestACardLosesItsFrontMatter(t *testing.T) {
	got := string(Card("---\r\nlicense: mit\r\n---\r\n# Churn\r\n"))
	if got != "<h3 id=\"md-churn\">Churn</h3>\n" {
		t.Errorf("got %q", got)
	}
}

func TestIsAComponent(t *testing.T) {
	var c templ.Component = Render("*x*")
	var out bytes.Buffer
	if err := c.Render(context.Background(), &out); err != nil || out.String() != "<p><em>x</em></p>\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestALongTextIsCut(t *testing.T) {
	got := string(Render(strings.Repeat("é", maxInput/2) + "é tail"))
	if !strings.HasSuffix(got, `the rest is not shown.</p>`) || strings.Contains(got, "tail") || strings.Contains(got, "\ufffd") {
		t.Errorf("it ends with %q", got[len(got)-120:])
	}
}

// TestCostlyTextsCostNoMoreThanTheirLength renders texts made to be slow beside
// prose as long as they are: each may cost many times as much, but not ever more
// the longer it is.
func TestCostlyTextsCostNoMoreThanTheirLength(t *testing.T) {
	const size = 64 << 10
	prose := cost(strings.Repeat("All work and *some* play. ", size/26))
	for name, text := range slowTexts(size) {
		if took := cost(text); took > 60*prose {
			t.Errorf("%q repeated costs %.0f times as much as prose", name, float64(took)/float64(prose))
		}
	}
}

// cost is the time of the quickest of three: the machine may be busy with others.
func cost(text string) time.Duration {
	quickest := time.Hour
	for range 3 {
		start := time.Now()
		Render(text)
		quickest = min(quickest, time.Since(start))
	}
	return quickest
}

// slowTexts are texts of one piece each, about so many bytes long.
func slowTexts(size int) map[string]string {
	texts := map[string]string{}
	for _, piece := range []string{"[", "![", "*a_", "> ", "- ", "1. ", "+ + ", "`", "<", "<b>", "<a ", "<?", "<!", "&", "&#x", "[a](", "[a](b) ", "@a ", "[^1]", "| a ", "a|\n",
		"https://a.b/ ", "www.a", "\\", "<!--", "~~", "a\n=\n", "<details>", "*a_\n\n", "[a]: b\n", "[^a]: b\n\n", "- a\n", "# a\n", "> > > > a\n", "*a*\n\n", "![a](b)\n\n", "`a``b\n\n"} {
		texts[piece] = strings.Repeat(piece, size/len(piece))
	}
	texts["a wide table"] = strings.Repeat("|a", size/16) + "|\n" + strings.Repeat("|-", size/16) + "|\n" + strings.Repeat("|\n", size/3)
	texts["a setext heading"] = strings.Repeat("*a_\n", size/4) + "===\n"
	texts["a list in a list"] = staircase("- a\n", size)
	texts["a quote in a quote"] = staircase("> a\n", size)
	texts["deep quotes"] = strings.Repeat(strings.Repeat("> ", 50)+"a\n", size/102)
	return texts
}

// staircase is lines that stand ever deeper.
func staircase(line string, size int) string {
	var out strings.Builder
	for i := 0; out.Len() < size; i += 2 {
		out.WriteString(strings.Repeat(" ", i) + line)
	}
	return out.String()
}

func TestALongTableAndAListOfLinksAreRendered(t *testing.T) {
	table := "| a | b |\n|---|---|\n" + strings.Repeat("| [x](https://example.com/x_y) | `c` |\n", 800)
	if got := string(Render(table)); strings.Count(got, "<tr>") != 801 {
		t.Errorf("the table has %d rows", strings.Count(got, "<tr>"))
	}
}

func TestDeepHTMLIsShownAsText(t *testing.T) {
	got := string(Render(strings.Repeat("<div>", 2000)))
	if !strings.HasPrefix(got, "<pre>&lt;div&gt;") {
		t.Errorf("got %.80q", got)
	}
}

func TestRealCardsAreRendered(t *testing.T) {
	dir := os.Getenv("THROUGHLINE_SAMPLES")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("THROUGHLINE_SAMPLES must name the folder of recorded samples")
		}
		t.Skip("THROUGHLINE_SAMPLES names no folder of recorded samples")
	}
	files, err := filepath.Glob(filepath.Join(dir, "modelcards", "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no cards: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := string(Card(string(text)))
		if problem := fault(got); problem != "" {
			t.Errorf("%s: %s", file, problem)
		}
		if strings.HasPrefix(got, "<pre>") || strings.Contains(got, "license:") {
			t.Errorf("%s is shown as %.200q", file, got)
		}
	}
}

// A picture among our own files is shown; any other address stays a word or a link.
func TestOnlyOwnFilesAreShownAsPictures(t *testing.T) {
	own := "/files/" + strings.Repeat("0a", 16)
	if got := string(Render("![a plot](" + own + ")")); !strings.Contains(got, `<img src="`+own+`" alt="a plot"`) {
		t.Fatal(got)
	}
	for _, src := range []string{"//evil.test" + own, own + "?x=1", own + "/../../account", "/files/../account", "/files/" + strings.Repeat("0A", 16), own + "/view", "https://evil.test" + own, "/account", "data:image/png;base64,AAAA", own + "\" onerror=\"alert(1)"} {
		for _, text := range []string{"![x](" + src + ")", "<img src='" + src + "' onerror=alert(1)>", `<img src="` + own + `" srcset="` + src + `" onerror="alert(1)" style="x">`} {
			got := string(Render(text))
			if problem := fault(got); problem != "" || strings.Contains(got, "<img") && !strings.Contains(text, "srcset") {
				t.Errorf("%q becomes %q: %s", text, got, problem)
			}
		}
	}
}
