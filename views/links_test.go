package views

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Row 28: an address from outside becomes a link only when it is a plain one of the web.
func TestLinksFromOutsideGoThroughOneFilter(t *testing.T) {
	for _, raw := range []string{"", "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "vbscript:x", "data:text/html,x", "file:///etc/passwd",
		"//evil.test/x", "\\\\evil.test", "/path", "https:evil.test", "https:///x", "https://user:password@evil.test/", "https://user@evil.test", "blob:x", "http://a b/", "\x00https://evil.test"} {
		if got := external(raw); got != "" {
			t.Errorf("%q becomes %q", raw, got)
		}
	}
	for _, raw := range []string{"https://github.com/o/n/pull/1", "http://jenkins.example.com:8080/job/x?a=b#c"} {
		if external(raw) != raw {
			t.Errorf("%q is refused", raw)
		}
	}
	for path, text := range templates(t) {
		for _, use := range regexp.MustCompile(`templ\.URL\(\w+(\.\w+)*\.URL\)`).FindAllString(text, -1) {
			t.Errorf("%s: %s does not go through external", path, use)
		}
	}
}

// unsafeHelpers are the uses of what templ does not escape, each with its reason.
var unsafeHelpers = map[string]string{
	"board.templ @templ.Raw(html)": "columns that were rendered by these very templates before",
	"signin.templ templ.SafeURL":   "the address of our own route, made of the provider's fixed name",
}

func TestUnsafeHelpersAreListed(t *testing.T) {
	found := map[string]bool{}
	for path, text := range templates(t) {
		for _, use := range regexp.MustCompile(`@?templ\.(Raw\([^)]*\)|SafeURL|SafeCSS\w*|JSFuncCall|JSExpression|JSUnsafeFuncCall|SafeScript\w*|ComponentScript)`).FindAllString(text, -1) {
			name := path + " " + use
			if found[name] = true; unsafeHelpers[name] == "" {
				t.Errorf("%s is not listed with a reason", name)
			}
		}
	}
	for name := range unsafeHelpers {
		if !found[name] {
			t.Errorf("%s is listed and not there", name)
		}
	}
}

// templates are the sources of this package by file.
func templates(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"*.templ", "*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_templ.go") || strings.HasSuffix(f, "_test.go") {
				continue
			}
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			out[f] = string(text)
		}
	}
	if len(out) < 30 {
		t.Fatal("the templates are not found")
	}
	return out
}
