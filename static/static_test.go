package static

import (
	"fmt"
	"math"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	block = regexp.MustCompile(`(?s)(:root|\[data-theme="dark"\]|\[data-theme="system"\]) \{(.*?)\}`)
	token = regexp.MustCompile(`--([a-z-]+): #([0-9A-F]{6})`)
)

// themes reads the tokens of each theme from the style sheet.
func themes(t *testing.T) map[string]map[string]string {
	t.Helper()
	css, err := files.ReadFile("app.css")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for _, b := range block.FindAllStringSubmatch(string(css), -1) {
		if out[b[1]] != nil {
			continue
		}
		out[b[1]] = map[string]string{}
		for _, m := range token.FindAllStringSubmatch(b[2], -1) {
			out[b[1]][m[1]] = m[2]
		}
	}
	return out
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", hex, err)
	}
	part := func(v uint64) float64 {
		c := float64(v&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(n>>16) + 0.7152*part(n>>8) + 0.0722*part(n)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

// pairs are text on ground, and the ratio each needs (WCAG 1.4.3 and 1.4.11).
func pairs() map[string]float64 {
	out := map[string]float64{"on-link on link": 4.5}
	for _, ground := range []string{"bg", "surface", "raised"} {
		for _, text := range []string{"text", "muted", "link", "passed", "running", "warning", "failed", "queued", "stale", "sign"} {
			out[text+" on "+ground] = 4.5
		}
		out["control on "+ground] = 3
	}
	for _, tone := range []string{"passed", "running", "warning", "failed", "queued", "stale", "sign"} {
		out[tone+" on "+tone+"-tint"] = 4.5
		out["text on "+tone+"-tint"] = 4.5
		out["link on "+tone+"-tint"] = 4.5
	}
	return out
}

func TestContrast(t *testing.T) {
	all := themes(t)
	if len(all) != 3 {
		t.Fatalf("the style sheet has %d themes", len(all))
	}
	for theme, colours := range all {
		for pair, need := range pairs() {
			a, b, _ := strings.Cut(pair, " on ")
			if got := contrast(t, colours[a], colours[b]); got < need {
				t.Errorf("%s: %s is %.2f, needs %.1f", theme, pair, got, need)
			}
		}
	}
}

func TestSystemIsDarkInTheDark(t *testing.T) {
	all := themes(t)
	if fmt.Sprint(all[`[data-theme="dark"]`]) != fmt.Sprint(all[`[data-theme="system"]`]) {
		t.Error("the dark theme of the system differs from the chosen one")
	}
}

func TestHandler(t *testing.T) {
	for path, want := range map[string]string{
		URL("app.css"):                 "200 public, max-age=31536000, immutable",
		URL("board.js"):                "200 public, max-age=31536000, immutable",
		Prefix + "0123456789ab/app.js": "200 no-cache",
		Prefix + "app.js":              "200 no-cache",
		URL("missing.css"):             "404 ",
		URL("../static.go"):            "404 ",
		Prefix:                         "404 ",
		URL(""):                        "404 ",
	} {
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if got := fmt.Sprint(w.Code, " ", w.Header().Get("Cache-Control")); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

var imported = regexp.MustCompile(`(?:from |import\()"\./([a-z]+\.js)"`)

func TestModulesFindEachOther(t *testing.T) {
	entries, _ := files.ReadDir(".")
	for _, e := range entries {
		body, _ := files.ReadFile(e.Name())
		for _, m := range imported.FindAllStringSubmatch(string(body), -1) {
			if _, err := files.ReadFile(m[1]); err != nil {
				t.Errorf("%s imports %s, which is not there", e.Name(), m[1])
			}
		}
	}
}
